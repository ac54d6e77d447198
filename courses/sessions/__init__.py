"""The session activity type: a part of a module for which one meets."""
