"""One item of ours as an item of QTI, in neutral names.

Every item scores itself: SCORE reaches `normalMaximum`, the item's points. FEEDBACK collects the identifiers of what is shown afterwards:
the explanation always, rationales of options when they were chosen, of other parts always. What QTI has no place for goes into the notes of
the package (quizzes.exchange.qti).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from quizzes.exchange.base import number
from quizzes.exchange.qti_read import GENERAL, MIME, short_title
from quizzes.exchange.qti_text import blocks_of, line_of
from quizzes.exchange.qti_xml import Element, Version, add, node
from quizzes.kinds.base import letters

Item = Mapping[str, Any]

RESPONSE, SCORE, FEEDBACK = "RESPONSE", "SCORE", "FEEDBACK"
_MARK = re.compile(r"(\[\[\d+\]\])")


@dataclass(slots=True)
class Writing:
    """An item while it is written: its parts in the order of QTI."""

    item: Item
    version: Version
    pictures: Mapping[str, str]  # names to addresses below the item
    declarations: list[Element] = field(default_factory=list)
    body: list[Element] = field(default_factory=list)
    scoring: list[Element] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)  # responses whose values are identifiers of feedback
    feedback: dict[str, Element] = field(default_factory=dict)
    always: list[str] = field(default_factory=list)  # feedback that is shown after every answer

    @property
    def points(self) -> float:
        """Return what the item can earn."""
        return float(self.item.get("points", 1))

    def line(self, source: str) -> list[Element | str]:
        """Return a line of Markdown as children of an element."""
        return contents(line_of(source, self.pictures))

    def say(self, identifier: str, source: str, *, always: bool = False) -> None:
        """Keep a rationale as feedback with an identifier; nothing when there is none."""
        if source:
            self.feedback[identifier] = node("div", None, *self.line(source))
            self.always += [identifier] * always

    def ask(self, tag: str, attributes: Mapping[str, str], *children: Element) -> None:
        """Put an interaction of the item's only response below the text."""
        self.body.append(node(tag, {"responseIdentifier": RESPONSE, **attributes}, *children))


def item_of(item: Item, version: Version, identifier: str, pictures: Mapping[str, str]) -> Element:
    """Return an item of QTI in neutral names. `pictures` maps names in Markdown to addresses below the item's file."""
    writing = Writing(item, version, pictures)
    stem = blocks_of(item["stem"], pictures)
    stem.attrib = {"class": "stem"}
    writing.body.append(stem)
    WRITERS[item["kind"]](writing)
    if item.get("feedback"):
        writing.feedback[GENERAL] = node("div", None, *contents(blocks_of(item["feedback"], pictures)))
        writing.always.insert(0, GENERAL)
    title = item.get("title") or short_title(stem) or identifier
    attributes = {"identifier": identifier, "title": title, "xml:lang": "id", "adaptive": "false", "timeDependent": "false"}
    body = node("itemBody", None, *writing.body)
    return node(
        "assessmentItem", attributes, *writing.declarations, *_outcomes(writing), body, *_processing(writing), *_modal(writing.feedback)
    )


def _outcomes(writing: Writing) -> list[Element]:
    if writing.item["kind"] == "description":
        return []
    most = {"normalMaximum": number(writing.points)}
    by_person = {"externalScored": "human"} if writing.version.prefixed and writing.item["kind"] in {"essay", "file_upload"} else {}
    made = [node("outcomeDeclaration", {**_outcome(SCORE, "float"), **most, **by_person}, _default("0"))]
    if writing.feedback:
        made.append(node("outcomeDeclaration", _outcome(FEEDBACK, "identifier", "multiple")))
    return made


def _outcome(identifier: str, base: str, cardinality: str = "single") -> dict[str, str]:
    return {"identifier": identifier, "cardinality": cardinality, "baseType": base}


def _default(value: str) -> Element:
    return node("defaultValue", None, node("value", None, value))


def _processing(writing: Writing) -> list[Element]:
    """Return what happens when the item is answered: feedback is chosen first, since conditions of scoring may add to it."""
    steps: list[Element] = []
    if writing.feedback:
        shown = [_variable(name) for name in writing.chosen] + [_identifier(name) for name in writing.always]
        steps += [_set(FEEDBACK, node("multiple", None, *shown))] if shown else []
    steps += writing.scoring
    return [node("responseProcessing", None, *steps)] if steps else []


def _modal(feedback: Mapping[str, Element]) -> list[Element]:
    return [
        node("modalFeedback", {"outcomeIdentifier": FEEDBACK, "identifier": name, "showHide": "show"}, content)
        for name, content in feedback.items()
    ]


def _set(identifier: str, expression: Element) -> Element:
    return node("setOutcomeValue", {"identifier": identifier}, expression)


