"""The pages and commands of copies, as a browser without script sees them."""

import io
import re
import zipfile

import pytest
import sqlalchemy as sa
from support.forks import LOCAL, SOURCE, lesson, quiz, republish, sources, write
from support.forms import form_of

from courses.forks import services
from courses.forks.models import OpenModule
from courses.studio import exchange
from lms.cli import main
from lms.db import commit, db
from lms.learning import services as learning
from lms.learning.models import Activity, Module
from lms.messages.models import Notice
from lms.testing.client import text_of

pytestmark = pytest.mark.sqlite


@pytest.fixture
def two(client, agency, copied):
    """Give (upstream, copy, browser of the copy's author) with one conflict, a change that comes over and something of the copy's own."""
    upstream, module = copied(lesson(), lesson("lanjut"))
    write(module, "buka", source=SOURCE.replace("Tiga", "Tiga milik kami"))
    write(module, "lanjut", source=LOCAL)
    write(upstream, "buka", source=SOURCE.replace("Tiga", "Tiga milik mereka"))
    write(upstream, "lanjut", tags=["BP1"])
    republish(upstream)
    return upstream, module, client.as_(agency[0])


def test_from_what_is_new_to_the_draft_without_a_script(two):
    _upstream, module, browser = two
    home = text_of(browser.get("/studio/salinan"))
    assert "“Modul asal” has revision 2" in home
    page = browser.get("/studio/salinan/upstream")
    said = text_of(page)
    assert "Decide 1 place" in said
    assert re.search(r"Comes over by itself.*Halaman lanjut.*tags.*Stays as yours.*Halaman lanjut.*local examples", said, re.DOTALL)
    assert "You can take it over here as soon as" in text_of(browser.get("/studio/salinan/upstream/result"))
    url = re.search(r'href="(/studio/salinan/upstream/[0-9a-f]{16})"', page.get_data(as_text=True))[1]
    question = browser.get(url)
    assert re.search(
        r"Before.*Tiga kalimat\..*Mine.*Tiga milik kami kalimat\..*The original’s.*Tiga milik mereka", text_of(question), re.DOTALL
    )
    assert re.search(r"<ins>\s*milik mereka\s*</ins>", question.get_data(as_text=True))
    empty = browser.post(url, data={})
    assert empty.status_code == 422
    fields = form_of(question, "answer")
    assert fields["text"] == "Tiga milik kami kalimat.\n"
    answered = browser.post(url, data={"choice": "own", "text": "Tiga punya bersama.\r\n"})
    assert answered.location == "/studio/salinan/upstream/result", "it was the last one"
    assert form_of(browser.get(url), "answer") == {"choice": "own", "text": "Tiga punya bersama.\n"}, "also tomorrow"
    result = browser.get("/studio/salinan/upstream/result")
    assert re.search(r"What changes in your draft.*Halaman buka.*Halaman lanjut.*tags", text_of(result), re.DOTALL)
    taken = browser.post("/studio/salinan/upstream/result", data=form_of(result, "take"))
    assert taken.location == "/studio/salinan"
    db.session.expire_all()
    assert sources(module) == {"buka": SOURCE.replace("Tiga kalimat.", "Tiga punya bersama."), "lanjut": LOCAL}
    assert "Nothing new in “Modul asal”" in text_of(browser.get("/studio/salinan/upstream"))
    assert browser.get(url).location == "/studio/salinan/upstream", "a question that is settled"
    assert "Differs from now in" in text_of(browser.get(first_version(browser, "buka")))


def first_version(browser, key):
    """Return the address of the oldest version in an activity's history."""
    page = browser.get(f"/studio/salinan/{key}/history").get_data(as_text=True)
    return re.findall(rf'href="(/studio/salinan/{key}/history/\d+)"', page)[-1]


