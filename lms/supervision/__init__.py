"""The sealed, read-only pages of supervisors."""
