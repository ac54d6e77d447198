"""The lesson activity type: a page of text."""
