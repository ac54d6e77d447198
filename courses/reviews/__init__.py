"""Review of a draft before it is published: a frozen copy, readers with and without an account, comments on paragraphs, a verdict."""
