"""The learning model: courses, modules, revisions, activities, cohorts, enrolments: the tables that everybody shares."""
