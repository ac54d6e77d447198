"""What is read aloud before somebody agrees, in simple Indonesian. A version is never changed: a consent names the one that was read."""

from __future__ import annotations

from courses.visits.models import ConsentKind

VERSION = 1

_OPENING = "Kami pegawai yang sedang belajar. Kami datang untuk mendengar. Kami tidak membawa bantuan dan tidak mendata."
_CLOSING = (
    "Ibu/Bapak boleh berkata tidak. Boleh berhenti kapan saja. Boleh berubah pikiran nanti: sebutkan nomor di kertas ini kepada {host}, dan "
    "kami menghapusnya. Layanan untuk Ibu/Bapak tetap sama."
)
_ASKED = {
    ConsentKind.NOTES: ("Bolehkah saya mencatat?", "Nama Ibu/Bapak tidak saya tulis.", "Hanya saya dan pembimbing saya yang membaca."),
    ConsentKind.PHOTO_WITHOUT_FACE: (
        "Bolehkah saya memotret tangan, benda, atau tempat ini?",
        "Wajah tidak tampak. Alamat dan surat tidak tampak.",
        "Hanya saya dan pembimbing saya yang melihat. Paling lama 90 hari, lalu dihapus.",
    ),
    ConsentKind.PHOTO_WITH_FACE: (
        "Bolehkah saya memotret sehingga wajah tampak?",
        "Untuk anak, orang tua atau wali yang menjawab, dan anak juga boleh menolak.",
        "Hanya saya dan pembimbing saya yang melihat. Paling lama 90 hari, lalu dihapus.",
    ),
    ConsentKind.VOICE: (
        "Bolehkah saya merekam suara kita?",
        "Nama tidak disebut.",
        "Hanya saya dan pembimbing saya yang mendengar. Paling lama 90 hari, lalu dihapus.",
    ),
    ConsentKind.PUBLICATION: (
        "Bolehkah cerita ini dimuat di media kantor?",
        "Ibu/Bapak melihatnya lebih dahulu.",
        "Izin ini terpisah dari izin yang lain.",
    ),
}
_TEXTS = {1: (_OPENING, _ASKED, _CLOSING)}


def sentences(kind: ConsentKind, host: str, version: int = VERSION) -> list[str]:
    """Return what is read aloud for a kind of consent, in order."""
    opening, asked, closing = _TEXTS[version]
    return [opening, *asked[kind], closing.format(host=host)]