def _variable(identifier: str) -> Element:
    return node("variable", {"identifier": identifier})


def _identifier(name: str) -> Element:
    return node("baseValue", {"baseType": "identifier"}, name)


def _float(value: float) -> Element:
    return node("baseValue", {"baseType": "float"}, number(value))


def _show_also(name: str) -> Element:
    return _set(FEEDBACK, node("multiple", None, _variable(FEEDBACK), _identifier(name)))


def _map(*responses: str) -> Element:
    """Return the step that scores responses by their mappings."""
    mapped = [node("mapResponse", {"identifier": name}) for name in responses]
    return _set(SCORE, mapped[0] if len(mapped) == 1 else node("sum", None, *mapped))


def _all_or_nothing(points: float) -> Element:
    matched = node("match", None, _variable(RESPONSE), node("correct", {"identifier": RESPONSE}))
    return node("responseCondition", None, node("responseIf", None, matched, _set(SCORE, _float(points))))


def declared(
    base: str,
    cardinality: str,
    correct: Sequence[str],
    mapping: Mapping[str, float] | None = None,
    *,
    identifier: str = RESPONSE,
    bounds: Mapping[str, float] | None = None,
    exact: bool | None = None,
) -> Element:
    """Return the declaration of a response. `exact` says whether capitals matter, for texts."""
    made = node("responseDeclaration", {"identifier": identifier, "cardinality": cardinality, "baseType": base})
    if correct:
        made.append(node("correctResponse", None, *[node("value", None, value) for value in correct]))
    if mapping:
        limits = {name: number(value) for name, value in (bounds or {}).items()}
        case = {} if exact is None else {"caseSensitive": str(exact).lower()}
        entries = [node("mapEntry", {"mapKey": key, "mappedValue": number(value), **case}) for key, value in mapping.items()]
        made.append(node("mapping", {"defaultValue": "0", **limits}, *entries))
    return made


# -- options ---------------------------------------------------------------------------------------------------------------------------


def _choice(writing: Writing) -> None:
    """Write options of which one or several are right, or which have the scores of a panel."""
    item, points = writing.item, writing.points
    names = letters(item["options"])
    rows = dict(zip(names, item["options"], strict=True))
    kind = item["kind"]
    several = kind == "multiple_choice"
    if kind == "situational":
        shares = {name: row["score"] / 3 for name, row in rows.items()}
        right = [name for name, row in rows.items() if row["score"] == 3][:1]
    else:
        right = [name for name, row in rows.items() if row.get("correct")]
        shares = {name: float(name in right) / max(len(right), 1) for name in names}
        if several and item.get("scoring", "minus") == "minus":
            shares |= {name: -1 / len(right) for name in names if name not in right}
    scoring = item.get("scoring") if several else None
    mapping = None if scoring == "all" else {name: points * share for name, share in shares.items() if share or not several}
    bounds = {"lowerBound": 0.0, "upperBound": points} if several else None
    writing.declarations.append(declared("identifier", "multiple" if several else "single", right, mapping, bounds=bounds))
    mixed = {"shuffle": "false" if kind == "true_false" else "true", "maxChoices": "0" if several else "1"}
    named = {"true_false": {"class": "true-false"}, "situational": {"class": "situational"}}.get(kind, {})
    writing.ask("choiceInteraction", {**named, **mixed}, *_choices(writing, "simpleChoice", rows))
    writing.scoring.append(_all_or_nothing(points) if scoring == "all" else _map(RESPONSE))
    writing.chosen.append(RESPONSE)
    for name, row in rows.items():
        writing.say(name, row.get("rationale", ""))


def _choices(writing: Writing, tag: str, rows: Mapping[str, Item], text: str = "text", **attributes: str) -> list[Element]:
    return [node(tag, {"identifier": name, **attributes}, *writing.line(row[text])) for name, row in rows.items()]


# -- pairs, orders ---------------------------------------------------------------------------------------------------------------------


