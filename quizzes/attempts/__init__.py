"""Attempts: the clock, steps with receipts, conditions, taking and handing in."""
