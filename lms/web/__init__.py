"""The shell: templates, design system, error pages, static files."""
