"""What the closed lists of visits are called on pages."""

from __future__ import annotations

from courses.visits.codes import Attendance
from courses.visits.models import ConsentForm, ConsentKind, GivenBy, PhotoShows, Relation, VisitRole, VisitState, Witness
from lms.api import lazy_gettext as _

STATES = {
    VisitState.PLANNED: (_("planned"), "river", "calendar-days"),
    VisitState.CONFIRMED: (_("confirmed"), "leaf", "circle-check"),
    VisitState.DONE: (_("done"), "", "flag"),
    VisitState.CANCELLED: (_("cancelled"), "clay", "x"),
}
ATTENDANCE = {
    Attendance.NONE: (_("not checked in"), "", "circle"),
    Attendance.SAID: (_("one side so far: the learner"), "gold", "hourglass"),
    Attendance.SEEN: (_("one side so far: the facilitator"), "gold", "hourglass"),
    Attendance.CONFIRMED: (_("there, confirmed"), "leaf", "circle-check"),
}
ROLES = {
    VisitRole.INTERVIEWER: _("Talks with people"),
    VisitRole.NOTE_TAKER: _("Takes notes"),
    VisitRole.COMPANION: _("Looks after everybody's safety"),
    VisitRole.LIAISON: _("Speaks with the host"),
    VisitRole.OBSERVER: _("Observes"),
}
KINDS = {
    ConsentKind.NOTES: _("Notes"),
    ConsentKind.PHOTO_WITHOUT_FACE: _("Photo without a face"),
    ConsentKind.PHOTO_WITH_FACE: _("Photo with a face"),
    ConsentKind.VOICE: _("Voice"),
    ConsentKind.PUBLICATION: _("Publication"),
}
GIVEN_BY = {GivenBy.SELF: _("the person"), GivenBy.GUARDIAN: _("the guardian")}
RELATIONS = {
    Relation.SELF: _("The person agrees for themselves"),
    Relation.PARENT: _("A parent agrees"),
    Relation.GRANDPARENT: _("A grandparent agrees"),
    Relation.SIBLING: _("A grown-up sibling agrees"),
    Relation.OTHER_FAMILY: _("Somebody else of the family agrees"),
    Relation.INSTITUTION: _("The institution agrees as guardian"),
}
WITNESSES = {
    Witness.ESCORT: _("the local escort"),
    Witness.VILLAGE_OFFICER: _("somebody of the village office"),
    Witness.HEALTH_WORKER: _("a health worker"),
    Witness.TEACHER: _("a teacher"),
    Witness.CAREGIVER: _("a caregiver of the institution"),
    Witness.NEIGHBOUR: _("a neighbour"),
}
FORMS = {ConsentForm.ORAL_WITNESSED: _("Spoken, with a witness"), ConsentForm.WRITTEN: _("Signed")}
LANGUAGES = {
    "indonesia": _("Indonesian"),
    "melayu": _("Malay"),
    "dayak": _("a Dayak language"),
    "jawa": _("Javanese"),
    "madura": _("Madurese"),
    "bugis": _("Buginese"),
    "tionghoa": _("a Chinese language"),
    "isyarat": _("sign language"),
    "lain": _("another language"),
}
SHOWS = {
    PhotoShows.NO_FACE: _("No face: hands, things, a place"),
    PhotoShows.ADULT_FACE: _("The face of a grown-up"),
    PhotoShows.CHILD_FACE: _("The face of a child"),
}
QUESTIONS = {
    "surprise": _("What did we not expect?"),
    "works": _("What works well there, and whose role makes it so?"),
    "next": _("What do we do differently from Monday on?"),
}
NEEDED = {
    "agreement": _("the number of the written agreement"),
    "agreed_on": _("the day of the agreement"),
    "contact_phone": _("the contact's phone"),
    "limits": _("the agreed limits"),
    "meeting_point": _("the meeting point"),
    "clinic": _("the nearest clinic"),
    "escort": _("the local escort"),
    "escort_phone": _("the escort's phone"),
    "support": _("the support service"),
    "support_phone": _("the phone of the support service"),
    "members": _("a second person who goes along"),
}
