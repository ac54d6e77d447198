"""Backups: made while people work, kept in pieces so that what is the same is kept once, and restored to see that they can be."""
