"""Invented texts for the demonstration: what learners might write, and what an instructor might answer."""

from __future__ import annotations

import datetime as dt
import uuid
from random import Random

from courses.entries import services
from courses.entries.models import Entry, EntryKind
from lms.api import Actor, Context, ReadReason, at, count_words, load_actor, local_day, utcnow

WORDS = {
    "seen": (
        "Saya duduk di bangku tunggu selama satu jam sebelum mulai mencatat.",
        "Seorang ibu datang dengan perahu pagi dan masih harus mencari tempat fotokopi.",
        "Petugas loket ramah, tetapi papan syarat di dinding memakai huruf yang kecil sekali.",
        "Ada bapak yang dua kali menghitung uangnya sebelum mengambil nomor antrean.",
        "Tiga orang pulang sebelum dipanggil karena perahu terakhir berangkat pukul dua.",
        "Seorang anak membacakan formulir untuk neneknya, pelan-pelan, baris demi baris.",
        "Listrik sempat padam dan antrean tetap tertib walau tidak ada yang menjelaskan apa pun.",
        "Pendamping saya mengenal hampir semua orang; saya tidak mengenal seorang pun.",
    ),
    "meaning": (
        "Selama ini saya mengira berkas kurang berarti warga kurang peduli.",
        "Ternyata yang kurang adalah keterangan dari kami, bukan kemauan dari mereka.",
        "Saya baru sadar bahwa saya lebih sering menjelaskan daripada bertanya.",
        "Biaya yang tidak tertulis di loket ternyata lebih besar daripada biaya yang tertulis.",
        "Aturan yang sama terasa berbeda bila seseorang harus menempuh tiga jam untuk memenuhinya.",
        "Kalau orang itu membaca tulisan ini, mungkin ia keberatan pada kata kasihan yang sempat saya pakai.",
        "Saya memotong kalimatnya karena takut antrean memanjang, padahal jawabannya ada di kalimat terakhir.",
        "Dugaan saya goyah ketika ia menyebut semua syarat di luar kepala.",
    ),
    "step": (
        "Mulai Senin saya menulis syarat yang paling sering kurang di kertas besar dekat pintu.",
        "Saya akan menutup setiap percakapan dengan satu kalimat rangkuman dan nama saya.",
        "Minggu ini saya mencatat berapa orang yang harus kembali, lalu membawanya ke rapat.",
        "Saya bertanya kepada atasan apakah salinan boleh dibuat di kantor bagi yang datang dengan perahu.",
        "Saya tahu ini berhasil bila jumlah yang kembali berkurang pada hari Jumat.",
        "Saya berlatih menunggu tiga detik sebelum menjawab.",
    ),
    "strong": (
        "Anda menulis satu kejadian yang jelas, sehingga saya dapat membayangkan tempatnya.",
        "Dugaan lama Anda disebut terang-terangan, lalu diperiksa. Itu berani.",
        "Langkah Anda kecil, bertanggal, dan dalam wewenang sendiri.",
    ),
    "question": (
        "Siapa lagi di ruangan itu yang pandangannya belum terdengar?",
        "Apa yang membuat Anda yakin bahwa itulah sebabnya?",
        "Bagaimana Anda tahu pada hari Jumat bahwa perubahan itu menolong?",
    ),
    "next": (
        "Coba tanyakan satu pertanyaan terbuka lebih banyak pada kunjungan berikutnya.",
        "Ajak satu rekan mencoba hal yang sama selama tiga hari.",
        "Simpan catatan ini dan baca lagi bulan depan.",
    ),
}
ORDER = ("seen", "meaning", "step")


def write(ctx: Context, learner: Actor, chance: Random, fields: list[dict[str, str]]) -> None:
    """Tick, write a draft, hand in; some days later the instructor answers, if that day has come."""
    now = utcnow()
    today = dt.datetime.now(dt.UTC)
    entry = services.ensure_entry(actor=learner, ctx=ctx, kind=EntryKind(ctx.type), entry_id=_id(chance))
    checks = [row["key"] for row in ctx.prepared.get("checklist", [])]
    if checks:
        services.tick(entry=entry, keys=checks, happened_on=local_day(now, ctx.time_zone))
    texts = _texts(chance, fields, int(ctx.settings.get("minimum_words") or 60))
    services.save_draft(actor=learner, entry=entry, texts=texts, base=0)
    later = now + dt.timedelta(hours=chance.randint(1, 30))
    if later > today or chance.random() < 0.08:
        return  # still a draft
    with at(later):
        services.hand_in(actor=learner, ctx=ctx, entry=entry, texts=texts)
    answered = later + dt.timedelta(days=chance.randint(1, 6), hours=chance.randint(0, 5))
    if entry.assessor_id and answered < today and chance.random() < 0.8:
        _answer(entry, answered, chance)


def _id(chance: Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


def _texts(chance: Random, fields: list[dict[str, str]], least: int) -> dict[str, str]:
    texts = {}
    for index, field in enumerate(fields):
        pool = list(WORDS[ORDER[min(index, 2)]])
        chance.shuffle(pool)
        texts[field["key"]] = " ".join(pool[: chance.randint(3, 6)])
    key = fields[-1]["key"]
    spare = [sentence for name in ORDER for sentence in WORDS[name]]
    while sum(count_words(text) for name, text in texts.items() if name != services.FLASH) < least:
        texts[key] += " " + chance.choice(spare)
    return texts


def _answer(entry: Entry, moment: dt.datetime, chance: Random) -> None:
    with at(moment):
        assessor = load_actor(entry.assessor_id, moment.date()) if entry.assessor_id else None
        if assessor is None:
            return
        services.version_texts(assessor, entry, ReadReason.ASSESSMENT)
        texts = {
            "strong": chance.choice(WORDS["strong"]),
            "question": chance.choice(WORDS["question"]),
            "step": chance.choice(WORDS["next"]),
        }
        services.answer(actor=assessor, entry=entry, texts=texts, accepted=chance.random() < 0.9)
