"""Which figures are withheld so that nothing is said, or can be worked out, about fewer than five people.

A table has a row for each unit of a tree and a column for each status; the first column is the total of a row, a unit's figures are the sums of its
children's. Such a table is a circulation: what a category brings down the tree into a unit goes up again through the totals. A withheld figure
cannot be worked out from those that are shown if and only if withheld figures can move along a closed way through it without any of them becoming
less than one. So each figure that must be withheld takes the cheapest closed way along with it (J. P. Kelly, B. L. Golden, A. A. Assad, "Cell
suppression: disclosure protection for sensitive tabular data", Networks 22, 1992, protect cells by cheapest cycles likewise).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

LEAST = 5  # people; about fewer nothing is said
TOTAL = 0
_GROUND: Hashable = ("ground",)

Unit = Hashable
Cell = tuple[Unit, int]


@dataclass
class _Network:
    """The table as a circulation: an arc for each figure that is not an open nought, from `ends[cell][0]` to `ends[cell][1]`."""

    parents: Mapping[Unit, Unit | None]
    values: dict[Cell, int]
    hidden: set[Cell]
    ends: dict[Cell, tuple[Hashable, Hashable]] = field(default_factory=dict)
    around: dict[Hashable, list[Cell]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        inner = {parent for parent in self.parents.values() if parent is not None}
        for cell in self.values:
            unit, column = cell
            above = self.parents[unit]
            upper = _GROUND if above is None else (above, column)
            lower = (unit, column) if unit in inner else ("row", unit)
            self.ends[cell] = (lower, upper) if column == TOTAL else (upper, lower)
        for cell, (tail, head) in self.ends.items():
            if self.values[cell] or cell in self.hidden:
                self.around[tail].append(cell)
                self.around[head].append(cell)

    def _steps(self, node: Hashable, besides: Cell) -> Iterator[tuple[Hashable, Cell]]:
        for cell in self.around[node]:
            tail, head = self.ends[cell]
            if cell == besides:
                continue
            if node == tail:
                yield head, cell
            elif self.values[cell] > 1:  # it can become one less and is still somebody
                yield tail, cell

    def _price(self, cell: Cell) -> int:
        if cell in self.hidden:
            return 0
        # A total is dearer: without it, averages of the unit are withheld too. And the higher it stands, the more readers miss it.
        return (self.values[cell] + 10) * (4 if cell[1] == TOTAL else 1)

    def way(self, start: Hashable, goal: Hashable, besides: Cell) -> tuple[int, list[Cell]] | None:
        """Return the cheapest way between two nodes that does without a cell: its price and its cells (Dijkstra)."""
        order = count()
        best: dict[Hashable, int] = {start: 0}
        came: dict[Hashable, tuple[Hashable, Cell]] = {}
        heap: list[tuple[int, int, Hashable]] = [(0, next(order), start)]
        while heap:
            price, _number, node = heapq.heappop(heap)
            if node == goal:
                cells = []
                while node != start:
                    node, cell = came[node]
                    cells.append(cell)
                return price, cells
            if price > best[node]:
                continue
            for there, cell in self._steps(node, besides):
                total = price + self._price(cell)
                if total < best.get(there, total + 1):
                    best[there], came[there] = total, (node, cell)
                    heapq.heappush(heap, (total, next(order), there))
        return None

    def protect(self, cell: Cell) -> None:
        """Withhold the cheapest closed way through a withheld figure; it can be one more or one less after that."""
        tail, head = self.ends[cell]
        found = [self.way(head, tail, cell)]
        if self.values[cell] > 1:
            found.append(self.way(tail, head, cell))
        ways = [way for way in found if way is not None]
        if ways:
            self.hidden.update(min(ways, key=lambda way: way[0])[1])


def suppress(parents: Mapping[Unit, Unit | None], figures: Mapping[Unit, Sequence[int]], least: int = LEAST) -> dict[Unit, set[int]]:
    """Return which columns of each unit are withheld: 0 is the total, 1, 2, … the categories in the order of `figures`.

    parents names each unit's parent (None at the root); the figures of a unit with children are the sums of its children's. Noughts are
    shown, unless the unit as a whole has fewer than `least` people.
    """
    values: dict[Cell, int] = {}
    for unit, row in figures.items():
        values |= {(unit, column): value for column, value in enumerate((sum(row), *row))}
    small = {unit for unit in figures if 0 < values[unit, TOTAL] < least}
    first = {cell for cell, value in values.items() if 0 < value < least or cell[0] in small}
    network = _Network(parents, values, set(first))
    for cell in sorted(first, key=lambda cell: (-values[cell], str(cell))):
        network.protect(cell)
    _cover_groups(network, least)
    withheld: dict[Unit, set[int]] = {unit: set() for unit in figures}
    for unit, column in network.hidden:
        withheld[unit].add(column)
    return withheld


def _cover_groups(network: _Network, least: int) -> None:
    """Withhold further totals until the withheld children of a unit are together at least `least` people, or their sum is unknown too."""
    children: dict[Unit, list[Cell]] = defaultdict(list)
    for unit, parent in network.parents.items():
        if parent is not None:
            children[parent].append((unit, TOTAL))
    again = True
    while again:
        again = False
        for parent, cells in children.items():
            together = sum(network.values[cell] for cell in cells if cell in network.hidden)
            if (parent, TOTAL) not in network.hidden and 0 < together < least:
                more = [cell for cell in cells if cell not in network.hidden and network.values[cell]]
                chosen = min(more, key=lambda cell: (network.values[cell], str(cell))) if more else (parent, TOTAL)
                network.hidden.add(chosen)
                network.protect(chosen)
                again = True
