"""What was copied from a word processor, as Markdown: headings, emphasis, lists, tables, links, footnotes, and nothing else.

`sieve` makes plain HTML of it; markdownify writes Markdown. What is added here is this site's dialect: four spaces within a list, tables
whose every row has all cells, footnotes, and marks that would mean something where the text only shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement
from markdownify import MarkdownConverter

from courses.bringing.sieve import Left, sifted

INLINE = frozenset({"strong", "em", "a", "code", "sup"})
DEEPEST = 4  # ####
FIRST = 2  # the title of the page is the first
MOST_CELLS = 20_000
LINE_START = re.compile(r"([#>]|[-+](?=\s|$)|-+$|=+$|!{3}|\d+(?=[.)]\s)|[:?])")
BY_NUMBER = {":": "&#58;", "?": "&#63;", "=": "&#61;"}  # characters that a backslash does not make plain
NAMED = re.compile(r"&(?=#?\w+;)")
SPACE = re.compile(r"\s+")
WORD = re.compile(r"\w")
HARD = "  \n"  # a line that ends without its paragraph
BOLD = re.compile(r"^\*\*([^*]*)\*\*$")
RETURNS = ("↩︎", "↩", "↑")  # what leads back from a footnote


@dataclass(frozen=True, slots=True)
class Page:
    """A text that was brought in, and what of it was left out."""

    markdown: str
    left: frozenset[Left]


def page_of(html: str, pictures: frozenset[str] = frozenset()) -> Page:
    """Return foreign HTML as Markdown, with the pictures of these names. Raises TooMuchError for more than is read in one go."""
    plain, left, top = sifted(html, pictures)
    soup = BeautifulSoup(plain, "html.parser")
    return Page(_Writer(_notes_of(soup), shift=int(top)).written(soup), frozenset(left))


@dataclass(frozen=True, slots=True)
class _Note:
    """A footnote: the link in the text, what it leads to, the link that leads back."""

    link: Tag
    body: Tag
    back: Tag


def _notes_of(soup: BeautifulSoup) -> list[_Note]:
    """Find footnotes: two links that lead to each other, the first of them in the text."""
    named = {str(each["id"]): each for each in soup.find_all(id=True)}
    links = [(link, _own(link), str(link.get("href", ""))[1:]) for link in soup.find_all("a") if str(link.get("href", "")).startswith("#")]
    found: list[_Note] = []
    seen: set[int] = set()
    for link, own, aim in links:
        there = named.get(aim)
        if there is None or id(link) in seen:
            continue
        back = next(
            (each for each in ([there] if there.name == "a" else there.find_all("a", limit=40)) if str(each.get("href", ""))[1:] in own),
            None,
        )
        if back is None or back is link or id(back) in seen:
            continue
        body = there if there.name in {"li", "div", "p"} else _block(back)
        if body is not None and _block(link) is not body:
            seen |= {id(link), id(back)}
            found.append(_Note(link, body, back))
    return found


def _own(link: Tag) -> set[str]:
    """Return the names by which others lead to a link: its own, or of the raised number that it stands in."""
    return {str(each["id"]) for each in (link, link.parent) if each is not None and each.name in {"a", "sup"} and each.get("id")}


def _block(element: Tag) -> Tag | None:
    """Return the paragraph, item or box of its own that an element stands in."""
    found = element.find_parent(["li", "div", "p", "dd"])
    if found is not None and found.name == "p" and found.parent is not None and found.parent.name == "div" and found.parent.get("id"):
        return found.parent
    return found


class _Writer(MarkdownConverter):
    """Writes the dialect of docs/modules.md."""

    def __init__(self, notes: list[_Note], *, shift: int) -> None:
        super().__init__(heading_style="atx", wrap=True, wrap_width=None)
        self.shift = shift
        self.numbers = {id(note.link): number for number, note in enumerate(notes, start=1)}
        self.notes = notes
        self.hidden = {id(note.back) for note in notes}
        self.bodies = {id(note.body) for note in notes}
        self.items: dict[int, int] = {}  # how many items of a list were written
        self.cells: dict[int, str] = {}

    def written(self, soup: BeautifulSoup) -> str:
        """Return the whole page."""
        text = self.convert_soup(soup).strip()
        bodies, self.bodies = self.bodies, set()
        notes = [f"[^{self.numbers[id(note.link)]}]: {_inside(self._body(note))}" for note in self.notes if id(note.body) in bodies]
        if notes:
            text = re.sub(r"\n+---$", "", text)  # the line that stands above footnotes
        text = re.sub(r"\n\s*\n", "\n\n", "\n\n".join([text, *notes]))
        return f"{text.strip()}\n" if text.strip() else ""

    def _body(self, note: _Note) -> str:
        parts = [self.process_element(child, parent_tags={"div"}) for child in note.body.children]
        text = "".join(parts).strip()
        back = next((mark for mark in RETURNS if text.endswith(mark)), "")
        return text.removesuffix(back).strip()

    # -- text ---------------------------------------------------------------------------------------------------------------------------

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Return text with what would be a mark made plain."""
        text = re.sub(r"([\\`*|\[])", r"\\\1", text)
        text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
        text = re.sub(r"<(?=[^\s<>]*[:@])", "&lt;", NAMED.sub("&amp;", text))
        return text.replace("]", r"\]") if "a" in parent_tags else text

    def process_text(self, el: PageElement, parent_tags: set[str] | None = None) -> str:
        """Return text; at the start of a line also what would begin a heading, a list or a box is plain."""
        text: str = super().process_text(el, parent_tags=parent_tags)
        if not {"_noformat", "_inline"}.isdisjoint(parent_tags or ()) or not _starts_line(el):
            return text
        bare = text.lstrip(" ")
        match = LINE_START.match(bare)
        if match is None:
            return bare if _after_break(el) else text
        first = match[0]
        if first in BY_NUMBER or first[0] == "=":
            return BY_NUMBER[first[0]] + bare[1:]
        return f"{first}\\{bare[len(first) :]}" if first.isdigit() else f"\\{bare}"

    def _emphasis(self, mark: str, text: str, parent_tags: set[str]) -> str:
        inner = text.strip()
        if "_noformat" in parent_tags or not WORD.search(inner):
            return text
        before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        return f"{before}{mark}{_broken(inner, HARD, HARD)}{mark}{after}"

    def convert_strong(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write bold; blanks stay outside."""
        return self._emphasis("**", text, parent_tags)

    def convert_em(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write italic; blanks stay outside."""
        return self._emphasis("*", text, parent_tags)

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a link, or the mark of a footnote; a link that leads nowhere is its text."""
        if id(el) in self.hidden:
            return ""
        if id(el) in self.numbers and id(el) not in self.hidden:
            return f"[^{self.numbers[id(el)]}]"
        href = str(el.get("href", ""))
        if not href or href.startswith("#") or not text.strip():
            return text
        written: str = super().convert_a(el, SPACE.sub(" ", text), parent_tags)
        return written

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a picture; what it shows in one line."""
        words = re.sub(r"[\[\]\\]", "", SPACE.sub(" ", str(el.get("alt", "")))).strip()
        return words if "_inline" in parent_tags else f"![{words}]({el['src']})"

    # -- blocks -------------------------------------------------------------------------------------------------------------------------

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802 - markdownify's name
        """Write a heading of the second to the fourth level."""
        level = min(DEEPEST, max(FIRST, n + self.shift))
        text = SPACE.sub(" ", text).strip()
        return f"\n\n{'#' * level} {text}\n\n" if text else ""

    def convert_p(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a paragraph; the only one of an item makes no gap in its list."""
        text = _broken(text.strip(), HARD, "\n\n")
        if id(el) in self.bodies or not text:
            return ""
        if "_inline" in parent_tags:
            return f" {text} "
        alone = el.parent is not None and el.parent.name == "li" and len(el.parent.find_all("p", recursive=False, limit=2)) == 1
        return f"{text}\n" if alone else f"\n\n{text}\n\n"

    def convert_div(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write what a box holds."""
        return "" if id(el) in self.bodies else str(super().convert_div(el, text, parent_tags))

    def convert_list(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a list, with a gap around it unless it stands in another one."""
        text = text.strip("\n")
        if not text or "_inline" in parent_tags:
            return text
        if el.parent is not None and el.parent.name in {"ul", "ol"}:  # as Google Docs writes a list in a list
            return f"    {_inside(text)}\n"
        return f"\n{text}\n" if "li" in parent_tags else f"\n\n{text}\n\n"

    convert_ul = convert_list
    convert_ol = convert_list

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write an item; what follows in it stands four spaces further in."""
        text = text.strip()
        if id(el) in self.bodies or not text:
            return ""
        if "_inline" in parent_tags:
            return f" {text};"
        if el.find(["h1", "h2", "h3", "h4", "h5", "h6"], recursive=False):
            return f"\n\n{text}\n\n"  # a numbered heading
        return f"{self._mark(el)} {_inside(text)}\n"

    def _mark(self, el: Tag) -> str:
        if el.parent is None or el.parent.name != "ol":
            return "-"
        begun = str(el.parent.get("start", "1"))
        number = self.items.get(id(el.parent), int(begun) - 1) + 1
        self.items[id(el.parent)] = number
        return f"{number}."

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write lines as they are."""
        lines = "".join(f"    {line}\n" for line in text.strip("\n").split("\n"))
        return f"\n\n{lines}\n" if text.strip() else ""

    # -- tables -------------------------------------------------------------------------------------------------------------------------

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Keep a cell until its table is written."""
        self.cells[id(el)] = SPACE.sub(" ", text).strip().removesuffix(";")
        return ""

    convert_th = convert_td

    def convert_tr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write nothing: the table writes its rows."""
        return text

    def convert_table(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a table: the first row is its head, and what is merged stands in the first of its cells."""
        rows = [row for row in _grid(el, self.cells) if any(row)]
        width = max((len(row) for row in rows), default=0)
        if width * len(rows) > MOST_CELLS or not rows:
            return text
        if width == 1 and len(rows) == 1:
            return f"\n\n{text.strip()}\n\n{rows[0][0]}\n\n"  # a frame around a text
        rows[0] = [BOLD.sub(r"\1", cell) for cell in rows[0]]  # a head is bold by itself
        lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
        lines.insert(1, "|" + " --- |" * width)
        return f"\n\n{text.strip()}\n\n" + "\n".join(lines) + "\n\n"


def _grid(table: Tag, texts: dict[int, str]) -> Iterator[list[str]]:
    """Give the rows of a table with a text for every column; what is merged leaves empty cells."""
    waiting: dict[int, int] = {}  # column: in how many further rows it is taken
    for tr in table.find_all("tr"):
        row: list[str] = []
        for cell in tr.find_all(["td", "th"], recursive=False):
            while waiting.get(len(row), 0):
                waiting[len(row)] -= 1
                row.append("")
            down = int(str(cell.get("rowspan", "1"))) - 1
            for text in (texts.get(id(cell), ""), *[""] * (int(str(cell.get("colspan", "1"))) - 1)):
                waiting[len(row)] = down
                row.append(text)
        while waiting.get(len(row), 0):
            waiting[len(row)] -= 1
            row.append("")
        yield row


def _broken(text: str, one: str, more: str) -> str:
    """Return a stripped text with `one` for each gap of one line's end, and `more` for each of several; blanks around them go.

    In one pass: a pattern that looks for blanks before an end is slow on long runs of blanks.
    """
    first, *rest = (line.strip() for line in text.split("\n"))
    parts, ends = [first], 0
    for line in rest:
        ends += 1
        if line:
            parts += [one if ends == 1 else more, line]
            ends = 0
    return "".join(parts)


def _inside(text: str) -> str:
    """Return a text whose further lines stand four spaces in."""
    first, *others = text.split("\n")
    return "\n".join([first, *(f"    {line}" if line.strip() else "" for line in others)])


def _starts_line(el: PageElement) -> bool:
    """Tell whether a text begins a line of what is written."""
    before, parent = el.previous_sibling, el.parent
    if parent is None or parent.name in INLINE:
        return False
    return before is None or (isinstance(before, Tag) and before.name not in INLINE)


def _after_break(el: PageElement) -> bool:
    before = el.previous_sibling
    return isinstance(before, Tag) and before.name == "br"
