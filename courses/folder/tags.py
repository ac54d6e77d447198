"""Tags of content: the 21 behaviours of BerAKHLAK (SE MenPANRB 20/2021) by code, and competencies. Tags on content, never marks on people."""

from __future__ import annotations

import re

VALUES = ("BP", "AK", "KO", "HA", "LO", "AD", "KL")
BERAKHLAK = tuple(f"{value}{number}" for value in VALUES for number in (1, 2, 3))
TAG = re.compile(f"{'|'.join(BERAKHLAK)}|[a-z][a-z0-9-]{{1,39}}")
