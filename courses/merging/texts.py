"""Merging texts line by line (a paragraph of Markdown is a line or a few), with the agency's own examples left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from merge3 import Merge3

from courses.merging.conflicts import Judge

# A block of local examples: `!!! local "Title"`, its content indented by four spaces, as every box (docs/modules.md).
BEGINNING = re.compile(r'!!! local\b(?: +"([^"\n]*)")?[ \t]*$')
INDENT = "    "


def merge_texts(path: tuple[str, ...], base: str, ours: str, theirs: str, judge: Judge) -> str:
    """Return one text with the changes of both sides; where both changed the same lines, the judge decides.

    What stands in a local block is never a question: ours stays, unless only theirs has changed it.
    """
    if theirs in (base, ours):
        return ours
    if ours == base:
        return theirs
    (plain_base, base_blocks), (plain_ours, our_blocks), (plain_theirs, their_blocks) = (_apart(text) for text in (base, ours, theirs))
    both = {
        name: our_blocks[name] if name in our_blocks and our_blocks[name] != base_blocks.get(name) else their_blocks.get(name)
        for name in {**our_blocks, **their_blocks}
    }
    blocks = {**our_blocks, **{name: body for name, body in both.items() if body is not None}}
    lines: list[str] = []
    for index, group in enumerate(Merge3(plain_base, plain_ours, plain_theirs).merge_groups()):
        if group[0] != "conflict":
            lines += _whole(group[1], blocks)
        else:
            sides = tuple(zip(group[1:], (base_blocks, our_blocks, their_blocks), strict=True))
            lines += _whole(_settled((*path, str(index)), sides, judge), blocks)
    return "".join(lines)


Side = tuple[Sequence[str], Mapping[str, list[str]]]  # lines, and the local blocks of the text that they are from


def _settled(path: tuple[str, ...], sides: tuple[Side, ...], judge: Judge) -> list[str]:
    """Return the lines of a place that both sides changed. Local blocks in it are put aside, so that no answer takes them away."""
    if not any(line in blocks for lines, blocks in sides for line in lines):
        return [str(judge.decide(path, *("".join(lines) for lines, _blocks in sides)))]
    base, ours, theirs = (_bare(*side) for side in sides)
    if theirs in (base, ours):
        chosen = ours
    elif ours == base:
        chosen = theirs
    else:
        chosen = str(judge.decide(path, base, ours, theirs))
    before, after = _boxes(sides)
    ended = "\n" if any(lines and not lines[-1].strip() for lines, _blocks in sides[1:]) else ""
    if chosen and after and not chosen.endswith("\n"):
        chosen += "\n"
    parts = [*(part for box in before for part in (box, "\n")), chosen, *(part for box in after for part in ("\n", box)), ended]
    return [part for part in parts if part]


def _bare(lines: Sequence[str], blocks: Mapping[str, list[str]]) -> str:
    """Return lines without local blocks, and without the empty lines that these leave behind."""
    kept: list[str] = []
    for line in lines:
        if line not in blocks and (line.strip() or (kept and kept[-1].strip())):
            kept.append(line)
    return "".join(kept[:-1] if kept and not kept[-1].strip() else kept)


def _boxes(sides: tuple[Side, ...]) -> tuple[list[str], list[str]]:
    """Return the local blocks that stay, those before the shared text and those after it: all but what one side deleted and none changed."""
    (base, base_blocks), *both = sides
    found = dict[str, bool]()  # whether it stands before the text
    for lines, blocks in both:
        first = next((place for place, line in enumerate(lines) if line.strip() and line not in blocks), len(lines))
        for place, line in enumerate(lines):
            everywhere = all(line in others for others, _blocks in both)
            if line in blocks and (everywhere or line not in base or blocks[line] != base_blocks.get(line)):
                found.setdefault(line, place < first)
    ordered = sorted(found) if all(any(line in blocks for line in lines) for lines, blocks in both) else list(found)
    return [line for line in ordered if found[line]], [line for line in ordered if not found[line]]


def without_local(text: str) -> str:
    """Return a text without its local blocks and the empty lines around them: what a variant shares with the module it comes from."""
    lines, blocks = _apart(text)
    shared = "".join("\n" if line in blocks else line for line in lines)
    return re.sub(r"\n(?:[ \t]*\n)+", "\n\n", shared).strip("\n")


def _apart(text: str) -> tuple[list[str], dict[str, list[str]]]:
    """Return (lines, {first line of a local block, made unique: the lines in it}); the block's first line stands for all of it."""
    lines, blocks = [], dict[str, list[str]]()
    body: list[str] | None = None
    for line in text.splitlines(keepends=True):
        if body is not None and (line.startswith(INDENT) or not line.strip()):
            body.append(line)
            continue
        if body is not None:
            lines += _given_back(body)
        body = None
        if BEGINNING.match(line.rstrip("\n")):
            name = _unique(line, blocks)
            body = blocks[name] = []
            lines.append(name)
        else:
            lines.append(line)
    if body is not None:
        lines += _given_back(body)
    return lines, blocks


def _given_back(body: list[str]) -> list[str]:
    """Take the empty lines after a block out of it, and return them."""
    empty: list[str] = []
    while body and not body[-1].strip():
        empty.insert(0, body.pop())
    return empty


def _unique(line: str, blocks: dict[str, list[str]]) -> str:
    """Mark a second block of the same title by a number that no text holds."""
    name, count = line, 1
    while name in blocks:
        count += 1
        name = f"{line}\0{count}"
    return name


def _whole(lines: Sequence[str], blocks: dict[str, list[str]]) -> Iterator[str]:
    """Put the contents of local blocks back under their first lines."""
    for line in lines:
        yield line.partition("\0")[0]
        yield from blocks.get(line, ())
