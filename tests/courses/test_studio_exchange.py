"""Modules as zips, out and in, and their pictures: what comes from outside is distrusted, and every problem is named."""

import io
import stat
import zipfile
import zlib

import pytest
import sqlalchemy as sa
from support.forms import form_of

from courses.folder import services as folders
from courses.folder.reader import read_folder
from courses.studio import exchange
from lms.db import commit, db
from lms.errors import ContentError
from lms.learning.models import Activity, Module, Revision
from lms.testing.client import text_of

BOTH = "{id: x, en: x}"
HOME = f"format: 1\nkey: uji\ncode: UJI\ntitle: {BOTH}\nsummary: {BOTH}\naudience: {BOTH}\noutcomes: [{BOTH}]\nsections:\n- key: satu\n  title: {BOTH}\n"
LESSON = "---\ntype: lesson\ntitle: Buka\nsection: satu\nminutes: 5\n---\n![Peta](figures/peta.svg)\n"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h{}"/></svg>'
FILES = {"module.yaml": HOME, "01-buka.md": LESSON, "figures/peta.svg": DRAWING.format(1)}


def packed(files, folder="uji/"):
    """Return a zip of files, below a folder as people pack them."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name if isinstance(name, zipfile.ZipInfo) else folder + name, text)
    data.seek(0)
    return data


@pytest.fixture
def author(make_user, make_module):
    """Make an instructor who may write their own modules and no one else's."""
    return make_user("Ibu Penulis", roles=[("instructor", "module", make_module(key="lain", publish=False).id)], language="en")


@pytest.fixture
def browser(client, author):
    """Return the author's browser."""
    return client.as_(author)


def send(browser, files, folder="uji/", **fields):
    """Post a zip."""
    data = packed(files, folder) if isinstance(files, dict) else io.BytesIO(files)
    return browser.post("/studio/import", data={"zip": (data, "uji.zip"), **fields})


@pytest.mark.parametrize("folder", ["uji/", "", "Salinan uji (2)/"])
def test_a_zip_becomes_a_module_of_mine_and_is_published(browser, author, folder):
    extra = {"__MACOSX/x": "x", f"{folder}.DS_Store": "x"}
    files = {zipfile.ZipInfo(name): text for name, text in extra.items()} | FILES
    answer = send(browser, files, folder, note="Dari rekan")
    assert answer.location == "/studio/uji", text_of(answer)
    module = db.session.scalar(sa.select(Module).where(Module.key == "uji"))
    assert module.owner_id == author.id
    assert db.session.scalar(sa.select(Revision.note).where(Revision.module_id == module.id)) == "Dari rekan"
    assert module.files["figures/peta.svg"].startswith("/media/")


def test_out_in_and_out_again_is_the_same(browser, author):
    send(browser, FILES)
    out = browser.get("/studio/uji/export.zip")
    assert out.mimetype == "application/zip"
    assert 'filename="uji.zip"' in out.headers["Content-Disposition"]
    again = browser.post("/studio/import", data={"zip": (io.BytesIO(out.data), "uji.zip"), "replace": "y"})
    assert again.location == "/studio/uji", text_of(again)
    assert browser.get("/studio/uji/export.zip").data == out.data
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Revision)) == 1, "nothing changed, so nothing is new"


@pytest.mark.sqlite
def test_a_module_of_the_box_survives_the_studio(browser, author, tmp_path):
    text, problems = read_folder(folders.CONTENT / "empati")
    assert not problems
    folders.import_module(actor_id=author.id, text=text)
    commit()
    with zipfile.ZipFile(io.BytesIO(browser.get("/studio/empati/export.zip").data)) as archive:
        archive.extractall(tmp_path)
    for path in (folders.CONTENT / "empati").rglob("*.*"):
        assert (tmp_path / "empati" / path.relative_to(folders.CONTENT / "empati")).read_bytes() == path.read_bytes(), path.name
    for key in ("sebelum-anda-mulai", *(activity.key for activity in text.activities)):
        page = browser.get(f"/studio/empati/{key}")
        if page.status_code == 200:
            assert browser.post(f"/studio/empati/{key}", data=form_of(page)).status_code == 302, key
    assert "revision 1 is published" in text_of(browser.get("/studio/empati")), "opening and saving every page changes nothing"


