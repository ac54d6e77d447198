"""What other programs write as QTI: kinds, feedback and scoring of theirs, and what of it becomes what of ours."""

import pytest
from support.qti import MAP, MATCH, RP3, item3, item21, response

from lms import i18n
from quizzes.exchange.base import FORMATS, sniff

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def _english():
    """Messages are compared in their source language."""
    i18n.use("en")


NONE = "No rationale yet."


def only(data):
    """The only row of one file, read by the format that knows it."""
    (row,) = sniff(data, "soal.xml").parse(data, "soal.xml").rows
    return row


SAMPLES = {
    "single choice with inline feedback": (
        item21(
            """<p>Perhatikan papan di loket.</p>
            <choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="1">
              <prompt>Apa yang <strong>pertama</strong> dibaca warga?</prompt>
              <simpleChoice identifier="A">Syarat
                <feedbackInline outcomeIdentifier="FEEDBACK" identifier="A" showHide="show">Itulah yang dicari.</feedbackInline></simpleChoice>
              <simpleChoice identifier="B">Nama kepala kantor
                <feedbackInline outcomeIdentifier="FEEDBACK" identifier="B" showHide="show">Nama tidak menolong.</feedbackInline></simpleChoice>
            </choiceInteraction>""",
            response(["A"]),
            MATCH,
        ),
        {"kind": "single_choice", "key": "contoh-1", "title": "Contoh",
         "stem": "Perhatikan papan di loket.\n\nApa yang **pertama** dibaca warga?",
         "options": [{"text": "Syarat", "correct": True, "rationale": "Itulah yang dicari."},
                     {"text": "Nama kepala kantor", "rationale": "Nama tidak menolong."}]},
    ),
    "several answers by a mapping": (
        item21(
            """<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="0">
              <prompt>Mana yang termasuk mendengarkan?</prompt>
              <simpleChoice identifier="H">Diam sejenak</simpleChoice><simpleChoice identifier="O">Mengulang dengan kata sendiri</simpleChoice>
              <simpleChoice identifier="Cl">Memotong</simpleChoice></choiceInteraction>""",
            response(["H", "O"], cardinality="multiple", mapping='<mapping lowerBound="0" upperBound="2" defaultValue="-2">'
                     '<mapEntry mapKey="H" mappedValue="1"/><mapEntry mapKey="O" mappedValue="1"/></mapping>'),
            MAP,
        ),
        {"kind": "multiple_choice", "scoring": None, "stem": "Mana yang termasuk mendengarkan?",
         "options": [{"text": "Diam sejenak", "correct": True, "rationale": NONE},
                     {"text": "Mengulang dengan kata sendiri", "correct": True, "rationale": NONE}, {"text": "Memotong", "rationale": NONE}]},
    ),
    "several answers, all or nothing, QTI 2.2": (
        item21(
            """<choiceInteraction responseIdentifier="RESPONSE" maxChoices="2"><prompt>Pilih dua.</prompt>
              <simpleChoice identifier="a">Satu</simpleChoice><simpleChoice identifier="b">Dua</simpleChoice>
              <simpleChoice identifier="c">Tiga</simpleChoice></choiceInteraction>""",
            response(["a", "c"], cardinality="multiple"), MATCH, namespace="imsqti_v2p2",
        ),
        {"kind": "multiple_choice", "scoring": "all",
         "options": [{"text": "Satu", "correct": True, "rationale": NONE}, {"text": "Dua", "rationale": NONE},
                     {"text": "Tiga", "correct": True, "rationale": NONE}]},
    ),
    "true or false with feedback on right and wrong, QTI 3": (
        item3(
            """<qti-choice-interaction response-identifier="RESPONSE" shuffle="false" max-choices="1">
              <qti-prompt>Jeda adalah bagian dari mendengarkan.</qti-prompt>
              <qti-simple-choice identifier="true">Benar </qti-simple-choice><qti-simple-choice identifier="false">Salah </qti-simple-choice>
            </qti-choice-interaction>""",
            """<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier">
              <qti-correct-response><qti-value>true</qti-value></qti-correct-response></qti-response-declaration>
              <qti-outcome-declaration identifier="MAXSCORE" cardinality="single" base-type="float">
              <qti-default-value><qti-value>10.0</qti-value></qti-default-value></qti-outcome-declaration>""",
            """<qti-response-processing><qti-response-condition><qti-response-if><qti-match><qti-variable identifier="RESPONSE"/>
              <qti-correct identifier="RESPONSE"/></qti-match>
              <qti-set-outcome-value identifier="SCORE"><qti-variable identifier="MAXSCORE"/></qti-set-outcome-value>
              <qti-set-outcome-value identifier="FEEDBACK"><qti-base-value base-type="identifier">betul</qti-base-value>
              </qti-set-outcome-value></qti-response-if>
              <qti-response-else><qti-set-outcome-value identifier="FEEDBACK"><qti-base-value base-type="identifier">keliru</qti-base-value>
              </qti-set-outcome-value></qti-response-else></qti-response-condition></qti-response-processing>""",
            """<qti-modal-feedback outcome-identifier="FEEDBACK" show-hide="show" identifier="betul">
              <qti-content-body>Jeda memberi ruang.</qti-content-body></qti-modal-feedback>
              <qti-modal-feedback outcome-identifier="FEEDBACK" show-hide="show" identifier="keliru">
              <qti-content-body><p>Jeda bukan tanda bosan.</p></qti-content-body></qti-modal-feedback>""",
        ),
        {"kind": "true_false", "points": 10.0, "stem": "Jeda adalah bagian dari mendengarkan.",
         "options": [{"text": "Benar", "correct": True, "rationale": "Jeda memberi ruang."},
                     {"text": "Salah", "rationale": "Jeda bukan tanda bosan."}]},
    ),
    "match with rights used twice": (
        item21(
            """<matchInteraction responseIdentifier="RESPONSE" shuffle="true" maxAssociations="3"><prompt>Ucapan siapa?</prompt>
              <simpleMatchSet><simpleAssociableChoice identifier="P" matchMax="1">“Nomor berapa saya?”</simpleAssociableChoice>
              <simpleAssociableChoice identifier="Q" matchMax="1">“Silakan duduk.”</simpleAssociableChoice>
              <simpleAssociableChoice identifier="R" matchMax="1">“Ada yang bisa saya bantu?”</simpleAssociableChoice></simpleMatchSet>
              <simpleMatchSet><simpleAssociableChoice identifier="w" matchMax="4">Warga</simpleAssociableChoice>
              <simpleAssociableChoice identifier="p" matchMax="4">Petugas</simpleAssociableChoice></simpleMatchSet></matchInteraction>""",
            response(["P w", "Q p", "R p"], base="directedPair", cardinality="multiple"), MATCH,
        ),
        {"kind": "categorise", "stem": "Ucapan siapa?", "categories": [{"name": "Warga"}, {"name": "Petugas"}],
         "entries": [{"text": "“Nomor berapa saya?”", "category": "Warga"}, {"text": "“Silakan duduk.”", "category": "Petugas"},
                     {"text": "“Ada yang bisa saya bantu?”", "category": "Petugas"}]},
    ),
    "match one to one, QTI 3": (
        item3(
            """<qti-match-interaction response-identifier="RESPONSE" max-associations="2"><qti-prompt>Pasangkan.</qti-prompt>
              <qti-simple-match-set><qti-simple-associable-choice identifier="a" match-max="1">Sedih</qti-simple-associable-choice>
              <qti-simple-associable-choice identifier="b" match-max="1">Bingung</qti-simple-associable-choice></qti-simple-match-set>
              <qti-simple-match-set><qti-simple-associable-choice identifier="x" match-max="1">Penjelasan</qti-simple-associable-choice>
              <qti-simple-associable-choice identifier="y" match-max="1">Tisu</qti-simple-associable-choice>
              <qti-simple-associable-choice identifier="z" match-max="1">Kursi</qti-simple-associable-choice></qti-simple-match-set>
              </qti-match-interaction>""",
            """<qti-response-declaration identifier="RESPONSE" cardinality="multiple" base-type="directedPair"><qti-correct-response>
              <qti-value>a y</qti-value><qti-value>b x</qti-value></qti-correct-response></qti-response-declaration>""",
        ),
        {"kind": "matching", "pairs": [{"left": "Sedih", "right": "Tisu"}, {"left": "Bingung", "right": "Penjelasan"}], "extra": ["Kursi"]},
    ),
    "associate": (
        item21(
            """<associateInteraction responseIdentifier="RESPONSE" maxAssociations="2"><prompt>Cari pasangan.</prompt>
              <simpleAssociableChoice identifier="A" matchMax="1">Tanya</simpleAssociableChoice>
              <simpleAssociableChoice identifier="B" matchMax="1">Jawab</simpleAssociableChoice>
              <simpleAssociableChoice identifier="C" matchMax="1">Beri</simpleAssociableChoice>
              <simpleAssociableChoice identifier="D" matchMax="1">Terima</simpleAssociableChoice></associateInteraction>""",
            response(["A B", "C D"], base="pair", cardinality="multiple"),
        ),
        {"kind": "matching", "pairs": [{"left": "Tanya", "right": "Jawab"}, {"left": "Beri", "right": "Terima"}]},
    ),
    "order": (
        item21(
            """<orderInteraction responseIdentifier="RESPONSE" shuffle="true"><prompt>Urutkan langkahnya.</prompt>
              <simpleChoice identifier="A">Menawarkan</simpleChoice><simpleChoice identifier="B">Mendengar</simpleChoice>
              <simpleChoice identifier="C">Mengulang</simpleChoice></orderInteraction>""",
            response(["B", "C", "A"], cardinality="ordered"), MATCH,
        ),
        {"kind": "ordering", "scoring": "all", "entries": [{"text": "Mendengar"}, {"text": "Mengulang"}, {"text": "Menawarkan"}]},
    ),
    "text entry in a sentence is a cloze": (
        item21(
            """<blockquote><p>Kami datang <textEntryInteraction responseIdentifier="RESPONSE" expectedLength="15"/> sebelum loket buka.</p>
              </blockquote>""",
            response(["pagi"], base="string", mapping='<mapping defaultValue="0"><mapEntry mapKey="pagi" mappedValue="1"/>'
                     '<mapEntry mapKey="dini hari" mappedValue="0.5"/></mapping>'),
            MAP,
        ),
        {"kind": "cloze", "stem": "> Kami datang [[1]] sebelum loket buka.",
         "gaps": [{"case": True, "answers": [{"text": "pagi"}, {"text": "dini hari", "credit": 50.0}]}]},
    ),
    "text entry of its own is a short answer": (
        item21(
            """<p>Apa nama kemampuan itu?</p><p><textEntryInteraction responseIdentifier="RESPONSE"/></p>""",
            response(["empati"], base="string",
                     mapping='<mapping defaultValue="0"><mapEntry mapKey="empati" mappedValue="2" caseSensitive="false"/></mapping>'),
        ),
        {"kind": "short_text", "stem": "Apa nama kemampuan itu?", "answers": [{"text": "empati"}]},
    ),
    "number with a tolerance": (
        item21(
            """<p>Berapa menit? <textEntryInteraction responseIdentifier="RESPONSE"/></p>""",
            response(["12.5"], base="float"),
            """<responseProcessing><responseCondition><responseIf><equal toleranceMode="absolute" tolerance="0.5 0.5">
              <variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></equal>
              <setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf>
              </responseCondition></responseProcessing>""",
        ),
        {"kind": "numeric", "stem": "Berapa menit?", "answers": [{"value": "12.5", "tolerance": "0.5"}]},
    ),
    "number by a relative tolerance": (
        item21(
            """<p>Kira-kira <textEntryInteraction responseIdentifier="RESPONSE"/> orang.</p>""",
            response(["200"], base="integer"),
            """<responseProcessing><responseCondition><responseIf><equal toleranceMode="relative" tolerance="10 5">
              <variable identifier="RESPONSE"/><baseValue baseType="integer">200</baseValue></equal>
              <setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf>
              </responseCondition></responseProcessing>""",
        ),
        {"kind": "numeric", "stem": "Kira-kira … orang.", "answers": [{"value": "200", "tolerance": "20"}]},
    ),
    "inline choice, QTI 3": (
        item3(
            """<p>Petugas <qti-inline-choice-interaction response-identifier="R1" shuffle="false">
              <qti-inline-choice identifier="G">mendengarkan</qti-inline-choice><qti-inline-choice identifier="L">menyela</qti-inline-choice>
              </qti-inline-choice-interaction> dahulu.</p>""",
            """<qti-response-declaration base-type="identifier" cardinality="single" identifier="R1"><qti-correct-response>
              <qti-value>G</qti-value></qti-correct-response></qti-response-declaration>""",
            RP3.format("match_correct"),
        ),
        {"kind": "cloze", "stem": "Petugas [[1]] dahulu.",
         "gaps": [{"select": True, "answers": [{"text": "mendengarkan"}, {"text": "menyela", "credit": 0.0}]}]},
    ),
    "gap match, QTI 3": (
        item3(
            """<qti-gap-match-interaction max-associations="0" response-identifier="RESPONSE"><qti-prompt>Lengkapi.</qti-prompt>
              <qti-gap-text identifier="W" match-max="1">salam</qti-gap-text><qti-gap-text identifier="Sp" match-max="1">jeda</qti-gap-text>
              <blockquote><p>Mulai dengan <qti-gap identifier="G1"/>,<br/> lalu beri <qti-gap identifier="G2"/>.</p></blockquote>
              </qti-gap-match-interaction>""",
            """<qti-response-declaration identifier="RESPONSE" cardinality="multiple" base-type="directedPair"><qti-correct-response>
              <qti-value>W G1</qti-value><qti-value>Sp G2</qti-value></qti-correct-response></qti-response-declaration>""",
            RP3.format("map_response"),
        ),
        {"kind": "cloze", "stem": "Lengkapi.\n\n> Mulai dengan [[1]],\n> lalu beri [[2]].",
         "gaps": [{"select": True, "answers": [{"text": "salam"}, {"text": "jeda", "credit": 0.0}]},
                  {"select": True, "answers": [{"text": "salam", "credit": 0.0}, {"text": "jeda"}]}]},
    ),
    "hot text, QTI 3": (
        item3(
            """<p>Pilih kata yang keliru.</p><qti-hottext-interaction response-identifier="RESPONSE" max-choices="1">
              <p>Warga <qti-hottext identifier="A">yang menunggu</qti-hottext> tidak <qti-hottext identifier="B">boleh</qti-hottext> didengar.</p>
              </qti-hottext-interaction>""",
            """<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier"><qti-correct-response>
              <qti-value>B</qti-value></qti-correct-response></qti-response-declaration>""",
            RP3.format("match_correct"),
        ),
        {"kind": "single_choice", "stem": "Pilih kata yang keliru.\n\nWarga yang menunggu tidak boleh didengar.",
         "options": [{"text": "yang menunggu", "rationale": NONE}, {"text": "boleh", "correct": True, "rationale": NONE}]},
    ),
    "essay with a rubric for scorers": (
        item21(
            """<extendedTextInteraction responseIdentifier="RESPONSE" expectedLength="200"><prompt>Ceritakan satu hari Anda.</prompt>
              </extendedTextInteraction><rubricBlock view="scorer"><p>Ada <em>satu</em> kejadian.</p></rubricBlock>""",
            '<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="string"/>',
        ),
        {"kind": "essay", "stem": "Ceritakan satu hari Anda.", "model": "Ada *satu* kejadian."},
    ),
    "upload, QTI 3": (
        item3(
            """<p>Kirim foto.</p><qti-upload-interaction response-identifier="RESPONSE" type="image/png image/jpeg"><qti-prompt>
              <p>Satu saja.</p></qti-prompt></qti-upload-interaction>""",
            '<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="file"/>',
        ),
        {"kind": "file_upload", "stem": "Kirim foto.\n\nSatu saja.", "types": ["jpg", "png"]},
    ),
    "no question at all": (
        item21("<h2>Bagian satu</h2><ul><li>Baca</li><li>Jawab</li></ul><p>2 * 3 = [enam]</p>"),
        {"kind": "description", "stem": "## Bagian satu\n\n- Baca\n- Jawab\n\n2 \\* 3 = \\[enam\\]"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_items_of_other_programs(name):
    data, expected = SAMPLES[name]
    row = only(data)
    assert row.item is not None, row.messages
    assert {name: row.item.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (item21('<hotspotInteraction responseIdentifier="RESPONSE" maxChoices="1"/>'), "hotspotInteraction"),
        (item3('<qti-slider-interaction response-identifier="RESPONSE"/>'), "sliderInteraction"),
        (item21('<choiceInteraction responseIdentifier="A"/><orderInteraction responseIdentifier="B"/>'), "several questions"),
        (item21("<p>x</p>", '<templateDeclaration identifier="N" cardinality="single" baseType="integer"/>'), "by chance"),
        (item21("<matchInteraction/>"), "two sets"),
        (
            item21(
                '<p>x</p><orderInteraction responseIdentifier="RESPONSE"><simpleChoice identifier="a">A</simpleChoice></orderInteraction>'
            ),
            "order",
        ),
        (b'<assessmentItem identifier="a"/>', "no text"),
        (b'<assessmentItem identifier="a">\n<itemBody>\n<p>', "damaged"),
        (b'<assessmentTest><assessmentItemRef href="a.xml"/></assessmentTest>', "whole package"),
    ],
)
def test_what_cannot_be_taken_is_named(data, word):
    row = FORMATS["qti21"].parse(data, "soal.xml").rows[0]
    assert (row.status, row.item) == ("error", None)
    assert word in row.messages[0]


def test_damaged_xml_has_its_line():
    assert only(b'<assessmentItem identifier="a">\n<itemBody>\n<p></itemBody></assessmentItem>').line == 3


def test_formulas_sound_and_strange_elements_leave_their_words_with_a_warning():
    row = only(item21('<p>Nilai <m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:mi>x</m:mi></m:math> dan <audio src="a.mp3"/>'
                      '<script>alert(1)</script><img src="https://lain.example/a.png" alt="peta"/></p>'))  # fmt: skip
    assert row.item["stem"] == "Nilai x dan peta"
    assert (row.status, len(row.messages)) == ("warning", 3)


def test_a_link_that_could_run_something_is_words():
    assert only(item21('<p><a href="javascript:alert(1)">di sini</a> <a href="https://contoh.example">sana</a></p>')).item["stem"] == (
        "di sini [sana](https://contoh.example)"
    )


FEEDBACK = '<modalFeedback outcomeIdentifier="FEEDBACK" identifier="{}" showHide="{}"><p>{}</p></modalFeedback>'


def test_feedback_that_depended_on_the_answer_is_explained():
    """What is shown always, or hidden by a name, goes into the explanation; only what depended on the answer is warned of."""
    text = '<p>Apa?</p><p><textEntryInteraction responseIdentifier="RESPONSE"/></p>'
    always = '<responseProcessing><setOutcomeValue identifier="FEEDBACK"><baseValue baseType="identifier">S</baseValue></setOutcomeValue></responseProcessing>'
    row = only(item21(text, response(["a"], base="string"), always, FEEDBACK.format("S", "show", "Begini.")))
    assert (row.item["feedback"], row.status) == ("Begini.", "ok")
    row = only(item21(text, response(["a"], base="string"), always, FEEDBACK.format("S", "hide", "Begitu.")))
    assert (row.item["feedback"], row.status) == ("Begitu.", "warning")


def test_options_that_earned_a_part_are_warned_of():
    mapping = '<mapping defaultValue="0"><mapEntry mapKey="a" mappedValue="1"/><mapEntry mapKey="b" mappedValue="0.5"/></mapping>'
    options = '<simpleChoice identifier="a">A</simpleChoice><simpleChoice identifier="b">B</simpleChoice>'
    row = only(item21(f'<p>Apa?</p><choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">{options}</choiceInteraction>',
                      response(["a"], mapping=mapping), MAP))  # fmt: skip
    assert row.status == "warning"
    assert "Options that earned a part of the points earn nothing now." in row.messages


def test_subscripts_lists_and_code_become_markdown():
    row = only(item21("<p>H<sub>2</sub>O dan <code>a`b</code></p><ol><li><p>satu</p><ul><li>dua</li></ul></li></ol>"
                      "<dl><dt>Istilah</dt><dd>Arti</dd></dl><p>: bukan arti<br/>## bukan judul</p>"))  # fmt: skip
    assert row.item["stem"] == ("H2O dan ``a`b``\n\n1. satu\n    - dua\n\nIstilah\n:   Arti\n\n&#58; bukan arti  \n\\## bukan judul")
