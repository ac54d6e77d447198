"""Packages of QTI: manifests, tests, pictures; and files that are made to harm."""

import contextlib
import io
import random
import stat
import zipfile
import zlib

import pytest
from support.qti import CHOICE, PNG, item3, item21, manifest, quickly, stored

from lms import i18n
from lms.api import Refused
from quizzes.exchange.archive import MOST_FILES, Archive, packed
from quizzes.exchange.base import FORMATS, sniff, tidy
from quizzes.kinds.base import KINDS, load_data

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def _english():
    """Messages are compared in their source language."""
    i18n.use("en")


VERSION_KEYS = ["qti21", "qti22", "qti3"]


def test_a_package_with_a_test_has_its_order_categories_and_pictures():
    test = b"""<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="T" title="Uji"><testPart identifier="P">
      <assessmentSection identifier="S" title="Loket" visible="true"><assessmentItemRef identifier="b" href="../soal/b.xml"/>
      <assessmentSection identifier="S2" title="Antre" visible="true"><assessmentItemRef identifier="a" href="../soal/a.xml"/>
      </assessmentSection></assessmentSection></testPart></assessmentTest>"""
    listed = [(f"imsqti_{kind}_xmlv2p1", href) for kind, href in
              (("item", "soal/a.xml"), ("item", "soal/b.xml"), ("item", "soal/hilang.xml"), ("test", "uji/uji.xml"))]  # fmt: skip
    data = packed({"imsmanifest.xml": manifest(*listed), "soal/a.xml": CHOICE, "soal/b.xml": item21("<p>Dua</p>"),
                   "uji/uji.xml": test, "gambar/peta kota.png": PNG})  # fmt: skip
    parsed = sniff(data, "paket.zip").parse(data, "paket.zip")
    assert [(row.item or {}).get("stem") for row in parsed.rows] == ["Dua", "Lihat ![peta](gambar/peta-kota.png)", None]
    assert [item["category"] for item in parsed.items] == ["Loket", "Loket/Antre"]
    assert parsed.files == {"gambar/peta-kota.png": PNG}
    assert "soal/hilang.xml" in parsed.rows[2].source


def test_packages_without_a_manifest_or_in_a_folder_are_read():
    assert len(FORMATS["qti21"].parse(packed({"a.xml": CHOICE, "b/c.xml": item3("<p>Tiga</p>")}), "x.zip").items) == 2
    inside = packed({"soal/imsmanifest.xml": manifest(("imsqti_item_xmlv3p0", "a.xml")), "soal/a.xml": item3("<p>Tiga</p>")})
    assert [item["stem"] for item in sniff(inside, "x.zip").parse(inside, "x.zip").items] == ["Tiga"]
    assert sniff(inside, "x.zip").key == "qti3"


def test_texts_that_items_share_come_before_their_own():
    item = item3("<p>Apa inti bacaan?</p>", '<qti-assessment-stimulus-ref identifier="S" href="bacaan.xml"/>')
    shared = (
        b'<qti-assessment-stimulus identifier="S"><qti-stimulus-body><p>Bacaan bersama.</p></qti-stimulus-body></qti-assessment-stimulus>'
    )
    parsed = FORMATS["qti3"].parse(packed({"a.xml": item, "bacaan.xml": shared}), "x.zip")
    assert parsed.items[0]["stem"] == "Bacaan bersama.\n\nApa inti bacaan?"


