"""What stands in a question of Moodle XML, as an item. One reader a question."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from lms.api import ContentError
from lms.api import gettext as __
from quizzes.exchange.base import LONGEST_LIST, MOST_FILE_BYTES, Intake, excerpt, is_key
from quizzes.exchange.cloze import EMBEDDED, GAP, read_gap
from quizzes.exchange.fractions import Option, several, single, statement
from quizzes.exchange.gift import dropped_sentence
from quizzes.exchange.markup import escape_markdown, one_line, to_markdown, unescape_markdown

MOST_ELEMENTS = 2000  # of one question
PLUGINFILE = "@@PLUGINFILE@@/"
# How Moodle's grading types of ordering questions are called here; others become `places`.
ORDER_SCORING = {"ALL_OR_NOTHING": "all", "ABSOLUTE_POSITION": "places", "RELATIVE_ALL_PREVIOUS_AND_NEXT": "pairs"}
UPLOADS = {".pdf": "pdf", ".jpg": "jpg", ".jpeg": "jpg", ".png": "png", ".docx": "docx", ".xlsx": "xlsx", ".pptx": "pptx", ".txt": "txt"}

_PLUGIN_NAME = re.compile(rf"(?<=\]\(){re.escape(PLUGINFILE)}([^)\s]+)")
_INLINE_PICTURE = re.compile(r"(?<=[\"'])data:image/\w{3,5};base64,([A-Za-z0-9+/=\s]+)(?=[\"'])")
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?")
_FACTOR = re.compile(r"\d{1,12}(\.\d{0,12})?")
_MARKUP = re.compile(r"<[A-Za-z/]|&#?\w+;")
_TOKEN = re.compile("\ue000(\\d+)\ue001")
_USUAL_FEEDBACK = frozenset(
    {
        "Your answer is correct.",
        "Your answer is partially correct.",
        "Your answer is incorrect.",
        "Jawaban Anda benar.",
        "Jawaban Anda sebagian benar.",
        "Jawaban Anda salah.",
    }
)


class QuestionReader:
    """Reads one `<question>`; collects what there is to warn about."""

    def __init__(self, question: Element, intake: Intake) -> None:
        """Take the question, and where its pictures go."""
        self.question, self.intake = question, intake
        self.warnings: set[str] = set()

    def item(self) -> dict[str, Any]:
        """Return the item. Raises ContentError for a type that has no counterpart."""
        kind = self.question.get("type", "")
        read = _TYPES.get(kind)
        if read is None:
            raise ContentError(__("Questions of the type “%(type)s” have no counterpart here.", type=kind[:40]))
        if sum(1 for _element in self.question.iter()) > MOST_ELEMENTS:
            raise ContentError(__("There are more than %(num)s options or parts. Remove some.", num=LONGEST_LIST))
        stem = self.markdown("questiontext")
        item: dict[str, Any] = {
            **self._names(stem),
            "tags": [plain(tag) for tag in self.question.iterfind("tags/tag")],
            "points": _float(self.question.findtext("defaultgrade"), 1.0),
            "stem": stem,
            "feedback": self.markdown("generalfeedback"),
            "hints": [text for hint in self.question.iterfind("hint") if (text := self.text(hint))],
        }
        item.update(read(self))
        self._look_at_feedback()
        if item["kind"] == "description":
            return {name: value for name, value in item.items() if name not in {"feedback", "hints", "points"}}
        return item

    def markdown(self, path: str) -> str:
        """Return the text at a path, with paragraphs."""
        found = self.question.find(path)
        return "" if found is None else self.text(found, line=False)

    def text(self, element: Element | None, *, line: bool = True) -> str:
        """Return the text of an element that has a format, as Markdown; `line` for those that have one line only."""
        if element is None:
            return ""
        source, form = element.findtext("text") or "", element.get("format", "moodle_auto_format")
        names = self._files(element)
        if form == "markdown":
            return _PLUGIN_NAME.sub(lambda found: (names[name] or name) if (name := unquote(found[1])) in names else found[0], source)
        if form == "plain_text" or (form == "moodle_auto_format" and not _MARKUP.search(source)):
            made = escape_markdown(source)
        else:
            made, dropped = to_markdown(_INLINE_PICTURE.sub(self._inline, source), lambda address: _named(address, names))
            if dropped:
                self.warnings.add(dropped_sentence(dropped))
        return one_line(made) if line else made.strip()

    def _names(self, stem: str) -> dict[str, str]:
        key, name = plain(self.question.find("idnumber")), one_line(self.question.findtext("name/text") or "")
        if not key and is_key(name):
            key = name
        titled = name and name != key and (key or not unescape_markdown(stem).startswith(name))
        return {"key": key, "title": name if titled else ""}

    def _files(self, element: Element) -> dict[str, str]:
        """Keep the pictures of a text; return their names in Moodle and here, nothing for what is no picture."""
        names: dict[str, str] = {}
        for file in element.iterfind("file"):
            name = file.get("path", "/").lstrip("/") + file.get("name", "")
            kept = self.intake.picture(name, _decoded(file.text or ""))
            if kept:
                names[name] = kept
            else:
                names[name] = ""
                self.warnings.add(__("The file “%(name)s” is no picture that can be taken. It is left out.", name=excerpt(name)))
        return names

    def _inline(self, found: re.Match[str]) -> str:
        """Keep a picture that stands in the text itself."""
        kept = self.intake.picture("gambar", _decoded(found[1]))
        return f"{PLUGINFILE}{kept}" if kept else ""

    def _look_at_feedback(self) -> None:
        for name in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
            found = self.question.find(name)
            said = one_line(re.sub(r"<[^<>]*>", " ", (found.findtext("text") or "") if found is not None else ""))
            if said and said not in _USUAL_FEEDBACK:
                self.warnings.add(__("The feedback for right and wrong answers as a whole is left out."))

    # -- types -------------------------------------------------------------------------------------------------------------------------

    def choice(self) -> dict[str, Any]:
        """Read a question with options."""
        options: list[Option] = []
        shares: list[float] = []
        for answer in self.question.iterfind("answer"):
            options.append({"text": self.text(answer), "rationale": self.text(answer.find("feedback"))})
            shares.append(_float(answer.get("fraction"), 0.0))
        one = (self.question.findtext("single") or "true").strip().lower() in {"true", "1"}
        item, warnings = single(options, shares) if one else several(options, shares)
        self.warnings.update(warnings)
        return item

    def true_false(self) -> dict[str, Any]:
        """Read a statement."""
        answers = {(answer.findtext("text") or "").strip().lower(): answer for answer in self.question.iterfind("answer")}
        true, false = answers.get("true"), answers.get("false")
        correct = true is not None and _float(true.get("fraction"), 0.0) > 0
        return statement(correct, *(self.text(found.find("feedback")) if found is not None else "" for found in (true, false)))

    def short_text(self) -> dict[str, Any]:
        """Read known answers; `*` for any text has no counterpart."""
        rows = []
        for row, _answer in self._answers("text"):
            if row["text"].strip() == "*":
                self.warnings.add(__("The feedback for any other answer is left out."))
                continue
            if re.search(r"(?<!\\)\*", row["text"]):
                self.warnings.add(__("Moodle takes the sign * for any text. Here it is a plain sign."))
            rows.append({**row, "text": row["text"].replace("\\*", "*")})
        case = (self.question.findtext("usecase") or "0").strip() == "1"
        return {"kind": "short_text", "answers": rows, "case": case}

    def numeric(self) -> dict[str, Any]:
        """Read numbers with their tolerances and units."""
        rows = []
        for row, answer in self._answers("value"):
            if row["value"].strip() == "*":
                self.warnings.add(__("The feedback for any other number is left out."))
                continue
            tolerance = (answer.findtext("tolerance") or "0").strip()
            rows.append({**row, "tolerance": tolerance or "0"})
        unit, units = "", []
        for found in self.question.iterfind("units/unit"):
            name, factor = plain(found.find("unit_name")), inverse((found.findtext("multiplier") or "1").strip())
            if factor == "1" and not unit:
                unit = name
            else:
                units.append({"name": name, "factor": factor})
        required = (self.question.findtext("unitgradingtype") or "0").strip() not in {"", "0"}
        return {"kind": "numeric", "answers": rows, "unit": unit, "units": units, "unit_required": required and bool(unit)}

    def matching(self) -> dict[str, Any]:
        """Read pairs; an answer without a question belongs to nothing."""
        pairs, extra = [], []
        for row in self.question.iterfind("subquestion"):
            left, answer = self.text(row), row.find("answer")
            right = self.text(answer) if answer is not None and answer.get("format") else escape_markdown(plain(answer))
            if left:
                pairs.append({"left": left, "right": right})
            elif right:
                extra.append(right)
        return {"kind": "matching", "pairs": pairs, "extra": extra}

    def ordering(self) -> dict[str, Any]:
        """Read entries; their fractions count them."""
        found = [(_float(answer.get("fraction"), place), place, answer) for place, answer in enumerate(self.question.iterfind("answer"))]
        entries = [{"text": self.text(answer)} for _order, _place, answer in sorted(found, key=lambda row: row[:2])]
        named = (self.question.findtext("gradingtype") or "ABSOLUTE_POSITION").strip()
        if named not in ORDER_SCORING:
            self.warnings.add(__("What a partly right order earns is marked in another way here. Please choose it."))
        return {"kind": "ordering", "entries": entries, "scoring": ORDER_SCORING.get(named, "places")}

    def essay(self) -> dict[str, Any]:
        """Read what a person marks: a text, or files."""
        if self.markdown("responsetemplate"):
            self.warnings.add(__("The text that learners would start from is left out."))
        item: dict[str, Any] = {"model": self.markdown("graderinfo")}
        if (self.question.findtext("responseformat") or "").strip() != "noinline":
            words = {"minimum_words": "minwordlimit", "maximum_words": "maxwordlimit"}
            counts = {name: int(_float(self.question.findtext(path), 0)) for name, path in words.items()}
            return {"kind": "essay", **item, **{name: count for name, count in counts.items() if count}}
        listed = re.split(r"[\s,;]+", (self.question.findtext("filetypeslist") or "").lower())
        types = [UPLOADS[ending] for ending in listed if ending in UPLOADS]
        if not types or len(types) < len([ending for ending in listed if ending]):
            self.warnings.add(__("Some kinds of files cannot be taken here. Please choose them."))
        size = round(_float(self.question.findtext("maxbytes"), 0) / 1024 / 1024)
        return {
            "kind": "file_upload",
            **item,
            "types": list(dict.fromkeys(types)) or ["pdf"],
            **({"most_mb": min(size, 10)} if size else {}),
        }

    def description(self) -> dict[str, Any]:
        """Read a text that asks nothing."""
        return {"kind": "description"}

    def cloze(self) -> dict[str, Any]:
        """Read a text with embedded answers."""
        element = self.question.find("questiontext")
        source = (element.findtext("text") or "") if element is not None else ""
        markdown = element is not None and element.get("format") == "markdown"
        gaps: list[dict[str, Any]] = []

        def token(found: re.Match[str]) -> str:
            answers = found[3] if markdown else html.unescape(found[3])
            gaps.append(read_gap(found[2], answers, self.warnings))
            return f"\ue000{len(gaps)}\ue001"

        return {"kind": "cloze", "stem": self._with_gaps(EMBEDDED.sub(token, source.replace("\ue000", ""))), "gaps": gaps}

    def chosen_words(self) -> dict[str, Any]:
        """Read a text whose gaps [[1]], [[2]] take words from groups: each gap is a list of its group."""
        boxes = [(plain(box), (box.findtext("group") or "1").strip()) for box in self._boxes()]
        element = self.question.find("questiontext")
        source = (element.findtext("text") or "") if element is not None else ""
        gaps: list[dict[str, Any]] = []

        def token(found: re.Match[str]) -> str:
            right = int(found[1]) - 1
            if not 0 <= right < len(boxes):
                raise ContentError(__("The gap %(gap)s has no word.", gap=found[0]))
            words = dict.fromkeys(text for text, group in boxes if group == boxes[right][1])
            gaps.append({"select": True, "answers": [{"text": text, "credit": 100 if text == boxes[right][0] else 0} for text in words]})
            return f"\ue000{len(gaps)}\ue001"

        return {"kind": "cloze", "stem": self._with_gaps(GAP.sub(token, source.replace("\ue000", ""))), "gaps": gaps}

    def _with_gaps(self, source: str) -> str:
        """Return the question's text as Markdown, with gaps for the tokens in it."""
        element = self.question.find("questiontext")
        if element is None:
            return ""
        copy = Element("questiontext", element.attrib)
        copy.extend([_text_element(source), *element.iterfind("file")])
        return _TOKEN.sub(r"[[\1]]", self.text(copy, line=False))

    def _boxes(self) -> list[Element]:
        return [*self.question.iterfind("dragbox"), *self.question.iterfind("selectoption")]

    def _answers(self, name: str) -> list[tuple[dict[str, Any], Element]]:
        """Return answers that are typed, with what they earn in percent."""
        return [
            (
                {
                    name: answer.findtext("text") or "",
                    "credit": max(0.0, _float(answer.get("fraction"), 0.0)),
                    "rationale": self.text(answer.find("feedback")),
                },
                answer,
            )
            for answer in self.question.iterfind("answer")
        ]


