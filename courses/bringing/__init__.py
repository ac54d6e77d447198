"""Texts that were written elsewhere: what is pasted, and documents and slides as a first draft."""
