"""Kinds of items: how each is written, asked, answered and marked. One class each, in a registry that other plugins extend."""

from quizzes.kinds import choice, open, pairs, text  # noqa: A004, F401 - importing them registers their kinds
