"""What must happen after a commit: a table that is the truth, and workers that carry it out."""
