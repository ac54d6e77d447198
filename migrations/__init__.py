"""Alembic scripts: one history per plugin, see lms/migrate.py."""
