"""The survey activity type: questions without right answers, with names or without."""