def test_a_result_that_is_another_one_by_now_is_shown_again(two):
    _upstream, module, browser = two
    url = re.search(r"/studio/salinan/upstream/[0-9a-f]{16}", browser.get("/studio/salinan/upstream").get_data(as_text=True))[0]
    browser.post(url, data={"choice": "theirs"})
    looked = form_of(browser.get("/studio/salinan/upstream/result"), "take")
    write(module, "lanjut", title="Judul dari rekan")
    commit()
    again = browser.post("/studio/salinan/upstream/result", data=looked)
    assert again.status_code == 409
    assert "Something has changed since you looked" in text_of(again)
    assert browser.post("/studio/salinan/upstream/result", data=form_of(again, "take")).status_code == 302
    db.session.expire_all()
    titles = {activity.key: activity.title for activity in learning.draft_activities(module.id)}
    assert titles["lanjut"] == "Judul dari rekan"
    assert "Tiga milik mereka" in sources(module)["buka"]


def test_what_both_did_to_an_activity_is_asked_in_words(client, agency, copied):
    """Deleted by one and changed by the other; a title that both changed: there is no third text for what is no text."""
    upstream, module = copied(lesson(), lesson("lanjut"))
    write(module, "lanjut", source="Kami menulis ulang.\n", title="Judul kami")
    write(module, "buka", title="Pembuka kami", minutes=7)
    write(upstream, "buka", title="Pembuka mereka", minutes=9)
    db.session.delete(db.session.scalars(sa.select(Activity).where(Activity.module_id == upstream.id, Activity.key == "lanjut")).one())
    db.session.flush()
    republish(upstream)
    browser = client.as_(agency[0])
    links = dict.fromkeys(
        re.findall(r"/studio/salinan/upstream/[0-9a-f]{16}", browser.get("/studio/salinan/upstream").get_data(as_text=True))
    )
    said = {url: browser.get(url) for url in links}
    words = {re.search(r"Halaman \w+|Pembuka kami|Judul kami", text_of(page))[0]: page for page in said.values()}
    assert len(said) == 3
    gone = next(page for page in said.values() if "They have taken it out" in text_of(page))
    assert "Kami menulis ulang." in text_of(gone)
    assert "text" not in form_of(gone, "answer"), words
    minutes = next(url for url, page in said.items() if "minutes" in text_of(page))
    assert browser.post(minutes, data={"choice": "own", "text": "8"}).status_code == 409
    for url in links:
        browser.post(url, data={"choice": "theirs"})
    browser.post("/studio/salinan/upstream/result", data=form_of(browser.get("/studio/salinan/upstream/result"), "take"))
    db.session.expire_all()
    assert [(activity.title, activity.minutes) for activity in learning.draft_activities(module.id)] == [("Pembuka mereka", 9)]


def test_only_who_may_makes_a_copy(client, agency, make_user, make_module, make_cohort):
    author = make_user("Ibu Penulis", roles=[("instructor", "module", make_module(key="lain-2").id)], language="en")
    upstream = make_module(lesson(), key="asal", owner=author)
    other, learner = client.as_(agency[0]), client.as_(make_user("Peserta"))
    assert other.get("/modules/asal/copy").status_code == 404, "nobody has opened it"
    assert "Make a copy" not in text_of(other.get("/modules/asal"))
    client.as_(author).post("/studio/asal/copies", data={"open": "yes"})
    assert "Make a copy" in text_of(other.get("/modules/asal"))
    assert learner.get("/modules/asal/copy").status_code == 403
    taken = other.post("/modules/asal/copy", data={"title_id": "Asal di Bontang", "title_en": "", "key": "asal"})
    assert taken.status_code == 422
    assert "Choose another key" in text_of(taken)
    made = other.post("/modules/asal/copy", data={"title_id": "Asal di Bontang", "title_en": "", "key": ""})
    assert made.location == "/studio/asal-di-bontang"
    module = db.session.scalars(sa.select(Module).where(Module.key == "asal-di-bontang")).one()
    assert (module.owner_id, module.about["title"]) == (agency[0].id, {"id": "Asal di Bontang"})
    client.as_(author).post("/studio/asal/copies", data={"open": "no"})
    assert other.get("/modules/asal/copy").status_code == 404
    republish(upstream)
    assert db.session.scalars(sa.select(OpenModule)).all() == []


