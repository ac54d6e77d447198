"""Attempts: answering, one receipt an answer, and handing in."""
