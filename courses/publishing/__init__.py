"""Publishing: what is new and for whom, at once or at a chosen moment."""
