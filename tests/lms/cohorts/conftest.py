"""A cohort with an organizer of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest


class Place(NamedTuple):
    unit: Any
    organizer: Any
    cohort: Any
    browser: Any


@pytest.fixture
def place(client, make_unit, make_user, make_cohort):
    """Return a unit, its organizer, a cohort that it runs, and the organizer's browser."""
    unit = make_unit("Badan Kepegawaian Daerah", short_name="BKD")
    organizer = make_user("Ratna Dewi", roles=[("organizer", "unit", unit.id)])
    cohort = make_cohort(unit=unit)
    return Place(unit, organizer, cohort, client.as_(organizer))
