"""What an item of QTI declares and processes, read once: responses, points, feedback, conditions. Names are neutral."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lms.api import ContentError
from lms.api import gettext as __
from quizzes.exchange.qti_text import Texts, joined
from quizzes.exchange.qti_xml import Element

BRANCHES = frozenset({"responseIf", "responseElseIf", "responseElse"})


@dataclass(slots=True)
class Declared:
    """What an item declares of one response."""

    base: str = "string"
    cardinality: str = "single"
    correct: list[str] = field(default_factory=list)
    mapping: dict[str, float] = field(default_factory=dict)
    otherwise: float = 0.0  # what a value earns that is not in the mapping
    exact: bool = True  # do capitals matter?

    def best(self) -> list[str]:
        """Return the right values: as declared, else those that the mapping gives most."""
        most = max(self.mapping.values(), default=0.0)
        return self.correct or [key for key, value in self.mapping.items() if value > 0 and (self.cardinality != "single" or value == most)]


@dataclass(slots=True)
class Branch:
    """A condition of response processing: its kind, what is compared, and what follows."""

    element: Element
    score: float | None
    feedback: list[str]


class Reading:
    """An item while it is read: declarations, texts, feedback by its identifier."""

    def __init__(self, root: Element, texts: Texts) -> None:
        """Read what all kinds need. Raises ContentError when there is no body."""
        body = root.find("itemBody")
        if body is None:
            raise ContentError(__("The question has no text."))
        self.root, self.body, self.texts = root, body, texts
        self.declared = {element.get("identifier", ""): _declared(element) for element in root.findall("responseDeclaration")}
        self.processing = root.find("responseProcessing")
        shown = [*root.findall("modalFeedback"), *body.iter("feedbackBlock")]
        self.feedback = {_feedback_name(element): texts.block(element) for element in shown}
        self.used: set[str] = set()
        self.points = _points(root)
        self.branches = list(self._branches())
        self.matched: dict[tuple[str, str], list[str]] = {}  # response and text, to the feedback on it
        for branch in self.branches:
            compared = branch.element.find("stringMatch")
            if compared is not None:
                self.matched.setdefault((variable_of(compared), compared.findtext("baseValue", "")), []).extend(branch.feedback)

    def response(self, interaction: Element) -> Declared:
        """Return what is declared of an interaction's response; nothing is declared of a strange one."""
        return self.declared.get(interaction.get("responseIdentifier", ""), Declared())

    def said(self, *identifiers: str) -> str:
        """Return feedback by its identifiers; it is not repeated in the explanation."""
        known = [identifier for identifier in identifiers if identifier in self.feedback]
        self.used.update(known)
        return " ".join(joined([self.feedback[identifier] for identifier in known]).split())

    def stem(self) -> str:
        """Return the text of the question."""
        return self.texts.block(self.body)

    def uses(self, *names: str) -> bool:
        """Tell whether response processing uses one of these expressions or a template of such a name."""
        if self.processing is None:
            return False
        template = self.processing.get("template", "").lower()
        return any(_snake(name) in template or next(self.processing.iter(name), None) is not None for name in names)

    def _branches(self) -> Iterator[Branch]:
        for element in self.processing.iter() if self.processing is not None else ():
            if element.tag in BRANCHES:
                yield Branch(element, _score(element.findall("setOutcomeValue")), _branch_feedback(element))

    def always(self) -> list[str]:
        """Return the identifiers of feedback that is shown whatever was answered."""
        return _branch_feedback(self.processing) if self.processing is not None else []

    def conditional(self) -> tuple[list[str], list[str]]:
        """Return the feedback after a right answer and after a wrong one, by their identifiers."""
        right: list[str] = []
        wrong: list[str] = []
        for condition in self.processing.iter("responseCondition") if self.processing is not None else ():
            first, last = condition.find("responseIf"), condition.find("responseElse")
            if first is not None and first.find("match/correct") is not None:
                right += _branch_feedback(first)
                wrong += _branch_feedback(last) if last is not None else []
        return right, wrong


def _declared(element: Element) -> Declared:
    mapping = element.find("mapping")
    entries = list(mapping.iter("mapEntry")) if mapping is not None else []
    return Declared(
        base=element.get("baseType", "string"),
        cardinality=element.get("cardinality", "single"),
        correct=[" ".join((value.text or "").split()) for value in element.findall("correctResponse/value")],
        mapping={entry.get("mapKey", ""): _float(entry.get("mappedValue")) for entry in entries},
        otherwise=_float(mapping.get("defaultValue")) if mapping is not None else 0.0,
        exact=not entries or any(entry.get("caseSensitive", "true") != "false" for entry in entries),
    )


def _points(root: Element) -> float:
    """Return what an item can earn: as its outcome SCORE says, else MAXSCORE, else 1."""
    outcomes = {element.get("identifier"): element for element in root.findall("outcomeDeclaration")}
    score, most = outcomes.get("SCORE"), outcomes.get("MAXSCORE")
    said = _float(score.get("normalMaximum")) if score is not None else 0.0
    said = said or (_float(most.findtext("defaultValue/value")) if most is not None else 0.0)
    return said if said > 0 else 1.0


def _float(text: str | None) -> float:
    """Return a number, or 0 for none; never infinity."""
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if abs(value) < 1e9 else 0.0


def _score(outcomes: list[Element]) -> float | None:
    texts = [outcome.findtext("baseValue") for outcome in outcomes if outcome.get("identifier") == "SCORE"]
    return _float(texts[0]) if texts and texts[0] else None


def _branch_feedback(branch: Element) -> list[str]:
    """Return the identifiers of feedback that a part of response processing shows."""
    values = [value for outcome in branch.findall("setOutcomeValue") for value in outcome.iter("baseValue")]
    return [(value.text or "").strip() for value in values if value.get("baseType") == "identifier"]


def _feedback_name(element: Element) -> str:
    """Return the identifier of feedback; one that is hidden by its identifier belongs to no option."""
    identifier = element.get("identifier", "")
    return f"{identifier} hidden" if element.get("showHide") == "hide" else identifier


def variable_of(compared: Element) -> str:
    """Return the response that a comparison is about."""
    variable = compared.find("variable")
    return variable.get("identifier", "") if variable is not None else ""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
