"""What learners see: home, course, player."""
