"""What the pages of rules, results and decisions show, put together from a few reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.db import Page, db
from lms.decisions import queries
from lms.decisions.components import Component, components_of
from lms.decisions.loading import Loaded, load
from lms.decisions.marks import Mark, final_mark
from lms.decisions.models import Decision, Outcome
from lms.decisions.rules import Clause, Missing, Standing, Tree, evaluate, lacking, sentence, short_name
from lms.errors import NotFound
from lms.export import Cell
from lms.i18n import choose, format_number, local_day
from lms.i18n import gettext as _
from lms.learning.models import Cohort
from lms.people.access import Actor
from lms.people.models import full_name

PER_PAGE = 26
SHOWS = ("may", "waits", "lacks", "postponed", "decided")


@dataclass(frozen=True, slots=True)
class Line:
    """One person in the table of results."""

    row: Any
    clause: Clause
    mark: Mark
    decision: Decision | None

    @property
    def name(self) -> str:
        """Return the name with titles."""
        return full_name(self.row.title_before, self.row.name, self.row.title_after)

    @property
    def status(self) -> str:
        """Return which of SHOWS somebody belongs to: who was postponed and now meets the rule may pass."""
        if self.decision and self.decision.outcome is not Outcome.POSTPONED:
            return "decided"
        if self.clause.standing is Standing.MET:
            return "may"
        if self.clause.standing is Standing.WAITING:
            return "waits"
        return "postponed" if self.decision else "lacks"

    @property
    def missing(self) -> list[Missing]:
        """Return what is still missing, each once."""
        return list(dict.fromkeys(lacking(self.clause)))


@dataclass(frozen=True, slots=True)
class Results:
    """The table of results of a cohort."""

    loaded: Loaded
    lines: list[Line]
    totals: list[tuple[str, int, int]]  # component, how many have it complete, of how many

    @property
    def heads(self) -> list[str]:
        """Return what each clause of the rule is about, for the head of its column."""
        return [short_name(part.rule, self.loaded.programme) for part in self.lines[0].clause.parts] if self.lines else []

    def count(self, show: str) -> int:
        """Return how many people belong to one of SHOWS."""
        return sum(line.status == show for line in self.lines)

    def page(self, show: str, words: str, number: int) -> Page:
        """Return one page of the people who belong to `show` (empty: all) and whose name, unit or group has the words."""
        fold = words.casefold()
        found = [
            line
            for line in self.lines
            if show in ("", line.status) and fold in f"{line.row.name} {line.row.unit_name or ''} {line.row.group_name or ''}".casefold()
        ]
        pages = max(1, -(-len(found) // PER_PAGE))
        number = min(max(number, 1), pages)
        return Page(found[(number - 1) * PER_PAGE : number * PER_PAGE], number, pages, len(found))


def results(cohort_id: int) -> Results:
    """Return the results of everybody who takes part in a cohort: eight statements, whatever their number."""
    loaded = load(cohort_id)
    decided = {row.enrolment_id: row for row in db.session.scalars(queries.latest_decisions(cohort_id))}
    lines = [
        Line(row, loaded.clause(row.id), final_mark(loaded.programme, loaded.person(row.id)), decided.get(row.id))
        for row in db.session.execute(queries.people_of(cohort_id))
    ]
    totals: dict[str, list[Component]] = {}
    for line in lines:
        for component in components_of(loaded.programme, loaded.person(line.row.id)):
            totals.setdefault(component.title, []).append(component)
    counted = [(title, sum(part.standing is Standing.MET for part in parts), len(lines)) for title, parts in totals.items()]
    return Results(loaded, lines, counted)


def standing_word(standing: Standing) -> str:
    """Return how far a clause is, in a word."""
    return {Standing.MET: _("met"), Standing.WAITING: _("waits for the instructor"), Standing.OPEN: _("not yet")}[standing]


def outcome_word(outcome: Outcome) -> str:
    """Return an outcome in a word."""
    return {Outcome.PASSED: _("passed"), Outcome.POSTPONED: _("postponed"), Outcome.FAILED: _("not passed")}[outcome]


def status_word(status: str) -> str:
    """Return one of SHOWS in words."""
    return {
        "may": _("may pass"),
        "waits": _("waits for the instructor"),
        "lacks": _("lacks something"),
        "postponed": _("postponed"),
        "decided": _("decided"),
    }[status]


def table(found: Results, cohort: Cohort) -> list[list[Cell]]:
    """Return the results as rows for a file: a column a clause, in words, and how far in figures beside it."""
    rows: list[list[Cell]] = [
        [
            *(_("Name"), _("Unit"), _("Group"), _("State")),
            *(title for head in found.heads for title in (head, f"{head} ({_('how far')})")),
            *(_("Missing"), _("Final mark"), _("Band"), _("Decision"), _("Reason"), _("Task"), _("Until"), _("Decided on")),
        ]
    ]
    for line in found.lines:
        decision = line.decision
        clauses = [text for part in line.clause.parts for text in (standing_word(part.standing), part.have)]
        rows.append(
            [
                *(line.name, line.row.unit_name or "", line.row.group_name or "", status_word(line.status)),
                *clauses,
                "; ".join(part.title for part in line.missing),
                None if line.mark.value is None else float(line.mark.value),
                choose(dict(line.mark.band["label"])) if line.mark.band else "",
                outcome_word(decision.outcome) if decision else "",
                decision.reason if decision else "",
                decision.task if decision else "",
                decision.due_on.isoformat() if decision and decision.due_on else "",
                local_day(decision.decided_at, cohort.time_zone).isoformat() if decision else "",
            ]
        )
    return rows


# -- one person ------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """The whole programme of one person: the rule, its parts, the mark, and what has been decided (latest first, with who)."""

    enrolment_id: int
    loaded: Loaded
    clause: Clause
    mark: Mark
    components: list[Component]
    decisions: Sequence[tuple[Decision, str | None]]
    row: Any = None

    @property
    def missing(self) -> list[Missing]:
        """Return what is still missing, each once; what the learner can do comes before what waits for somebody else."""
        return sorted(dict.fromkeys(lacking(self.clause)), key=lambda part: part.waits)

    def sentence(self, clause: Clause) -> str:
        """Write a clause as a phrase."""
        return sentence(clause.rule, self.loaded.programme)


def _result(loaded: Loaded, enrolment_id: int, row: Any = None) -> Result:
    person = loaded.person(enrolment_id)
    decisions = [(decision, name) for decision, name in db.session.execute(queries.decisions_of(enrolment_id))]
    mark, components = final_mark(loaded.programme, person), components_of(loaded.programme, person)
    return Result(enrolment_id, loaded, loaded.clause(enrolment_id), mark, components, decisions, row)


def own_result(actor: Actor, cohort_id: int) -> Result:
    """Return one's own result: seven statements. Raises NotFound for who does not take part."""
    loaded = load(cohort_id, user_id=actor.id)
    assert loaded.own is not None
    return _result(loaded, loaded.own)


