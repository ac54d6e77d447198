"""GIFT, Moodle's format of questions as plain text (https://docs.moodle.org/en/GIFT_format).

Questions are blocks with an empty line between them; a question's answers stand in braces. What is written here has `[markdown]` before
the text, so that Moodle shows it as Markdown and nothing is changed on the way back. `::…::` holds the key; where a question has a title
too, the key stands in a comment, `// [id:…]`, beside the tags, as Moodle writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from lms.api import ContentError
from lms.api import gettext as __
from quizzes.exchange.base import Format, Intake, Item, decode, excerpt, exchanges, is_key
from quizzes.exchange.fractions import Option, is_statement, lost_options, lost_parts, options_of, percent, several, single, statement
from quizzes.exchange.markup import escape_markdown, one_line, to_markdown, unescape_markdown

LONGEST_BLOCK = 200_000

_RESERVED = re.compile(r"[\\~=#{}:\n]")
_ESCAPED = re.compile(r"\\([\\~=#{}:n])")
_NAME = re.compile(r"::((?:\\.|[^\\])*?)::", re.DOTALL)
_PREFIX = re.compile(r"\[(html|markdown|plain|moodle)\]")
_WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d+)?)%")
_TRUTH = re.compile(r"(T|TRUE|F|FALSE)(?=\s*(?:#|$))", re.IGNORECASE)
_COMMENT_ID = re.compile(r"\[id:((?:\\.|[^\\\]])*)\]")
_COMMENT_TAG = re.compile(r"\[tag:((?:\\.|[^\\\]])*)\]")
_HTML = re.compile(r"<[A-Za-z/]|&#?\w+;")
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?")
_SPACES = " \t\n"  # others belong to a text
_ARROW = "->"
_BLANK = "_____"
_TOP = re.compile(r"^(\$[a-z]+\$)?/?(top(/|$))?", re.IGNORECASE)


@dataclass(slots=True)
class _Block:
    """A question's lines, without comments, and what the comments said."""

    line: int
    text: str
    key: str = ""
    tags: list[str] = field(default_factory=list)


@exchanges
class Gift(Format):
    """GIFT: choice, true or false, short text, numbers, matching, essays and texts."""

    key, title, extension, mimetype = "gift", "GIFT", "gift", "text/plain"
    kinds: ClassVar[frozenset[str]] = frozenset(
        {"single_choice", "multiple_choice", "true_false", "situational", "short_text", "numeric", "matching", "essay", "description"}
    )

    def certainty(self, data: bytes) -> int:
        """Look for names and categories, or for answers in braces."""
        text = decode(data[:200_000])
        if text.lstrip().startswith("<") or "\x00" in text:
            return 0
        if re.search(r"^(::.*::|\$CATEGORY:)", text, re.MULTILINE):
            return 2
        return 1 if re.search(r"\{[^{}]*[=~#][^{}]*\}|\{\s*(T|F|TRUE|FALSE)?\s*\}", text) else 0

    def read(self, data: bytes, intake: Intake) -> None:
        """Read block after block; a category counts for all that follow."""
        category = ""
        for block in _blocks(decode(data)):
            if block.text.startswith("$CATEGORY:"):
                category = clean_category(_plain(block.text.removeprefix("$CATEGORY:")))
                continue
            if len(block.text) > LONGEST_BLOCK:
                intake.error(__("The question is longer than %(num)s characters. Shorten it.", num=LONGEST_BLOCK), line=block.line)
                continue
            reader = _Reader()
            try:
                item = reader.item(block)
            except ContentError as error:
                intake.error(error.message, line=block.line, source=block.text)
                continue
            intake.add(
                {**item, "category": category, "tags": block.tags}, line=block.line, source=block.text, warnings=sorted(reader.warnings)
            )

    def render(self, items: Sequence[Item], files: Mapping[str, bytes]) -> bytes:
        """Write each question as a block, and a category where it changes."""
        parts, category = [], ""
        for item in items:
            if item.get("category", "") != category:
                category = item.get("category", "")
                parts.append(f"$CATEGORY: {_escape(category) or 'top'}\n")
            parts.append(_question(item))
        return "\n".join(parts).encode()

    def lost(self, item: Item) -> list[str]:
        """Say what GIFT has no signs for."""
        lost = {
            "hints": __("Hints are not kept."),
            "unit": __("Units are not kept."),
            "units": __("Units are not kept."),
            "case": __("That capitals matter is not kept."),
            "typos": __("The allowed typing errors are not kept."),
            "minimum_words": __("The number of words is not kept."),
            "maximum_words": __("The number of words is not kept."),
            "rubric": __("The rubric is not kept."),
            "model": __("What a good answer holds is not kept."),
        }
        found = list(dict.fromkeys(sentence for name, sentence in lost.items() if item.get(name)))
        if item.get("points", 1) != 1:
            found.append(__("Points are not kept."))
        if "options" in item:
            found += lost_options(item)
        found += lost_parts(item)
        arrows = [pair["left"] for pair in item.get("pairs", ())] + [row["text"] for row in item.get("answers", ()) if "text" in row]
        if any(_ARROW in text for text in arrows):
            found.append(__("“->” becomes “→”."))
        if item.get("title") == item["key"]:
            found.append(__("A title that is the key is not kept."))
        if any(text != text.strip(" \t") for text in _all_texts(item)):
            found.append(__("Spaces around texts are not kept."))
        return found