@pytest.mark.parametrize(
    ("content", "word"), [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG"), (PNG + bytes(6 * 1024 * 1024), "larger")]
)
def test_pictures_that_are_not_taken_leave_their_description(content, word):
    parsed = FORMATS["qti21"].parse(stored({"soal/a.xml": CHOICE, "gambar/peta kota.png": content}), "x.zip")
    assert parsed.items[0]["stem"] == "Lihat peta"
    assert word in parsed.rows[0].messages[0]
    assert parsed.files == {}


# -- attacks ---------------------------------------------------------------------------------------------------------------------------


def with_link():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo("a.xml")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return target.getvalue()


def locked():
    data = bytearray(stored({"a.xml": CHOICE}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def doubled():
    """A ZIP with two files of one name, which no program writes."""
    return stored({"a.xml": CHOICE, "b.xml": b"<x/>"}).replace(b"b.xml", b"a.xml")


def lying():
    """A file that says it is small and unpacks to much more."""
    data = bytearray(stored({"a.xml": b" " * 500_000 + CHOICE}, zipfile.ZIP_DEFLATED))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(data)


ARCHIVES = {
    "path up": lambda: stored({"../a.xml": CHOICE}),
    "absolute path": lambda: stored({"/etc/a.xml": CHOICE}),
    "drive": lambda: stored({"C:/a.xml": CHOICE}),
    "backslash": lambda: stored({"..\\a.xml": CHOICE}).replace(b"../", b"..\\"),
    "link": with_link,
    "locked": locked,
    "doubled": doubled,
    "lying about its size": lying,
    "bomb": lambda: stored({"a.xml": bytes(30 * 1024 * 1024)}, zipfile.ZIP_DEFLATED),
    "many files": lambda: stored({f"{number}.xml": b"" for number in range(MOST_FILES + 1)}),
    "other method": lambda: stored({"a.xml": CHOICE}, zipfile.ZIP_LZMA),
    "cut off": lambda: stored({"a.xml": CHOICE})[:-30],
    "no zip": lambda: b"PK\x03\x04" + bytes(100),
}
BOMBS = {
    "billion laughs": b'<!DOCTYPE a [<!ENTITY x "haha"><!ENTITY y "&x;&x;&x;&x;">]><assessmentItem>&y;</assessmentItem>',
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><assessmentItem>&x;</assessmentItem>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://contoh.example/x.dtd"> %x;]><assessmentItem/>',
    "deep": b"<assessmentItem>" + b"<p>" * 300_000,
    "many elements": b"<assessmentItem>" + b"<p/>" * 200_000,
    "large": b"<assessmentItem>" + b" " * 15_000_000,
    "old QTI": b"<questestinterop><item/></questestinterop>",
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_made_to_harm_are_refused(name):
    data = ARCHIVES[name]()
    with pytest.raises(Refused) as refused:
        Archive(data)["a.xml"]
    assert str(refused.value).endswith(".")
    with pytest.raises(Refused):
        quickly(data)


@pytest.mark.parametrize("name", BOMBS)
def test_xml_made_to_harm_is_refused(name):
    with pytest.raises(Refused):
        quickly(BOMBS[name])
    if name != "large":
        with pytest.raises(Refused):
            quickly(stored({"imsmanifest.xml": manifest(("imsqti_item_xmlv2p1", "a.xml")), "a.xml": BOMBS[name]}))


def test_one_question_that_is_too_large_does_not_stop_the_others():
    listed = manifest(("imsqti_item_xmlv2p1", "b.xml"), ("imsqti_item_xmlv2p1", "a.xml"))
    parsed = quickly(
        stored({"imsmanifest.xml": listed, "a.xml": item21("<p>Satu</p>"), "b.xml": item21("<p>" + "kata " * 250_000 + "</p>")})
    )
    assert [row.status for row in parsed.rows] == ["error", "ok"]


HEAVY = {
    "options": item21('<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">' + '<simpleChoice identifier="a">A</simpleChoice>' * 4000 + "</choiceInteraction>"),
    "gaps": item21("<gapMatchInteraction>" + '<gapText identifier="a">A</gapText>' * 2000 + "<p>" + '<gap identifier="b"/>' * 2000 + "</p></gapMatchInteraction>"),
    "conditions": item21('<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1"><simpleChoice identifier="a">A</simpleChoice></choiceInteraction>', "",
                         "<responseProcessing>" + "<responseCondition><responseIf><match><correct/></match></responseIf></responseCondition>" * 2000
                         + "</responseProcessing>"),
    "nested spans": item21("<span>" * 90 + "<i>a</i>" * 8000 + "</span>" * 90),
    "pictures": item21('<img src="../gambar/besar.png" alt=""/>' * 5000),
    "tolerance": item21('<p><textEntryInteraction responseIdentifier="RESPONSE"/></p>', '<responseDeclaration identifier="RESPONSE" baseType="float"/>',
                        '<responseProcessing><responseCondition><responseIf><equal toleranceMode="relative" tolerance="1e999999"><variable '
                        'identifier="RESPONSE"/><baseValue>1e999999</baseValue></equal></responseIf></responseCondition></responseProcessing>'),
}  # fmt: skip


@pytest.mark.parametrize("name", HEAVY)
def test_items_that_would_take_long_do_not(name):
    assert len(quickly(stored({"soal/a.xml": HEAVY[name], "gambar/besar.png": PNG + bytes(4_000_000)})).rows) == 1


def test_a_huge_attribute_and_an_archive_within_are_no_danger():
    row = quickly(item21(f'<p class="{"x" * 900_000}">Teks</p>')).rows[0]
    assert row.item["stem"] == "Teks"
    inner = stored({"a.xml": CHOICE})
    assert len(quickly(stored({"a.xml": item21("<p>Teks</p>"), "dalam.zip": inner, "b.xml": inner})).items) == 1


@pytest.mark.parametrize("key", VERSION_KEYS)
def test_damaged_files_raise_nothing_but_refused(key):
    """Cut, mixed and scribbled files, of XML and of packages, each within a second."""
    chance = random.Random(7)  # the same damage each time
    items = [tidy({"key": f"k-{kind.replace('_', '-')}", "kind": kind, **load_data(kind, known.example)}) for kind, known in KINDS.items()]
    archive = Archive(FORMATS[key].write(items, {}))
    members = {name: archive[name] for name in archive.names()}
    for _round in range(15):
        name = chance.choice(list(members))
        changed = {**members, name: scribbled(members[name], chance)}
        for data in (changed[name], stored(changed), scribbled(stored(members), chance)):
            with contextlib.suppress(Refused):
                quickly(data)


def scribbled(data, chance):
    damaged = bytearray(data)
    for _time in range(chance.randint(1, 6)):
        at = chance.randrange(len(damaged))
        piece = chance.choice(
            [b"<", b">", b"]]>", b"&#0;", b"\xff", b"", b"</itemBody>", b"[[[", b"{", b"-1", b"NaN", b"1e999", b'"', zlib.compress(b"x")]
        )
        damaged[at : at + chance.randint(0, 8)] = piece
    return bytes(damaged[: chance.choice([None, None, at + 1])])


NOTES = ["[[[]]]", "[" * 5000, '[[["options"],null,"x"]]', '[[["options",0],{"a":1},5]]', '[[["points"],null,NaN]]', '[[["stem"],"Satu",{"a":[1]}]]',
         '[[[1.5],null,"x"]]', '[[["kind"],"description","essay"]]', '[[["tags"],null,[{"a":1}]]]', '[[[["x"]],null,1]]', "7", '{"a":1}',
         '[[["x","y"],null,1]]', '[[["hints"],null,[[["x"]]]]]', '[[["category"],null,["a"]]]']  # fmt: skip


@pytest.mark.parametrize("notes", NOTES)
def test_notes_made_to_harm_change_nothing_or_are_refused_as_a_question(notes):
    named = f'<manifest><resources><resource type="imsqti_item_xmlv2p1" href="a.xml"><metadata><item>{notes}</item></metadata></resource></resources></manifest>'
    (row,) = quickly(stored({"imsmanifest.xml": named.encode(), "a.xml": item21("<p>Satu</p>")})).rows
    assert row.item is None or row.item["stem"] == "Satu"


def test_a_file_is_not_unpacked_again_and_again():
    archive = Archive(stored({"a.bin": bytes(80 * 1024 * 1024)}))
    for _time in range(3):
        archive["a.bin"]
    with pytest.raises(Refused):
        archive["a.bin"]
