"""The bank: search, writing items, versions, quizzes, import and export; only for the authors of its module."""

import csv
import html
import io
import re

import pytest
import sqlalchemy as sa
from support.forms import buttons_of, form_of
from support.hostile import picture

from lms.api import file_store
from lms.db import commit, db, utcnow
from lms.learning.models import Activity, Module
from lms.testing import count_queries
from lms.testing.client import text_of
from quizzes.bank import tasks
from quizzes.bank.models import Import
from quizzes.items.models import BankItem, ItemVersion, VersionState
from quizzes.items.services import load_row, store_items
from quizzes.kinds.base import KINDS

JSON = {"Accept": "application/json"}


def choice(key, stem="Siapa yang didengar dahulu?", **more):
    options = [{"text": "Warga", "correct": True, "rationale": "Ia yang datang."}, {"text": "Rekan", "rationale": "Nanti."}]
    return {"key": key, "kind": "single_choice", "stem": stem, "options": options, **more}


@pytest.fixture
def bank(client, make_user, make_module):
    """Return an object with browser, url, module and author; items are put into the bank by `keep`."""

    class Bank:
        author = make_user("Bu Penulis", roles=["instructor"], language="en")
        module = make_module({"type": "quiz", "key": "kuis", "settings": {"items": [choice("awal", "Soal awal?")]}}, owner=author)
        browser = client.as_(author)
        url = f"/quizzes/bank/{module.key}"

        def keep(self, *rows, state=VersionState.READY):
            loaded = [load_row(row) for row in rows]
            found = store_items(module_id=self.module.id, owner_id=self.author.id, rows=loaded, files={}, state=state)
            commit()
            return [item.id for item in found]

        def item(self, key):
            db.session.expire_all()
            wanted = sa.select(BankItem).where(BankItem.module_id == self.module.id, BankItem.key == key)
            return db.session.scalar(wanted)

        def versions(self, key):
            wanted = sa.select(ItemVersion).where(ItemVersion.item_id == self.item(key).id).order_by(ItemVersion.number)
            return [(version.number, version.state.value) for version in db.session.scalars(wanted)]

        def quiz(self):
            db.session.expire_all()
            return db.session.scalar(sa.select(Activity).where(Activity.module_id == self.module.id, Activity.key == "kuis"))

    return Bank()


# -- who -------------------------------------------------------------------------------------------------------------------------------


def test_others_see_nothing(client, bank, make_user, make_module):
    (item,) = bank.keep(choice("satu"))
    other = make_user("Pak Lain", roles=[("instructor", "module", make_module().id)])
    for who, code in ((other, 404), (make_user(), 403)):
        browser = client.as_(who)
        for path in ("", "/new", f"/{item}", f"/{item}/versions", "/import", "/export", "/export/file?format=yaml"):
            assert browser.get(bank.url + path).status_code == code, path
        for path in (
            "/tags",
            f"/{item}",
            f"/{item}/retire",
            f"/{item}/share",
            f"/{item}/duplicate",
            f"/{item}/restore",
            "/preview",
            "/import",
        ):
            assert browser.post(bank.url + path, data={"item": item}).status_code == code, path
    assert bank.module.key not in client.as_(other).get("/quizzes/bank").get_data(as_text=True)
    assert "2 questions ready" in text_of(bank.browser.get("/quizzes/bank"))


# -- search ----------------------------------------------------------------------------------------------------------------------------


def titles(response):
    return re.findall(r'<div class="grow"><a [^>]*>([^<]*)</a>', response.get_data(as_text=True))


def test_search(bank):
    bank.keep(
        choice("satu", "Warga menunggu lama di loket?", category="loket/antre", tags=["BP1"]),
        choice("dua", "Warga marah di telepon?", category="telepon", tags=["BP1", "BP2"]),
        {"key": "tiga", "kind": "essay", "stem": "Ceritakan 100% jujur tentang loket."},
    )
    bank.keep(choice("empat", "Rancangan loket?"), state=VersionState.DRAFT)

    def found(**asked):
        return set(titles(bank.browser.get(bank.url, query_string=asked)))

    lama, marah, esai, draf, awal = (
        "Warga menunggu lama di loket?",
        "Warga marah di telepon?",
        "Ceritakan 100% jujur tentang loket.",
        "Rancangan loket?",
        "Soal awal?",
    )
    assert found() == {lama, marah, esai, draf, awal}
    assert found(q="LOKET warga") == {lama}
    assert found(q="100%") == {esai}
    assert found(q="_") == set()
    assert found(category="loket") == {lama}
    assert found(tag="BP2") == {marah}
    assert found(kind="essay") == {esai}
    assert found(state="draft") == {draf}
    assert found(used="yes") == {awal}
    assert found(used="no", q="warga") == {lama, marah}
    assert "Nothing found" in text_of(bank.browser.get(bank.url, query_string={"q": "nihil"}))


