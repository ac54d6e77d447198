"""The item bank: items in immutable versions."""
