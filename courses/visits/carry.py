"""What a phone keeps of a visit, locked, for the day itself: enough to find the way, to call for help and to check in without a line.

The same shape goes along with a page (`data-carried`) and with a module that is saved on the device: `{contact, key, entries}`.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable
from typing import Any

from courses.visits import codes, consent_text, labels, pages, queries
from courses.visits.codes import Attendance
from courses.visits.models import Visit, VisitMember
from courses.visits.pages import Companion, Person
from lms.api import Actor, db, format_date, format_time, gettext, sync_contact, vault_key

KEPT = dt.timedelta(days=7)  # after the visit
Entry = dict[str, Any]


def told(*entries: Entry) -> dict[str, Any]:
    """Return what a page gives to the device of who is signed in."""
    return {"contact": sync_contact(), "key": vault_key(), "entries": entries}


def for_member(visit: Visit, member: VisitMember, people: Iterable[Companion]) -> Entry:
    """Return a visit for the phone of somebody who goes along: with their own key, and the words that are read aloud."""
    return _entry(visit) | {
        "visit": _sheet(visit)
        | {
            "url": f"/visits/{visit.id}",
            "role": str(labels.ROLES[member.role]),
            "people": [[person.name, str(person.role)] for person in people if not person.me],
            "key": _text(codes.member_key(visit.secret, member.id)),
            "consents": [[str(title), consent_text.sentences(kind, visit.host)] for kind, title in labels.KINDS.items()],
        }
    }


def for_leader(visit: Visit, people: Iterable[Person]) -> Entry:
    """Return a visit for the facilitator's phone: with its secret, and everybody's key."""
    return _entry(visit) | {
        "visit": _sheet(visit)
        | {
            "url": f"/cohorts/{visit.cohort_id}/visits/{visit.id}/roster",
            "secret": _text(visit.secret),
            "members": [
                {
                    "id": str(person.member.id),
                    "name": person.name,
                    "role": str(labels.ROLES[person.member.role]),
                    "key": _text(codes.member_key(visit.secret, person.member.id)),
                    "there": person.state in {Attendance.CONFIRMED, Attendance.SEEN},
                }
                for person in people
            ],
        }
    }


def of_module(actor: Actor, enrolment_id: int, module_id: int) -> list[Entry]:
    """Return the visits of a learner for the activities of a module: one statement, and one for each visit."""
    found = db.session.execute(queries.joined_in(enrolment_id, module_id)).all()
    return [for_member(visit, member, pages.companions(visit, member)) for visit, member in found]


def _entry(visit: Visit) -> Entry:
    until = round((visit.ends_at + KEPT).timestamp() * 1000)
    return {"doc": f"visits/{visit.id}", "title": visit.host, "home": f"/visits/offline#{visit.id}", "until": until}


def _sheet(visit: Visit) -> dict[str, Any]:
    begins, ends = format_time(visit.starts_at).rsplit(" ", 1)[0], format_time(visit.ends_at)
    return {
        "id": str(visit.id),
        "activity": f"{visit.cohort_id}/{visit.module_id}/{visit.activity_key}",
        "starts": round(visit.starts_at.timestamp() * 1000),
        "when": f"{format_date(visit.starts_at)}, {begins}–{ends}",
        "numbers": _lines(
            (gettext("In an emergency"), "", visit.emergency_phone),
            (gettext("Nearest clinic"), visit.clinic, visit.clinic_phone),
            (gettext("Local escort"), visit.escort, visit.escort_phone),
            (gettext("When somebody is shaken"), visit.support, visit.support_phone),
        ),
        "place": _lines(
            (gettext("Meeting point"), visit.meeting_point, ""),
            (gettext("How to get there"), visit.transport, ""),
            (gettext("Contact"), visit.contact_role, visit.contact_phone),
            (gettext("Purpose"), visit.purpose, ""),
            (gettext("Language help"), visit.language_help, ""),
        ),
        "risks": visit.risks,
        "limits": visit.limits,
    }


def _lines(*lines: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    """Return the lines that say something: title, text, phone number."""
    return [line for line in lines if line[1] or line[2]]


def _text(secret: bytes) -> str:
    return base64.b64encode(secret).decode()
