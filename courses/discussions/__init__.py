"""The discussion activity type: answer first, then read what others of the cohort have answered, and reply."""