def clean_category(path: str) -> str:
    """Return a category without what Moodle puts before it: `$course$/top/`; a doubled slash is one inside a name."""
    parts = _TOP.sub("", path.strip()).replace("//", "\ue000").split("/")
    return "/".join(part.replace("\ue000", "-").strip() for part in parts)


# -- reading ---------------------------------------------------------------------------------------------------------------------------


def _blocks(text: str) -> Iterator[_Block]:
    block = _Block(1, "")
    lines: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        bare = line.strip(_SPACES)
        if bare.startswith("//"):
            block.key = next((_unbracketed(found) for found in _COMMENT_ID.findall(bare)), block.key)
            block.tags += [_unbracketed(found) for found in _COMMENT_TAG.findall(bare)]
        elif bare.startswith("$CATEGORY:") and not lines:
            yield _Block(number, bare)
        elif bare:
            if not lines:
                block.line = number
            lines.append(line)
        elif lines:
            block.text = "\n".join(lines).strip(_SPACES)
            yield block
            block, lines = _Block(number, ""), []


class _Reader:
    """Reads one question; remembers the format of its texts and what was left out."""

    def __init__(self) -> None:
        self.format = "moodle"
        self.warnings: set[str] = set()

    def item(self, block: _Block) -> dict[str, Any]:
        """Return the item of a block. Raises ContentError for what GIFT does not know."""
        text, name = block.text, ""
        named = _NAME.match(text)
        if named:
            name, text = one_line(_plain(named[1])), text[named.end() :].strip(_SPACES)
        stem, answers = _divided(text)
        prefix = _PREFIX.match(stem)
        if prefix:
            self.format, stem = prefix[1], stem[prefix.end() :]
        item: dict[str, Any] = {"key": block.key or (name if is_key(name) else ""), "stem": self._made(stem, self.format, line=False)}
        if name and name != item["key"] and (block.key or not unescape_markdown(item["stem"]).startswith(name)):
            item["title"] = name
        if answers is None:
            return {**item, "kind": "description"}
        answers, *general = _split(answers, "####", most=1)
        if general:
            item["feedback"] = self.text(general[0], line=False)
        return {**item, **self._answers(answers.strip(_SPACES))}

    def text(self, raw: str, *, line: bool = True) -> str:
        """Return a text as Markdown; `line` for those that have one line only."""
        raw = raw.strip(_SPACES)
        prefix = _PREFIX.match(raw)
        return self._made(raw[prefix.end() :] if prefix else raw, prefix[1] if prefix else self.format, line=line)

    def _made(self, raw: str, form: str, *, line: bool) -> str:
        text = _plain(raw)
        if form == "markdown":
            return text
        if form == "html" or (form == "moodle" and _HTML.search(text)):
            text, dropped = to_markdown(text)
            if dropped:
                self.warnings.add(dropped_sentence(dropped))
        else:
            text = escape_markdown(text)
        return one_line(text) if line else text.strip(_SPACES)

    def _answers(self, text: str) -> dict[str, Any]:
        if not text:
            return {"kind": "essay"}
        if text.startswith("#"):
            return self._numeric(text[1:])
        if len(_split(text, "~")) > 1:
            return self._choice(text)
        truth = _TRUTH.match(text)
        if truth:
            _word, wrong, right = [*(self.text(part) for part in _split(text, "#")), "", ""][:3]
            correct = truth[1].upper().startswith("T")
            return statement(correct, right if correct else wrong, wrong if correct else right)
        parts = [part.strip(_SPACES) for part in _split(text, "=")]
        parts = parts if parts[0] else parts[1:]
        if len(parts) > 1 and all(_ARROW in part for part in parts):
            return self._matching(parts)
        return {"kind": "short_text", "answers": [self._credited("text", part) for part in parts]}

    def _choice(self, text: str) -> dict[str, Any]:
        options: list[Option] = []
        shares: list[float] = []
        one = False
        for mark, part in _marked(text):
            found = _WEIGHT.match(part.lstrip(_SPACES)) if mark == "~" else None
            one = one or mark == "="
            shares.append(100.0 if mark == "=" else float(found[1]) if found else 0.0)
            answer, *feedback = _split(part.lstrip(_SPACES)[found.end() :] if found else part, "#", most=1)
            options.append({"text": self.text(answer), "rationale": self.text(feedback[0]) if feedback else ""})
        item, warnings = single(options, shares) if one else several(options, shares)
        self.warnings.update(warnings)
        return item

    def _matching(self, parts: Sequence[str]) -> dict[str, Any]:
        pairs, extra = [], []
        for part in parts:
            left, _arrow, right = part.partition(_ARROW)
            answer = _plain(right.strip(_SPACES))
            answer = answer if self.format == "markdown" else one_line(escape_markdown(answer))
            if left.strip(_SPACES):
                pairs.append({"left": self.text(left), "right": answer})
            else:
                extra.append(answer)
        return {"kind": "matching", "pairs": pairs, "extra": extra}

    def _numeric(self, text: str) -> dict[str, Any]:
        text, *wrong = _split(text, "~", most=1)
        if wrong:
            self.warnings.add(__("The feedback for any other number is left out."))
        parts = [part.strip(_SPACES) for part in _split(text, "=")]
        rows = [self._credited("value", part) for part in (parts if parts[0] else parts[1:])]
        for row in rows:
            row["value"], row["tolerance"] = _range(row["value"])
        return {"kind": "numeric", "answers": rows}

    def _credited(self, name: str, part: str) -> dict[str, Any]:
        """Return an answer with what it earns: `%50%text#rationale`."""
        found = _WEIGHT.match(part)
        answer, *feedback = _split(part[found.end() :] if found else part, "#", most=1)
        credit = float(found[1]) if found else 100.0
        prefix = _PREFIX.match(answer.strip(_SPACES))
        row: dict[str, Any] = {name: _plain(answer.strip(_SPACES)[prefix.end() if prefix else 0 :]), "credit": max(0.0, credit)}
        return {**row, "rationale": self.text(feedback[0])} if feedback else row


