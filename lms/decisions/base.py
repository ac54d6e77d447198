"""The room of rules, results and decisions, and what its pages of a cohort begin with."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template

from lms.cohorts.base import head_of

room = Blueprint("decisions", __name__, template_folder="templates")


def decisions_page(template: str, **values: Any) -> str:
    """Return a page of the cohort that the guard has found."""
    head = values.pop("head", None) or head_of(g.cohort)
    return render_template(f"decisions/{template}.html", head=head, **values)
