"""Copying a module, noticing what is new in the original, answering, taking it over into the draft. Nothing here publishes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from courses.base import plugin
from courses.folder.reader import ModuleText
from courses.folder.services import put_activity
from courses.forks import queries, texts
from courses.forks.models import Fork, ForkAnswer, OpenModule
from courses.forks.standing import Standing, own_of, standing_of
from courses.merging.conflicts import BOTH, OURS, THEIRS, Conflict
from courses.merging.modules import Plain
from courses.studio import history, outline, sheets
from courses.studio import queries as studio
from courses.studio import services as drafts
from courses.studio.models import What
from lms.api import (
    Activity,
    Actor,
    ContentError,
    Module,
    Refused,
    Revision,
    audit,
    db,
    draft_activities,
    gettext,
    latest_revision,
    notify,
    touch,
    utcnow,
)
from lms.api import lazy_gettext as _

NEWS = "courses:upstream"
plugin.notice_kind(
    NEWS,
    _("A module you have copied has something new"),
    _("The original of a copy of yours was published again."),
    topic="work",
    icon="git-branch",
)


class OutdatedError(Refused):
    """The draft, the original or an answer is another one than what was looked at."""


# -- copying -----------------------------------------------------------------------------------------------------------------------


def open_module(*, actor: Actor, module: Module, opened: bool) -> None:
    """Let other instructors copy a module for their agency, or no longer; copies that there are stay and go on taking over what is new."""
    there = db.session.get(OpenModule, module.id)
    if opened and there is None:
        db.session.add(OpenModule(module_id=module.id, opened_by_id=actor.id))
    elif not opened and there is not None:
        db.session.delete(there)
    else:
        return
    audit(actor.id, "module:open" if opened else "module:close", "module", module.id)
    db.session.flush()


def copy_module(*, actor: Actor, upstream: Module, key: str, title: Mapping[str, str] | None = None) -> Module:
    """Begin a module of the actor's own as a copy of what is published of another one; all keys in it stay, its own is new.

    The caller has made sure that the actor may (`queries.copyable`). Raises Refused when the key is taken or nothing is published.
    """
    if studio.module_by_key(key) is not None:
        raise Refused(gettext("There is a module with the key “%(key)s” already. Choose another key.", key=key))
    revision = latest_revision(upstream.id)
    if revision is None:
        raise Refused(gettext("This module has not been published yet."))
    base = texts.plain_of_revision(upstream, revision, queries.activities_of(revision.id))
    text, problems = texts.text_of(key, base)
    if problems:
        raise problems[0]
    module = Module(key=key, about=text.about, owner_id=actor.id)
    db.session.add(module)
    db.session.flush()
    texts.write_whole(actor_id=actor.id, module=module, text=text, files=dict(base.files))
    module.about = {**module.about, **({"title": dict(title)} if title else {})}
    origin = str(upstream.about["title"].get("id") or upstream.key)
    _begin(actor, module, base, origin=origin, upstream_id=upstream.id, number=revision.number)
    audit(actor.id, "module:copy", "module", module.id, of=upstream.key, revision=revision.number)
    db.session.flush()
    return module


def register(*, actor: Actor, module: Module, origin: str, text: ModuleText | None = None) -> Fork:
    """Note that a module is a copy of one of another installation, so that its later versions can be taken over.

    `text` is the folder as it was when it was copied; without it, the copy is what was taken, as its draft is now. Raises Refused for a
    module that is a copy already, ContentError for a folder that cannot be.
    """
    if queries.fork_of(module.id) is not None:
        raise Refused(gettext("This module is a copy already."))
    drafts.lock(module=module)
    ours = texts.plain_of_draft(module, draft_activities(module.id))
    base = ours if text is None else texts.plain_of_folder(actor_id=actor.id, text=text)
    _alike(base, ours)
    fork = _begin(actor, module, base, origin=origin, upstream_id=None, number=None)
    audit(actor.id, "module:copy", "module", module.id, of=origin)
    db.session.flush()
    return fork


def _begin(actor: Actor, module: Module, base: Plain, **more: Any) -> Fork:
    origin, number = more["origin"][:200], more["number"]
    fork = Fork(module_id=module.id, made_by_id=actor.id, upstream_id=more["upstream_id"], origin=origin, waiting=None, waiting_number=None)
    fork.waiting_at = None
    fork.base, fork.base_digest, fork.base_number, fork.base_at = texts.data_of(base), texts.digest_of(base), number, utcnow()
    db.session.add(fork)
    db.session.flush()
    return fork


def _alike(one: Plain, other: Plain) -> None:
    """Raise ContentError when two texts have no activity in common: then they are of different modules."""
    keys = ({activity["key"] for activity in side.activities} for side in (one, other))
    if not set.intersection(*keys):
        raise ContentError(gettext("This is another module: no activity in it has a key that yours has."))


# -- what is new -------------------------------------------------------------------------------------------------------------------


def note_revision(revision: Revision) -> None:
    """Let the copies of a module know its newest revision, and count how a copy that was published differs from its original."""
    newest = latest_revision(revision.module_id)
    if newest is None or newest.id != revision.id:
        return  # a newer one has a job of its own
    module = db.session.get_one(Module, revision.module_id)
    copies = db.session.scalars(queries.forks_of(module.id)).all()
    own = queries.fork_of(module.id)
    if not copies and own is None:
        return
    text = texts.plain_of_revision(module, revision, queries.activities_of(revision.id))
    if own is not None:
        count = own_of(texts.plain_from(own.base), text)
        own.added, own.local, own.changed = count.added, count.local, count.changed
    for fork in copies:
        if _wait(fork, text, number=revision.number, note=revision.note):
            _tell(fork)


def look_upstream(fork: Fork) -> None:
    """Note the original's newest revision at once, without waiting for the task."""
    upstream = db.session.get(Module, fork.upstream_id) if fork.upstream_id else None
    revision = latest_revision(upstream.id) if upstream else None
    if upstream is not None and revision is not None and revision.number != fork.waiting_number:
        text = texts.plain_of_revision(upstream, revision, queries.activities_of(revision.id))
        _wait(fork, text, number=revision.number, note=revision.note)


