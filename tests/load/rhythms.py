"""The rhythms of people that are measured: who comes, how many, how fast."""

from __future__ import annotations

from dataclasses import dataclass

EMAIL, PASSWORD = "peserta{}@example.test", "peduli-demo"
LOOKERS = 3  # of the staff look on during every rhythm


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many people come within how many seconds.

    `first` is the place of the first of them among the learners; `think` the seconds between two requests on average; `steep` how much more of
    them come towards the end (1: evenly); after `patience` seconds it ends, whoever is still there.
    """

    name: str
    title: str
    first: int
    people: int
    arrive: float
    think: float
    steep: float = 1
    patience: float = 240

    def arrival(self, number: int) -> float:
        """Return the second at which somebody comes."""
        return float(self.arrive * (number / self.people) ** (1 / self.steep))


MORNING = Rhythm("morning", "08.00: 52 people sign in within 10 s and read home, lesson, next", 0, 52, 10, 3)
QUIZ = Rhythm("quiz", "A quiz begins: 600 people within 30 s, three answers each, hand in", 52, 600, 30, 3)
WHOLE_QUIZ = Rhythm(
    "whole quiz", "A quiz begins: 3,000 people within a minute, three answers each, hand in", 1052, 3000, 60, 3, patience=900
)
FRIDAY = Rhythm(
    "friday", "Friday, 23.50: 200 people save three times and hand their journal in, most of them at the end", 652, 200, 40, 3, 3
)
OUTAGE = Rhythm("outage", "The line is back: 200 phones deliver 5 to 20 writings each within 5 s, one in three twice", 852, 200, 5, 1)
RHYTHMS = {rhythm.name: rhythm for rhythm in (MORNING, QUIZ, FRIDAY, OUTAGE, WHOLE_QUIZ)}
EVERY_TIME = (MORNING, QUIZ, FRIDAY, OUTAGE)
