"""What people decide about people: who has passed."""
