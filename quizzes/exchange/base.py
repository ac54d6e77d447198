"""What every format of questions shares: the report of an import, the register of formats, limits, and keys that stay the same.

    @exchanges
    class Plain(Format):
        key, title, extension, mimetype, kinds = "plain", "Plain", "txt", "text/plain", frozenset({"essay"})

        def read(self, data, intake):
            for number, line in enumerate(decode(data).splitlines(), start=1):
                intake.add({"kind": "essay", "stem": line}, line=number, source=line)

An *item* is what an author writes: `{"key", "kind", "title"?, "category"?, "tags"?, "points"?, **data}`, with data as the kind's form reads
it. A file is read row by row; a row that is wrong is reported with its line, and the others go on.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

import wtforms

from lms.api import ContentError, PluginError, Refused, Rows
from lms.api import gettext as __
from quizzes.kinds.base import KINDS, kind_of, load_data

Status = Literal["ok", "warning", "error"]
Item = Mapping[str, Any]

MOST_BYTES = 20 * 1024 * 1024
MOST_ITEMS = 5000
MOST_FILE_BYTES = 5 * 1024 * 1024  # of one picture
MOST_POINTS = 1000
MOST_TAGS = 20
LONGEST_KEY = 80
LONGEST_TITLE = 200
LONGEST_CATEGORY = 200
LONGEST_TAG = 60
LONGEST_TEXT = 20_000
LONGEST_LIST = 100
EXCERPT = 160

META = ("key", "kind", "title", "category", "tags", "points")  # of an item beside its kind's data
CHOICES = frozenset({"single_choice", "multiple_choice", "true_false", "situational"})
BY_PERSON = frozenset({"essay", "file_upload"})

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CONTROL = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
PICTURE = re.compile(r"(!\[(?:\\.|[^\\\]])*\]\(\s*<?)(?!/|[a-z]+:)([^)\s>]+)", re.IGNORECASE)  # before the name, and the name
_SAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_known_fields: dict[type[wtforms.Form], Mapping[str, wtforms.Field]] = {}
_MAGIC = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF87a": "gif", b"GIF89a": "gif"}


def placeholder() -> str:
    """Return the sentence that stands where an option came without a rationale."""
    return __("No rationale yet.")


# -- the report ------------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Row:
    """One question of a file: where it stood, what was made of it, and what there is to say about it."""

    line: int | None  # from 1, where the format has lines
    item: dict[str, Any] | None  # None: it cannot be taken
    status: Status
    messages: list[str] = field(default_factory=list)
    source: str = ""  # a short excerpt of the input


@dataclass(slots=True)
class Parsed:
    """What was in a file: questions, and pictures by the names under which their Markdown shows them."""

    rows: list[Row] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def items(self) -> list[dict[str, Any]]:
        """Return the items that can be taken."""
        return [row.item for row in self.rows if row.item is not None]


class Intake:
    """Takes the questions of one file as a format finds them: tidies and checks each, gives it a key, and reports."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.parsed = Parsed()
        self._taken: set[str] = set()

    def add(self, item: Item, *, line: int | None, source: str = "", warnings: Sequence[str] = ()) -> None:
        """Take an item as far as the format could read it; texts need not be tidy, the key may be missing.

        What the kind refuses becomes a row with an error. Raises Refused beyond MOST_ITEMS.
        """
        messages = list(warnings)
        try:
            checked = self._checked(item, messages)
        except ContentError as error:
            self.error(in_words(error, str(item.get("kind", ""))), line=line, source=source)
            return
        self._append(Row(line, checked, "warning" if messages else "ok", messages, excerpt(source)))

    def error(self, message: str, *, line: int | None, source: str = "") -> None:
        """Report what cannot be taken. Raises Refused beyond MOST_ITEMS."""
        self._append(Row(line, None, "error", [message], excerpt(source)))

    def picture(self, name: str, content: bytes) -> str:
        """Keep a picture and return the name by which Markdown shows it, or nothing when it is no picture that we take."""
        ending = picture_type(content)
        if not ending or len(content) > MOST_FILE_BYTES:
            return ""
        kept = picture_name(name, ending)
        if self.parsed.files.get(kept, content) != content:
            stem, _dot, last = kept.rpartition(".")
            kept = f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}.{last}"
        self.parsed.files[kept] = content
        return kept

    def _append(self, row: Row) -> None:
        if len(self.parsed.rows) >= MOST_ITEMS:
            raise Refused(__("The file has more than %(num)s questions. Split it into several files.", num=MOST_ITEMS))
        self.parsed.rows.append(row)

    def _checked(self, item: Item, messages: list[str]) -> dict[str, Any]:
        _refuse_long(item)
        tidied = tidy(item)
        kind = str(tidied.get("kind") or "")
        data = {name: value for name, value in tidied.items() if name not in META}
        _refuse_shape(kind_of(kind).form, data)
        if _fill_rationales(kind, data):
            messages.append(__("An option needs a rationale before the question is published."))
        loaded = _without_usual(load_data(kind, data))
        meta = _meta(tidied, messages)
        if not KINDS[kind].asks:
            meta.pop("points", None)
        key = self._key(str(tidied.get("key") or ""), kind, str(loaded.get("stem", "")), messages)
        return {"key": key, "kind": kind, **meta, **loaded}

    def _key(self, given: str, kind: str, stem: str, messages: list[str]) -> str:
        """Return a key that no other question of the file has; the same file gives the same keys."""
        wanted = given if is_key(given) else made_key(kind, given or stem)
        key, number = wanted, 2
        while key in self._taken:
            key, number = f"{wanted[: LONGEST_KEY - 6]}-{number}", number + 1
        if key != wanted and given:
            messages.append(__("Another question in the file has the same key. This one is now “%(key)s”.", key=key))
        self._taken.add(key)
        return key


