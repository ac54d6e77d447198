"""Who guides whom: coaches, mentors and examiners of people in a cohort."""
