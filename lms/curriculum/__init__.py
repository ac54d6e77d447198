"""Courses: what belongs to one, in which order, when it opens, what passes."""
