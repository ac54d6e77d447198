"""The assignment activity type: text handed in to an instructor, with a rubric."""
