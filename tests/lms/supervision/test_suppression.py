"""Nothing can be worked out about fewer than five people, whatever one adds up or takes away."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lms.supervision.suppression import LEAST, TOTAL, suppress

pytestmark = pytest.mark.sqlite

Table = tuple[dict[Any, Any], dict[Any, list[int]]]


def filled(parents: dict[int, int | None], leaves: dict[int, list[int]]) -> Table:
    """Return a table whose inner units are the sums of their children."""
    figures = {unit: list(row) for unit, row in leaves.items()}
    for unit in sorted(parents, reverse=True):  # children have higher numbers
        if unit not in figures:
            rows = [figures[child] for child, parent in parents.items() if parent == unit]
            figures[unit] = [sum(column) for column in zip(*rows, strict=True)]
    return dict(parents), figures


@st.composite
def tables(draw: st.DrawFn, most: int = 12, columns: int = 4) -> Table:
    """Draw a tree of units with figures at its leaves: mostly small ones, which are the hard ones."""
    size = draw(st.integers(1, most))
    parents: dict[int, int | None] = {0: None}
    for number in range(1, size):
        parents[number] = draw(st.integers(0, number - 1))
    inner = set(parents.values())
    figure = st.one_of(st.integers(0, 6), st.integers(0, 40))
    width = draw(st.integers(1, columns))
    leaves = {unit: draw(st.lists(figure, min_size=width, max_size=width)) for unit in parents if unit not in inner}
    return filled(parents, leaves)


def equations(table: Table, hidden: dict[Any, set[int]]) -> tuple[list[tuple[Any, int]], np.ndarray, np.ndarray]:
    """Return what a reader knows: withheld cells as unknowns, and every sum of the table as an equation about them."""
    parents, figures = table
    values = {(unit, column): value for unit, row in figures.items() for column, value in enumerate((sum(row), *row))}
    unknown = [(unit, column) for unit in figures for column in sorted(hidden[unit])]
    place = {cell: number for number, cell in enumerate(unknown)}
    sums = []
    for unit, row in figures.items():
        sums.append([(1, (unit, TOTAL)), *[(-1, (unit, column + 1)) for column in range(len(row))]])
        children = [child for child, parent in parents.items() if parent == unit]
        if children:
            sums += [[(1, (unit, column)), *[(-1, (child, column)) for child in children]] for column in range(len(row) + 1)]
    matrix, known = np.zeros((len(sums), len(unknown))), np.zeros(len(sums))
    for line, terms in enumerate(sums):
        for sign, cell in terms:
            if cell in place:
                matrix[line, place[cell]] += sign
            else:
                known[line] -= sign * values[cell]
    return unknown, matrix, known


def solved(table: Table, hidden: dict[Any, set[int]]) -> set[tuple[Any, int]]:
    """Return the withheld cells that the equations determine: those in which no solution of the homogeneous system moves."""
    unknown, matrix, _known = equations(table, hidden)
    if not unknown:
        return set()
    _u, singular, rows = np.linalg.svd(matrix)
    rank = int((singular > 1e-9).sum())
    free = rows[rank:]
    return {cell for number, cell in enumerate(unknown) if not len(free) or np.abs(free[:, number]).max() < 1e-9}


def small(table: Table) -> set[tuple[Any, int]]:
    """Return the cells about one to four people."""
    return {(unit, column) for unit, row in table[1].items() for column, value in enumerate((sum(row), *row)) if 0 < value < LEAST}


@settings(max_examples=150, deadline=None)
@given(tables())
@example(filled({0: None, 1: 0, 2: 0}, {1: [20, 3], 2: [9, 12]}))
@example(filled({0: None, 1: 0, 2: 0, 3: 0}, {1: [1], 2: [1], 3: [30]}))
@example(filled({0: None}, {0: [5, 4, 1]}))
def test_no_withheld_figure_follows_from_what_is_shown(table):
    hidden = suppress(*table)
    shown = {(unit, column) for unit, row in table[1].items() for column in range(len(row) + 1) if column not in hidden[unit]}
    assert not small(table) & shown
    assert not solved(table, hidden) & small(table)
    assert not solved(table, hidden) - _noughts(table)


def _noughts(table: Table) -> set[tuple[Any, int]]:
    """Noughts of units that are too small: they are withheld with the rest, not because of themselves."""
    return {(unit, column + 1) for unit, row in table[1].items() for column, value in enumerate(row) if not value}


@settings(max_examples=60, deadline=None)
@given(tables(most=5, columns=2))
@example(filled({0: None, 1: 0, 2: 0, 3: 0}, {1: [1], 2: [1], 3: [30]}))
@example(filled({0: None, 1: 0, 2: 0}, {1: [4], 2: [1]}))
def test_nor_from_knowing_that_nobody_is_less_than_one(table):
    """Whole numbers of at least one are withheld: sums may leave only one way to fill them. Every withheld cell can be one more or one less."""
    hidden = suppress(*table)
    unknown, matrix, known = equations(table, hidden)
    truth = np.array([(sum(table[1][unit]), *table[1][unit])[column] for unit, column in unknown])
    for number, cell in enumerate(unknown):
        if cell in small(table):
            assert any(_other_filling(matrix, known, truth, number, step) for step in (1, -1)), cell


def _other_filling(matrix: np.ndarray, known: np.ndarray, truth: np.ndarray, number: int, step: int) -> bool:
    """Look for another filling in which each cell differs by at most one (enough: the system is a network), and none is less than one."""
    choices = [(0, 1) if value <= 1 else (-1, 0, 1) for value in truth]
    choices[number] = (step,) if truth[number] + step >= 1 else ()
    if len(truth) > 10:  # too many to try all: a random direction of the free ones tells as much
        return _by_search(matrix, choices)
    return any(np.array_equal(matrix @ (truth + np.array(moved)), known) for moved in itertools.product(*choices))


def _by_search(matrix: np.ndarray, choices: list[tuple[int, ...]]) -> bool:
    """Look for a move of the homogeneous system, cell by cell, leaving an equation as soon as its last cell is chosen."""
    last = [max(np.nonzero(row)[0], default=-1) for row in matrix]

    def go(place: int, moved: list[int]) -> bool:
        if place == len(choices):
            return True
        for step in choices[place]:
            trial = [*moved, step]
            if all(matrix[line, : place + 1] @ np.array(trial) == 0 for line, end in enumerate(last) if end == place) and go(
                place + 1, trial
            ):
                return True
        return False

    return go(0, [])


@settings(max_examples=60, deadline=None)
@given(tables())
def test_who_is_withheld_of_a_unit_is_five_together_or_their_sum_is_unknown(table):
    """Otherwise the average of a unit and of its other parts would be one about fewer than five."""
    parents, figures = table
    hidden = suppress(*table)
    for unit in figures:
        parts = [child for child, parent in parents.items() if parent == unit and TOTAL in hidden[child]]
        together = sum(sum(figures[child]) for child in parts)
        assert TOTAL in hidden[unit] or not 0 < together < LEAST


def test_large_figures_are_all_shown():
    table = filled({0: None, 1: 0, 2: 0}, {1: [20, 30, 0], 2: [9, 12, 5]})
    assert suppress(*table) == {0: set(), 1: set(), 2: set()}


def test_as_few_as_reasonable_are_withheld():
    """One small figure among ten units of four columns takes three others along: the corners of a rectangle, the cheapest one."""
    leaves = {number: [30, 20, 10, 50] for number in range(1, 11)} | {4: [30, 3, 10, 50], 7: [30, 20, 6, 50], 8: [30, 7, 6, 50]}
    hidden = suppress(*filled({0: None, **dict.fromkeys(range(1, 11), 0)}, leaves))
    assert sum(map(len, hidden.values())) == 4
    assert hidden[4] == {2, 3}


def test_the_proof_can_fail():
    """Withholding only the small figures, without the others, is solved at once."""
    table = filled({0: None, 1: 0, 2: 0}, {1: [20, 3], 2: [9, 12]})
    alone: dict[Any, set[int]] = {unit: set() for unit in table[1]}
    for unit, column in small(table):
        alone[unit].add(column)
    assert solved(table, alone) == small(table)


def test_a_province_is_decided_at_once():
    parents: dict[int, int | None] = {0: None}
    for number in range(1, 400):
        parents[number] = (number - 1) // 12
    inner = set(parents.values())
    leaves = {unit: [unit * 7 % 23, unit * 5 % 11, unit % 6, unit * 3 % 40] for unit in parents if unit not in inner}
    hidden = suppress(*filled(parents, leaves))
    assert TOTAL not in hidden[0]
