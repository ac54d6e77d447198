"""What carries tags, read from a draft or from the newest revisions of a course's modules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from courses.checks.load import items_of
from courses.checks.model import Part, Subject
from courses.coverage.matrix import Carrier, Way, ways_of
from lms.api import (
    ActivityType,
    Course,
    CourseModule,
    Draft,
    Gradable,
    Module,
    NotFound,
    Revision,
    RevisionActivity,
    activity_type,
    check,
    choose,
    db,
    words_of,
)

ASSESSED = frozenset({Way.ASSESSED})


def of_draft(subject: Subject) -> list[Carrier]:
    """Return the activities of a draft that learners would see."""
    return [_of_part(part) for part in subject.parts]


def _of_part(part: Part) -> Carrier:
    asked = [str(tag) for item in part.items for tag in item.get("tags") or []]
    return Carrier(part.key, part.title, _joined([(part.tags, _ways(activity_type(part.type), part.rule)), (asked, ASSESSED)]))


def _joined(said: Iterable[tuple[Iterable[str], frozenset[Way]]]) -> dict[str, frozenset[Way]]:
    """Return {tag: everything that is done with it} of (tags, what is done with them)."""
    done: dict[str, frozenset[Way]] = {}
    for tags, ways in said:
        for tag in tags:
            done[tag] = done.get(tag, frozenset()) | ways
    return done


def _ways(kind: ActivityType, rule: Any) -> frozenset[Way]:
    scored = isinstance(kind, Gradable) or (rule is not None and "passed" in words_of(check(rule)))
    return ways_of(kind.completion, scored=scored)


def courses() -> list[tuple[str, Any]]:
    """Return key and title of the courses that have modules."""
    rows = db.session.execute(sa.select(Course.key, Course.title).where(Course.modules.any()).order_by(Course.key))
    return [(key, title) for key, title in rows]


def course_of(key: str) -> Course:
    """Return a course by its key. Raises NotFound."""
    found = db.session.scalar(sa.select(Course).where(Course.key == key))
    if found is None:
        raise NotFound(f"no course {key!r}")
    return found


def of_course(course_id: int) -> list[Carrier]:
    """Return the published modules of a course in order, with what the activities of their newest revisions do; few statements whatever their number."""
    newest = sa.select(Revision.module_id, sa.func.max(Revision.id).label("id")).group_by(Revision.module_id).subquery()
    modules = db.session.execute(
        sa.select(Module.key, Revision.about, newest.c.id)
        .join(CourseModule, CourseModule.module_id == Module.id)
        .join(newest, newest.c.module_id == Module.id)
        .join(Revision, Revision.id == newest.c.id)
        .where(CourseModule.course_id == course_id)
        .order_by(CourseModule.position)
    ).all()
    rows = _activities([revision for _key, _about, revision in modules])
    quizzes = [((row.revision_id, row.key), row.type, json.loads(row.asks)) for row in rows if row.asks]
    asked = items_of(quizzes, Draft(0, "", "", None, {}))
    return [
        Carrier(key, str(choose(about["title"])), _joined(_said([row for row in rows if row.revision_id == revision], asked)))
        for key, about, revision in modules
    ]


def _activities(revisions: Iterable[int]) -> Sequence[Any]:
    """Return the activities of revisions; of those that ask questions also the settings, in `asks`. A lesson's are its whole text."""
    text = sa.cast(RevisionActivity.settings, sa.Text)
    return db.session.execute(
        sa.select(
            RevisionActivity.revision_id,
            RevisionActivity.key,
            RevisionActivity.type,
            RevisionActivity.tags,
            RevisionActivity.rule,
            sa.case((text.like('%"items":%'), text)).label("asks"),
        ).where(RevisionActivity.revision_id.in_(list(revisions)))
    ).all()


def _said(
    rows: Iterable[Any], asked: Mapping[tuple[int, str], Sequence[Mapping[str, Any]]]
) -> Iterator[tuple[Iterable[str], frozenset[Way]]]:
    for row in rows:
        yield row.tags, _ways(activity_type(row.type), row.rule)
        items = asked.get((row.revision_id, row.key), ())
        yield [str(tag) for item in items for tag in item.get("tags") or []], ASSESSED