def result_in(cohort: Cohort, enrolment_id: int) -> Result:
    """Return the result of somebody who takes part in a cohort. Raises NotFound."""
    row = db.session.execute(queries.person_of(cohort.id, enrolment_id)).one_or_none()
    if row is None:
        raise NotFound("nobody with this number takes part in the cohort")
    return _result(load(cohort.id, enrolment_id), enrolment_id, row)


def weight_words(mark: Mark, weight: float) -> str:
    """Write the share of a module in the final mark, `25 %`."""
    return _("%(percent)s %%", percent=format_number(round(100 * weight / mark.weight, 1)))


# -- dry run of a rule -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What another rule would change: names of who newly meets it, and of who no longer does; how many of these hold a decision that stays."""

    gains: list[str]
    losses: list[str]
    keep: list[str]


def change_of(loaded: Loaded, tree: Tree) -> Change:
    """Return the dry run of a rule: two statements, whatever the number of people. Nobody loses a decision by a rule."""
    gains, losses, keep = [], [], []
    passed = {row.enrolment_id for row in db.session.scalars(queries.latest_decisions(loaded.cohort.id)) if row.outcome is Outcome.PASSED}
    for row in db.session.execute(queries.people_of(loaded.cohort.id)):
        before = loaded.clause(row.id).standing is Standing.MET
        after = evaluate(tree, loaded.programme, loaded.person(row.id)).standing is Standing.MET
        if after and not before:
            gains.append(row.name)
        elif before and not after:
            losses.append(row.name)
            if row.id in passed:
                keep.append(row.name)
    return Change(gains, losses, keep)


def options_of(loaded_programme: Any) -> Mapping[str, list[tuple[str, str]]]:
    """Return what clauses can name: modules, and the parts that are scored, counted or accepted, by module."""
    parts = {
        module.title: [
            (f"{part.module_id}/{part.key}", part.title) for part in module.parts if part.scored or part.component != "independent"
        ]
        for module in loaded_programme.modules
    }
    return {
        "module": [(str(module.id), module.title) for module in loaded_programme.modules],
        **{f"part:{title}": rows for title, rows in parts.items() if rows},
    }
