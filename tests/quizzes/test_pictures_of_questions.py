"""A picture that takes the place of another one: the questions that show it are drawn anew, each as it was."""

import io

import pytest
import sqlalchemy as sa
from support.hostile import picture

from lms.api import activity_type, draft_of, file_store
from lms.db import commit, db
from lms.learning.models import Activity, Module
from quizzes.items.models import BankItem, ItemVersion, VersionState
from quizzes.items.services import load_row, store_items

NAME = "figures/loket.png"
OLD, NEW = picture(size=(40, 30)), picture(size=(60, 30))
OPTIONS = [{"text": "Warga", "correct": True, "rationale": "Ia yang datang."}, {"text": "Rekan", "rationale": "Nanti."}]


def question(key, stem=f"Lihat ![loket]({NAME}). Siapa dahulu?"):
    return {"key": key, "kind": "single_choice", "stem": stem, "options": OPTIONS}


@pytest.fixture
def bank(client, make_user, make_module):
    """Return a browser of an author, a module, and its neighbour: both banks show NAME; the module's quiz borrows “tetangga”."""
    author = make_user("Bu Penulis", roles=["instructor"], language="en")
    files = {NAME: file_store().save(OLD, "loket.png", owner_id=None)}

    def with_quiz(*rows, draft=()):
        module = make_module({"type": "quiz", "key": "kuis", "settings": {"items": [question("awal", "?")]}}, owner=author, publish=False)
        module.files = files
        loaded = [load_row(row) for row in draft]
        store_items(module_id=module.id, owner_id=author.id, rows=loaded, files=files, state=VersionState.DRAFT)
        activity = db.session.scalars(sa.select(Activity).where(Activity.module_id == module.id)).one()
        kind, place = activity_type("quiz"), draft_of(module, activity.key, author.id, files)
        activity.settings = kind.store(kind.load({"items": [*rows, *({"key": row["key"]} for row in draft)]}, place), place)
        return module

    neighbour = with_quiz(question("tetangga"))
    db.session.scalars(sa.select(BankItem).where(BankItem.key == "tetangga")).one().shared = True
    rows = [question("siap"), question("lain", "Siapa dahulu?"), {"key": f"{neighbour.key}/tetangga"}]
    module = with_quiz(*rows, draft=[question("konsep")])
    commit()
    return client.as_(author), module, neighbour


def versions(module):
    """Return {key of an item: [(state, whether it shows what NAME is now)]} of a module's bank, the first version first."""
    db.session.expire_all()
    here = db.session.get(Module, module.id).files[NAME].rpartition(".")[0]
    found = sa.select(BankItem.key, ItemVersion).join(ItemVersion).where(BankItem.module_id == module.id, BankItem.key != "awal")
    told = {}
    for key, version in db.session.execute(found.order_by(ItemVersion.number)):
        told.setdefault(key, []).append((version.state.value, here in version.prepared["stem"]))
    return told


def test_questions_are_drawn_anew_as_they_were(bank):
    browser, module, neighbour = bank
    assert versions(module) == {"siap": [("ready", True)], "lain": [("ready", False)], "konsep": [("draft", True)]}
    sent = browser.post(f"/studio/{module.key}/pictures", data={"picture": (io.BytesIO(NEW), "loket.png"), "name": "loket"})
    assert sent.status_code == 302
    assert versions(module) == {"siap": [("retired", False), ("ready", True)], "lain": [("ready", False)], "konsep": [("draft", True)]}
    assert versions(neighbour) == {"tetangga": [("ready", True)]}, "what is borrowed is its own bank's"