def take_in(*, actor: Actor, module: Module, fork: Fork, text: ModuleText, note: str = "") -> bool:
    """Let a newer version from another installation wait; tell whether anything in it is new. Raises ContentError."""
    plain = texts.plain_of_folder(actor_id=actor.id, text=text)
    _alike(plain, texts.plain_from(fork.base))
    return _wait(fork, plain, number=None, note=note)


def bring(*, actor: Actor, module: Module, fork: Fork | None, text: ModuleText | None, values: Mapping[str, Any]) -> list[ContentError]:
    """Take a folder in as what its form says (`NewerForm`, or `OriginForm` for what is no copy yet); return what is wrong with it."""
    try:
        if fork is None:
            register(actor=actor, module=module, origin=values["origin"].strip(), text=text)
        elif text is not None:
            take_in(actor=actor, module=module, fork=fork, text=text, note=(values["note"] or "").strip())
    except ContentError as error:
        return [error]
    return []


def _wait(fork: Fork, text: Plain, *, number: int | None, note: str) -> bool:
    """Let a text wait, unless it was taken over already; tell whether it does."""
    digest = texts.digest_of(text)
    if digest == fork.base_digest:
        fork.base_number = number if number is not None else fork.base_number
        _nothing_waits(fork)
        return False
    fork.waiting, fork.waiting_digest, fork.waiting_number, fork.waiting_note = texts.data_of(text), digest, number, note
    fork.waiting_at = utcnow()
    db.session.flush()
    return True


def _nothing_waits(fork: Fork) -> None:
    fork.waiting, fork.waiting_digest, fork.waiting_number, fork.waiting_note, fork.waiting_at = None, "", None, "", None
    db.session.flush()


def _tell(fork: Fork) -> None:
    key, owner_id = db.session.execute(sa.select(Module.key, Module.owner_id).where(Module.id == fork.module_id)).one()
    if owner_id is not None:
        notify(
            kind=NEWS,
            user_id=owner_id,
            key=f"upstream/{fork.module_id}/{fork.waiting_number}",
            subject=_("The original of your module has something new"),
            body=_("Its page shows what changed. You decide what comes over; your own examples stay."),
            path=f"/studio/{key}/upstream",
        )


# -- deciding ----------------------------------------------------------------------------------------------------------------------


def standing(module: Module, fork: Fork) -> Standing:
    """Return how a copy stands to what waits, with the answers given so far. Raises Refused when nothing waits."""
    if fork.waiting is None:
        raise Refused(gettext("Nothing waits: you have everything of the original."))
    ours = texts.plain_of_draft(module, draft_activities(module.id))
    return standing_of(texts.plain_from(fork.base), ours, texts.plain_from(fork.waiting), queries.answers_of(module.id))


