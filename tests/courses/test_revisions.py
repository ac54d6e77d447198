"""The revisions of a module: reading one, comparing, going back after a dry run, and undoing that."""

import re

import pytest
import sqlalchemy as sa
from support.forms import form_of

from courses.studio.compare import same
from courses.studio.models import DraftVersion
from lms.db import commit, db
from lms.learning.models import Module
from lms.learning.services import draft_activities, publish
from lms.testing.client import text_of
from lms.testing.contract import installed

LESSON = {"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": "Halo.\n\nKami datang dua kali.\n"}}
OTHER = {"type": "lesson", "key": "lanjut", "title": "Lanjutan", "settings": {"source": "Lagi.\n"}}


@pytest.fixture
def studio(client, make_user, make_module):
    """Give (browser of the author, address of the module, module) of a published module of these activities."""

    def make(*activities):
        author = make_user("Ibu Penulis", roles=["instructor"], language="en")
        module = make_module(*activities, owner=author)
        return client.as_(author), f"/studio/{module.key}", module

    return make


def fresh(module):
    db.session.expire_all()
    return {activity.key: activity for activity in draft_activities(module.id)}


def write(browser, address, **fields):
    typed = form_of(browser.get(address)) | {name.replace("__", "-"): text for name, text in fields.items()}
    answer = browser.post(address, data=typed)
    assert answer.status_code == 302, text_of(answer)


def restore(browser, address):
    page = browser.get(address)
    return browser.post(address.partition("?")[0], data=form_of(page, None))


def test_revisions_are_listed_read_and_compared(studio, make_cohort):
    browser, home, module = studio(LESSON, OTHER)
    make_cohort(module)
    write(browser, f"{home}/buka", s__source="Halo.\n\nKami datang tiga kali.\n")
    db.session.expire_all()
    publish(actor_id=module.owner_id, module=db.session.get(Module, module.id), note="Angka diperbaiki")
    commit()
    page = text_of(browser.get(f"{home}/revisions"))
    for words in ("Revision 2", "Angka diperbaiki", "Ibu Penulis", "Used by:", "No cohort uses it."):
        assert words in page
    found = browser.get(f"{home}/revisions/compare?one=1&other=2")
    html = found.get_data(as_text=True)
    assert re.search(r"<del><span[^>]*>\[gone:\] </span>dua </del><ins><span[^>]*>\[new:\] </span>tiga </ins>", html)
    assert "1 activity is the same." in text_of(found)
    assert "Nothing differs." in text_of(browser.get(f"{home}/revisions/compare?one=2&other=draft"))
    for wrong in ("compare?one=9", "compare?one=x", "compare?one=review-1", "9", "1/tidak-ada", "9/restore", "1/restore?activity=x"):
        assert browser.get(f"{home}/revisions/{wrong}").status_code == 404, wrong
    old = browser.get(f"{home}/revisions/1/buka")
    assert "Kami datang dua kali." in text_of(old)
    assert browser.get(f"{home}/revisions/1").location == f"{home}/revisions/1/buka"


@pytest.mark.parametrize("kind", installed(), ids=lambda kind: kind.key)
def test_every_kind_of_activity_of_a_revision_can_be_read(studio, kind):
    browser, home, _module = studio({"type": kind.key, "key": "kegiatan", "settings": kind.example})
    page = browser.get(f"{home}/revisions/1/kegiatan")
    assert page.status_code == 200
    assert "It can be read, not changed." in text_of(page)


@pytest.mark.parametrize("kind", installed(), ids=lambda kind: kind.key)
def test_every_kind_of_activity_comes_back_from_a_revision_as_it_was(studio, kind):
    browser, home, module = studio({"type": kind.key, "key": "kegiatan", "settings": kind.example, "tags": ["BP1"]}, OTHER)
    before = fresh(module)["kegiatan"]
    held = [before.settings, before.prepared, before.rule, before.tags, before.title]
    write(browser, f"{home}/kegiatan", title="Judul lain", tags="KL1", minutes="44")
    assert browser.post(f"{home}/kegiatan/delete").status_code == 302
    dry = browser.get(f"{home}/revisions/1/restore?activity=kegiatan")
    assert "Nothing has been done yet." in text_of(dry)
    assert "kegiatan" not in fresh(module)
    assert restore(browser, f"{home}/revisions/1/restore?activity=kegiatan").location == f"{home}/kegiatan"
    after = fresh(module)["kegiatan"]
    assert all(map(same, [after.settings, after.prepared, after.rule, after.tags, after.title], held))


