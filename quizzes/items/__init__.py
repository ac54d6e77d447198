"""Items: what is asked, in immutable versions."""
