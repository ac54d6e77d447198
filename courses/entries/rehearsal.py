"""Invented texts for the demonstration: what learners might write, and what an instructor might answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from random import Random
from typing import Any

import sqlalchemy as sa

from courses.entries import calibration, drafts, kember, presets, services
from courses.entries.audience import Audience
from courses.entries.models import Entry, EntryKind
from lms.api import Actor, Context, Enrolment, Group, ReadReason, at, count_words, db, load_actor, local_day, utcnow

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


def write(ctx: Context, learner: Actor, chance: Random, fields: list[dict[str, str]], skill: float = 0.85) -> None:
    """Tick, write a draft, hand in; some days later the instructor answers, if that day has come; what goes back is mostly revised."""
    now = utcnow()
    entry = services.ensure_entry(actor=learner, where=services.where_of(ctx), kind=EntryKind(ctx.type))
    checks = [row["key"] for row in ctx.prepared.get("checklist", [])]
    if checks:
        services.tick(entry=entry, keys=checks, happened_on=local_day(now, ctx.time_zone))
    texts = _texts(chance, fields, int(ctx.settings.get("minimum_words") or 60))
    head = _name(chance)
    drafts.write(actor=learner, entry=entry, change=drafts.Written(id=head, whole=texts))
    later = now + dt.timedelta(hours=chance.randint(1, 30))
    if later > _today() or chance.random() < 0.08:
        return  # still a draft
    with at(later):
        services.hand_in(actor=learner, ctx=ctx, entry=entry, head=head, audiences=_audiences(chance, fields))
    accepted = _answer(ctx, entry, later, chance, skill)
    again = later + dt.timedelta(days=chance.randint(8, 11))
    if accepted is False and again < _today() and chance.random() < 0.7:
        with at(again):
            services.reopen(entry=entry, actor=learner)
            key = next(reversed(texts))
            texts[key] += " " + chance.choice(WORDS["meaning"])
            revised = drafts.Written(id=_name(chance), on=(entry.drafts[0].head,), whole=texts)
            drafts.write(actor=learner, entry=entry, change=revised)
            services.hand_in(actor=learner, ctx=ctx, entry=entry, head=revised.id)
        _answer(ctx, entry, again, chance, skill)


def _name(chance: Random) -> str:
    return f"{chance.getrandbits(128):032x}"[:15] + ".1"


def _today() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _audiences(chance: Random, fields: list[dict[str, str]]) -> dict[str, Audience]:
    """Share with the group now and then, keep a section back now and then."""
    if chance.random() < 0.3:
        return {field["key"]: Audience.GROUP for field in fields}
    return {field["key"]: Audience.SELF for field in fields[:-1] if chance.random() < 0.1}


def _texts(chance: Random, fields: list[dict[str, str]], least: int) -> dict[str, str]:
    texts = {}
    for index, field in enumerate(fields):
        pool = list(WORDS[ORDER[min(index, 2)]])
        chance.shuffle(pool)
        texts[field["key"]] = " ".join(pool[: chance.randint(3, 6)])
    key = fields[-1]["key"]
    spare = [sentence for name in ORDER for sentence in WORDS[name]]
    while sum(count_words(text) for name, text in texts.items() if name != drafts.FLASH) < least:
        texts[key] += " " + chance.choice(spare)
    return texts


def _answer(ctx: Context, entry: Entry, handed_in: dt.datetime, chance: Random, skill: float) -> bool | None:
    """Let the assessor answer some days later, and now and then a second instructor read; return whether it was accepted, None if not yet."""
    moment = handed_in + dt.timedelta(days=chance.randint(1, 6), hours=chance.randint(0, 5))
    if not entry.assessor_id or moment >= _today() or chance.random() > 0.8:
        return None
    with at(moment):
        assessor = load_actor(entry.assessor_id, moment.date())
        services.version_texts(assessor, entry, ReadReason.ASSESSMENT)
        texts = {
            "strong": chance.choice(WORDS["strong"]),
            "question": chance.choice(WORDS["question"]),
            "step": chance.choice(WORDS["next"]),
        }
        version = entry.versions[-1]
        level = _level(chance, skill, version.number) if entry.kind is EntryKind.JOURNAL else None
        ethics = version.number == 1 and chance.random() < 0.04
        accepted = not ethics and kember.passes(level, version.number)
        if entry.kind is EntryKind.JOURNAL:
            rows = presets.rubric_of(ctx.settings, ctx.language)
            texts |= {f"rubric:{row['key']}": _criterion(row, level or 4, chance, ethics=ethics) for row in rows}
        services.answer(actor=assessor, entry=entry, texts=texts, accepted=accepted, level=None if ethics else level, ethics=ethics)
    if level is not None and version.number == 1 and ctx.settings.get("anchors") and chance.random() < 0.25:
        _second(entry, level, moment + dt.timedelta(days=1), chance)
    return accepted


def _level(chance: Random, skill: float, version: int) -> int:
    """Return a level in halves: better writers and second versions reach deeper; the top is rare."""
    return min(max(round(chance.gauss(4.6 + 6 * (skill - 0.85) + version / 2, 1.3)), 1), kember.HALVES[-1])


def _criterion(row: Mapping[str, Any], level: int, chance: Random, *, ethics: bool) -> str:
    if row.get("gate"):
        return "broken" if ethics else "kept"
    return str(min(max(round(level / 2 + chance.gauss(0, 0.5)), 1), 4))


def _second(entry: Entry, level: int, moment: dt.datetime, chance: Random) -> None:
    """Let another instructor of the cohort read and say a level of their own."""
    here = sa.select(Enrolment.cohort_id).where(Enrolment.id == entry.enrolment_id).scalar_subquery()
    others = sa.select(Group.assessor_id).where(Group.cohort_id == here, Group.assessor_id != entry.assessor_id).order_by(Group.position)
    other = db.session.scalars(others).first()
    if other is None or not entry.versions[0].open or moment >= _today():
        return
    with at(moment):
        second = load_actor(other, moment.date())
        services.version_texts(second, entry, ReadReason.CALIBRATION)
        seen = min(max(level + chance.choice((-3, -1, -1, 0, 0, 0, 0, 1, 1, 2)), 0), kember.HALVES[-1])
        calibration.give_opinion(actor=second, version_id=entry.versions[0].id, level=seen)
