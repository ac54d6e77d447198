"""Kinds that a person marks, essay and files, and a text between questions that asks nothing."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, ClassVar

from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from lms.api import Form, Refused, Rows, choices, count_words, format_number, render_line, render_markdown
from lms.api import gettext as __
from lms.api import lazy_gettext as _
from quizzes.kinds.base import NOTHING, Asking, Data, Files, ItemForm, Kind, Response, Variant, kind, prepare_shared
from quizzes.kinds.typed import storable

MOST_LETTERS = 50_000  # characters of an essay
MOST_WORDS = 5000
MOST_CRITERIA = 20
MOST_LEVELS = 10
MEGABYTE = 1024 * 1024
DEFAULT_MB = 5
HEAD = 64 * 1024  # bytes of a file by which its type is told

TYPES = {
    "pdf": _("PDF"),
    "jpg": _("JPEG picture"),
    "png": _("PNG picture"),
    "docx": _("Word (docx)"),
    "xlsx": _("Excel (xlsx)"),
    "pptx": _("PowerPoint (pptx)"),
    "txt": _("Plain text"),
}
ENDINGS = {".jpeg": "jpg", **{f".{key}": key for key in TYPES}}  # of names, and the type each stands for

_MAGIC = ((b"%PDF-", "pdf"), (b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"))
_OFFICE = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"customXml/", b"word/", b"xl/", b"ppt/")  # one of them comes first
_FOLDERS = ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx"))
_ENTRY = re.compile(rb"PK\x03\x04.{22}(..)..", re.DOTALL)  # the head of an entry of a ZIP, with the length of its name
_CONTROL = re.compile(r"[\0-\x08\x0b\x0e-\x1f\x7f]")


class LevelRow(Form):
    """A level of a criterion."""

    points = IntegerField(_("Points"), [InputRequired(), NumberRange(0, 1000)])
    text = TextAreaField(_("What it looks like"), [InputRequired(), Length(max=2000)])


class CriterionRow(Form):
    """A criterion of a rubric, with its levels."""

    name = StringField(_("Criterion"), [InputRequired(), Length(max=200)])
    levels = Rows(LevelRow, _("Levels"), least=2, max_entries=MOST_LEVELS)


class Marked(Asking):
    """What a person who marks needs."""

    rubric = Rows(CriterionRow, _("Rubric"), max_entries=MOST_CRITERIA, description=_("Learners see it too."))
    model = TextAreaField(_("A good answer"), [Length(max=20_000)], description=_("What a good answer holds. Markdown."))


class EssayForm(Marked):
    """How long an essay is."""

    minimum_words = IntegerField(_("Words at least"), [Optional(), NumberRange(1, MOST_WORDS)])
    maximum_words = IntegerField(_("Words at most"), [Optional(), NumberRange(1, MOST_WORDS)])


class FileForm(Marked):
    """Which files are taken."""

    types = SelectMultipleField(
        _("Kinds of files"),
        [InputRequired()],
        choices=choices(*TYPES.items()),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    most_mb = IntegerField(_("Largest file in MB"), [Optional(), NumberRange(1, 10)], description=_("Empty means 5."))


class ByPerson(Kind):
    """What kinds that a person marks have in common: a rubric, and a good answer to compare with."""

    by_person = True

    def problem(self, data: Data) -> str:
        """Ask for criteria that can earn something."""
        idle = [row["name"] for row in data.get("rubric", ()) if not max(level["points"] for level in row["levels"])]
        return __("“%(name)s” needs a level with points.", name=idle[0]) if idle else ""

    def prepare(self, data: Data, files: Files) -> dict[str, Any]:
        """Render stem, rubric and the good answer."""
        made = prepare_shared(data, files)
        if data.get("model"):
            made["model"] = render_markdown(data["model"], files)
        if data.get("rubric"):
            made["rubric"] = [
                {
                    "name": render_line(row["name"], files),
                    "levels": [{"points": level["points"], "text": render_line(level["text"], files)} for level in row["levels"]],
                }
                for row in data["rubric"]
            ]
        return made

    def mark(self, data: Data, response: Response) -> float | None:
        """Leave it to a person; no answer earns nothing."""
        return None if response else 0.0

    def compatible(self, old: Data, new: Data) -> bool:
        """Accept any wording: a person reads it."""
        return True


@kind
class Essay(ByPerson):
    """A longer text that a person marks."""

    key, title, icon = "essay", _("Essay"), "notebook-pen"
    summary = _("A longer text. A person marks it.")
    form = EssayForm
    ask_template, result_template = "quizzes/kinds/essay_ask.html", "quizzes/kinds/essay_result.html"
    most: ClassVar[int] = MOST_LETTERS
    example: ClassVar[dict[str, Any]] = {
        "stem": "Ceritakan satu kali Anda salah menilai seorang warga. Apa yang Anda pelajari?\n",
        "minimum_words": 80,
        "maximum_words": 300,
        "rubric": [
            {
                "name": "Sudut pandang warga",
                "levels": [
                    {"points": 0, "text": "Tidak tampak."},
                    {"points": 2, "text": "Disebut."},
                    {"points": 4, "text": "Digambarkan dengan kata-kata warga sendiri."},
                ],
            }
        ],
        "model": "Jawaban yang baik menyebut satu kejadian, dugaan awal, dan apa yang mengubahnya.\n",
    }

    def problem(self, data: Data) -> str:
        """Ask for a least and a most that fit each other."""
        if data.get("minimum_words", 0) > data.get("maximum_words", MOST_WORDS):
            return __("“Words at least” is more than “Words at most”.")
        return super().problem(data)

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return the text. Raises Refused when it is longer than anybody reads: it is not cut off unseen."""
        text = storable(posted.get("text", "")).replace("\r\n", "\n").replace("\r", "\n").strip()
        if len(text) > MOST_LETTERS:
            raise Refused(__("This text is too long: at most %(most)s characters are kept.", most=format_number(MOST_LETTERS)))
        return {"text": text} if text else NOTHING

    def words(self, data: Data, response: Response) -> str:
        """Return the text."""
        return str(response.get("text", ""))

    def length(self, data: Data) -> str:
        """Return in a sentence how long the text is to be, or nothing."""
        least, most = data.get("minimum_words"), data.get("maximum_words")
        if least and most:
            return __("Write %(least)s to %(most)s words.", least=format_number(least), most=format_number(most))
        if least:
            return __("Write at least %(least)s words.", least=format_number(least))
        return __("Write at most %(most)s words.", most=format_number(most)) if most else ""

    def written(self, response: Response) -> int:
        """Return how many words were written."""
        return count_words(str(response.get("text", "")))


