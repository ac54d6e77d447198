"""The quiz engine: items, attempts, marking."""