def _match(writing: Writing) -> None:
    """Write pairs, or entries with their categories: two sets, of which the second may be used several times."""
    item = writing.item
    if item["kind"] == "matching":
        rows, partners = item["pairs"], [pair["right"].strip() for pair in item["pairs"]]
        offered = list(dict.fromkeys([*partners, *(text.strip() for text in item.get("extra", ()))]))
        name, text = "matching", "left"
    else:
        rows, partners = item["entries"], [row["category"].strip() for row in item["entries"]]
        offered = [row["name"].strip() for row in item["categories"]]
        name, text = "categorise", "text"
    lefts = {f"left-{letter}": row for letter, row in zip(letters(rows), rows, strict=True)}
    rights = {f"right-{letter}": {"text": right} for letter, right in zip(letters(offered), offered, strict=True)}
    ids = {row["text"]: right for right, row in rights.items()}
    pairs = [f"{left} {ids[partner]}" for left, partner in zip(lefts, partners, strict=True)]
    writing.declarations.append(declared("directedPair", "multiple", pairs, dict.fromkeys(pairs, writing.points / len(pairs))))
    first = node("simpleMatchSet", None, *_choices(writing, "simpleAssociableChoice", lefts, text, matchMax="1"))
    second = node("simpleMatchSet", None, *_choices(writing, "simpleAssociableChoice", rights, matchMax=str(len(lefts))))
    writing.ask("matchInteraction", {"class": name, "shuffle": "true", "maxAssociations": str(len(lefts))}, first, second)
    writing.scoring.append(_map(RESPONSE))
    for left, row in lefts.items():
        writing.say(left, row.get("rationale", ""), always=True)


def _order(writing: Writing) -> None:
    """Write entries in order. Other programs count entries in their places, or all of them."""
    rows = dict(zip(letters(writing.item["entries"]), writing.item["entries"], strict=True))
    writing.declarations.append(declared("identifier", "ordered", list(rows)))
    writing.ask("orderInteraction", {"shuffle": "true"}, *_choices(writing, "simpleChoice", rows))
    if writing.item.get("scoring") == "all":
        writing.scoring.append(_all_or_nothing(writing.points))
    else:
        writing.scoring += [_in_place(place, writing.points / len(rows)) for place in range(1, len(rows) + 1)]
    for name, row in rows.items():
        writing.say(name, row.get("rationale", ""), always=True)


def _in_place(place: int, points: float) -> Element:
    at = {"n": str(place)}
    same = node("match", None, node("index", at, _variable(RESPONSE)), node("index", at, node("correct", {"identifier": RESPONSE})))
    more = _set(SCORE, node("sum", None, _variable(SCORE), _float(points)))
    return node("responseCondition", None, node("responseIf", None, same, more))


# -- texts -----------------------------------------------------------------------------------------------------------------------------


def _short_text(writing: Writing) -> None:
    writing.body.append(node("p", None, _entry(writing, writing.item, RESPONSE, writing.points)))
    writing.scoring.insert(0, _map(RESPONSE))


def _entry(writing: Writing, row: Item, identifier: str, points: float) -> Element:
    """Declare a field for a text with its answers and return it."""
    exact = bool(row.get("case"))
    shares = {answer["text"]: answer.get("credit", 100) / 100 for answer in row["answers"]}
    right = [text for text, share in shares.items() if share == 1][:1]
    mapping = {text: points * share for text, share in shares.items()}
    writing.declarations.append(declared("string", "single", right, mapping, identifier=identifier, exact=exact))
    for letter, answer in zip(letters(row["answers"]), row["answers"], strict=False):
        name = f"{identifier}-{letter}"
        if answer.get("rationale"):
            writing.say(name, answer["rationale"])
            same = node("stringMatch", {"caseSensitive": str(exact).lower()}, _variable(identifier), _text(answer["text"]))
            writing.scoring.append(node("responseCondition", None, node("responseIf", None, same, _show_also(name))))
    return node("textEntryInteraction", {"responseIdentifier": identifier, "expectedLength": str(max(len(text) for text in shares))})


def _text(text: str) -> Element:
    return node("baseValue", {"baseType": "string"}, text)


def _numeric(writing: Writing) -> None:
    """Write a number: the first condition that holds counts, so those that earn most come first."""
    item = writing.item
    answers = sorted(item["answers"], key=lambda answer: -answer.get("credit", 100))
    steps = []
    for index, (letter, answer) in enumerate(zip(letters(answers), answers, strict=False)):
        tolerance = str(answer.get("tolerance", "0"))
        mode = {"toleranceMode": "absolute", "tolerance": f"{_plain(tolerance)} {_plain(tolerance)}"}
        exact = _plain(tolerance) in {"", "0"}
        same = node("equal", {"toleranceMode": "exact"} if exact else mode, _variable(RESPONSE), _decimal(answer["value"]))
        more = [_set(SCORE, _float(writing.points * answer.get("credit", 100) / 100))]
        if answer.get("rationale"):
            writing.say(f"answer-{letter}", answer["rationale"])
            more.append(_show_also(f"answer-{letter}"))
        steps.append(node("responseIf" if index == 0 else "responseElseIf", None, same, *more))
    writing.declarations.append(declared("float", "single", [_plain(answers[0]["value"])]))
    asked = node("p", None, node("textEntryInteraction", {"responseIdentifier": RESPONSE, "expectedLength": "12"}))
    if item.get("unit"):
        add(asked, " ", node("span", {"class": "unit"}, item["unit"]))
    writing.body.append(asked)
    writing.scoring.append(node("responseCondition", None, *steps))


