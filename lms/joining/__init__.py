"""Self-enrolment: people take a seat in a cohort themselves; a key, approval, a waiting list, and never more people than seats."""
