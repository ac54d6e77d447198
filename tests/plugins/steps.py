"""What the tests of this folder let a process of its own do with the real application: `python steps.py STEP …` answers in JSON."""

import datetime as dt
import json
import re
import sys
from html import unescape

import sqlalchemy as sa

from lms import i18n
from lms.app import create_app
from lms.attempts.models import Attempt, GradeChange
from lms.db import commit, db
from lms.jobs import services as jobs
from lms.jobs.models import Job
from lms.learning import services as learning
from lms.learning.models import Activity, Cohort, Course, CourseModule, Enrolment, Module, Revision, RevisionActivity
from lms.people import services as people
from lms.people.access import load_actor
from lms.people.models import User
from lms.people.roles import Role, ScopeKind
from lms.progress.models import Completion, Evidence
from lms.registry import activity_types, registry
from lms.testing.client import Client

TODAY = dt.date(2026, 11, 21)
KEY = "jajak"
app = create_app()


def begin():
    """Make a cohort that pins the imported module, with one learner and one author."""
    author = people.create_user(actor_id=None, name="Penulis", email="penulis@example.test", language="en")
    people.grant_role(actor_id=None, user_id=author.id, role=Role.INSTRUCTOR, kind=ScopeKind.SITE, valid_from=dt.date(2020, 1, 1))
    people.grant_role(actor_id=None, user_id=author.id, role=Role.ADMIN, kind=ScopeKind.SITE, valid_from=dt.date(2020, 1, 1))
    learner = people.create_user(actor_id=None, name="Peserta", email="peserta@example.test", language="en")
    module = db.session.scalars(sa.select(Module).where(Module.key == KEY)).one()
    module.owner_id = author.id
    course = Course(key="pelatihan", title={"id": "Pelatihan", "en": "Training"}, summary={"id": "…", "en": "…"}, grade_scale=[])
    db.session.add(course)
    db.session.flush()
    db.session.add(CourseModule(course_id=course.id, module_id=module.id, position=1))
    unit = people.create_unit(actor_id=None, name="BKPSDM")
    cohort = learning.create_cohort(
        actor=load_actor(author.id, TODAY),
        course=course,
        title="PKTBT",
        number=3,
        year=2026,
        organizer_unit_id=unit.id,
        starts_on=dt.date(2026, 10, 1),
        ends_on=dt.date(2026, 12, 31),
        time_zone="Asia/Pontianak",
    )
    learning.enrol(actor_id=None, cohort_id=cohort.id, user_id=learner.id)
    commit()
    return {"pinned": cohort.id}


def vote():
    """Read the lesson and vote, as a learner does in a browser; return the answers' codes."""
    learner, url = _learner()
    return {
        "closed": _words(learner.get(f"{url}/jajak")),
        "read": learner.post(f"{url}/baca/read").status_code,
        "form": _words(learner.get(f"{url}/jajak")),
        "bad": learner.post(f"{url}/jajak", data={"choice": "Sirup"}).status_code,
        "vote": learner.post(f"{url}/jajak", data={"choice": "Teh"}).status_code,
        "again": learner.post(f"{url}/jajak", data={"choice": "Kopi"}).status_code,
    }


def look():
    """Return what is there: types, rows, pages."""
    learner, url = _learner()
    author = _as("penulis@example.test")
    cohort = url.rpartition("/")[0]
    found = {
        "types": sorted(activity_types()),
        "rows": _rows(),
        "poll": _words(learner.get(f"{url}/jajak")),
        "codes": {path: learner.get(path).status_code for path in (f"{url}/jajak", f"{url}/baca", url, cohort, "/learn", "/modules/jajak")},
        "studio": {name: _page(author, f"/studio/jajak{name}") for name in ("", "/add", "/jajak")},
    }
    return found | {"rows_again": _rows()}


def refused():
    """Try to act on the poll while its plugin is away."""
    learner, url = _learner()
    before = _rows()
    codes = [learner.post(f"{url}/jajak", data={"choice": "Kopi"}).status_code, learner.post(f"{url}/jajak/read").status_code]
    author = _as("penulis@example.test")
    moves = [author.post("/studio/jajak/move", data={way: "jajak"}).status_code for way in ("up", "down")]
    return {"codes": codes, "moves": moves, "lost": before != _rows()}