def test_a_long_bank_has_pages(bank):
    bank.keep(*(choice(f"soal-{number}", f"Soal nomor {number}?") for number in range(60)))
    first = bank.browser.get(bank.url)
    assert len(titles(first)) == 25
    assert "61 questions" in text_of(first)
    assert len(titles(bank.browser.get(bank.url, query_string={"page": 3}))) == 11


# -- writing ---------------------------------------------------------------------------------------------------------------------------


def written(fields, **more):
    return fields | {
        "i-stem": "Apa yang **pertama**?",
        "i-options-0-text": "Mendengar",
        "i-options-0-correct": "y",
        "i-options-0-rationale": "Ya.",
        "i-options-1-text": "Bicara",
        "i-options-1-rationale": "Belum.",
        **more,
    }


def test_a_new_item_for_a_quiz(bank):
    cards = bank.browser.get(f"{bank.url}/new?quiz=kuis")
    assert all(str(kind.title) in text_of(cards) for kind in KINDS.values())
    url = f"{bank.url}/new?kind=single_choice&quiz=kuis"
    fields = written(form_of(bank.browser.get(url)), tags="BP1, loket", points="2,5", do="ready")
    answer = bank.browser.post(url, data=fields)
    assert answer.headers["Location"] == f"/studio/{bank.module.key}/kuis"
    item = bank.item("apa-yang-pertama")
    assert (item.state, item.title) == (VersionState.READY, "Apa yang pertama?")
    assert item.id in {part["item"] for part in bank.quiz().settings["items"]}
    page = bank.browser.get(f"/studio/{bank.module.key}/kuis")
    assert "Apa yang pertama?" in text_of(page)
    assert "2.5 points" in text_of(page)
    assert f'href="{bank.url}/{item.id}"' in page.get_data(as_text=True)
    assert bank.browser.get(f"{bank.url}/new?kind=single_choice&quiz=lain").status_code == 404


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_is_written_and_shown(bank, kind):
    (item,) = bank.keep({"key": "contoh", "kind": kind.key, **kind.example})
    url = f"{bank.url}/{item}"
    page = bank.browser.get(url)
    fields = form_of(page)
    assert bank.browser.post(url, data=fields | {"do": "ready"}).status_code == 302
    assert bank.versions("contoh") == [(1, "ready")], "saving without a change is none"
    shown = bank.browser.post(f"{bank.url}/preview?item={item}", data=fields, headers=JSON).get_json()
    assert shown["problems"] == []
    assert '<body class="preview">' in shown["page"]
    for name, value in buttons_of(page):
        if name == "op":
            again = form_of(bank.browser.post(url, data=fields | {"op": value}))
            assert value.startswith("add:") <= (set(fields) <= set(again)), value
    new = bank.browser.get(f"{bank.url}/new?kind={kind.key}")
    empty = bank.browser.post(f"{bank.url}/new?kind={kind.key}", data=form_of(new) | {"title": "Masih kosong"})
    assert empty.status_code == 422
    assert form_of(empty)["title"] == "Masih kosong"


def test_an_error_keeps_everything_and_saves_nothing(bank):
    (item,) = bank.keep(choice("satu"))
    url = f"{bank.url}/{item}"
    fields = form_of(bank.browser.get(url)) | {
        "i-stem": "Belum <b>jadi</b>",
        "points": "banyak",
        "i-options-1-rationale": "",
        "tags": "a, b",
    }
    answer = bank.browser.post(url, data=fields)
    assert answer.status_code == 422
    assert {name: form_of(answer)[name] for name in fields} == fields
    two = form_of(bank.browser.get(url)) | {"i-options-1-correct": "y"}
    answer = bank.browser.post(url, data=two)
    assert "Exactly one option is correct" in text_of(answer)
    assert form_of(answer)["i-options-1-correct"] == "y"
    taken = written(form_of(bank.browser.get(f"{bank.url}/new?kind=single_choice")), key="satu")
    answer = bank.browser.post(f"{bank.url}/new?kind=single_choice", data=taken)
    assert answer.status_code == 422
    assert form_of(answer)["i-stem"] == taken["i-stem"]
    assert bank.versions("satu") == [(1, "ready")]


