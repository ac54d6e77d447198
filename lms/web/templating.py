"""What templates can use: translation, numbers and dates, icons, assets, the navigation."""

from __future__ import annotations

import datetime as dt
from typing import Any

import jinja2
from flask import Flask
from markupsafe import Markup

from lms import forms, i18n
from lms.learning.words import cohort_title
from lms.people.nip import in_blocks
from lms.registry import activity_type, operation_titles
from lms.schedule.words import link_is_open, times
from lms.sync.contact import sync_contact
from lms.web.icons import segment_bar, state_svg, state_words, svg_icon
from lms.web.paging import page_url
from lms.web.rows import has_key, has_rows, headline
from lms.web.shell import bell, pages_under, shell
from lms.web.vault import vault_key


def init_app(app: Flask) -> None:
    """Set up Jinja: undefined names are errors, everything is escaped."""
    env = app.jinja_env
    env.undefined = jinja2.StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.autoescape = True
    env.add_extension("jinja2.ext.do")
    env.globals.update(
        _=_translate,
        ngettext=i18n.ngettext,
        pgettext=i18n.pgettext,
        csrf_field=forms.csrf_field,
        csrf_token=forms.csrf_token,
        pages_under=pages_under,
        bell=bell,
        shell=shell,
        vault_key=vault_key,
        sync_contact=sync_contact,
        page_url=page_url,
        has_rows=has_rows,
        has_row_key=has_key,
        row_headline=headline,
        segment_bar=segment_bar,
        state_svg=state_svg,
        state_words=state_words,
        svg_icon=svg_icon,
        meeting_times=times,
        link_is_open=link_is_open,
        language=i18n.language,
        languages=i18n.LANGUAGES,
        activity_type=activity_type,
        operation_titles=operation_titles,
    )
    env.filters.update(
        number=i18n.format_number,
        date=i18n.format_date,
        day=i18n.format_day,
        time=i18n.format_time,
        datetime=i18n.format_datetime,
        choose=i18n.choose,
        roman=i18n.roman,
        nip=in_blocks,
        as_date=as_date,
        day_number=i18n.day_number,
        month=i18n.format_month,
        month_short=i18n.month_short,
        cohort_title=cohort_title,
    )


def _translate(message: str, /, **values: Any) -> str | Markup:
    """Translate; values are escaped, and the message may hold markup of ours when one of the values does."""
    text = i18n.gettext(message)
    if not values:
        return text
    if any(hasattr(value, "__html__") for value in values.values()):
        return Markup(text) % values  # noqa: S704 - the catalogue is ours, Markup escapes the values
    return text % values


def as_date(value: dt.date | str) -> dt.date:
    """Return a date that may come out of JSON."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value
