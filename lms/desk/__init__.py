"""The desk: everything that waits for one person's answer, whatever plugin it comes from, as one list (docs/plugins.md)."""