def dropped_sentence(names: Sequence[str]) -> str:
    """Say which elements of HTML were left out."""
    return __("Left out of the text, please look at it: %(names)s.", names=", ".join(names))


def _divided(text: str) -> tuple[str, str | None]:
    """Return (stem, answers) of a question; without braces, no answers. Raises ContentError for a brace alone."""
    before, *rest = _split(text, "{", most=1)
    if not rest:
        if len(_split(text, "}")) > 1:
            raise ContentError(__("There is a “}” without a “{”. Write \\} where a brace is meant."))
        return text, None
    answers, *after = _split(rest[0], "}", most=1)
    if not after:
        raise ContentError(__("The “{” is never closed. Answers stand in { and }, without an empty line between them."))
    return (before.strip(_SPACES) if not after[0].strip(_SPACES) else f"{before}{_BLANK}{after[0]}").strip(_SPACES), answers


def _range(text: str) -> tuple[str, str]:
    """Return (value, tolerance) of `5:0.1`, `4.9..5.1` or `5`. Raises ContentError for what is no number."""
    between = ".." in text
    first, _mark, second = (part.strip(_SPACES) for part in text.partition(".." if between else ":"))
    if not _NUMBER.fullmatch(first) or not _NUMBER.fullmatch(second or "0"):
        raise ContentError(__("“%(text)s” is not a number. Write it like 3.5, 3.5:0.1 or 3.4..3.6.", text=excerpt(text)))
    if not between:
        return first, second or "0"
    low, high = Decimal(first), Decimal(second)
    return f"{(low + high) / 2:f}", f"{abs(high - low) / 2:f}"