def test_every_problem_is_listed_with_file_and_line(browser):
    bad = {
        "02-a.md": LESSON.replace("satu", "dua"),
        "03-b.yaml": "type: journal\ntitle: J\nsection: satu\nminutes: 5\ncolour: red\n",
        "04-c.yaml": "type: quiz\ntitle: K\nsection: satu\nminutes: 5\nitems:\n- key: a\n  tags: [1, {x: y}]\n",
        "catatan.txt": "x",
    }
    answer = send(browser, FILES | bad)
    words = text_of(answer)
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(Module).where(Module.key == "uji")) is None
    alone = send(browser, FILES | {name: text for name, text in bad.items() if name != "04-c.yaml"})
    for part in ("3 things have to be put right first.", "02-a.md:4", "03-b.yaml:5", "catatan.txt"):
        assert part in text_of(alone), part
    assert "04-c.yaml" in words, "what the reader cannot take apart is named too"
    assert "/tmp" not in words
    assert "peduli-import" not in words


def test_only_my_modules_and_only_when_i_say_so(client, browser, make_module, make_user):
    make_module(key="uji")
    answer = send(browser, FILES, replace="y")
    assert answer.status_code == 422
    assert "belongs to a module that is not yours" in text_of(answer)
    mine = {**FILES, "module.yaml": HOME.replace("key: uji", "key: punyaku")}
    assert send(browser, mine).status_code == 302
    again = send(browser, mine)
    assert again.status_code == 422
    assert "Tick the box below" in text_of(again)
    assert send(browser, {**mine, "02-dua.md": LESSON}, replace="y").status_code == 302
    assert client.as_(make_user()).post("/studio/import", data={}).status_code == 403
    assert browser.post("/studio/import", data={}).status_code == 422


def _link():
    info = zipfile.ZipInfo("uji/figures/x.svg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({zipfile.ZipInfo("../jahat.md"): "x"}, "leads out of the folder"),
        ({zipfile.ZipInfo("uji/../../jahat.md"): "x"}, "leads out of the folder"),
        ({zipfile.ZipInfo("/etc/jahat.md"): "x"}, "leads out of the folder"),
        ({zipfile.ZipInfo("C:jahat.md"): "x"}, "leads out of the folder"),
        ({zipfile.ZipInfo("uji/..\\jahat.md"): "x"}, "leads out of the folder"),
        ({_link(): "/etc/passwd"}, "no plain file"),
        ({"02-besar.md": LESSON + "x" * (exchange.MOST_TEXT + 1)}, "larger than allowed"),
        ({f"figures/{index}.svg": "0" * exchange.MOST_PICTURE for index in range(16)}, "larger than allowed"),
        ({f"figures/{index}.svg": "" for index in range(exchange.MOST_FILES)}, "more than 400 files"),
        ({"02-a.yaml": "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n"}, "References"),
        ({"02-a.md": "---\na: &a [x]\nb: *a\n---\nx\n"}, "References"),
        ({"02-a.yaml": "[" * 2000}, "nested too deeply"),
        ({"02-a.md": LESSON + "\0"}, "no text"),
        ({"FIGURES/PETA.svg": "x", "figures/PETA.SVG": "x"}, "stands twice"),
        ({"02-about.md": LESSON}, "taken by a page of the studio"),
        ({"module.yaml": HOME.replace("key: uji", "key: import")}, "taken by a page of the studio"),
        ({"module.yaml": HOME.replace("code: UJI", "code: TERLALU-PANJANG")}, "at most 12 characters"),
        ({"module.yaml": f"{HOME}checked_on: kemarin\n"}, "is a date like"),
        ({"module.yaml": f"{HOME}language: jv\n"}, "id or en"),
        ({"figures/x.svg": "<svg xmlns='http://www.w3.org/2000/svg'><image href='http://x/y.png'/></svg>"}, "could act"),
        ({zipfile.ZipInfo("lagi/module.yaml"): HOME}, "several"),
    ],
)
def test_what_is_not_acceptable_is_refused_with_a_sentence(browser, extra, words):
    answer = send(browser, FILES | extra)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert db.session.scalar(sa.select(Module).where(Module.key == "uji")) is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Activity)) == 1, "of the module beside it"


