"""Packs: a module's pages for use without a connection, cut into chunks by content."""