def _split(text: str, mark: str, most: int = 0) -> list[str]:
    """Split a text at a mark that has no backslash before it, at most so many times (0: everywhere)."""
    parts: list[str] = []
    start = 0
    for found in re.finditer(rf"\\.|{re.escape(mark)}", text, re.DOTALL):
        if found[0] == mark and not (most and len(parts) == most):
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]


def _marked(text: str) -> Iterator[tuple[str, str]]:
    """Yield (mark, text) of answers that begin with = or ~."""
    marks = [found for found in re.finditer(r"\\.|[=~]", text, re.DOTALL) if found[0] in "=~"]
    ends = [found.start() for found in marks[1:]] + [len(text)]
    for found, end in zip(marks, ends, strict=True):
        yield found[0], text[found.end() : end]


def _plain(text: str) -> str:
    """Return a text without spaces around it, and without backslashes."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text.strip(_SPACES))


def _unbracketed(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


# -- writing ---------------------------------------------------------------------------------------------------------------------------


def _question(item: Item) -> str:
    title = item.get("title", "")
    notes = [f"[id:{_bracketed(item['key'])}]"] if title not in {"", item["key"]} else []
    notes += [f"[tag:{_bracketed(tag)}]" for tag in item.get("tags", ())]
    comment = f"// {' '.join(notes)}\n" if notes else ""
    head = f"{comment}::{_escape(title or item['key'])}::[markdown]{_escape(item['stem'])}"
    if item["kind"] == "description":
        return f"{head}\n"
    general = f"####{_text(item['feedback'])}" if item.get("feedback") else ""
    if item["kind"] == "essay":
        return f"{head}{{{general}}}\n"
    if item["kind"] == "true_false" and is_statement(item):
        return f"{head}{{{_statement(item)}{general}}}\n"
    rows = "".join(f"\t{row}\n" for row in [*_rows(item), *([general] if general else [])])
    return f"{head}{{{'#' if item['kind'] == 'numeric' else ''}\n{rows}}}\n"


def _statement(item: Item) -> str:
    right, wrong = (next(row for row in item["options"] if bool(row.get("correct")) is wanted) for wanted in (True, False))
    letter = "TRUE" if item["options"][0].get("correct") else "FALSE"
    return f"{letter}#{_text(wrong['rationale'])}#{_text(right['rationale'])}"


def _rows(item: Item) -> Iterator[str]:
    if item["kind"] == "matching":
        for pair in item["pairs"]:
            yield f"={_text(pair['left'].replace(_ARROW, '→'))} {_ARROW} {_escape(pair['right'])}"
        for answer in item.get("extra", ()):
            yield f"= {_ARROW} {_escape(answer)}"
    elif "answers" in item:
        for row in item["answers"]:
            value = f"{row['value']}:{row.get('tolerance', '0')}" if "value" in row else _text(row["text"].replace(_ARROW, "→"))
            why = f"#{_text(row['rationale'])}" if row.get("rationale") else ""
            yield f"=%{percent(row.get('credit', 100))}%{value}{why}"
    else:
        first = True
        for option, share in options_of(item["kind"], item):
            one = first and item["kind"] != "multiple_choice" and share == "100"
            first = first and not one  # an answer without ~ among options would be a short answer
            plain = share == "0" and not option["text"].lstrip().startswith("%")
            mark = "=" if one else "~" if plain else f"~%{share}%"
            yield f"{mark}{_text(option['text'])}#{_text(option['rationale'])}"


def _text(text: str) -> str:
    """Escape a text; one that begins with a bracket names its format, which the bracket could be taken for."""
    return f"[markdown]{_escape(text)}" if text.lstrip().startswith("[") else _escape(text)


def _escape(text: str) -> str:
    return _RESERVED.sub(lambda found: "\\n" if found[0] == "\n" else f"\\{found[0]}", text.strip(" \t"))


def _bracketed(text: str) -> str:
    return re.sub(r"[\\\]]", r"\\\g<0>", text)


def _all_texts(item: Item) -> Iterator[str]:
    for value in item.values():
        for row in value if isinstance(value, list) else [value]:
            yield from (text for text in (row.values() if isinstance(row, Mapping) else [row]) if isinstance(text, str))