def test_the_original_sees_its_variants(client, make_user, make_unit, copied, agency):
    upstream, module = copied()
    author = make_user("Ibu Penulis", roles=["instructor"], language="en")
    agency[0].unit_id = make_unit("Dinas Kesehatan Bontang").id
    write(module, "buka", source=LOCAL)
    republish(module)
    page = text_of(client.as_(author).get("/studio/asal/copies"))
    assert re.search(r"Dinas Kesehatan Bontang.*variant.*has revision 1, the newest.*Local examples in 1 activity", page, re.DOTALL)
    write(upstream, "lanjut", source="Lain.\n")
    republish(upstream)
    write(module, "lanjut", source="Beda.\n")
    republish(module)
    page = text_of(client.as_(author).get("/studio/asal/copies"))
    assert re.search(r"differs in 1 activity.*1 revision behind", page, re.DOTALL)


def test_the_owner_of_a_copy_is_told_once(database, agency, copied):
    upstream, _module = copied()
    write(upstream, "buka", source="Lain.\n")
    revision = republish(upstream)
    services.note_revision(revision)
    commit()
    told = db.session.scalars(sa.select(Notice).where(Notice.user_id == agency[0].id)).all()
    assert [(notice.kind, notice.path) for notice in told] == [("courses:upstream", "/studio/salinan/upstream")]
    services.note_revision(republish(upstream))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 1, "nothing new"


def test_a_copy_of_another_installation_follows_by_zip(client, agency, make_module):
    module = make_module(lesson(), lesson("lanjut"), key="dari-luar", owner=agency[0])
    browser = client.as_(agency[0])
    assert browser.post("/studio/dari-luar/upstream", data={"origin": ""}).status_code == 422
    assert browser.post("/studio/dari-luar/upstream", data={"origin": "Empati, BKD Provinsi"}).status_code == 302
    db.session.expire_all()
    packed = exchange.zip_of(module)
    write(module, "buka", source=LOCAL)
    commit()
    newer = rezipped(packed, {"dari-luar/01-buka.md": ("Satu kalimat", "Satu kalimat baru")})
    sent = browser.post("/studio/dari-luar/upstream", data={"zip": (newer, "baru.zip"), "note": "Diperbaiki"})
    assert sent.location == "/studio/dari-luar/upstream", text_of(sent)
    assert "A newer version of “Empati, BKD Provinsi” waits" in text_of(browser.get("/studio/dari-luar"))
    result = browser.get("/studio/dari-luar/upstream/result")
    assert browser.post("/studio/dari-luar/upstream/result", data=form_of(result, "take")).status_code == 302
    db.session.expire_all()
    assert sources(module)["buka"] == LOCAL.replace("Satu kalimat", "Satu kalimat baru")
    bad = browser.post("/studio/dari-luar/upstream", data={"zip": (io.BytesIO(b"no zip"), "x.zip"), "note": "Catatan saya"})
    assert bad.status_code == 422
    assert "Catatan saya" in bad.get_data(as_text=True)
    foreign = rezipped(
        packed, {}, {"dari-luar/01-buka.md": "01-satu.md", "dari-luar/02-lanjut.md": "02-dua.md", "dari-luar/module.yaml": "module.yaml"}
    )
    assert "This is another module" in text_of(browser.post("/studio/dari-luar/upstream", data={"zip": (foreign, "x.zip"), "note": ""}))
    assert db.session.scalars(sa.select(Module.key).order_by(Module.id)).all() == ["lain", "dari-luar"], "nothing is left of looking"


