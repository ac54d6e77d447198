"""Tags of content: the 21 behaviours of BerAKHLAK (SE MenPANRB 20/2021) by code, and competencies. Tags on content, never marks on people."""

from __future__ import annotations

import re

from lms.api import lazy_gettext as _

VALUES = ("BP", "AK", "KO", "HA", "LO", "AD", "KL")
BERAKHLAK = tuple(f"{value}{number}" for value in VALUES for number in (1, 2, 3))
TAG = re.compile(f"{'|'.join(BERAKHLAK)}|[a-z][a-z0-9-]{{1,39}}")

# What the circular calls the values and the behaviours; in Indonesian these are its very words.
VALUE_TITLES = {
    "BP": _("Service-oriented"),
    "AK": _("Accountable"),
    "KO": _("Competent"),
    "HA": _("Harmonious"),
    "LO": _("Loyal"),
    "AD": _("Adaptive"),
    "KL": _("Collaborative"),
}
BEHAVIOURS = {
    "BP1": _("Understands and meets the needs of the public"),
    "BP2": _("Is friendly, quick, finds solutions and can be relied on"),
    "BP3": _("Never stops improving"),
    "AK1": _("Works honestly, responsibly, carefully, with discipline and integrity"),
    "AK2": _("Uses what belongs to the state responsibly, effectively and efficiently"),
    "AK3": _("Does not misuse the authority of the office"),
    "KO1": _("Keeps learning to answer challenges that keep changing"),
    "KO2": _("Helps others to learn"),
    "KO3": _("Carries out tasks with the best quality"),
    "HA1": _("Respects everybody, whatever their background"),
    "HA2": _("Likes to help others"),
    "HA3": _("Builds a workplace in which people can work well"),
    "LO1": _("Holds to Pancasila and the 1945 Constitution, is loyal to the Republic and its lawful government"),
    "LO2": _("Guards the good name of colleagues, leaders, the agency and the state"),
    "LO3": _("Keeps secrets of the office and of the state"),
    "AD1": _("Adjusts quickly to change"),
    "AD2": _("Keeps innovating and develops creativity"),
    "AD3": _("Acts before being asked"),
    "KL1": _("Gives all kinds of parties a chance to contribute"),
    "KL2": _("Is open to working together for added value"),
    "KL3": _("Moves resources of many kinds towards a common aim"),
}
