"""Reports: fixed, fast answers to the questions that organizers ask, over projections."""