def test_a_whole_revision_comes_back_and_that_can_be_undone(studio):
    browser, home, module = studio(LESSON, {**OTHER, "requires": ["buka"]})
    published = browser.get(f"{home}/revisions/1/lanjut")
    assert published.status_code == 200
    write(browser, f"{home}/buka", s__source="Sama sekali lain.", title="Lain")
    write(browser, f"{home}/about", summary_id="Ringkasan lain.")
    assert browser.post(f"{home}/add", data={"type": "lesson", "title": "Belakangan", "section": "satu", "key": ""}).status_code == 302
    assert browser.post(f"{home}/lanjut/delete").status_code == 302
    dry = text_of(browser.get(f"{home}/revisions/1/restore"))
    for words in ("Belakangan", "Lanjutan", "Sama sekali lain."):
        assert words in dry
    assert set(fresh(module)) == {"buka", "belakangan"}, "a dry run changes nothing"
    assert restore(browser, f"{home}/revisions/1/restore").location == home
    draft = fresh(module)
    assert list(draft) == ["buka", "lanjut"]
    assert (draft["buka"].title, draft["lanjut"].requires) == ("Pembuka", ["buka"])
    assert "is published" in text_of(browser.get(home)), "the draft is the revision again"
    kept = db.session.scalars(sa.select(DraftVersion).where(DraftVersion.key == "buka").order_by(DraftVersion.id)).all()
    earlier = next(version for version in kept if ["title", "Lain"] in version.data["fields"])
    assert browser.post(f"{home}/buka/history/{earlier.id}/restore").status_code == 302
    assert fresh(module)["buka"].title == "Lain"
    assert "Belakangan" in text_of(browser.get(f"{home}/history"))


def test_a_draft_that_changed_after_the_dry_run_is_looked_at_again(studio):
    browser, home, module = studio(LESSON, OTHER)
    write(browser, f"{home}/buka", title="Satu")
    seen = form_of(browser.get(f"{home}/revisions/1/restore"), None)
    write(browser, f"{home}/buka", title="Dua")
    late = browser.post(f"{home}/revisions/1/restore", data=seen)
    assert late.status_code == 409
    assert "Somebody has changed the draft" in text_of(late)
    assert fresh(module)["buka"].title == "Dua"


def test_an_activity_of_another_kind_is_not_written_over(studio):
    browser, home, module = studio(LESSON, OTHER)
    assert browser.post(f"{home}/buka/delete").status_code == 302
    assert browser.post(f"{home}/add", data={"type": "quiz", "title": "Kuis", "section": "satu", "key": "buka"}).status_code == 302
    answer = restore(browser, f"{home}/revisions/1/restore?activity=buka")
    assert answer.status_code == 409
    assert fresh(module)["buka"].type == "quiz"


def test_many_changes_stand_on_one_page_of_bounded_size(studio, queries):
    browser, home, module = studio(*({**LESSON, "key": f"b{n}", "settings": {"source": f"Kalimat {n} lama. " * 200}} for n in range(30)))
    for activity in fresh(module).values():
        activity.settings = {"source": f"Teks {activity.key} baru sekali. " * 200}
    commit()
    with queries() as seen:
        page = browser.get(f"{home}/revisions/compare?one=1&other=draft")
    assert len(seen) <= 12
    html = page.get_data(as_text=True)
    assert html.count('id="part-') == 30
    assert "Show its texts" in html
    assert len(html) < 60_000
    alone = browser.get(f"{home}/revisions/compare?one=1&other=draft&activity=b29").get_data(as_text=True)
    assert "Teks b29 baru" in alone
