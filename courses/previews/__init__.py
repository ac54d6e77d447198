"""Previews of a draft: phone, desk, print, the order in which it is read aloud, without a connection, and what it weighs."""
