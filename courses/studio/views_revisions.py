"""The revisions of a module: reading them, comparing any two word by word, going back to one."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from courses.base import WRITE, plugin
from courses.reviews import queries as reviews
from courses.reviews.paragraphs import to_read
from courses.reviews.sides import side_of_review
from courses.studio import queries, revisions, services
from courses.studio.compare import Comparison, Part, Side, compare, side_of_draft, side_of_revision
from courses.studio.showing import behind, drawn_page, some
from lms.api import NotFound, Refused, activity_type, body, commit, db, draft_activities, gettext, outline, page_number, requires, rows

HOME = "/studio/<module_key>/revisions"
ONE = f"{HOME}/<int:number>"
DRAFT, REVIEW = "draft", "review-"
ENOUGH = 12_000  # characters of changed texts on one page; what is beyond opens by itself


def _side(name: str) -> Side:
    """Return a side by its name in an address: `draft`, `3` or `review-5`. Raises NotFound."""
    if name == DRAFT:
        return side_of_draft(g.module, draft_activities(g.module.id))
    if name.startswith(REVIEW) and name.removeprefix(REVIEW).isdigit():
        review = reviews.review_of(g.module.id, int(name.removeprefix(REVIEW)))
        return side_of_review(g.module, review, reviews.activities_of(review.id))
    if not name.isdigit():
        raise NotFound("no such state of this module")
    revision = queries.revision_of(g.module.id, int(name))
    return side_of_revision(g.module, revision, db.session.scalars(queries.published_activities(revision.id)))


def _title(name: str) -> str:
    if name == DRAFT:
        return gettext("the draft")
    if name.startswith(REVIEW):
        return gettext("the text in review")
    return gettext("revision %(number)s", number=name)


def _in_sight(found: Comparison, wanted: str) -> set[str]:
    """Return the keys of the activities whose texts stand on the page: the one that was asked for, or as many as fit."""
    if wanted:
        return {wanted}
    left = ENOUGH
    keys: set[str] = set()
    for part in found.parts:
        if part.kind in {"changed", "hidden"}:
            left -= sum(len(run[1]) for field in part.fields for each in field.runs for run in each.pieces)
            if left > 0 or not keys:
                keys.add(part.key)
    return keys


@plugin.get(HOME)
@requires(WRITE, on="module")
def studio_revisions(module_key: str) -> str:
    """List the revisions: what was new, who published them and when, which cohorts learn from them."""
    return render_template("courses/studio_revisions.html", module=g.module, revisions=queries.revisions_of(g.module.id))


@plugin.get(f"{HOME}/compare")
@requires(WRITE, on="module")
def studio_compare(module_key: str) -> str:
    """Show what differs between two revisions, or a revision and the draft, word by word."""
    one, other = request.args.get("one", ""), request.args.get("other", DRAFT)
    wanted = request.args.get("activity", "")
    found = compare(_side(one), _side(other), texts=True)
    return render_template(
        "courses/studio_compare.html",
        module=g.module,
        one=one,
        other=other,
        names=(_title(one), _title(other)),
        found=found,
        sight=_in_sight(found, wanted),
        wanted=wanted,
        revisions=queries.revisions_of(g.module.id),
    )


@plugin.get(ONE)
@requires(WRITE, on="module")
def studio_revision(module_key: str, number: int) -> ResponseReturnValue:
    """Lead to the first activity of a revision."""
    revision = queries.revision_of(g.module.id, number)
    return redirect(f"/studio/{module_key}/revisions/{number}/{outline(revision.id).items[0].key}")


@plugin.get(f"{ONE}/<activity_key>")
@requires(WRITE, on="module")
def studio_revision_page(module_key: str, number: int, activity_key: str) -> str:
    """Show an activity of a revision as learners see it, and what stands behind it."""
    revision = queries.revision_of(g.module.id, number)
    whole = outline(revision.id)
    item, text = whole.item(activity_key), body(revision.id, activity_key)
    part = Part(
        key=item.key, type=item.type, title=item.title, section=item.section, minutes=item.minutes, required=item.required,
        requires=item.requires, tags=text.tags, sources=text.sources, checked_on=text.checked_on, rule=item.rule,
        settings=text.settings, prepared=text.prepared,
    )  # fmt: skip
    side = Side(g.module, revision.about, [part], revision.digest)
    before, after = whole.around(item.key)
    return render_template(
        "courses/studio_revision.html",
        module=g.module,
        revision=revision,
        lines=whole.items,
        part=part,
        kind=activity_type(part.type),
        content=Markup(to_read(drawn_page(side, part, time_zone=current_user.time_zone))),  # noqa: S704 - drawn by the type
        told=some(behind(side, part), page_number()),
        before=before,
        after=after,
    )


@plugin.route(f"{ONE}/restore", methods=["GET", "POST"])
@requires(WRITE, on="module")
def studio_revision_restore(module_key: str, number: int) -> ResponseReturnValue:
    """Show what going back to a revision (or one activity of it) would change, then do it, if the draft is still the same."""
    posted = rows.posted() if request.method == "POST" else request.args
    wanted = posted.get("activity", "")
    target = _side(str(number))
    if wanted and target.part(wanted) is None:
        raise NotFound("no such activity in this revision")
    problem = ""
    if request.method == "POST":
        try:
            return _restored(target, wanted, posted.get("edition", ""))
        except Refused as refusal:
            db.session.rollback()
            problem = str(refusal)
    return _dry_run(number, wanted, problem)


def _restored(target: Side, wanted: str, edition: str) -> ResponseReturnValue:
    if edition != str(services.lock(module=g.module).edition):
        raise Refused(gettext("Somebody has changed the draft since you opened this page. Look again at what would change."))
    part = target.part(wanted)
    if part is not None:
        unsure = [] if revisions.restore_part(actor=current_user, module=g.module, part=part) else [part.title]
    else:
        unsure = revisions.restore(actor=current_user, module=g.module, side=target)
    commit()
    if unsure:
        flash(gettext("Restored. Please look at: %(titles)s. Something they refer to is gone.", titles=", ".join(unsure)), "careful")
    else:
        flash(gettext("Restored. The states before are in the history."), "done")
    return redirect(f"/studio/{g.module.key}" + (f"/{wanted}" if wanted else ""))


def _dry_run(number: int, wanted: str, problem: str) -> ResponseReturnValue:
    found = compare(_side(DRAFT), _side(str(number)), texts=True)
    if wanted:
        found = Comparison((), [part for part in found.parts if part.key == wanted])
    return render_template(
        "courses/studio_restore.html",
        module=g.module,
        number=number,
        found=found,
        sight=_in_sight(found, wanted),
        wanted=wanted,
        problem=problem,
        edition=g.module.edition,
    ), 409 if problem else 200
