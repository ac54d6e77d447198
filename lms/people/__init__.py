"""People: who they are, where they work, what they may do, how they sign in."""