def answer(*, actor: Actor, fork: Fork, conflict: Conflict, choice: str, text: str = "") -> None:
    """Keep the answer to a conflict: `ours`, `theirs`, `both` or `own` with the text. Raises Refused for one that the place cannot have."""
    possible = {OURS, THEIRS, *([BOTH] if conflict.is_text else [])}
    if choice == "own" and isinstance(conflict.ours, str) and isinstance(conflict.theirs, str):
        kept: dict[str, str] = {"text": _fitting(conflict, text)}
    elif choice in possible:
        kept = {"choice": choice}
    else:
        raise Refused(gettext("This cannot stand in this place."))
    there = db.session.get(ForkAnswer, (fork.module_id, conflict.id))
    if there is None:
        there = ForkAnswer(module_id=fork.module_id, conflict=conflict.id)
        db.session.add(there)
    there.answer, there.by_id, there.answered_at = kept, actor.id, utcnow()
    db.session.flush()


def _fitting(conflict: Conflict, text: str) -> str:
    """Return what was written in the form of the place: whole lines in a text, one line elsewhere."""
    text = text.replace("\r\n", "\n")
    if not conflict.is_text:
        return " ".join(text.split())
    return text if not text or text.endswith("\n") else text + "\n"


# -- taking over -------------------------------------------------------------------------------------------------------------------


def apply(*, actor: Actor, module: Module, fork: Fork, seen: str | None) -> Standing:
    """Take what waits over into the draft, in one go; the history keeps every state that it takes the place of.

    `seen` is the mark of the result that was looked at (None: whatever it is now). Raises OutdatedError when the result would be another
    one, Refused while a question is open or when the result cannot be saved.
    """
    drafts.lock(module=module)
    db.session.refresh(fork, with_for_update=True)  # a worker may bring a newer revision of the original
    found = standing(module, fork)
    if seen is not None and seen != found.mark:
        raise OutdatedError(gettext("Something has changed since you looked: this is the result now. Nothing is lost."))
    if found.open:
        raise Refused(gettext("First decide what is still open."))
    text, problems = texts.text_of(module.key, found.merged)
    if problems:
        raise Refused(gettext("“%(title)s” cannot be saved like this: %(why)s", title=problems[0].file, why=problems[0].message))
    try:
        with db.session.begin_nested():
            _write(actor, module, found, text)
    except ContentError as error:
        raise Refused(error.message) from error
    fork.base, fork.base_digest, fork.base_number = fork.waiting or {}, fork.waiting_digest, fork.waiting_number
    fork.base_at = utcnow()
    _nothing_waits(fork)
    db.session.execute(sa.delete(ForkAnswer).where(ForkAnswer.module_id == module.id))
    audit(actor.id, "module:pull", "module", module.id, revision=fork.base_number)
    db.session.flush()
    return found


def _write(actor: Actor, module: Module, found: Standing, text: ModuleText) -> None:
    """Make the draft what was merged; what does not differ is not touched."""
    before = {row["key"]: row for row in found.ours.activities}
    wanted = {row["key"]: row for row in found.merged.activities}
    _about(actor, module, text)
    redrawn = {name for name, address in found.merged.files.items() if found.ours.files.get(name) not in {None, address}}
    module.files = dict(found.merged.files)
    gone = [key for key in before if key not in wanted]
    if gone:
        outline.delete(actor=actor, module=module, keys=gone)
    there = {activity.key: activity for activity in draft_activities(module.id)}
    for position, activity in enumerate(text.activities, start=1):
        row = wanted[activity.key]
        if row != before.get(activity.key) or any(name in str(row["settings"]) for name in redrawn):
            _put(actor, module, there.get(activity.key), activity, position)
        else:
            there[activity.key].position = position
    drafts.number(module, draft_activities(module.id))
    touch(module)
    db.session.flush()


def _about(actor: Actor, module: Module, text: ModuleText) -> None:
    if (module.about, module.code) == (text.about, text.code):
        return
    sheet = sheets.AboutSheet(actor, module)
    _remember(sheet, by_id=None)
    module.about, module.code = text.about, text.code
    db.session.flush()
    _remember(sheet, by_id=actor.id)


def _put(actor: Actor, module: Module, activity: Activity | None, wanted: Any, position: int) -> None:
    if activity is not None:
        _remember(sheets.ActivitySheet(actor, module, activity), by_id=None)
    put_activity(module, activity, wanted, position, dict(module.files), actor.id)
    db.session.flush()
    _remember(sheets.ActivitySheet(actor, module, studio.activity_of(module.id, wanted.key)), by_id=actor.id)


def _remember(sheet: sheets.Sheet, *, by_id: uuid.UUID | None) -> None:
    """Keep the present state of a sheet in the history; one that is known already is not added again."""
    mark = sheet.mark()
    if by_id is None and history.state_at(sheet.module.id, sheet.key, mark) is not None:
        return
    history.record(
        module=sheet.module,
        key=sheet.key,
        kind=sheet.kind,
        title=sheet.title,
        what=What.SAVED,
        mark=mark,
        state=sheet.saved(),
        by_id=by_id,
        stored=sheet.stored,
    )
