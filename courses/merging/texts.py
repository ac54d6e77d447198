"""Merging texts line by line (a paragraph of Markdown is a line or a few), with the agency's own examples left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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
    lines: list[str] = []
    for index, group in enumerate(Merge3(plain_base, plain_ours, plain_theirs).merge_groups()):
        if group[0] == "conflict":
            pieces = (
                "".join(_whole(part, blocks)) for part, blocks in zip(group[1:], (base_blocks, our_blocks, their_blocks), strict=True)
            )
            lines.append(str(judge.decide((*path, str(index)), *pieces)))
        else:
            blocks = {
                name: our_blocks[name] if name in our_blocks and our_blocks[name] != base_blocks.get(name) else their_blocks.get(name)
                for name in {**our_blocks, **their_blocks}
            }
            lines += _whole(group[1], {**our_blocks, **{name: body for name, body in blocks.items() if body is not None}})
    return "".join(lines)


def without_local(text: str) -> str:
    """Return a text without what stands in its local blocks: what a variant shares with the module it comes from."""
    return "".join(_apart(text)[0])


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
