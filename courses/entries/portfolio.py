"""What a person has written over the years, to keep: as a page, as a file that opens in any browser for ever, as PDF."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typst
from flask import render_template
from markupsafe import Markup

from courses.entries import kember, queries, services
from courses.entries.desk import task_in
from courses.entries.drafts import Texts
from courses.entries.models import Entry, Version
from courses.entries.pages import titled
from lms.api import Actor, NotFound, choose, db, format_date, format_datetime, format_number, gettext, language

SOURCE = Path(__file__).parent / "portfolio.typ"
# The file carries its style along, so that it needs nothing but a browser.
STYLE = Markup(
    "<style>:root{color-scheme:light dark}body{font:17px/1.6 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem}"
    "h1,h2,h3{line-height:1.25}article{border-top:2px solid #7a8d84;margin-top:2.5rem}dt{font-weight:bold;margin-top:1rem}"
    "dd{margin:0;white-space:pre-line}aside{border-left:4px solid #7a8d84;padding:.1rem 1rem;margin:1rem 0}"
    ".small{font-size:.85em;overflow-wrap:anywhere}@media print{body{font-size:11pt;margin:0}article{break-inside:auto}}</style>"
)


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """A version with its texts and its answer. `digest` is the SHA-256 of the texts (see `digest_of`)."""

    version: Version
    sections: Sequence[tuple[str, str]]  # title, text
    texts: Texts
    digest: str
    answer: Texts | None
    rubric: Sequence[tuple[str, str]]  # criterion, what was chosen in words


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry with everything about it that its author may keep."""

    entry: Entry
    about: Mapping[str, Any]
    language: str
    fields: Sequence[dict[str, str]]
    rubric: Sequence[Mapping[str, Any]]
    versions: Sequence[KeptVersion]


def digest_of(texts: Mapping[str, str]) -> str:
    """Return the SHA-256 of texts in hexadecimal: of their JSON with sorted names and letters as they are, in UTF-8. Receipts are about it."""
    return hashlib.sha256(json.dumps(dict(texts), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def year_of(author: Actor, year: int) -> list[Kept]:
    """Return what a person has handed in in the programmes of a year. Raises NotFound when there is nothing."""
    entries = [entry for entry in db.session.scalars(queries.entries_in(author.id, year, whole=True)) if entry.versions]
    if not entries:
        raise NotFound("nothing was handed in in this year")
    titles = queries.titles_of(entries)
    return [kept(author, entry, titles[entry.id]) for entry in entries if entry.id in titles]


def kept(author: Actor, entry: Entry, about: Mapping[str, Any]) -> Kept:
    """Return an entry with texts, answers and receipts; `about` is what `queries.titles_of` says of it."""
    task = task_in(about["revision_id"], about["key"], entry.kind)
    versions = []
    for version, texts, answer in services.version_texts(author, entry):
        sections = [(title, text) for _key, title, text in titled(task.fields, texts)]
        versions.append(KeptVersion(version, sections, texts, digest_of(texts), answer, _levels(task.rubric, answer or {})))
    return Kept(entry, about, task.language, task.fields, task.rubric, versions)


def _levels(rubric: Sequence[Mapping[str, Any]], answer: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (criterion, what was chosen) in words."""
    found = []
    for row in rubric:
        chosen = answer.get(f"rubric:{row['key']}", "")
        if row.get("gate") and chosen:
            found.append((row["title"], gettext("kept") if chosen == "kept" else gettext("please revise")))
        elif chosen:
            found.append((row["title"], f"{chosen}/{len(row['levels'])}: {row['levels'][int(chosen) - 1]}"))
    return found


def as_html(author: Actor, year: int, entries: Sequence[Kept]) -> str:
    """Return one file without scripts, pictures or links to elsewhere."""
    return render_template("courses/portable.html", author=author, year=year, entries=entries, style=STYLE, kember=kember)


def as_pdf(author: Actor, year: int, entries: Sequence[Kept]) -> bytes:
    """Return a PDF that can be read aloud (PDF/UA-1), with its fonts in it."""
    data = {
        "language": language(),
        "title": gettext("My journals %(year)s", year=year),
        "author": author.name,
        "notice": gettext("Kept by its author. Receipts and hashes prove what was handed in, and when."),
        "entries": [_plain(entry) for entry in entries],
    }
    return bytes(
        typst.compile(
            str(SOURCE),
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
        )
    )


def _plain(entry: Kept) -> dict[str, Any]:
    return {
        "title": entry.about["activity"],
        "place": f"{choose(entry.about['module'])} · {entry.about['cohort']}",
        "language": entry.language,
        "versions": [_plain_version(row) for row in entry.versions],
    }


def _plain_version(row: KeptVersion) -> dict[str, Any]:
    version, feedback = row.version, row.version.feedback
    answer = row.answer or {}
    names = {"strong": gettext("Strong"), "question": gettext("A question"), "step": gettext("A next step")}
    lines = [[names[key], answer[key]] for key in names if answer.get(key)]
    if feedback and feedback.level is not None:
        level = format_number(feedback.level / 2, feedback.level % 2)
        lines.append([gettext("Depth of reflection: %(level)s of 4", level=level), str(kember.name_of(feedback.level))])
    return {
        "title": gettext("Version %(number)s", number=version.number),
        "at": format_datetime(version.handed_in_at),
        "sections": [list(pair) for pair in row.sections]
        or [[gettext("My text"), gettext("The key of these texts has been destroyed; nobody can open them any more.")]],
        "answer": gettext("Answer from your instructor") + (f" · {format_date(feedback.given_at)}" if feedback else ""),
        "lines": [*lines, *(list(pair) for pair in row.rubric)],
        "proof": f"{gettext('receipt')} {version.receipt}" + (f" · SHA-256 {row.digest}" if row.texts else ""),
    }


def one_of(author: Actor, entry_id: uuid.UUID) -> Kept:
    """Return one's own entry. Raises NotFound for anybody else's."""
    entry = services.entry_of(author, entry_id)
    about = queries.titles_of([entry]).get(entry.id)
    if about is None:
        raise NotFound("the module has left the cohort")
    return kept(author, entry, about)
