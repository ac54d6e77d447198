"""The organizer's pages: cohorts, groups, staff, enrolment, import."""