def in_words(error: ContentError, kind: str) -> str:
    """Return an error of a form with the labels that authors see in place of its names: “Options 2, Rationale: …”."""
    path = error.field or ""
    message = error.message.removeprefix(f"{path}: ")
    form = KINDS[kind].form if kind in KINDS and message != error.message else None
    labels: list[str] = []
    for name in path.split(".") if form else ():
        if name.isdecimal() and labels:
            labels[-1] += f" {int(name) + 1}"
            continue
        found = _fields(form).get(name) if form else None
        labels.append(str(found.label.text) if found is not None else name)
        form = found.row if isinstance(found, Rows) else None
    return f"{', '.join(labels)}: {message}" if labels else error.message


def _meta(item: Item, messages: list[str]) -> dict[str, Any]:
    """Return title, category, tags and points as they are kept. Raises ContentError for points that are none."""
    tags = [tag.strip() for text in as_list(item.get("tags")) for tag in str(text).split(",")]
    tags = list(dict.fromkeys(tag for tag in tags if tag))
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        messages.append(__("Some tags were too many or too long. They are left out."))
        tags = [tag for tag in tags if len(tag) <= LONGEST_TAG][:MOST_TAGS]
    category = "/".join(part for text in str(item.get("category") or "").split("/") if (part := text.strip()))
    points = _points(item.get("points"))
    meta = {
        "title": " ".join(str(item.get("title") or "").split())[:LONGEST_TITLE],
        "category": category[:LONGEST_CATEGORY].rstrip("/ "),
        "tags": tags,
        "points": None if points == 1 else points,
    }
    return {name: value for name, value in meta.items() if value not in ("", None, [])}


def _points(value: Any) -> float:
    try:
        points = 1.0 if value is None else float(value)
    except (TypeError, ValueError):
        points = -1.0
    if not 0 <= points <= MOST_POINTS:
        raise ContentError(__("Points are a number from 0 to %(num)s.", num=MOST_POINTS), field="points")
    return points


def _fill_rationales(kind: str, data: dict[str, Any]) -> bool:
    """Put the placeholder where an option has no rationale; tell whether one needs to be written."""
    if kind not in CHOICES or not isinstance(data.get("options"), list):
        return False
    data["options"] = [{**option, "rationale": option.get("rationale") or placeholder()} for option in data["options"]]
    return any(option["rationale"] == placeholder() for option in data["options"])


