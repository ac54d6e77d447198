"""Optional plugins in the box; each obeys the rules of a stranger's plugin."""
