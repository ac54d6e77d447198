"""What other programs do with our items: a small engine of QTI scores them as Peduli does, and they hold only what QTI 2.1 has."""

import itertools

import pytest

import quizzes.exchange.qti
import quizzes.kinds  # noqa: F401 - registers the kinds
from quizzes.exchange.archive import Archive
from quizzes.exchange.base import FORMATS
from quizzes.exchange.qti_xml import read_xml
from quizzes.kinds.base import KINDS, load_data

pytestmark = pytest.mark.sqlite

POINTS = 3


def exported(kind, key="qti21", **changes):
    """Root of an item that was written, and its data."""
    data = load_data(kind, {**KINDS[kind].example, **changes})
    return read_xml(Archive(FORMATS[key].write([{"key": "satu", "kind": kind, "points": POINTS, **data}], {}))["items/satu.xml"]), data


class Engine:
    """Response processing as QTI describes it, as far as our items use it."""

    def __init__(self, root, given):
        self.declared = {element.get("identifier"): element for element in root.findall("responseDeclaration")}
        self.values = {"SCORE": 0.0, "FEEDBACK": [], **given}
        for step in root.find("responseProcessing"):
            self.run(step)

    def run(self, step):
        if step.tag == "setOutcomeValue":
            self.values[step.get("identifier")] = self.value(step[0])
        for branch in step if step.tag == "responseCondition" else ():
            if self.value(branch[0]):
                for inner in branch[1:]:
                    self.run(inner)
                return

    def value(self, element):
        return getattr(self, element.tag)(element)

    def variable(self, element):
        return self.values.get(element.get("identifier"))

    def baseValue(self, element):  # noqa: N802 - what QTI calls it
        return float(element.text) if element.get("baseType") == "float" else element.text

    def correct(self, element):
        values = [value.text for value in self.declared[element.get("identifier")].findall("correctResponse/value")]
        return values if self.declared[element.get("identifier")].get("cardinality") != "single" else values[0]

    def index(self, element):
        values = self.value(element[0]) or []
        return values[int(element.get("n")) - 1] if int(element.get("n")) <= len(values) else None

    def match(self, element):
        ours, right = (self.value(child) for child in element)
        declared = self.declared.get(element[0].get("identifier"))
        unordered = declared is not None and declared.get("cardinality") == "multiple"
        return ours is not None and (sorted(ours) == sorted(right) if unordered else ours == right)

    def equal(self, element):
        ours, right = (self.value(child) for child in element)
        tolerance = [float(part) for part in element.get("tolerance", "0 0").split()]
        return ours is not None and right - tolerance[0] <= ours <= right + tolerance[1]

    def stringMatch(self, element):  # noqa: N802 - what QTI calls it
        ours, right = (self.value(child) or "" for child in element)
        return ours == right if element.get("caseSensitive") == "true" else ours.casefold() == right.casefold()

    def sum(self, element):
        return sum(self.value(child) for child in element)

    def multiple(self, element):
        values = [self.value(child) for child in element]
        return [inner for value in values if value for inner in (value if isinstance(value, list) else [value])]

    def mapResponse(self, element):  # noqa: N802 - what QTI calls it
        name = element.get("identifier")
        mapping, given = self.declared[name].find("mapping"), self.values.get(name) or []
        total = sum(self.mapped(mapping, value) for value in (set(given) if isinstance(given, list) else [given]))
        return min(max(total, float(mapping.get("lowerBound", "-inf"))), float(mapping.get("upperBound", "inf")))

    def mapped(self, mapping, value):
        for entry in mapping:
            exact = entry.get("caseSensitive", "true") == "true"
            if entry.get("mapKey") == value or (not exact and entry.get("mapKey").casefold() == value.casefold()):
                return float(entry.get("mappedValue"))
        return float(mapping.get("defaultValue"))


def agrees(kind, root, data, response, given):
    mine = KINDS[kind].mark(data, response)
    assert Engine(root, given).values["SCORE"] == pytest.approx(POINTS * mine), response


@pytest.mark.parametrize("key", ["qti21", "qti3"])
@pytest.mark.parametrize(
    ("kind", "scoring"),
    [("single_choice", None), ("true_false", None), ("situational", None), *(("multiple_choice", how) for how in ("minus", "each", "all"))],
)
def test_options_earn_the_same(key, kind, scoring):
    root, data = exported(kind, key, **({"scoring": scoring} if scoring else {}))
    names = [chr(ord("a") + place) for place in range(len(data["options"]))]
    several = kind == "multiple_choice"
    for count in range(1, len(names) + 1 if several else 2):
        for some in itertools.combinations(names, count):
            agrees(kind, root, data, {"choice": list(some)}, {"RESPONSE": list(some) if several else some[0]})
    assert Engine(root, {}).values["SCORE"] == 0


@pytest.mark.parametrize("scoring", ["places", "all"])
def test_orders_earn_the_same(scoring):
    root, data = exported("ordering", scoring=scoring)
    for order in itertools.permutations("abc"):
        agrees("ordering", root, data, {"order": list(order)}, {"RESPONSE": list(order)})


@pytest.mark.parametrize(("kind", "name"), [("matching", "pairs"), ("categorise", "entries")])
def test_pairs_earn_the_same(kind, name):
    root, data = exported(kind, "qti3")
    lefts = "ab"
    rights = [choice.get("identifier")[-1] for choice in root.findall(".//simpleMatchSet")[1]]
    for chosen in itertools.product(rights, repeat=len(lefts)):
        pairs = dict(zip(lefts, chosen, strict=True))
        given = [f"left-{left} right-{right}" for left, right in pairs.items()]
        agrees(kind, root, data, {name: pairs}, {"RESPONSE": given})


