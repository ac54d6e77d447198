"""Pages of long lists: the number in the address, and addresses of other pages."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import request


def page_number() -> int:
    """Return the page asked for by `?page=`, 1 when none or nonsense."""
    return max(1, request.args.get("page", 1, int))


def page_url(number: int) -> str:
    """Return the present address with another page number; filters stay."""
    return "?" + urlencode({**request.args.to_dict(), "page": number})
