"""What figures mean, in sentences for the author of a question. Pure.

Thresholds: the Open University's guidance in Moodle's documentation "Quiz statistics report" (facility of at most 5 % or at least 95 %
extreme, discriminative efficiency below 15 % dubious, guessing above 40 % unsatisfactory, internal consistency of 75 % satisfactory and
below 64 % not). The limits for times are rules of thumb of our own. Nothing is concluded from fewer than 30 attempts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lms.api import format_number, ngettext
from lms.api import gettext as __
from quizzes.items.services import Asked
from quizzes.statistics.labels import option_keys, right_letters
from quizzes.statistics.report import ENOUGH, HIDDEN, QuizReport, Wording

VERY_EASY, HARD, VERY_HARD = 95, 20, 5  # facility, percent
DUBIOUS = 15  # discriminative efficiency, percent
MOST_GUESSED = 40  # percent
LONG, LONG_SECONDS = 3, 60  # times the usual time, and at least so many seconds
SHORT_SECONDS = 5
CONSISTENT, INCONSISTENT = 75, 64  # percent

WRONG, LOOK, EARLY, FINE = 3, 2, 1, 0
COLOURS = {WRONG: "clay", LOOK: "gold", EARLY: "", FINE: "leaf"}


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence, and how much it matters: WRONG, LOOK, EARLY or FINE."""

    weight: int
    sentence: str

    @property
    def colour(self) -> str:
        """Return the colour of a badge or notice that says it."""
        return COLOURS[self.weight]


def advise(wording: Wording, known: Asked, usual_seconds: float | None) -> list[Advice]:
    """Return what to say about a question, the most important first; usual_seconds is the middle time of the quiz's questions."""
    if wording.few:
        return [Advice(EARLY, too_few(wording.n))]
    found = [
        *_difficulty(wording),
        *_discrimination(wording),
        *_options(wording, known),
        *_guessing(wording),
        *_time(wording, usual_seconds),
    ]
    return sorted(found, key=lambda advice: -advice.weight) or [Advice(FINE, __("Nothing stands out."))]


def too_few(count: int) -> str:
    """Return the sentence that it is too early to conclude anything."""
    return ngettext(
        "Too early to tell: %(num)s attempt so far. Below %(enough)s, figures may be chance.",
        "Too early to tell: %(num)s attempts so far. Below %(enough)s, figures may be chance.",
        count,
        enough=ENOUGH,
    )


def _difficulty(wording: Wording) -> Iterator[Advice]:
    percent = format_number(wording.facility, 0)
    if wording.guess and wording.facility_interval and wording.facility_interval.high < wording.guess:
        yield Advice(WRONG, __("People do worse here than by guessing. Check which answer is marked as right."))
    elif wording.facility <= VERY_HARD:
        yield Advice(WRONG, __("Almost nobody gets this right (%(percent)s%%). Check the key, then the words.", percent=percent))
    elif wording.facility < HARD:
        yield Advice(LOOK, __("This is very hard: people earn %(percent)s%% of its points.", percent=percent))
    elif wording.facility >= VERY_EASY:
        yield Advice(LOOK, __("Almost everybody gets this right (%(percent)s%%). It may be too easy.", percent=percent))


def _discrimination(wording: Wording) -> Iterator[Advice]:
    if wording.discrimination is None or not VERY_HARD < wording.facility < VERY_EASY:
        return
    if wording.discrimination_interval and wording.discrimination_interval.high < 0:
        yield Advice(WRONG, __("People who do well on the other questions do badly on this one. Check which answer is marked as right."))
    elif wording.efficiency is not None and wording.efficiency < DUBIOUS:
        yield Advice(LOOK, __("This question hardly tells who knows more from who knows less."))


def _options(wording: Wording, known: Asked) -> Iterator[Advice]:
    """Look at options of which one is chosen; of an order or a pair of best and worst, single options say little."""
    keys = option_keys(known)
    if not keys or any(part for part, _letter in keys):
        return
    given = {answer.answer: answer for answer in wording.answers if answer.answer}
    never = [letter.upper() for _part, letter in keys if letter not in given]
    if never:
        yield Advice(
            LOOK,
            ngettext(
                "Option %(letters)s was never chosen. Make it more tempting, or leave it out.",
                "Options %(letters)s were never chosen. Make them more tempting, or leave them out.",
                len(never),
                letters=", ".join(never),
            ),
        )
    right = right_letters(known)
    if len(right) != 1 or right[0] not in given:
        return
    key = given[right[0]]
    for letter, answer in sorted(given.items()):
        if letter in right or answer.count < HIDDEN:
            continue
        if answer.mean_rest > key.mean_rest:
            yield Advice(
                WRONG,
                __(
                    "Those who choose option %(letter)s do better on the other questions than those who choose the right one.",
                    letter=letter.upper(),
                ),
            )
        elif answer.count > key.count:
            yield Advice(LOOK, __("Option %(letter)s is chosen more often than the right one.", letter=letter.upper()))


def _guessing(wording: Wording) -> Iterator[Advice]:
    if wording.guess is not None and wording.guess > MOST_GUESSED:
        percent = format_number(wording.guess, 0)
        yield Advice(LOOK, __("Guessing earns %(percent)s%% of the points. More options would make it worth less.", percent=percent))


def _time(wording: Wording, usual: float | None) -> Iterator[Advice]:
    if wording.seconds is None or usual is None:
        return
    if wording.seconds >= LONG_SECONDS and wording.seconds > LONG * usual:
        yield Advice(LOOK, __("It takes more than three times as long as a usual question of this quiz."))
    elif wording.seconds < SHORT_SECONDS:
        yield Advice(LOOK, __("Half of the people answer within a few seconds, perhaps without reading it."))


def of_quiz(found: QuizReport) -> list[Advice]:
    """Return what to say about a quiz as a whole."""
    if found.few:
        return [Advice(EARLY, too_few(found.n))]
    if found.consistency is None or found.standard_error is None:
        return [Advice(FINE, found.no_consistency)]
    if found.consistency >= CONSISTENT:
        advice = Advice(FINE, __("The questions belong together well."))
    elif found.consistency >= INCONSISTENT:
        advice = Advice(FINE, __("The questions belong together fairly well."))
    else:
        advice = Advice(LOOK, __("The questions measure different things, or there are too few of them. One result alone says little."))
    if found.consistency <= 0:
        return [advice]
    error = format_number(found.standard_error, 0)
    return [advice, Advice(FINE, __("Chance moves a single result by about %(points)s points up or down.", points=error))]
