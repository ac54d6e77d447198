"""Whom people in distress can call: a public page that leaves no trace, and the list behind it."""
