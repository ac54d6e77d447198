"""The demonstration: a cohort of 52 invented people, made through the same services that real people use."""
