"""Prompts and a rubric that are there to be chosen, so that an author types nothing. In the language of the module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

THREE, GIBBS, OWN = "three_questions", "gibbs", "own"

Words = dict[str, tuple[str, str]]  # {language: (title, hint)}

PROMPTS: dict[str, dict[str, Words]] = {
    # J. Driscoll, Practising clinical supervision, 2007: What? So what? Now what?
    THREE: {
        "apa": {
            "id": (
                "Apa yang terjadi?",
                "Ceritakan satu kejadian. Apa yang Anda lihat dan dengar, dan apa yang Anda lakukan? Tanpa nama dan tanpa penilaian dahulu.",
            ),
            "en": ("What happened?", "Tell one event. What did you see and hear, and what did you do? No names, and no judgement yet."),
        },
        "lalu-apa": {
            "id": (
                "Lalu, apa artinya?",
                "Mengapa kejadian ini penting bagi Anda? Dugaan apa yang goyah? Bagaimana orang itu akan menceritakannya?",
            ),
            "en": ("So what does it mean?", "Why does it matter to you? Which assumption was shaken? How would the other person tell it?"),
        },
        "sekarang-apa": {
            "id": (
                "Sekarang, apa langkahnya?",
                "Satu langkah kecil dalam wewenang Anda: apa, mulai kapan, dan bagaimana Anda tahu bahwa itu berhasil?",
            ),
            "en": (
                "Now what is the step?",
                "One small step within your own authority: what, from when, and how will you know that it worked?",
            ),
        },
    },
    # G. Gibbs, Learning by doing, 1988.
    GIBBS: {
        "deskripsi": {
            "id": ("Deskripsi", "Apa yang terjadi, di tempat seperti apa, dan apa peran Anda? Faktanya dahulu, tanpa nama."),
            "en": ("Description", "What happened, in what kind of place, and what was your part? The facts first, without names."),
        },
        "perasaan": {
            "id": ("Perasaan", "Apa yang Anda pikirkan dan rasakan sebelum, selama, dan sesudahnya? Secukupnya saja."),
            "en": ("Feelings", "What did you think and feel before, during and after it? Only as much as you wish."),
        },
        "evaluasi": {
            "id": ("Evaluasi", "Apa yang berjalan baik dan apa yang tidak, bagi Anda dan bagi orang yang Anda layani?"),
            "en": ("Evaluation", "What went well and what did not, for you and for the person you served?"),
        },
        "analisis": {
            "id": ("Analisis", "Mengapa begitu? Apa yang ikut menyebabkannya: aturan, kebiasaan, waktu, atau dugaan Anda sendiri?"),
            "en": ("Analysis", "Why was it so? What helped to cause it: a rule, a habit, time, an assumption of yours?"),
        },
        "kesimpulan": {
            "id": ("Kesimpulan", "Apa yang Anda pelajari? Apa lagi yang sebenarnya dapat Anda lakukan?"),
            "en": ("Conclusion", "What did you learn? What else could you have done?"),
        },
        "rencana-aksi": {
            "id": ("Rencana aksi", "Jika hal ini terjadi lagi, apa yang akan Anda lakukan? Mulai kapan, dan dengan siapa?"),
            "en": ("Action plan", "If it happens again, what will you do? From when, and with whom?"),
        },
    },
}


def prompts(form: str, language: str) -> list[dict[str, str]]:
    """Return the prompts of a form in a module's language: key, title and hint; the words are plain text."""
    found = {key: words.get(language) or words["id"] for key, words in PROMPTS[form].items()}
    return [{"key": key, "title": title, "html": hint} for key, (title, hint) in found.items()]


# -- a rubric for field journals ------------------------------------------------------------------------------------------------------

