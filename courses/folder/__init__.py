"""A module as a folder of text, see docs/modules.md."""
