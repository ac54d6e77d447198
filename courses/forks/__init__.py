"""Modules that another agency has copied: what is new in the original comes over, what is the agency's own stays."""
