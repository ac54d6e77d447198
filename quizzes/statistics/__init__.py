"""Statistics that teach: what each question tells about itself, kept as exact counts."""