_TYPES: Mapping[str, Callable[[QuestionReader], dict[str, Any]]] = {
    "multichoice": QuestionReader.choice,
    "truefalse": QuestionReader.true_false,
    "shortanswer": QuestionReader.short_text,
    "numerical": QuestionReader.numeric,
    "matching": QuestionReader.matching,
    "ddmatch": QuestionReader.matching,
    "ordering": QuestionReader.ordering,
    "essay": QuestionReader.essay,
    "description": QuestionReader.description,
    "cloze": QuestionReader.cloze,
    "multianswer": QuestionReader.cloze,
    "ddwtos": QuestionReader.chosen_words,
    "gapselect": QuestionReader.chosen_words,
}


def plain(element: Element | None) -> str:
    """Return the words of an element, whether they stand in `<text>` or not, on one line."""
    return "" if element is None else one_line(element.findtext("text") or element.text or "")


def inverse(text: str) -> str:
    """Return 1 divided by a decimal number, to 15 digits: a factor of Moodle as one of Peduli, and back. What is no number stays."""
    if not _FACTOR.fullmatch(text) or not Decimal(text):
        return text
    return f"{(1 / Decimal(text)).quantize(Decimal('1e-15')).normalize():f}"


def _float(text: str | None, default: float) -> float:
    clean = (text or "").strip()
    return float(clean) if _NUMBER.fullmatch(clean) else default


def _named(address: str, names: Mapping[str, str]) -> str:
    """Return the name of a picture in HTML, or nothing when it did not come with the file."""
    name = unquote(address.removeprefix(PLUGINFILE))
    return names.get(name, name if address.startswith(PLUGINFILE) and name in names.values() else "")


def _decoded(text: str) -> bytes:
    """Return what base64 says, or nothing for what is no base64 or larger than a picture may be."""
    if len(text) > MOST_FILE_BYTES * 3 // 2:
        return b""
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""


def _text_element(text: str) -> Element:
    element = Element("text")
    element.text = text
    return element
