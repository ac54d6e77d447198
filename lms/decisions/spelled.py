"""Numbers and dates in words, as minutes write them: `dua puluh dua November dua ribu dua puluh enam`."""

from __future__ import annotations

import datetime as dt

from lms.i18n import format_date, format_day, language

_ID = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
_EN = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def in_indonesian(number: int) -> str:
    """Spell a number from 0 to 999,999 in Indonesian. Raises ValueError outside."""
    if not 0 <= number < 1_000_000:
        raise ValueError(f"no words for {number}")
    if number < 12:
        return _ID[number]
    if number < 20:
        return f"{_ID[number - 10]} belas"
    for size, name in ((1000, "ribu"), (100, "ratus"), (10, "puluh")):
        if number >= size:
            count, rest = divmod(number, size)
            head = f"se{name}" if count == 1 else f"{in_indonesian(count)} {name}"
            return f"{head} {in_indonesian(rest)}" if rest else head
    raise AssertionError(number)


def in_english(number: int) -> str:
    """Spell a number from 0 to 999,999 in English. Raises ValueError outside."""
    if not 0 <= number < 1_000_000:
        raise ValueError(f"no words for {number}")
    if number < 20:
        return _EN[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return f"{_TENS[tens]}-{_EN[rest]}" if rest else _TENS[tens]
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            count, rest = divmod(number, size)
            joint = " and " if size == 100 or rest < 100 else " "
            head = f"{in_english(count)} {name}"
            return f"{head}{joint}{in_english(rest)}" if rest else head
    raise AssertionError(number)


def day_in_words(day: dt.date) -> str:
    """Write a day in words in the present language, with the digits behind it.

    `Senin, tanggal dua puluh tiga bulan November tahun dua ribu dua puluh enam (23 November 2026)`.
    """
    weekday, _comma, date = format_day(day).partition(", ")
    month = date.split(" ")[1]
    if language() == "id":
        text = f"{weekday}, tanggal {in_indonesian(day.day)} bulan {month} tahun {in_indonesian(day.year)}"
    else:
        text = f"{weekday}, day {in_english(day.day)} of {month} in the year {in_english(day.year)}"
    return f"{text} ({format_date(day)})"
