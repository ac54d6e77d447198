"""Peer review: learners review one another's assignments by the rubric, without names."""