def test_rows_inside_rows(bank):
    gaps = [{"answers": [{"text": "loket"}]}, {"answers": [{"text": "antre"}]}]
    (item,) = bank.keep({"key": "rumpang", "kind": "cloze", "stem": "Di [[1]] orang [[2]].", "gaps": gaps})
    url = f"{bank.url}/{item}"
    fields = form_of(bank.browser.post(url, data=form_of(bank.browser.get(url)) | {"op": "add:i-gaps-1-answers"}))
    fields |= {"i-gaps-1-answers-1-text": "menunggu", "i-gaps-1-answers-1-credit": "100"}
    fields = form_of(bank.browser.post(url, data=fields | {"op": "up:i-gaps-1-answers-1"}))
    assert fields["i-gaps-1-answers-0-text"] == "menunggu"
    assert bank.browser.post(url, data=fields | {"do": "ready"}).status_code == 302
    again = form_of(bank.browser.get(url))
    assert [again[f"i-gaps-1-answers-{place}-text"] for place in (0, 1)] == ["menunggu", "antre"]


def test_who_saves_later_sees_both_texts(bank):
    (item,) = bank.keep(choice("satu"))
    url = f"{bank.url}/{item}"
    mine = form_of(bank.browser.get(url)) | {"i-stem": "Teks saya", "do": "ready"}
    theirs = form_of(bank.browser.get(url)) | {"i-stem": "Teks rekan", "do": "ready"}
    assert bank.browser.post(url, data=theirs).status_code == 302
    met = bank.browser.post(url, data=mine)
    assert met.status_code == 409
    assert "Teks rekan" in text_of(met)
    assert form_of(met)["i-stem"] == "Teks saya"
    assert bank.browser.post(url, data=form_of(met) | {"do": "ready"}).status_code == 302
    assert bank.item("satu").title == "Teks saya"


def test_the_preview_without_script(bank):
    (item,) = bank.keep(choice("satu"))
    fields = form_of(bank.browser.get(f"{bank.url}/{item}")) | {"i-stem": "## Baru <script>x</script>"}
    page = bank.browser.post(f"{bank.url}/preview?item={item}", data=fields)
    frame = html.unescape(re.search(r'<iframe[^>]* srcdoc="([^"]*)"', page.get_data(as_text=True))[1])
    assert "<script" not in frame
    assert "Ia yang datang." in frame, "the result with its rationales"
    assert form_of(page)["i-stem"] == fields["i-stem"]
    wrong = bank.browser.post(f"{bank.url}/preview?item={item}", data=fields | {"i-options-0-text": ""}, headers=JSON).get_json()
    assert wrong["page"] == ""
    assert wrong["problems"]
    assert bank.versions("satu") == [(1, "ready")]


# -- versions --------------------------------------------------------------------------------------------------------------------------


def test_versions_and_uses(bank):
    (item,) = bank.keep(choice("satu", "Lama?"))
    url = f"{bank.url}/{item}"
    bank.browser.post(url, data=form_of(bank.browser.get(url)) | {"i-stem": "Baru?", "do": "draft"})
    assert bank.versions("satu") == [(1, "ready"), (2, "draft")]
    bank.browser.post(url, data=form_of(bank.browser.get(url)) | {"do": "ready"})
    assert bank.versions("satu") == [(1, "retired"), (2, "ready")]
    bank.browser.post(f"{bank.url}/tags", data={"item": [item], "do": "quiz", "quiz": "kuis"})
    bank.browser.post(f"/studio/{bank.module.key}/publish", data={"note": ""})
    page = text_of(bank.browser.get(f"{url}/versions"))
    for words in ("Lama?", "Baru?", "Bu Penulis", "asks version 2", "draft"):
        assert words in page
    bank.browser.post(url, data=form_of(bank.browser.get(url)) | {"i-stem": "Lebih baru?", "do": "draft"})
    assert bank.browser.post(f"{url}/restore", data={"number": 1}).headers["Location"] == url
    assert bank.versions("satu") == [(1, "retired"), (2, "ready"), (3, "retired"), (4, "draft")], "the waiting draft is kept"
    assert form_of(bank.browser.get(url))["i-stem"] == "Lama?"
    assert bank.browser.post(f"{url}/restore", data={"number": 9}).status_code == 404