def test_typed_answers_earn_the_same_and_show_their_rationale():
    root, data = exported("short_text")
    for text in ("empati", "EMPATI", "simpati", "lain"):
        agrees("short_text", root, data, {"text": text}, {"RESPONSE": text})
    assert Engine(root, {"RESPONSE": "Empati"}).values["FEEDBACK"] == ["RESPONSE-a"]


def test_numbers_earn_the_same():
    answers = [{"value": "5", "tolerance": "2", "credit": 50}, {"value": "5", "tolerance": "0.5"}, {"value": "-1.25", "credit": 25}]
    root, data = exported("numeric", answers=answers)
    for value in ("5", "5.5", "6.9", "7", "7.1", "-1.25", "0"):
        agrees("numeric", root, data, {"text": value}, {"RESPONSE": float(value)})


def test_gaps_earn_the_same():
    root, data = exported("cloze")
    fields = {f"GAP-{place}": [answer["text"] for answer in gap["answers"]] for place, gap in enumerate(data["gaps"], start=1)}
    for places in itertools.product(*[range(len(texts)) for texts in fields.values()]):
        mine, given = {}, {}
        for gap, (name, texts), place in zip(data["gaps"], fields.items(), places, strict=True):
            letter = chr(ord("a") + place)
            mine[name[-1]] = letter if gap.get("select") else texts[place]
            given[name] = f"{name}-{letter}" if gap.get("select") else texts[place]
        agrees("cloze", root, data, {"gaps": mine}, given)


FLOW = {"class"}
# Elements that our items may hold and their attributes, as the information model of QTI 2.1 has them.
KNOWN = {
    "assessmentItem": {"identifier", "title", "lang", "adaptive", "timeDependent", "schemaLocation"},
    "responseDeclaration": {"identifier", "cardinality", "baseType"}, "outcomeDeclaration": {"identifier", "cardinality", "baseType", "normalMaximum"},
    "mapping": {"defaultValue", "lowerBound", "upperBound"}, "mapEntry": {"mapKey", "mappedValue", "caseSensitive"},
    "choiceInteraction": {"responseIdentifier", "shuffle", "maxChoices", *FLOW}, "orderInteraction": {"responseIdentifier", "shuffle", *FLOW},
    "matchInteraction": {"responseIdentifier", "shuffle", "maxAssociations", *FLOW}, "simpleAssociableChoice": {"identifier", "matchMax"},
    "textEntryInteraction": {"responseIdentifier", "expectedLength", *FLOW}, "extendedTextInteraction": {"responseIdentifier", "expectedLength"},
    "inlineChoiceInteraction": {"responseIdentifier", "shuffle", *FLOW}, "uploadInteraction": {"responseIdentifier", "type"},
    "simpleChoice": {"identifier"}, "inlineChoice": {"identifier"}, "rubricBlock": {"view", "use", *FLOW}, "div": FLOW, "span": FLOW,
    "modalFeedback": {"outcomeIdentifier", "identifier", "showHide"}, "setOutcomeValue": {"identifier"}, "variable": {"identifier"},
    "correct": {"identifier"}, "mapResponse": {"identifier"}, "baseValue": {"baseType"}, "index": {"n"}, "equal": {"toleranceMode", "tolerance"},
    "stringMatch": {"caseSensitive"}, "a": {"href"}, "img": {"src", "alt"},
    **dict.fromkeys(["correctResponse", "value", "defaultValue", "itemBody", "simpleMatchSet", "responseProcessing"], frozenset()),
    **dict.fromkeys(["responseCondition", "responseIf", "responseElseIf", "multiple", "sum", "match"], frozenset()),
    **dict.fromkeys(["p", "br", "hr", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "sup"], frozenset()),
    **dict.fromkeys(["h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td"], frozenset()),
}  # fmt: skip
BLOCKS = {"p", "div", "blockquote", "pre", "ul", "ol", "dl", "table", "hr", "h2", "h3", "h4", "rubricBlock"} | {
    name for name in KNOWN if name.endswith("Interaction") and name not in {"textEntryInteraction", "inlineChoiceInteraction"}
}
ORDER = ["responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing", "modalFeedback"]
RICH = """Teks *miring* dan **tebal** dengan `kode`, [tautan](https://contoh.example "judul") dan ![peta](peta.png).

## Judul

- satu
    1. dua

> kutipan

| a | b |
|---|---|
| 1 | 2 |

!!! note "Catatan"
    Isi.

??? "Penyelesaian"
    Isi.

Istilah
:   Arti[^1]

    kode

[^1]: Catatan kaki.
"""


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_items_hold_what_qti_knows(kind):
    """Each element, attribute and order of parts stands in the specification; blocks stand where blocks may."""
    example = KINDS[kind].example
    root, _data = exported(kind, stem=f"{RICH}\n{example['stem']}", **({} if kind == "description" else {"feedback": RICH}))
    for element in root.iter():
        assert set(element.attrib) <= KNOWN[element.tag], element.tag
    assert [child.tag for child in root] == sorted((child.tag for child in root), key=ORDER.index)
    body = root.find("itemBody")
    assert {child.tag for child in body} <= BLOCKS
    assert not "".join(child.tail or "" for child in body).strip()
    names = [
        element.get("identifier") for element in root.iter() if element.tag in {"simpleChoice", "simpleAssociableChoice", "inlineChoice"}
    ]
    assert len(names) == len(set(names))