def rezipped(packed, texts_of, names=None):
    """Return a zip with some texts, and names, changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode().replace(*texts_of.get(name, ("", "")))
            new.writestr((names or {}).get(name, name), text)
    made.seek(0)
    return made


@pytest.mark.parametrize("page", ["", "/result"])
def test_pages_ask_as_often_for_many_quizzes_as_for_one(client, agency, make_module, queries, page):
    counts = []
    for count in (1, 6):
        upstream = make_module(lesson(), *({**quiz("1?"), "key": f"kuis-{number}"} for number in range(count)), key=f"asal-{count}")
        services.copy_module(actor=agency[1], upstream=upstream, key=f"salinan-{count}")
        write(upstream, "buka", source="Lain.\n")
        republish(upstream)
        browser = client.as_(agency[0])
        with queries() as seen:
            assert browser.get(f"/studio/salinan-{count}/upstream{page}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12, counts


# -- commands -------------------------------------------------------------------------------------------------------------------------


def run(capsys, *arguments):
    """Return (exit code, what was printed, what was complained)."""
    with pytest.raises(SystemExit) as ended:
        main(["module", *arguments])
    said = capsys.readouterr()
    return ended.value.code or 0, said.out, said.err


def test_commands_copy_and_pull(database, capsys, tmp_path, agency, make_module):
    upstream = make_module(lesson(), lesson("lanjut"), key="asal")
    assert run(capsys, "fork", "asal", "salinan", "--owner", "nobody@example.test")[0] == 1
    assert run(capsys, "fork", "asal", "salinan", "--owner", agency[0].email)[:2] == (0, "salinan: a copy of asal\n")
    assert run(capsys, "fork", "asal", "salinan", "--owner", agency[0].email)[0] == 1
    assert run(capsys, "pull", "asal")[0] == 1
    assert run(capsys, "pull", "salinan")[:2] == (0, "salinan: nothing is new\n")
    module = db.session.scalars(sa.select(Module).where(Module.key == "salinan")).one()
    write(upstream, "buka", source=SOURCE.replace("Satu", "Satu baru"))
    learning.publish(actor_id=None, module=upstream)
    commit()
    code, said, _err = run(capsys, "pull", "salinan", "--dry-run")
    assert (code, said) == (0, "changed  buka: settings\n2 activities, 0 conflicts\n")
    db.session.expire_all()
    assert "baru" not in sources(module)["buka"]
    assert run(capsys, "pull", "salinan")[0] == 0
    db.session.expire_all()
    assert "Satu baru" in sources(module)["buka"]
    write(module, "buka", source=SOURCE.replace("Satu", "Satu kami"))
    write(upstream, "buka", source=SOURCE.replace("Satu", "Satu mereka"))
    learning.publish(actor_id=None, module=upstream)
    commit()
    code, said, err = run(capsys, "pull", "salinan", "--out", str(tmp_path / "hasil"))
    assert (code, err) == (1, "conflict activities/buka/settings/source/0\n")
    marked = (tmp_path / "hasil" / "01-buka.md").read_text()
    assert "<<<<<<< ours\nSatu kami kalimat.\n=======\nSatu mereka kalimat.\n>>>>>>> theirs\n" in marked
    db.session.expire_all()
    assert sources(module)["buka"] == SOURCE.replace("Satu", "Satu kami"), "nothing happens while a question is open"


def test_what_the_pages_cost(two, queries):
    """Statements: eight in the catalogue, twelve in the studio."""
    _upstream, module, browser = two
    republish(module)
    url = re.search(r"/studio/salinan/upstream/[0-9a-f]{16}", browser.get("/studio/salinan/upstream").get_data(as_text=True))[0]
    for address, most in (
        (url, 12),
        ("/studio/salinan", 12),
        ("/studio/salinan/copies", 12),
        ("/modules/salinan", 8),
        ("/modules/salinan/copy", 8),
    ):
        with queries() as seen:
            assert browser.get(address).status_code == 200
        assert len(seen) <= most, (address, len(seen))