def test_retire_share_copy(client, bank, make_user, make_module):
    (item,) = bank.keep(choice("satu", tags=["BP1"]))
    elsewhere = make_module({"type": "quiz", "key": "lain", "settings": {"items": [choice("x")]}})
    other = make_user("Pak Lain", roles=[("instructor", "module", elsewhere.id)], language="en")
    theirs, away = client.as_(other), f"/quizzes/bank/{elsewhere.key}"
    assert theirs.get(f"{away}/shared/{item}").status_code == 404
    bank.browser.post(f"{bank.url}/{item}/share", data={"shared": "1"})
    assert titles(theirs.get(f"{away}?shared=1")) == ["Siapa yang didengar dahulu?"]
    assert "Ia yang datang." in text_of(theirs.get(f"{away}/shared/{item}"))
    assert theirs.get(f"{away}/{item}").status_code == 404, "shared is not written"
    theirs.post(f"{away}/tags", data={"item": item, "do": "quiz", "quiz": "lain"})
    page = theirs.get(f"/studio/{elsewhere.key}/lain")
    assert form_of(page)["s-items-1-key"] == f"{bank.module.key}/satu"
    copied = theirs.post(f"{away}/{item}/duplicate", data={"shared": "1"}).headers["Location"]
    assert form_of(theirs.get(copied))["tags"] == "BP1"
    refused = bank.browser.post(f"{bank.url}/{item}/retire")
    assert refused.status_code == 409, "a quiz asks it"
    (free,) = bank.keep(choice("dua"))
    bank.browser.post(f"{bank.url}/{free}/retire")
    assert bank.item("dua").state is VersionState.RETIRED
    bank.browser.post(f"{bank.url}/{free}/duplicate")
    assert bank.versions("dua-2") == [(1, "draft")]


def test_many_at_once(bank):
    ids = bank.keep(choice("satu"), choice("dua", tags=["BP1"]))
    bank.browser.post(f"{bank.url}/tags", data={"item": ids, "do": "tag", "word": "BP1"})
    assert len(titles(bank.browser.get(f"{bank.url}?tag=BP1"))) == 2
    bank.browser.post(f"{bank.url}/tags", data={"item": ids[0], "do": "untag", "word": "BP1"})
    bank.browser.post(f"{bank.url}/tags", data={"item": ids, "do": "move", "word": " loket / antre "})
    assert bank.item("satu").category == "loket/antre"
    assert len(titles(bank.browser.get(f"{bank.url}?tag=BP1"))) == 1
    bank.browser.post(f"{bank.url}/tags", data={"item": ids, "do": "quiz", "quiz": "kuis"})
    bank.browser.post(f"{bank.url}/tags", data={"item": ids, "do": "quiz", "quiz": "kuis"})
    assert len(bank.quiz().settings["items"]) == 3
    assert bank.browser.post(f"{bank.url}/tags", data={"item": ids, "do": "burn"}).status_code == 409
    assert bank.browser.post(f"{bank.url}/tags", data={"item": ids, "do": "tag", "word": ""}).status_code == 409
    strange = bank.browser.post(f"{bank.url}/tags", data={"do": "tag", "word": "x", "back": "q=a"})
    assert strange.headers["Location"] == f"{bank.url}?q=a"


# -- import and export -----------------------------------------------------------------------------------------------------------------

FILE = """items:
- key: satu
  kind: single_choice
  stem: Siapa yang didengar dahulu?
  options:
  - {text: Warga, correct: true, rationale: Ia yang datang.}
  - {text: Rekan, rationale: Nanti.}
- key: dua
  kind: true_false
  stem: Diam itu mendengarkan.
  tags: [BP1]
  options:
  - {text: Benar, correct: true, rationale: Ya.}
  - {text: Salah, rationale: "=Bukan."}
- key: rusak
  kind: single_choice
  stem: Tanpa jawaban yang benar?
  options:
  - {text: A, rationale: B}
  - {text: C, rationale: D}
"""


def upload(bank, text, name="soal.yaml", **more):
    answer = bank.browser.post(f"{bank.url}/import", data={"file": (io.BytesIO(text.encode()), name), **more})
    assert answer.status_code == 302, text_of(answer)
    return answer.headers["Location"]


