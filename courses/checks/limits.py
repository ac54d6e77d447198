"""The numbers that the rules go by, each with where it comes from. “House” is a choice of this product, written down in docs/modules.md."""

from __future__ import annotations

# Sentences. Cutts, Oxford Guide to Plain English: 15 to 20 words on average over a document; below 60 words an average says little (house).
AVERAGE_SENTENCE = 17
LEAST_PROSE = 60

# Reading. Trauzettel-Klosinski and Dietz (2012), IReST: 184 ± 29 words a minute over 17 languages, read with understanding.
WORDS_A_MINUTE = 180
SECONDS_A_PICTURE = 12
SECONDS_A_TABLE = 12
MOST_READING_MINUTES = 10  # house: one lesson page is 5 to 10 minutes
# What stands in the header may be this many times the reading, plus time for what the page asks one to do (house).
MOST_TIMES_READING = 2.5
LEAST_TIMES_READING = 0.8
MINUTES_A_TASK = 5
MINUTES_OF_GRACE = 2

# A single sentence of learners above this many words is shown to them as long (house).
LONG_SENTENCE = 25

# Pictures. WCAG 2.2, 1.1.1; W3C, Images Tutorial: a text alternative is a sentence or two, what is longer belongs into the text.
MOST_ALTERNATIVE = 250

# Items. Haladyna, Downing and Rodriguez (2002), guidelines on the place of the right answer and on options of about equal length.
POSITION_ITEMS = 8
POSITION_SHARE = 0.5
LENGTH_ITEMS = 6
LENGTH_SHARE = 0.5
LENGTH_TIMES = 1.6

# A pool from which a second attempt draws mostly other items (house).
POOL_TIMES = 2.5

# Facts grow old: laws and numbers of services are looked at again within a year (house).
MOST_MONTHS = 12

# What a learner on a slow line loads for a whole module (house).
MOST_BYTES = 5 * 1024 * 1024

# What one page may hold: at 50 kbit/s, the slow line of the product's journeys, a minute of waiting (house).
SLOW_LINE = 50_000
MOST_PAGE_BYTES = 375 * 1000

# How many examples a sentence names before it says how many more there are.
NAMED = 5
