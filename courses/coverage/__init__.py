"""Which behaviours and competencies a module, or the modules of a course, teach, practise and assess; and where the gaps are."""