def count_versions():
    return db.session.scalar(sa.select(sa.func.count()).select_from(ItemVersion))


def test_import_in_two_steps(client, bank, make_user):
    bank.keep(choice("satu"))
    before = count_versions()
    url = upload(bank, FILE)
    page = bank.browser.get(url)
    words = text_of(page)
    assert count_versions() == before, "nothing is written before it is confirmed"
    assert "in the bank already" in words
    assert "Ia yang datang." in words, "each question is shown with its result"
    assert "Exactly one option is correct" in words
    colleague = client.as_(make_user("Rekan", roles=[("instructor", "module", bank.module.id)]))
    assert colleague.get(url).status_code == 404, "an import is its owner's"
    fields = form_of(page, "lines")
    assert fields["take"] == ["0", "1"]
    assert bank.browser.post(f"{url}/confirm", data=fields).status_code == 302
    assert bank.versions("satu") == [(1, "ready")], "what is equal makes no new version"
    assert bank.versions("dua") == [(1, "ready")]
    done = db.session.scalar(sa.select(Import.done))
    assert done == {"new": 1, "version": 0, "details": 0, "same": 1, "wrong": 1, "left": 0}
    assert bank.browser.post(f"{url}/confirm", data=fields).status_code == 409, "an import is done once"
    table = list(csv.reader(io.StringIO(bank.browser.get(f"{url}/problems.csv").get_data(as_text=True).lstrip("\ufeff"))))
    assert [row[1] for row in table] == ["What", "error"]
    again = upload(bank, FILE)
    bank.browser.post(f"{again}/confirm", data=form_of(bank.browser.get(again), "lines"))
    assert count_versions() == before + 1, "the same file again changes nothing"


def test_only_what_is_ticked_comes_in_over_several_pages(bank):
    items = "".join(f"- key: soal-{number}\n  kind: essay\n  stem: Soal {number}\n  category: impor\n" for number in range(23))
    url = upload(bank, items)
    first = form_of(bank.browser.get(url), "lines")
    assert len(first["take"]) == 10
    moved = bank.browser.post(f"{url}/confirm", data=first | {"take": first["take"][1:], "go": "3"})
    assert moved.headers["Location"].endswith("?page=3")
    last = form_of(bank.browser.get(moved.headers["Location"]), "lines")
    assert len(last["take"]) == 3
    bank.browser.post(f"{url}/confirm", data=last | {"take": last["take"][0]})
    assert bank.item("soal-0") is None
    assert bank.item("soal-20") is not None
    assert bank.item("soal-22") is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BankItem).where(BankItem.category == "impor")) == 20


def test_a_question_without_rationale_is_a_draft(bank):
    url = upload(bank, "::Loket:: Di mana warga mengantre? {=Loket 1 ~Loket 2}", "soal.gift")
    bank.browser.post(f"{url}/confirm", data=form_of(bank.browser.get(url), "lines"))
    assert [item.state for item in db.session.scalars(sa.select(BankItem).where(BankItem.title == "Loket"))] == [VersionState.DRAFT]


def test_pasted_text_and_what_is_no_file(bank):
    assert bank.browser.post(f"{bank.url}/import", data={"text": FILE}).status_code == 302
    for data in ({}, {"text": "halo"}, {"file": (io.BytesIO(b"\x00\x01"), "x.bin")}, {"text": FILE, "format": "lain"}):
        answer = bank.browser.post(f"{bank.url}/import", data=data)
        assert answer.status_code == 422
        if "text" in data:
            assert data["text"].strip() in html.unescape(answer.get_data(as_text=True)), "what was pasted stays"


def test_an_import_is_gone_after_a_day(bank):
    url = upload(bank, FILE)
    tasks.forget_old_imports()
    assert bank.browser.get(url).status_code == 200
    db.session.execute(sa.update(Import).values(expires_at=utcnow()))
    commit()
    assert bank.browser.get(url).status_code == 404
    tasks.forget_old_imports()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Import)) == 0


