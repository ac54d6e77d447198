"""When and where a cohort meets: the organizer's schedule, conflicts, and calendar feeds."""
