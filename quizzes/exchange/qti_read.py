"""One item of QTI, in neutral names, to what an author would write of it.

An item is read by its only interaction; several gaps in one text are a cloze. What decides whether an answer is right is taken from
the declarations (correct response, mapping) and, where these say nothing, from the conditions of response processing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from lms.api import ContentError
from lms.api import gettext as __
from quizzes.exchange.qti_reading import Declared, Reading, variable_of
from quizzes.exchange.qti_text import Texts, gap, joined
from quizzes.exchange.qti_xml import Element

GENERAL = "GENERAL"  # feedback after every answer, as we write it
SHORT_TITLE = 80
MOST_DIGITS = 20
MOST_CHOICES = 700  # of all parts of an item together; no kind takes as many
MIME = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "txt": "text/plain",
}
TRUE_FALSE = ({"benar", "salah"}, {"true", "false"})
IN_TEXT = frozenset({"textEntryInteraction", "inlineChoiceInteraction"})
NUMBERS = frozenset({"float", "integer"})
CHOICES = frozenset({"simpleChoice", "hottext", "simpleAssociableChoice", "gapText", "gap", "inlineChoice", *IN_TEXT})
_GAP_NAME = re.compile(r"GAP-(\d{1,2})")

Found = dict[str, Any]


def read_item(root: Element, texts: Texts) -> Found:
    """Return an item as far as QTI says it: key, kind, title, points and data. Raises ContentError for what we cannot take."""
    if root.find("templateDeclaration") is not None:
        raise ContentError(__("The question has values made by chance. Peduli has no such questions."))
    reading = Reading(root, texts)
    interactions = [
        element for element in reading.body.iter() if element.tag.endswith("Interaction") and element.tag != "endAttemptInteraction"
    ]
    found = _by_interactions(reading, interactions)
    general = [name for name in reading.feedback if name not in reading.used]
    feedback = joined([reading.feedback[name] for name in general])
    if not {GENERAL, *reading.always()} >= set(general):
        texts.warn(__("Feedback that depended on the answer is now part of the explanation."))
    asks = found["kind"] != "description"
    found |= {"key": _key(root.get("identifier", "")), "title": _title(root, found["stem"])}
    points = {"points": reading.points} if reading.points != 1 else {}
    return {**found, "feedback": feedback, **points} if asks else found


def short_title(stem: Element) -> str:
    """Return the title that an item gets in QTI when it has none: the first words of its text, with … for what is asked within."""
    words = " ".join("".join(_words(stem)).split())
    return words if len(words) <= SHORT_TITLE else words[: SHORT_TITLE - 1].rstrip() + "…"


def _words(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield from ["…"] if child.tag.endswith("Interaction") else _words(child)
        yield child.tail or ""


def _by_interactions(reading: Reading, interactions: list[Element]) -> Found:
    if not interactions:
        return {"kind": "description", "stem": reading.stem()}
    if sum(element.tag in CHOICES for element in reading.body.iter()) > MOST_CHOICES:
        raise ContentError(__("The question has more than %(num)s options or gaps.", num=MOST_CHOICES))
    names = {element.tag for element in interactions}
    if names <= IN_TEXT:
        return _gaps(reading, interactions)
    if len(interactions) > 1:
        raise ContentError(__("It asks several questions in one. Make a question of each."))
    reader = READERS.get(interactions[0].tag)
    if reader is None:
        raise ContentError(__("Peduli has no questions of the kind “%(name)s”.", name=interactions[0].tag))
    return reader(reading, interactions[0])


# -- options ---------------------------------------------------------------------------------------------------------------------------


def _choice(reading: Reading, interaction: Element, tag: str) -> Found:
    """Options to choose from: one, several, true or false, or a situation."""
    declared = reading.response(interaction)
    choices = list(interaction.iter(tag))
    stem = reading.stem()
    classes = interaction.get("class", "").split()
    several = declared.cardinality == "multiple" or interaction.get("maxChoices", "1") != "1"
    if "situational" in classes and not several:
        most = max(declared.mapping.values(), default=0.0) or 1.0
        scores = [{"score": round(3 * max(0.0, declared.mapping.get(_name(choice), 0.0)) / most)} for choice in choices]
        return {"kind": "situational", "stem": stem, "options": _options(reading, choices, scores, [])}
    best = declared.best()
    marks: list[Found] = [{"correct": True} if _name(choice) in best else {} for choice in choices]
    found: Found = {"stem": stem, "options": _options(reading, choices, marks, best)}
    if several:
        return {"kind": "multiple_choice", **found, **_several_scoring(reading, declared, best)}
    if any(value > 0 for key, value in declared.mapping.items() if key not in best):
        reading.texts.warn(__("Options that earned a part of the points earn nothing now."))
    words = {option["text"].strip(" .").casefold() for option in found["options"]}
    return {"kind": "true_false" if "true-false" in classes or words in TRUE_FALSE else "single_choice", **found}


def _options(reading: Reading, choices: list[Element], marks: list[Found], best: list[str]) -> list[Found]:
    """Return options with their rationales: from inside the option, from feedback of its name, or from feedback on right and wrong."""
    right, wrong = reading.conditional()
    options = []
    for choice, mark in zip(choices, marks, strict=True):
        name = _name(choice)
        inside = [reading.texts.line(part) for part in choice if part.tag in {"feedbackInline", "feedbackBlock"}]
        inside += [text for part in choice.iter("feedbackBlock") if (text := reading.said(part.get("identifier", "")))]
        rationale = " ".join(dict.fromkeys(inside)) or reading.said(name) or reading.said(*(right if name in best else wrong))
        options.append({"text": reading.texts.line(choice), **mark, "rationale": rationale})
    return options


def _several_scoring(reading: Reading, declared: Declared, best: list[str]) -> Found:
    if not declared.mapping or (reading.uses("match") and not reading.uses("mapResponse")):
        return {"scoring": "all"} if reading.uses("match") else {}
    costs = declared.otherwise < 0 or any(value < 0 for key, value in declared.mapping.items() if key not in best)
    return {} if costs else {"scoring": "each"}


# -- pairs, orders ---------------------------------------------------------------------------------------------------------------------


def _match(reading: Reading, interaction: Element) -> Found:
    """Two sets: matching when each left has a right of its own, else entries and their categories."""
    sets = [{_name(choice): choice for choice in part.iter("simpleAssociableChoice")} for part in interaction.findall("simpleMatchSet")]
    if len(sets) != 2:
        raise ContentError(__("Matching needs two sets of entries."))
    pairs = _pairs(reading.response(interaction))
    lefts, rights = sets
    if len({left for left, _right in pairs}) < len(pairs):  # a left with several rights: it is the category
        lefts, rights, pairs = rights, lefts, [(right, left) for left, right in pairs]
    if len({left for left, _right in pairs}) < len(pairs):
        raise ContentError(__("An entry has several right partners. Here each has one."))
    partner = dict(pairs)
    if set(partner) != set(lefts) or not set(partner.values()) <= set(rights):
        raise ContentError(__("The right partner is missing for an entry."))
    text = {name: reading.texts.line(choice) for name, choice in {**lefts, **rights}.items()}
    why = {name: reading.said(name) for name in lefts}
    classes = interaction.get("class", "").split()
    stem = reading.stem()
    if "categorise" in classes or (len(set(partner.values())) < len(partner) and "matching" not in classes):
        entries = [{"text": text[name], "category": text[partner[name]], "rationale": why[name]} for name in lefts]
        return {"kind": "categorise", "stem": stem, "categories": [{"name": text[name]} for name in rights], "entries": entries}
    rows = [{"left": text[name], "right": text[partner[name]], "rationale": why[name]} for name in lefts]
    return {"kind": "matching", "stem": stem, "pairs": rows, "extra": [text[name] for name in rights if name not in partner.values()]}


def _associate(reading: Reading, interaction: Element) -> Found:
    """One set whose members belong together in pairs."""
    text = {_name(choice): reading.texts.line(choice) for choice in interaction.iter("simpleAssociableChoice")}
    pairs = [(left, right) for left, right in _pairs(reading.response(interaction)) if left in text and right in text]
    members = [name for pair in pairs for name in pair]
    if len(set(members)) < len(members):
        raise ContentError(__("An entry has several right partners. Here each has one."))
    rows = [{"left": text[left], "right": text[right]} for left, right in pairs]
    return {"kind": "matching", "stem": reading.stem(), "pairs": rows, "extra": [text[name] for name in text if name not in members]}


def _pairs(declared: Declared) -> list[tuple[str, str]]:
    wanted = declared.correct or [key for key, value in declared.mapping.items() if value > 0]
    split = [value.split() for value in wanted]
    return [(pair[0], pair[1]) for pair in split if len(pair) == 2]


def _order(reading: Reading, interaction: Element) -> Found:
    choices = {_name(choice): choice for choice in interaction.iter("simpleChoice")}
    correct = [name for name in reading.response(interaction).correct if name in choices]
    if sorted(correct) != sorted(choices):
        raise ContentError(__("The right order does not name every entry once."))
    entries = [{"text": reading.texts.line(choices[name]), "rationale": reading.said(name)} for name in correct]
    scoring = {} if reading.processing is None or reading.uses("index") else {"scoring": "all"}
    return {"kind": "ordering", "stem": reading.stem(), "entries": entries, **scoring}


# -- texts -----------------------------------------------------------------------------------------------------------------------------


def _gaps(reading: Reading, interactions: list[Element]) -> Found:
    """Fields inside a text: a single one at the end of it is a short answer or a number, everything else a cloze."""
    numbers = _numbered(interactions)
    for interaction, number in zip(interactions, numbers, strict=True):
        reading.texts.marks[id(interaction)] = gap(number)
    only = interactions[0]
    if len(interactions) == 1 and only.tag == "textEntryInteraction" and "gap" not in only.get("class", "").split():
        if reading.response(only).base in NUMBERS:
            return _number(reading, only)
        stem = reading.stem()
        if re.search(r"(^|\n)\[\[1\]\]$", stem):
            return {"kind": "short_text", "stem": stem.removesuffix(gap(1)).rstrip(), **_typed(reading, only)}
    made = dict(zip(numbers, [_gap(reading, interaction) for interaction in interactions], strict=True))
    return {"kind": "cloze", "stem": reading.stem(), "gaps": [made[number] for number in sorted(made)]}


def _numbered(interactions: list[Element]) -> list[int]:
    """Return the numbers of gaps: those in the names that we gave them, else their order."""
    named = [_GAP_NAME.fullmatch(interaction.get("responseIdentifier", "")) for interaction in interactions]
    numbers = [int(match[1]) for match in named if match]
    return numbers if sorted(numbers) == list(range(1, len(interactions) + 1)) else list(range(1, len(interactions) + 1))


def _gap(reading: Reading, interaction: Element) -> Found:
    if interaction.tag == "textEntryInteraction":
        if reading.response(interaction).base in NUMBERS:
            reading.texts.warn(__("A number in a gap is compared as a text now."))
        return _typed(reading, interaction)
    declared = reading.response(interaction)
    best, most = declared.best(), max(declared.mapping.values(), default=0.0)
    answers = []
    for choice in interaction.iter("inlineChoice"):
        name = _name(choice)
        share = declared.mapping.get(name, 0.0) / most if most > 0 else float(name in best)
        answers.append({"text": reading.texts.plain(choice), **_credit(share), **_why(reading.said(name))})
    return {"select": True, "answers": answers}


def _typed(reading: Reading, interaction: Element) -> Found:
    """Return the answers of a field for text: those of the mapping, else the correct ones."""
    declared = reading.response(interaction)
    name = interaction.get("responseIdentifier", "")
    most = max(declared.mapping.values(), default=0.0)
    shares = {key: max(0.0, value) / most if most > 0 else 0.0 for key, value in declared.mapping.items()}
    if not any(share == 1 for share in shares.values()):
        shares = {**dict.fromkeys(declared.correct, 1.0), **shares}
    answers = [
        {"text": text, **_credit(share), **_why(reading.said(*reading.matched.get((name, text), ())))} for text, share in shares.items()
    ]
    return {"answers": answers, **({"case": True} if declared.exact else {})}


def _number(reading: Reading, interaction: Element) -> Found:
    """A number: answers with tolerances from conditions, else from the declaration."""
    declared, name = reading.response(interaction), interaction.get("responseIdentifier", "")
    unit = next((element for element in reading.body.iter("span") if element.get("class") == "unit"), None)
    if unit is not None:
        reading.texts.marks[id(unit)] = ""
    answers = []
    for branch in reading.branches:
        compared = branch.element.find("equal")
        if compared is None or variable_of(compared) != name:
            continue
        value = compared.findtext("baseValue") or next(iter(declared.correct), "")
        share = branch.score / reading.points if branch.score is not None and reading.points else 1.0
        answers.append({"value": value.strip(), **_tolerance(compared, value), **_credit(share), **_why(reading.said(*branch.feedback))})
    if not answers:
        most = max(declared.mapping.values(), default=0.0)
        mapped = {key: value / most for key, value in declared.mapping.items() if value > 0}
        answers = [{"value": key, **_credit(share)} for key, share in (mapped or dict.fromkeys(declared.correct, 1.0)).items()]
    stem = re.sub(r"(^|\n) *\[\[1\]\] *$|[ \n]+\[\[1\]\] *$", "", reading.stem()).replace(gap(1), "…").rstrip()
    found = {"kind": "numeric", "stem": stem, "answers": answers}
    return {**found, "unit": reading.texts.plain(unit)} if unit is not None else found


def _tolerance(compared: Element, value: str) -> Found:
    amount = compared.get("tolerance", "0").split()
    mode = compared.get("toleranceMode", "exact")
    try:
        tolerance = max(Decimal(part) for part in amount)
        if mode == "relative":
            tolerance = abs(Decimal(value)) * tolerance / 100
    except (ArithmeticError, ValueError):
        tolerance = Decimal("NaN")
    if not tolerance.is_finite() or abs(tolerance.adjusted()) > MOST_DIGITS:
        raise ContentError(__("A tolerance is no number."))
    return {"tolerance": f"{tolerance:f}"} if mode != "exact" and tolerance > 0 else {}


def _gap_match(reading: Reading, interaction: Element) -> Found:
    """Words that are dragged into gaps: each gap offers all of them."""
    if next(interaction.iter("gapImg"), None) is not None:
        raise ContentError(__("Pictures cannot be dragged into gaps here."))
    declared = reading.response(interaction)
    words = {_name(word): reading.texts.plain(word) for word in interaction.findall("gapText")}
    gaps = list(interaction.iter("gap"))
    for number, element in enumerate(gaps, start=1):
        reading.texts.marks[id(element)] = gap(number)
    right = {(where, word) for word, where in _pairs(declared)}
    rows = [
        {"select": True, "answers": [{"text": text, **_credit(float((_name(element), name) in right))} for name, text in words.items()]}
        for element in gaps
    ]
    return {"kind": "cloze", "stem": reading.stem(), "gaps": rows}


# -- what a person marks ---------------------------------------------------------------------------------------------------------------


def _essay(reading: Reading, interaction: Element) -> Found:
    return {"kind": "essay", "stem": reading.stem(), **_model(reading)}


def _upload(reading: Reading, interaction: Element) -> Found:
    asked = re.split(r"[\s,]+", interaction.get("type", "").strip().lower())
    types = [ending for ending, mime in MIME.items() if mime in asked] or list(MIME)
    return {"kind": "file_upload", "stem": reading.stem(), "types": types, **_model(reading)}


def _model(reading: Reading) -> Found:
    """Return what scorers are told, beside the rubric that we write as a table."""
    blocks = [block for block in reading.root.iter("rubricBlock") if "scorer" in block.get("view", "").split()]
    model = joined([reading.texts.block(block) for block in blocks if "rubric" not in block.get("class", "").split()])
    return {"model": model} if model else {}


READERS: dict[str, Callable[[Reading, Element], Found]] = {
    "choiceInteraction": partial(_choice, tag="simpleChoice"),
    "hottextInteraction": partial(_choice, tag="hottext"),
    "matchInteraction": _match,
    "associateInteraction": _associate,
    "orderInteraction": _order,
    "gapMatchInteraction": _gap_match,
    "extendedTextInteraction": _essay,
    "uploadInteraction": _upload,
}


# -- small parts -----------------------------------------------------------------------------------------------------------------------


def _name(choice: Element) -> str:
    return choice.get("identifier", "")


def _credit(share: float) -> Found:
    """Return the credit of an answer in percent; all of it is not written."""
    percent = round(100 * min(1.0, max(0.0, share)))
    return {} if percent == 100 else {"credit": percent}


def _why(rationale: str) -> Found:
    return {"rationale": rationale} if rationale else {}


def _key(identifier: str) -> str:
    """Return an identifier as a key of ours where it can be one."""
    return re.sub(r"[^a-z0-9]+", "-", identifier.lower()).strip("-")


def _title(root: Element, stem: str) -> str:
    """Return the title, unless it only repeats the identifier or the question."""
    title = " ".join(root.get("title", "").split())
    ours = root.find("itemBody/div[@class='stem']")
    usual = {root.get("identifier", ""), stem, short_title(ours) if ours is not None else ""}
    return "" if title in usual else title