def _without_usual(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out a credit of 100 percent, a tolerance of 0 and no typing errors: what is meant without them."""
    shortened = dict(data)
    for name in ("answers", "gaps"):
        if name in data:
            shortened[name] = [_without_usual(row) for row in data[name]]
    usual: dict[str, set[Any]] = {"credit": {100.0}, "tolerance": {"0"}, "typos": {0}}
    return {name: value for name, value in shortened.items() if name not in usual or value not in usual[name]}


def _refuse_long(value: Any) -> None:
    """Raise ContentError for more than a form should be made of."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise ContentError(__("A text is longer than %(num)s characters. Shorten it.", num=LONGEST_TEXT))
    if isinstance(value, list | dict):
        if len(value) > LONGEST_LIST:
            raise ContentError(__("There are more than %(num)s options or parts. Remove some.", num=LONGEST_LIST))
        for inner in value.values() if isinstance(value, dict) else value:
            _refuse_long(inner)


def _fields(form: type[wtforms.Form]) -> Mapping[str, wtforms.Field]:
    """Return the fields of a form, to look at: making a form takes longer than reading an item."""
    if form not in _known_fields:
        _known_fields[form] = dict(form(formdata=None)._fields)
    return _known_fields[form]


def _refuse_shape(form: type[wtforms.Form], data: Mapping[str, Any], path: str = "") -> None:
    """Raise ContentError for a list where a text belongs, or the other way round: forms expect what a browser could send."""
    fields = _fields(form)
    for name, value in data.items():
        known = fields.get(name)
        if known is None or value is None:
            continue  # the form itself names what it does not know
        if isinstance(known, wtforms.FieldList) and not isinstance(value, list):
            raise ContentError(__("%(path)s: a list belongs here.", path=path + name), field=path + name)
        for index, entry in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(known, Rows) != isinstance(entry, Mapping) or isinstance(entry, list):
                raise ContentError(__("%(path)s: this has another shape than the question needs.", path=path + name), field=path + name)
            if isinstance(known, Rows):
                _refuse_shape(known.row, entry, f"{path}{name}.{index}.")


# -- texts -----------------------------------------------------------------------------------------------------------------------------


def decode(data: bytes) -> str:
    """Return the text of a file, with lines that end in newlines only: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def tidy_text(text: str) -> str:
    """Return a text without control characters and with lines that end in newlines only."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def tidy(value: Any) -> Any:
    """Return data with every text in it tidied."""
    if isinstance(value, str):
        return tidy_text(value)
    if isinstance(value, Mapping):
        return {str(name): tidy(inner) for name, inner in value.items()}
    return [tidy(inner) for inner in value] if isinstance(value, list | tuple) else value


def texts(value: Any) -> Iterator[str]:
    """Yield every text in data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, nothing as no entries, and anything else as the only entry."""
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]


def excerpt(text: str) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(_CONTROL.sub(" ", text[: 4 * EXCERPT]).split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def number(value: float) -> str:
    """Return a number in as few characters as say it exactly: `1`, `0.5`."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


# -- keys and pictures -----------------------------------------------------------------------------------------------------------------


def is_key(text: str) -> bool:
    """Tell whether a text can be an item's key."""
    return len(text) <= LONGEST_KEY and _KEY.fullmatch(text) is not None


def made_key(kind: str, text: str) -> str:
    """Return the key of a question that came without one: words of the text, and a short hash of kind and text."""
    text = " ".join(text.split())
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)[:8]
    digest = hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()[:8]
    return "-".join([*["-".join(words)[:60].strip("-")][: len(words)], digest])


def picture_name(name: str, ending: str) -> str:
    """Return the name of a picture as it is kept: safe letters, folders that lead nowhere else, the ending that fits its content."""
    parts = [_SAFE_NAME.sub("-", part).strip("-.")[:60] for part in name.split("/")]
    kept = "/".join(part for part in parts if part) or "gambar"
    last = kept.rpartition(".")[2].lower()
    return kept if {"jpeg": "jpg"}.get(last, last) == ending else f"{kept}.{ending}"


