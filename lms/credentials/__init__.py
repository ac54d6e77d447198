"""Certificates: templates, numbers without gaps, issuing, PDF, the public check page, and signed credentials (Open Badges 3.0)."""
