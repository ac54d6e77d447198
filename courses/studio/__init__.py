"""Where instructors write modules."""