@kind
class FileUpload(ByPerson):
    """Files that a person marks. Files are stored by the service of attempts; the response says which."""

    key, title, icon = "file_upload", _("Files"), "upload"
    summary = _("Files are uploaded. A person marks them.")
    form = FileForm
    ask_template, result_template = "quizzes/kinds/file_ask.html", "quizzes/kinds/file_result.html"
    example: ClassVar[dict[str, Any]] = {
        "stem": "Unggah foto papan informasi loket yang sudah Anda perbaiki.\n",
        "types": ["jpg", "png", "pdf"],
        "most_mb": 5,
        "model": "Syarat, biaya, dan waktu terbaca dari jarak dua meter.\n",
    }

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return files that the service has stored: rows of `id`, `name`, `size` (bytes). Texts that a browser posts are no such rows."""
        stored = {row["id"]: row for row in posted.getlist("files") if isinstance(row, Mapping)}
        rows = [{name: stored[key][name] for name in ("id", "name", "size")} for key in sorted(stored)]
        return {"files": rows} if rows else NOTHING

    def words(self, data: Data, response: Response) -> str:
        """Return the names of the files."""
        return "; ".join(row["name"] for row in response.get("files", ()))

    def accept(self, data: Data) -> str:
        """Return what a browser offers to choose: `.pdf,.jpg,.jpeg`."""
        return ",".join(sorted(ending for ending, key in ENDINGS.items() if key in data["types"]))

    def taken(self, data: Data) -> str:
        """Return in a sentence which files are taken."""
        return __("%(types)s, at most %(most)s MB each.", types=_types(data), most=format_number(most_mb(data)))

    def problem_with(self, data: Data, name: str, head: bytes, size: int) -> str:
        """Return in a sentence what is wrong with a file of a file_upload item, or nothing.

        `head` are its first bytes, HEAD of them are enough; `size` is in bytes. What a file is, its bytes say; its name must agree with
        them, since a marker's computer goes by the name.
        """
        if not size:
            return __("The file “%(name)s” is empty.", name=name)
        if size > most_mb(data) * MEGABYTE:
            return __("The file “%(name)s” is larger than %(most)s MB.", name=name, most=format_number(most_mb(data)))
        found = type_of(head)
        if found not in data["types"]:
            return __("The file “%(name)s” is of another kind. These are taken: %(types)s.", name=name, types=_types(data))
        if ENDINGS.get(PurePath(name).suffix.lower()) != found:
            return __("The name “%(name)s” should end in .%(ending)s: that is what the file is.", name=name, ending=found)
        return ""


@kind
class Description(Kind):
    """A text between questions."""

    key, title, icon = "description", _("Text without a question"), "file-text"
    summary = _("A text or a picture that the next questions are about.")
    form = ItemForm
    ask_template = result_template = "quizzes/kinds/nothing.html"
    asks = False
    example: ClassVar[dict[str, Any]] = {"stem": "Bacalah percakapan ini. Tiga soal berikut bertanya tentangnya.\n"}

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return nothing: nothing is asked."""
        return NOTHING

    def mark(self, data: Data, response: Response) -> float | None:
        """Return 0: nothing can be earned."""
        return 0.0

    def compatible(self, old: Data, new: Data) -> bool:
        """Accept any wording: there are no responses."""
        return True


# -- files --------------------------------------------------------------------------------------------------------------------


def most_mb(data: Data) -> int:
    """Return the largest size of a file in MB (1024 × 1024 bytes)."""
    return int(data.get("most_mb") or DEFAULT_MB)


def _types(data: Data) -> str:
    return ", ".join(str(TYPES[key]) for key in data["types"])


def type_of(head: bytes) -> str:
    """Return the type of a file by its first bytes: a key of TYPES, or nothing for any other."""
    for magic, key in _MAGIC:
        if head.startswith(magic):
            return key
    if head.startswith(b"PK\x03\x04"):
        return _office_type(_entries(head[:HEAD]))
    return "txt" if _is_text(head) else ""


def _entries(head: bytes) -> Sequence[bytes]:
    """Return the names of the entries of a ZIP as far as its first bytes go.

    They stand before each entry (APPNOTE 4.3.7: signature, 22 bytes, length of the name and of the extra field, name).
    """
    return [head[found.end() : found.end() + int.from_bytes(found[1], "little")] for found in _ENTRY.finditer(head)]


def _office_type(names: Sequence[bytes]) -> str:
    """Return which Office format the entries make; nothing for another ZIP, and for a document with macros."""
    if not names or not names[0].startswith(_OFFICE) or any(name.endswith(b"vbaProject.bin") for name in names):
        return ""
    return next((key for folder, key in _FOLDERS if any(name.startswith(folder) for name in names)), "")


def _is_text(head: bytes) -> bool:
    """Tell whether bytes are text in UTF-8; the last letter may be cut off."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(head) and not _CONTROL.search(text)