def test_a_header_that_lies_about_its_size_is_not_believed(tmp_path):
    data = packed({"01-a.md": "x" * (exchange.MOST_TEXT * 3), "module.yaml": HOME}).getvalue()
    real = (exchange.MOST_TEXT * 3).to_bytes(4, "little")
    with pytest.raises(ContentError):
        exchange.unpack(io.BytesIO(data.replace(real, (10).to_bytes(4, "little"))), tmp_path)
    assert not list(tmp_path.rglob("*.md"))


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all", zlib.compress(b"x" * 100)])
def test_what_is_no_zip_is_said(browser, data):
    answer = send(browser, data)
    assert answer.status_code == 422
    assert "no zip" in text_of(answer) or "Choose a file" in text_of(answer)


def test_a_damaged_zip_is_said(browser):
    data = bytearray(packed(FILES).getvalue())
    data[60:80] = b"\0" * 20
    assert send(browser, bytes(data)).status_code == 422


# -- pictures --------------------------------------------------------------------------------------------------------------------------


def add(browser, text, name="", file="Peta Desa.SVG"):
    """Upload a drawing."""
    return browser.post("/studio/uji/pictures", data={"picture": (io.BytesIO(text.encode()), file), "name": name})


def test_a_picture_is_added_shown_and_replaced(browser):
    send(browser, FILES)
    assert add(browser, DRAWING.format(2)).status_code == 302
    page = browser.get("/studio/uji/pictures")
    assert "](figures/peta-desa.svg &#34;Caption&#34;)" in page.get_data(
        as_text=True
    ) or '](figures/peta-desa.svg "Caption")' in page.get_data(as_text=True)
    assert "Shown in: Buka" in text_of(page)
    before = db.session.scalar(sa.select(Activity.prepared).where(Activity.key == "buka"))["html"]
    assert add(browser, DRAWING.format(3), name="peta").status_code == 302
    db.session.expire_all()
    module = db.session.scalar(sa.select(Module).where(Module.key == "uji"))
    after = db.session.scalar(sa.select(Activity.prepared).where(Activity.key == "buka"))["html"]
    assert module.files["figures/peta.svg"] in after
    assert before != after
    assert "pictures or layout" in text_of(browser.get("/studio/uji/publish"))


def test_a_picture_in_use_stays(browser):
    send(browser, FILES)
    add(browser, DRAWING.format(2))
    refused = browser.post("/studio/uji/pictures/remove", data={"name": "figures/peta.svg"})
    assert refused.status_code == 409
    assert "shown in: Buka" in text_of(refused)
    assert browser.post("/studio/uji/pictures/remove", data={"name": "figures/peta-desa.svg"}).status_code == 302
    module = db.session.scalar(sa.select(Module).where(Module.key == "uji"))
    assert list(module.files) == ["figures/peta.svg"]


@pytest.mark.parametrize(("text", "words"), [("halo", "no picture"), ("%PDF-1.7", "damaged"), ("<svg><script/></svg>", "well-formed")])
def test_what_is_no_picture_is_refused(browser, text, words):
    send(browser, FILES)
    answer = add(browser, text)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert browser.post("/studio/uji/pictures", data={}).status_code == 422
    db.session.expire_all()
    assert list(db.session.scalar(sa.select(Module).where(Module.key == "uji")).files) == ["figures/peta.svg"]