_FIELD: Sequence[tuple[str, int, dict[str, tuple[str, ...]]]] = (
    (
        "amatan",
        20,
        {
            "id": (
                "Observasi: yang dilihat dan didengar",
                "Penilaian saja, tanpa kejadian.",
                "Kejadian bercampur dengan penilaian.",
                "Kejadian yang konkret dengan kata sendiri, dan jelas dari mana diketahui.",
                "Juga menyebut apa yang tidak dapat dilihat, dan mengapa.",
            ),
            "en": (
                "Observation: what was seen and heard",
                "Judgements, no facts.",
                "Facts mixed with judgement.",
                "Concrete facts in own words, and the source of each is clear.",
                "Also names what could not be seen, and why.",
            ),
        },
    ),
    (
        "sudut-pandang",
        20,
        {
            "id": (
                "Perspektif warga",
                "Warga tidak hadir dalam tulisan.",
                "Sudut pandang warga hanya ditebak.",
                "Diceritakan dari ucapan orang itu, tanpa identitas.",
                "Menimbang dua sudut pandang atau lebih, termasuk sudut pandang petugas.",
            ),
            "en": (
                "The citizen's view",
                "Absent.",
                "Guessed.",
                "Told from what the person said, without identity.",
                "Weighs two views or more, the staff's among them.",
            ),
        },
    ),
    (
        "kedalaman",
        30,
        {
            "id": (
                "Kedalaman refleksi",
                "Melaporkan kejadian atau mengulang teori.",
                "Menjelaskan pengertian dengan tepat, belum dikaitkan dengan pengalaman sendiri.",
                "Mengaitkannya dengan pengalaman sendiri dan menemukan sesuatu yang pribadi dan khusus.",
                "Menyebut dugaan lama, memeriksanya, mengubahnya, dan mengatakan apa yang akan berbeda.",
            ),
            "en": (
                "Depth of reflection",
                "Reports events or repeats theory.",
                "Explains a concept rightly, without a link to own experience.",
                "Ties it to own experience and finds something personal and specific.",
                "Names an assumption, tests it, changes it, and says what will be different.",
            ),
        },
    ),
    (
        "kaitan-layanan",
        15,
        {
            "id": (
                "Kaitan dengan layanan atau kebijakan",
                "Tidak ada.",
                "Umum saja.",
                "Satu sebab yang jelas dalam layanan.",
                "Sebab, buktinya, dan siapa yang dapat mengubahnya.",
            ),
            "en": (
                "Link to the service or policy",
                "None.",
                "General.",
                "One specific cause in the service.",
                "The cause, the evidence, and who can change it.",
            ),
        },
    ),
    (
        "langkah",
        15,
        {
            "id": (
                "Langkah",
                "Tidak ada.",
                "Keinginan yang kabur.",
                "Kecil, bertanggal, dan dalam wewenang sendiri.",
                "Juga menyebut cara mengetahui apakah langkah itu berhasil.",
            ),
            "en": ("The step", "None.", "A vague wish.", "Small, dated, and within own authority.", "Also says how to know if it worked."),
        },
    ),
)
_GATE = {
    "id": (
        "Etika",
        "Tidak ada orang yang dapat dikenali, dan tidak ada foto tanpa persetujuan. Bila belum terpenuhi, tulisan kembali untuk diperbaiki.",
    ),
    "en": ("Ethics", "Nobody can be identified, and there is no photo without consent. Otherwise the text goes back for correction."),
}
GATE_KEY = "gerbang-etika"


def field_rubric(language: str) -> list[dict[str, Any]]:
    """Return the rubric for field journals in a module's language, without its gate."""
    rows = []
    for key, weight, words in _FIELD:
        title, *levels = words.get(language) or words["id"]
        rows.append({"key": key, "title": title, "weight": weight, "levels": levels, "gate": False, "prompt": ""})
    return rows


def rubric_of(settings: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """Return the criteria by which a text is answered: the preset if it was chosen, the author's own, and in any case a gate of ethics.

    Weights of a preset with own rows are brought back to a sum of 100 or as near as whole numbers come.
    """
    own = [dict(row) for row in settings.get("rubric") or []]
    rows = [*(field_rubric(language) if settings.get("field_rubric") else []), *own]
    total = sum(row.get("weight") or 0 for row in rows)
    if total not in {0, 100}:
        rows = [{**row, "weight": round(100 * (row.get("weight") or 0) / total) or None} for row in rows]
    if not any(row.get("gate") for row in rows):
        title, prompt = _GATE.get(language) or _GATE["id"]
        rows.append({"key": GATE_KEY, "title": title, "weight": None, "levels": [], "gate": True, "prompt": prompt})
    return rows
