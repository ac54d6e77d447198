"""The video activity type: a film that plays when the learner asks for it, with its words beside it."""