def test_export_says_what_is_lost_before(bank):
    ids = bank.keep(choice("satu", category="loket", tags=["BP1"]), {"key": "dua", "kind": "situational", **KINDS["situational"].example})
    page = text_of(bank.browser.get(f"{bank.url}/export?format=yaml"))
    assert "Nothing is lost" in page
    assert "3 questions" in page
    lossy = text_of(bank.browser.get(f"{bank.url}/export?format=aiken"))
    assert "What is lost" in lossy
    chosen = bank.browser.post(f"{bank.url}/tags", data={"item": ids[0], "do": "export"}).headers["Location"]
    assert "1 question" in text_of(bank.browser.get(chosen))
    file = bank.browser.get(f"{bank.url}/export/file?format=yaml&category=loket")
    assert 'filename="' in file.headers["Content-Disposition"]
    assert "satu" in file.get_data(as_text=True)
    assert "awal" not in file.get_data(as_text=True)
    quiz = bank.browser.get(f"{bank.url}/export/file?format=yaml&quiz=kuis").get_data(as_text=True)
    assert "awal" in quiz
    assert "satu" not in quiz
    assert bank.browser.get(f"{bank.url}/export?format=lain").status_code == 404
    assert bank.browser.get(f"{bank.url}/export?quiz=lain").status_code == 404


def test_what_is_exported_comes_back_unchanged(bank):
    bank.keep(*({"key": key.replace("_", "-"), "kind": key, "title": f"Judul {key}", **kind.example} for key, kind in KINDS.items()))
    before = count_versions()
    url = upload(bank, bank.browser.get(f"{bank.url}/export/file?format=yaml").get_data(as_text=True))
    for page in (1, 2):
        assert "new version" not in re.sub(r"chosen: new version", "", text_of(bank.browser.get(f"{url}?page={page}")))
    bank.browser.post(f"{url}/confirm", data=form_of(bank.browser.get(url), "lines"))
    assert count_versions() == before
    assert db.session.scalar(sa.select(Import.done))["same"] == len(KINDS) + 1


PNG = picture()


def test_pictures_come_along(client, bank, make_user, make_module):
    module = db.session.get(Module, bank.module.id)
    module.files = {"figures/loket.png": file_store().save(PNG, "loket.png", owner_id=None)}
    commit()
    bank.keep(choice("satu", "Lihat ![loket](figures/loket.png). Siapa dahulu?", category="gambar"))
    file = bank.browser.get(f"{bank.url}/export/file?format=qti21&category=gambar").data
    other = make_module()
    author = make_user("Bu Lain", roles=[("instructor", "module", other.id)])
    theirs, away = client.as_(author), f"/quizzes/bank/{other.key}"
    url = theirs.post(f"{away}/import", data={"file": (io.BytesIO(file), "soal.zip")}).headers["Location"]
    page = theirs.get(url)
    (source,) = re.findall(r'src="(/quizzes/bank/[^"]*/pictures/[^"]*)"', page.get_data(as_text=True))
    assert theirs.get(source).data == PNG, "the preview shows the picture before it is kept"
    assert db.session.get(Module, other.id, populate_existing=True).files == {}
    theirs.post(f"{url}/confirm", data=form_of(page, "lines"))
    kept = db.session.get(Module, other.id, populate_existing=True).files
    (name,) = kept
    item = db.session.scalar(sa.select(ItemVersion).join(BankItem).where(BankItem.module_id == other.id))
    assert name.startswith("figures/")
    assert name in item.data["stem"]
    assert kept[name].rpartition(".")[0] in item.prepared["stem"]
    again = theirs.post(f"{away}/import", data={"file": (io.BytesIO(file), "soal.zip")}).headers["Location"]
    assert "already" in text_of(theirs.get(again)) or "sudah" in text_of(theirs.get(again))
    theirs.post(f"{again}/confirm", data=form_of(theirs.get(again), "lines"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ItemVersion).join(BankItem).where(BankItem.module_id == other.id)) == 1


def test_statements_do_not_grow_with_the_bank(bank):
    paths = ("", "?q=soal&tag=BP1&used=no", "/new?kind=cloze", "/export", "/import", "/{item}", "/{item}/versions")

    def statements():
        item, found = bank.item("awal").id, []
        for path in paths:
            with count_queries() as seen:
                assert bank.browser.get(bank.url + path.format(item=item)).status_code == 200
            found.append(len(seen))
        return found

    statements()
    few = statements()
    bank.keep(*(choice(f"soal-{number}", f"Soal nomor {number}?", tags=["BP1"]) for number in range(40)))
    assert max(few) <= 12
    assert [more - less for less, more in zip(few, statements(), strict=True)] == [0, 3, 0, 0, 0, 0, 0], (
        "what stands beside the lines is read when there are lines"
    )
