"""Bringing two changed versions of a module together, with the version both began from (three-way merge)."""