def publish():
    """Publish the module as it is, and once more after a change of the lesson; return both revisions."""
    module = db.session.scalars(sa.select(Module).where(Module.key == KEY)).one()
    same = learning.publish(actor_id=None, module=module).number
    lesson = db.session.scalars(sa.select(Activity).where(Activity.key == "baca")).one()
    lesson.minutes += 1
    newer = learning.publish(actor_id=None, module=module)
    commit()
    copies = sa.select(RevisionActivity).where(RevisionActivity.key == KEY).order_by(RevisionActivity.revision_id)
    polls = list(db.session.scalars(copies))
    return {
        "same": same,
        "newer": newer.number,
        "settings": [dict(poll.settings) for poll in polls],
        "rules": [poll.rule for poll in polls],
    }


def finish():
    """Complete the only lesson of the course."""
    learner, url = _learner()
    return learner.post(f"{url}/baca/read").status_code


def thanks_write():
    """Write thanks as a learner does in a browser."""
    learner, url = _learner()
    board = f"/thanks/{url.split('/')[2]}"
    home = learner.get(board)
    return {
        "nav": 'href="/thanks"' in home.text,
        "page": home.status_code,
        "stranger": _as("penulis@example.test").get(board).status_code,
        "empty": learner.post(board, data={"text": ""}).status_code,
        "written": learner.post(board, data={"text": "Terima kasih, Bu Ratna!"}).status_code,
        "words": _words(learner.get(board)),
        "static": learner.get(re.search(r'href="(/static/\w+/thanks/[^"]+)"', home.text)[1]).status_code,
    }


def thanks_work():
    """Carry out the jobs that wait, twice; return which there were and what came of them."""
    jobs.plan_periodic()
    waiting = sa.select(Job).where(Job.state == "waiting", Job.task.startswith("thanks:")).order_by(Job.task)
    found = [(job.task, dict(job.arguments)) for job in db.session.scalars(waiting)]
    db.session.rollback()
    i18n.use(i18n.DEFAULT)  # as in a worker, which serves no person
    for _time in range(2):  # a job may be carried out more than once: a worker may die before it says that it is done
        while jobs.run_one():
            pass
        for name, arguments in found:
            jobs.enqueue(name, **arguments)
        commit()
    learner, url = _learner()
    me = db.session.scalars(sa.select(User.id).where(User.email == "peserta@example.test")).one()
    rows = [row for plugin in registry().exporters for call in plugin.exports for row in call(me)]
    return {
        "jobs": [name for name, _arguments in found],
        "board": _words(learner.get(f"/thanks/{url.split('/')[2]}")),
        "export": [row["text"] for row in rows if row.get("table") == "thanks_notes"],
    }


def thanks_left():
    """Return what is in the table without the plugin, how pages answer, and which jobs have failed."""
    learner, url = _learner()
    return {
        "rows": db.session.execute(sa.text("SELECT count(*) FROM thanks_notes")).scalar(),
        "codes": [learner.get(f"/thanks/{url.split('/')[2]}").status_code, learner.get(f"{url}/baca").status_code],
        "failed": list(db.session.scalars(sa.select(Job.task).where(Job.state == "failed"))),
    }


def _rows():
    """Count and show everything that hangs on the poll."""
    draft = db.session.scalars(sa.select(Activity).where(Activity.key == KEY)).one()
    found = {
        "draft": [draft.type, dict(draft.settings), draft.rule],
        "revisions": db.session.scalar(sa.select(sa.func.count()).select_from(Revision)),
        "attempts": [[a.number, a.state.value, dict(a.answer), a.percent, a.feedback] for a in db.session.scalars(sa.select(Attempt))],
        "grades": db.session.scalar(sa.select(sa.func.count()).select_from(GradeChange)),
        "evidence": [row.kind.value for row in db.session.scalars(sa.select(Evidence).order_by(Evidence.sequence))],
        "states": {row.activity_key: [row.state.value, row.score] for row in db.session.scalars(sa.select(Completion))},
        "done": list(db.session.execute(sa.select(Enrolment.done_count, Enrolment.required_count)).one()),
    }
    db.session.rollback()
    return found


def _as(email):
    user = db.session.scalars(sa.select(User).where(User.email == email)).one()
    return Client(app).as_(user)


def _learner():
    cohort_id = db.session.scalars(sa.select(Cohort.id)).one()
    return _as("peserta@example.test"), f"/learn/{cohort_id}/{KEY}"


def _words(response):
    """Return the words of a page's content."""
    main = re.search(r"(?s)<main.*</main>", response.text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main[0] if main else "")))


def _page(client, path):
    response = client.get(path)
    return [response.status_code, _words(response)]


if __name__ == "__main__":
    with app.app_context():
        sys.stdout.write(json.dumps([globals()[name]() for name in sys.argv[1:]]))
