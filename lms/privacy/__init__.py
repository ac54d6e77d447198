"""Audit trail, confidential text, and who read it."""
