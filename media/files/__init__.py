"""The library as instructors see it: find, describe, see where something is used, put something else in its place."""
