"""Activation letters: a one-time code on paper, with which a person chooses a password."""
