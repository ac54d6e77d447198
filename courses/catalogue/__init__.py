"""The catalogue of modules."""
