"""What must not stand in anything that Peduli says to people: blame, shame, threats, haste, shouting. Help comes first, and no demand.

Each is a pattern over small letters with single spaces. A sentence that fits one is written anew: not "Anda belum memenuhi kewajiban",
but "Ada dua bagian yang menunggu. Perlu waktu tambahan?"
"""

from __future__ import annotations

import re

# What a sentence does when it fits: the patterns, Indonesian and English.
PATTERNS: dict[str, tuple[str, ...]] = {
    "blames": (
        r"\b(?:anda|kamu|saudara|bapak|ibu)(?: masih| juga)? belum (?:memenuhi|mengerjakan|menyelesaikan|membaca|membuka|mengumpulkan|melapor)\w*",
        r"\b(?:lalai|malas|abai|mengabaikan|ceroboh|teledor)\b",
        r"\b(?:seharusnya|semestinya|mestinya)\b",
        r"\b(?:kenapa|mengapa) (?:anda|kamu|saudara|belum)\b",
        r"\b(?:salah|kesalahan) (?:anda|kamu|saudara)\b",
        r"\b(?:menunggak|tunggakan)\b",
        r"\bterlambat\b",
        r"\byou (?:have not|haven.t|did not|didn.t|failed|still have not|neglected)\b",
        r"\b(?:failed to|failure to|your fault|negligen\w*|lazy|careless\w*)\b",
        r"\byou should have\b",
        r"\bwhy (?:have|did|are) you\b",
        r"\b(?:overdue|too late|you are late)\b",
    ),
    "shames": (
        r"\b(?:memalukan|mengecewakan|tertinggal jauh|paling lambat dari semua)\b",
        r"\b(?:teman|rekan)(?:-teman| ?-?rekan)? (?:anda|kamu) sudah\b",
        r"\b(?:satu-satunya|hanya anda) yang belum\b",
        r"\b(?:disappoint\w*|asham\w*|shame\w*|lag(?:s|ging) behind)\b",
        r"\b(?:everyone|everybody) else\b",
        r"\bthe only one who\b",
    ),
    "threatens": (
        r"\b(?:sanksi|hukuman|dihukum|teguran|ditegur|peringatan (?:terakhir|keras|pertama|kedua))\b",
        r"\b(?:dikeluarkan|digugurkan|dinyatakan gugur|dibatalkan haknya)\b",
        r"\b(?:dilaporkan|laporkan) kepada? (?:atasan|pimpinan)\b",
        r"\b(?:kesempatan|batas) terakhir\b",
        r"\bjangan sampai\b",
        r"\b(?:sanction|penalt|punish|disciplin)\w*",
        r"\b(?:last|final) (?:chance|reminder|warning|notice)\b",
        r"\b(?:warning|consequences?|or else)\b",
        r"\breport(?:ed)? (?:you )?to your (?:boss|supervisor|superior|manager)\b",
    ),
    "demands": (
        r"\b(?:wajib|diwajibkan|kewajiban|harus segera|segera(?:lah)?|secepatnya|tanpa kecuali)\b",
        r"\b(?:anda|kamu|saudara) harus\b",
        r"\b(?:you must|obligation|obliged|mandatory|immediately|at once you|without exception|as soon as possible|asap|urgent(?:ly)?)\b",
    ),
    "shouts": (r"!", r"\?\?"),
}
# Written in capitals because they are names of things, not because somebody shouts.
CAPITALS = {"PKTBT", "STTP", "WITA", "BKPSDM", "PPPK"}
_FOUND = {what: [re.compile(pattern) for pattern in patterns] for what, patterns in PATTERNS.items()}
_LOUD = re.compile(r"\b[A-Z]{4,}\b")


def unkind(text: str) -> list[str]:
    """Return what in a text must not be said to people, each as `blames: you have not`; an empty list for a kind one."""
    plain = " ".join(text.lower().replace("’", "'").split())
    found = [f"{what}: {match[0]}" for what, patterns in _FOUND.items() for pattern in patterns if (match := pattern.search(plain))]
    return found + [f"shouts: {word}" for word in _LOUD.findall(text) if word not in CAPITALS]
