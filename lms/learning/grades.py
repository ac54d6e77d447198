"""The grade scale that new courses begin with: the bands of LAN, of which 70.01 and above passes. A course keeps its own copy as data."""

from __future__ import annotations

from typing import Any

GRADE_SCALE: list[dict[str, Any]] = [
    {"label": {"id": "Sangat Memuaskan", "en": "Very satisfactory"}, "minimum": 90.01, "passes": True},
    {"label": {"id": "Memuaskan", "en": "Satisfactory"}, "minimum": 80.01, "passes": True},
    {"label": {"id": "Cukup Memuaskan", "en": "Fairly satisfactory"}, "minimum": 70.01, "passes": True},
    {"label": {"id": "Kurang Memuaskan", "en": "Less than satisfactory"}, "minimum": 60.01, "passes": False},
    {"label": {"id": "Tidak Memuaskan", "en": "Not satisfactory"}, "minimum": 0, "passes": False},
]
