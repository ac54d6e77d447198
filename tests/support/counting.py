"""One table of examples for whatever counts learners' texts: the server in Python, the page in JavaScript."""

from __future__ import annotations

# text: (words, words of each sentence)
TEXTS: dict[str, tuple[int, list[int]]] = {
    "": (0, []),
    "– … !": (0, []),
    "Loket buka.": (2, [2]),
    "Masing-masing warga; anak-anak pun.": (4, [4]),
    "Jum’at pukul 13.00 WIB": (5, [5]),
    "Bpk. Andi dan Ny. Rini datang. Mereka antre.": (8, [6, 2]),
    "Kata Maria Goreti, A.Md.Keb. Bidan itu tersenyum.": (9, [9]),
    "Kami menunggu lama… Lalu hujan! Siapa tahu?": (7, [3, 2, 2]),
    "“Silakan duduk.” Kami duduk.": (4, [2, 2]),
    "Baris pertama tanpa titik\nBaris kedua.": (6, [4, 2]),
    "Bawa KTP, KK, dll. Petugas menunggu.": (6, [4, 2]),
    "Nomor 3 dari 214 orang (186 kunjungan).": (7, [7]),
    "snake_case dan email@contoh.test": (6, [6]),
    "Ibu hamil 🙂 datang. 9 orang tertunda.": (6, [3, 3]),
    "Sakit. Dr. Budi datang": (4, [1, 3]),
    "Ελλάδα и Русь 中文": (4, [4]),
}
# text: heavy words of the list in the box, with how often they are used
HEAVY: dict[str, list[tuple[str, int]]] = {
    "Dalam rangka hari jadi": [("dalam rangka", 1)],
    "dalam  rangka\nitu, dalam rangka ini": [("dalam rangka", 2)],
    "kata “dalam rangka” dikutip": [],
    "padalam rangkaian": [],
    "Sehubungan dengan hal tersebut kami datang": [("sehubungan dengan hal tersebut", 1)],
    "Adapun loket; adapun kursi.": [("adapun", 2)],
    "non-adapun": [],
}