def picture_type(content: bytes) -> str:
    """Return png, jpg, gif or webp by what stands in a file, or nothing."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((ending for magic, ending in _MAGIC.items() if content.startswith(magic)), "")


# -- formats ---------------------------------------------------------------------------------------------------------------------------


class Format:
    """A format of files with questions. Override `certainty`, `read`, `render` and, where something is lost, `lost`."""

    key: ClassVar[str]
    title: ClassVar[Any]
    extension: ClassVar[str]  # without a dot
    mimetype: ClassVar[str]
    kinds: ClassVar[frozenset[str]]  # that it can carry
    pictures: ClassVar[bool] = False  # does it carry them?

    def certainty(self, data: bytes) -> int:
        """Return how sure it is that a file is of this format: 3 its structure says so, 2 it has marks of it, 1 perhaps, 0 no."""
        raise NotImplementedError

    def parse(self, data: bytes, name: str) -> Parsed:
        """Return the questions of a file. Never raises for what stands in one question.

        Raises Refused for a file that cannot be read as a whole: too large, another format, made to harm.
        """
        refuse_large(data)
        intake = Intake()
        self.read(data, intake)
        if not intake.parsed.rows:
            raise Refused(__("No question was found in “%(name)s”. Is it a file of the format %(format)s?", name=name, format=self.title))
        return intake.parsed

    def read(self, data: bytes, intake: Intake) -> None:
        """Find the questions of a file and give them to the intake."""
        raise NotImplementedError

    def write(self, items: Sequence[Item], files: Mapping[str, bytes]) -> bytes:
        """Return a file with the items whose kind it can carry; equal items give equal bytes."""
        return self.render([tidy(item) for item in items if item["kind"] in self.kinds], files)

    def render(self, items: Sequence[Item], files: Mapping[str, bytes]) -> bytes:
        """Return a file with items, all of kinds that it can carry, tidied."""
        raise NotImplementedError

    def losses(self, item: Item) -> list[str]:
        """Return what the format cannot carry of an item, a sentence each; nothing when it comes back as it was."""
        if item["kind"] not in self.kinds:
            title = KINDS[item["kind"]].title if item["kind"] in KINDS else item["kind"]
            return [__("%(format)s has no questions of the kind “%(kind)s”. This one is left out.", format=self.title, kind=title)]
        found = self.lost(item)
        if not self.pictures and any(PICTURE.search(text) for text in texts(item)):
            found.append(__("Pictures are not in the file; their names stay in the text."))
        if tidy(item) != item or _meta(item, []) != {name: item[name] for name in META[2:] if name in item}:
            found.append(__("Control characters are left out; title, tags and points are tidied."))
        return found

    def lost(self, item: Item) -> list[str]:
        """Return what this format loses of an item of a kind that it can carry."""
        return []


FORMATS: dict[str, Format] = {}
FormatClass = TypeVar("FormatClass", bound=type[Format])


def exchanges(cls: FormatClass) -> FormatClass:
    """Register a format. Raises PluginError when its key is taken."""
    if cls.key in FORMATS:
        raise PluginError(f"{cls.__name__}: the format {cls.key!r} is taken")
    FORMATS[cls.key] = cls()
    return cls


def sniff(data: bytes, name: str) -> Format:
    """Return the format of a file: what stands in it decides, its name where that leaves a doubt. Raises Refused when nothing fits."""
    refuse_large(data)
    ending = name.lower().rpartition(".")[2]
    sure = {key: known.certainty(data) for key, known in FORMATS.items()}
    best = max(FORMATS.values(), key=lambda known: (sure[known.key], known.extension == ending), default=None)
    if best is None or not sure[best.key]:
        raise Refused(__("“%(name)s” is not a file with questions that Peduli can read.", name=name))
    return best


def refuse_large(data: bytes) -> None:
    """Raise Refused for a file beyond MOST_BYTES."""
    if len(data) > MOST_BYTES:
        raise Refused(__("The file is larger than %(num)s MB. Split it into several files.", num=MOST_BYTES // 1024 // 1024))
