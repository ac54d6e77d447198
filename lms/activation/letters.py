"""Letters on paper: one page (A4) for each person, with the code, the address and a picture of the address; PDF that can be read aloud."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segno
import typst
from flask import current_app

from lms.i18n import format_date, language
from lms.i18n import gettext as _
from lms.people.models import full_name
from lms.people.nip import in_blocks

SOURCE = Path(__file__).parent / "letter.typ"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is particular to one person's letter. `account` is what they type beside the code: their address or number."""

    name: str
    agency: str
    account: str
    code: str


def letter_of(person: Any, agency: str | None, code: str) -> Letter:
    """Return the letter of somebody: a User, or a row of `queries.letters_of`."""
    account = person.email or in_blocks(person.employee_number or "")
    return Letter(full_name(person.title_before, person.name, person.title_after), agency or "", account, code)


def pdf_of(letters: list[Letter], *, programme: str, sender: str, until: dt.datetime) -> bytes:
    """Return the letters as one PDF (PDF/UA-1), a page each, in the language of who asks."""
    address = f"{current_app.config['LMS_BASE_URL']}/activate"
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="svg", border=2, svgclass=None, lineclass=None)
    data = {
        "language": language(),
        "title": _("Activation letters") if len(letters) > 1 else _("Activation letter"),
        "sender": sender,
        "programme": programme,
        "heading": _("Your account on Peduli"),
        "intro": _("You take part in %(programme)s. With this letter you open your account. It takes five minutes and works on a telephone.", programme=programme),
        "steps": [
            _("Open %(address)s, or point the camera of your telephone at the picture.", address=address),
            _("Type your e-mail address or NIP, and the code below. Capitals and the hyphen do not matter."),
            _("Choose a password that only you know. You are signed in at once."),
        ],
        "account_title": _("Your account"),
        "code_title": _("Your code"),
        "picture": picture.getvalue().decode(),
        "picture_alt": _("QR code of the address %(address)s", address=address),
        "notes": [
            _("The code works once, until %(date)s. Give it to nobody; no office will ask you for it.", date=format_date(until)),
            _("Is the letter lost, or does the code not work? Ask the organizer for a new letter; the old code then ends."),
        ],
        "letters": [{"name": one.name, "agency": one.agency, "account": one.account, "code": one.code} for one in letters],
    }  # fmt: skip
    made = typst.compile(
        str(SOURCE),
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
    )
    return bytes(made)
