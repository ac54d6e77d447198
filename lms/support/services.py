"""The list of support services: what it is, and what changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.errors import NotFound
from lms.people.access import Actor
from lms.privacy.services import audit
from lms.support.models import SupportService

FIELDS = ("position", "name", "purpose", "phone", "extension", "hours", "confidentiality", "run_by", "checked_on")

# Shown until a site has a list of its own. The numbers are known nationally; that they answer where the site is, the site must find out.
DEFAULTS: tuple[dict[str, Any], ...] = (
    {
        "name": "Darurat 112",
        "purpose": "Ada yang terluka, terancam, atau dalam bahaya sekarang juga.",
        "phone": "112",
        "hours": "24 jam, gratis",
        "confidentiality": "Panggilan diteruskan ke polisi, ambulans, atau pemadam kebakaran.",
        "run_by": "Pemerintah daerah dan Kementerian Komunikasi dan Digital; belum ada di semua kabupaten dan kota",
    },
    {
        "name": "Layanan kesehatan jiwa 119 ekstensi 8",
        "purpose": "Merasa putus asa, berpikir untuk mengakhiri hidup, atau ingin bicara dengan tenaga terlatih.",
        "phone": "119",
        "extension": "lalu tekan 8",
        "hours": "24 jam",
        "confidentiality": "Bicara dengan konselor, tanpa harus menyebut nama.",
        "run_by": "Kementerian Kesehatan",
    },
    {
        "name": "SAPA 129",
        "purpose": "Kekerasan terhadap perempuan atau anak, di rumah, di kantor, atau yang Anda temui saat kunjungan.",
        "phone": "129",
        "hours": "24 jam",
        "confidentiality": "Identitas pelapor dan korban dirahasiakan.",
        "run_by": "Kementerian Pemberdayaan Perempuan dan Perlindungan Anak",
    },
    {
        "name": "Konseling ASN (misalnya CARE ASN)",
        "purpose": "Beban kerja, masalah keluarga, konflik, cemas, lelah: bicara dengan konselor di luar garis atasan.",
        "hours": "Diisi oleh panitia: nomor, jam, dan tempat",
        "confidentiality": "Isi percakapan tidak diberitahukan kepada atasan dan tidak masuk berkas kepegawaian.",
        "run_by": "BKD atau BKPSDM setempat",
    },
)


def shown() -> Sequence[SupportService]:
    """Return the list as everybody sees it: the site's own, or the one in the box while the site has none."""
    return own() or [
        SupportService(position=number, **{"phone": "", "extension": "", **row}) for number, row in enumerate(DEFAULTS, start=1)
    ]


def own() -> Sequence[SupportService]:
    """Return the site's own list, in order."""
    return db.session.scalars(sa.select(SupportService).order_by(SupportService.position, SupportService.id)).all()


def service(service_id: int) -> SupportService:
    """Return one service of the site's own list. Raises NotFound."""
    found = db.session.get(SupportService, service_id)
    if found is None:
        raise NotFound("no such support service")
    return found


def begin(*, actor: Actor) -> None:
    """Make the list in the box the site's own, so that it can be changed; a site that has one keeps it."""
    if own():
        return
    for row in shown():
        db.session.add(row)
    db.session.flush()
    audit(actor.id, "support:change", "service", "all", count=len(DEFAULTS))


def save(*, actor: Actor, service: SupportService | None, values: Mapping[str, Any]) -> SupportService:
    """Add a service (None), or change one; a site's first one of its own brings those in the box along."""
    if service is None:
        begin(actor=actor)
        service = SupportService()
        db.session.add(service)
    for name in FIELDS:
        setattr(service, name, values[name])
    db.session.flush()
    audit(actor.id, "support:change", "service", service.id)
    return service


def remove(*, actor: Actor, service: SupportService) -> None:
    """Remove a service. With the last one the list in the box is shown again: the page is never empty."""
    audit(actor.id, "support:remove", "service", service.id)
    db.session.delete(service)
    db.session.flush()
