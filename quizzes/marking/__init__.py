"""Marking: first marks by pure functions, essays by people, regrading with a dry run; every change is kept with who and why."""