def _decimal(value: str) -> Element:
    return node("baseValue", {"baseType": "float"}, _plain(value))


def _plain(value: Any) -> str:
    """Return a decimal as QTI writes it; what is none stays as it is."""
    try:
        return f"{Decimal(str(value).replace(',', '.')):f}"
    except InvalidOperation:
        return str(value)


def _cloze(writing: Writing) -> None:
    """Put a field in place of each mark of the text; each gap earns its part of the points."""
    gaps = writing.item["gaps"]
    points = writing.points / len(gaps)
    fields: dict[str, Element] = {}
    names = [f"GAP-{place}" for place in range(1, len(gaps) + 1)]
    for place, (name, row) in enumerate(zip(names, gaps, strict=True), start=1):
        made = _inline_choice(writing, row, name, points) if row.get("select") else _entry(writing, row, name, points)
        made.set("class", "gap")
        fields[f"[[{place}]]"] = made
    _place(writing.body[0], fields)
    writing.body += [node("p", None, left) for left in fields.values()]  # whose mark the renderer did not leave
    writing.scoring.insert(0, _map(*names))


def _inline_choice(writing: Writing, row: Item, identifier: str, points: float) -> Element:
    rows = {f"{identifier}-{letter}": answer for letter, answer in zip(letters(row["answers"]), row["answers"], strict=False)}
    shares = {name: answer.get("credit", 100) / 100 for name, answer in rows.items()}
    right = [name for name, share in shares.items() if share == 1][:1]
    writing.declarations.append(
        declared("identifier", "single", right, {name: points * share for name, share in shares.items()}, identifier=identifier)
    )
    for name, answer in rows.items():
        writing.say(name, answer.get("rationale", ""))
    if any(answer.get("rationale") for answer in rows.values()):
        writing.chosen.append(identifier)
    choices = [node("inlineChoice", {"identifier": name}, answer["text"]) for name, answer in rows.items()]
    return node("inlineChoiceInteraction", {"responseIdentifier": identifier, "shuffle": "true"}, *choices)


def _place(root: Element, fields: dict[str, Element]) -> None:
    """Put fields in place of their marks, each once, and take those that found a place out of `fields`."""
    for parent in list(root.iter()):
        old = contents(parent)
        parent.text, parent[:] = None, []
        for part in old:
            for piece in _MARK.split(part) if isinstance(part, str) else [part]:
                add(parent, fields.pop(piece, piece) if isinstance(piece, str) else piece)


def contents(element: Element) -> list[Element | str]:
    """Return texts and children of an element in their order; the children lose their tails."""
    found: list[Element | str] = [element.text or ""]
    for child in element:
        found += [child, child.tail or ""]
        child.tail = None
    return [part for part in found if part != ""]


# -- what a person marks ---------------------------------------------------------------------------------------------------------------


def _essay(writing: Writing) -> None:
    writing.declarations.append(declared("string", "single", []))
    expected = {"expectedLength": str(7 * most)} if (most := writing.item.get("maximum_words")) else {}
    writing.ask("extendedTextInteraction", expected)
    _for_scorers(writing)


def _upload(writing: Writing) -> None:
    types = writing.item["types"]
    writing.declarations.append(declared("file", "single", []))
    writing.ask("uploadInteraction", {"type": MIME[types[0]]} if len(types) == 1 else {})
    _for_scorers(writing)


def _for_scorers(writing: Writing) -> None:
    """Write what a good answer holds, and the rubric as a table."""
    scorer = {"use": "scoring", "view": "scorer"}
    if writing.item.get("model"):
        model = blocks_of(writing.item["model"], writing.pictures)
        writing.body.append(node("rubricBlock", {"class": "model", **scorer}, model))
    rows = [
        node("tr", None, node("th", None, *writing.line(criterion["name"])), *[_level(writing, level) for level in criterion["levels"]])
        for criterion in writing.item.get("rubric", ())
    ]
    if rows:
        writing.body.append(node("rubricBlock", {"class": "rubric", **scorer}, node("table", None, node("tbody", None, *rows))))


def _level(writing: Writing, level: Item) -> Element:
    return node("td", None, f"{number(level['points'])}: ", *writing.line(level["text"]))


def _nothing(writing: Writing) -> None:
    """Ask nothing."""


WRITERS: dict[str, Callable[[Writing], None]] = {
    **dict.fromkeys(("single_choice", "multiple_choice", "true_false", "situational"), _choice),
    **dict.fromkeys(("matching", "categorise"), _match),
    "ordering": _order,
    "short_text": _short_text,
    "numeric": _numeric,
    "cloze": _cloze,
    "essay": _essay,
    "file_upload": _upload,
    "description": _nothing,
}
