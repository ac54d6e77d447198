"""Moodle XML (https://docs.moodle.org/en/Moodle_XML_format): questions with their pictures.

Texts are written in Moodle's own format `markdown`, so that Moodle shows them and nothing is changed on the way back.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from lms.api import ContentError
from lms.api import gettext as __
from quizzes.exchange.base import PICTURE, Format, Intake, Item, exchanges, number, picture_name, picture_type, texts
from quizzes.exchange.cloze import EMBEDDED, GAP, write_gap
from quizzes.exchange.fractions import is_statement, lost_options, lost_parts, options_of, percent
from quizzes.exchange.gift import clean_category
from quizzes.exchange.markup import is_plain, one_line, unescape_markdown
from quizzes.exchange.moodle_read import ORDER_SCORING, PLUGINFILE, UPLOADS, QuestionReader, inverse, plain
from quizzes.exchange.xmlread import read_elements

_TYPES = {
    "single_choice": "multichoice",
    "multiple_choice": "multichoice",
    "situational": "multichoice",
    "true_false": "truefalse",
    "short_text": "shortanswer",
    "numeric": "numerical",
    "matching": "matching",
    "ordering": "ordering",
    "essay": "essay",
    "file_upload": "essay",
    "description": "description",
    "cloze": "cloze",
}
_BEGINNING = re.compile(rb"^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>)?(\s|<!--.{0,2000}?-->)*<quiz[\s>/]", re.DOTALL)
_MEGABYTE = 1024 * 1024

Files = Mapping[str, bytes]


@exchanges
class MoodleXml(Format):
    """Moodle XML: nearly everything, with pictures."""

    key, title, extension, mimetype = "moodlexml", "Moodle XML", "xml", "application/xml"
    kinds: ClassVar[frozenset[str]] = frozenset(_TYPES)
    pictures = True

    def certainty(self, data: bytes) -> int:
        """Look for the root."""
        return 3 if _BEGINNING.match(data[:5000]) else 0

    def read(self, data: bytes, intake: Intake) -> None:
        """Read question after question; a category counts for all that follow."""
        place = {"category": ""}

        def take(question: Element, line: int) -> None:
            if question.get("type") == "category":
                place["category"] = clean_category(plain(question.find("category")))
                return
            source = one_line(question.findtext("name/text") or question.findtext("questiontext/text") or "")
            reader = QuestionReader(question, intake)
            try:
                item = reader.item()
            except ContentError as error:
                intake.error(error.message, line=line, source=source)
                return
            intake.add({**item, "category": place["category"]}, line=line, source=source, warnings=sorted(reader.warnings))

        broken = read_elements(data, "quiz", "question", take)
        if broken is not None:
            intake.error(__("The file is damaged here. What follows could not be read."), line=broken)

    def render(self, items: Sequence[Item], files: Files) -> bytes:
        """Write each question, and a category where it changes."""
        lines, category = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"], ""
        for item in items:
            if item.get("category", "") != category:
                category = item.get("category", "")
                path = f"$course$/top/{category}" if category else "$course$/top"
                lines.append(f'<question type="category"><category><text>{escape(path)}</text></category></question>')
            lines += _question(item, files)
        return "\n".join([*lines, "</quiz>", ""]).encode()

    def lost(self, item: Item) -> list[str]:
        """Say what Moodle has no place for."""
        found = lost_options(item) if "options" in item else []
        found += lost_parts(item)
        if item.get("typos") or any(gap.get("typos") for gap in item.get("gaps", ())):
            found.append(__("The allowed typing errors are not kept."))
        if item.get("rubric"):
            found.append(__("The rubric is not kept."))
        if any(inverse(inverse(unit["factor"])) != unit["factor"] for unit in item.get("units", ())):
            found.append(__("The factors of units are rounded."))
        if "gaps" in item:
            found += _lost_gaps(item)
        if item.get("title") == item["key"]:
            found.append(__("A title that is the key is not kept."))
        names = [found[2] for text in texts(item) for found in PICTURE.finditer(text)]
        if any(picture_name(name, name.rpartition(".")[2].lower()) != name or name.lower().endswith(".svg") for name in names):
            found.append(__("Pictures in SVG are not kept; names of pictures with unusual signs change."))
        return found


def _lost_gaps(item: Item) -> list[str]:
    found = []
    if [int(gap) for gap in GAP.findall(item["stem"])] != list(range(1, len(item["gaps"]) + 1)):
        found.append(__("The gaps get numbers in the order of the text."))
    if EMBEDDED.search(item["stem"]):
        found.append(__("“{” in the text that looks like a gap gets a space after it."))
    if any(gap.get("select") and gap.get("case") for gap in item["gaps"]):
        found.append(__("That capitals matter is not kept."))
    answers = [text for gap in item["gaps"] for row in gap["answers"] for text in (row["text"], row.get("rationale", ""))]
    if any(text != text.strip(" \t\n") or text == "*" for text in answers):
        found.append(__("Spaces around the answers of gaps, and the answer “*”, are not kept."))
    return found


# -- writing ---------------------------------------------------------------------------------------------------------------------------


def _question(item: Item, files: Files) -> Iterator[str]:
    kind = item["kind"]
    moodle_type = "multichoice" if kind == "true_false" and not is_statement(item) else _TYPES[kind]
    yield f'<question type="{moodle_type}">'
    yield f"  <name><text>{escape(item.get('title') or item['key'])}</text></name>"
    yield f"  {_text('questiontext', _with_gaps(item) if kind == 'cloze' else item['stem'], files)}"
    yield f"  {_text('generalfeedback', item.get('feedback', ''), files)}"
    if kind != "description":
        yield f"  <defaultgrade>{number(item.get('points', 1))}</defaultgrade>"
    yield f"  <idnumber>{escape(item['key'])}</idnumber>"
    for line in _WRITERS[moodle_type](item, files):
        yield f"  {line}"
    for hint in item.get("hints", ()):
        yield f"  {_text('hint', hint, files)}"
    if item.get("tags"):
        yield f"  <tags>{''.join(f'<tag><text>{escape(tag)}</text></tag>' for tag in item['tags'])}</tags>"
    yield "</question>"


def _choice(item: Item, files: Files) -> Iterator[str]:
    yield f"<single>{'false' if item['kind'] == 'multiple_choice' else 'true'}</single>"
    yield "<shuffleanswers>true</shuffleanswers>"
    for option, share in options_of(item["kind"], item):
        yield _answer(share, option["text"], option["rationale"], files)


def _true_false(item: Item, files: Files) -> Iterator[str]:
    for option, word in zip(item["options"], ("true", "false"), strict=True):
        share = "100" if option.get("correct") else "0"
        yield f'<answer fraction="{share}"><text>{word}</text>{_text("feedback", option["rationale"], files)}</answer>'


def _short_text(item: Item, files: Files) -> Iterator[str]:
    yield f"<usecase>{1 if item.get('case') else 0}</usecase>"
    for row in item["answers"]:
        yield _typed(row, row["text"].replace("*", "\\*"), "", files)


def _numeric(item: Item, files: Files) -> Iterator[str]:
    for row in item["answers"]:
        yield _typed(row, row["value"], f"<tolerance>{escape(row.get('tolerance', '0'))}</tolerance>", files)
    units = [(item["unit"], "1")] if item.get("unit") else []
    units += [(unit["name"], inverse(unit["factor"])) for unit in item.get("units", ())]
    rows = [f"<unit><multiplier>{many}</multiplier><unit_name>{escape(name)}</unit_name></unit>" for name, many in units]
    if rows:
        yield f"<units>{''.join(rows)}</units>"
    yield f"<unitgradingtype>{1 if item.get('unit_required') else 0}</unitgradingtype>"
    yield "<unitpenalty>1</unitpenalty>"
    yield f"<showunits>{0 if rows else 3}</showunits>"


def _matching(item: Item, files: Files) -> Iterator[str]:
    yield "<shuffleanswers>true</shuffleanswers>"
    for left, right in [*((pair["left"], pair["right"]) for pair in item["pairs"]), *(("", answer) for answer in item.get("extra", ()))]:
        simple = is_plain(right) and one_line(right) == right  # Moodle shows this side as plain text
        answer = f"<answer><text>{escape(unescape_markdown(right))}</text></answer>" if simple else _text("answer", right, files)
        yield _text("subquestion", left, files, answer)


def _ordering(item: Item, files: Files) -> Iterator[str]:
    names = {ours: theirs for theirs, ours in ORDER_SCORING.items()}
    yield "<layouttype>VERTICAL</layouttype><selecttype>ALL</selecttype><selectcount>0</selectcount>"
    yield f"<gradingtype>{names[item.get('scoring', 'places')]}</gradingtype>"
    for place, entry in enumerate(item["entries"], start=1):
        yield _text("answer", entry["text"], files, attributes=f' fraction="{place}"')


def _essay(item: Item, files: Files) -> Iterator[str]:
    if item["kind"] == "file_upload":
        endings = {ours: theirs for theirs, ours in reversed(UPLOADS.items())}
        yield "<responseformat>noinline</responseformat><responserequired>0</responserequired>"
        yield "<attachments>1</attachments><attachmentsrequired>1</attachmentsrequired>"
        yield f"<maxbytes>{item.get('most_mb', 0) * _MEGABYTE}</maxbytes>"
        yield f"<filetypeslist>{','.join(endings[name] for name in item['types'])}</filetypeslist>"
    else:
        yield "<responseformat>editor</responseformat><responserequired>1</responserequired><attachments>0</attachments>"
        for name, tag in (("minimum_words", "minwordlimit"), ("maximum_words", "maxwordlimit")):
            if item.get(name):
                yield f"<{tag}>{item[name]}</{tag}>"
    yield _text("graderinfo", item.get("model", ""), files)


def _nothing(item: Item, files: Files) -> Iterator[str]:
    return iter(())


_WRITERS = {
    "multichoice": _choice,
    "truefalse": _true_false,
    "shortanswer": _short_text,
    "numerical": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "essay": _essay,
    "description": _nothing,
    "cloze": _nothing,
}


def _with_gaps(item: Item) -> str:
    """Return the text of a cloze item with its gaps as Moodle embeds them."""
    stem = EMBEDDED.sub(lambda found: f"{{ {found[0][1:]}", item["stem"])
    return GAP.sub(lambda found: write_gap(item["gaps"][int(found[1]) - 1]), stem)


def _typed(row: Mapping[str, Any], text: str, more: str, files: Files) -> str:
    why = _text("feedback", row.get("rationale", ""), files)
    return f'<answer fraction="{percent(row.get("credit", 100))}" format="plain_text"><text>{escape(text)}</text>{more}{why}</answer>'


def _answer(share: str, text: str, rationale: str, files: Files) -> str:
    return _text("answer", text, files, _text("feedback", rationale, files), f' fraction="{share}"')


def _text(tag: str, text: str, files: Files, more: str = "", attributes: str = "") -> str:
    """Return an element with a Markdown text and the pictures that the text shows, then more elements."""
    shown: dict[str, bytes] = {}

    def placed(found: re.Match[str]) -> str:
        content = files.get(found[2])
        if content is None:
            return found[0]
        name = picture_name(found[2], picture_type(content) or "svg")
        shown[name] = content
        return f"{found[1]}{PLUGINFILE}{quote(name)}"

    body = escape(PICTURE.sub(placed, text))
    parts = [_file(name, content) for name, content in shown.items()]
    return f'<{tag}{attributes} format="markdown"><text>{body}</text>{"".join(parts)}{more}</{tag}>'


def _file(name: str, content: bytes) -> str:
    folder, _slash, last = name.rpartition("/")
    path = f"/{folder}/" if folder else "/"
    return f'<file name={quoteattr(last)} path={quoteattr(path)} encoding="base64">{base64.b64encode(content).decode()}</file>'
