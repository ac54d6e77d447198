"""Numbers: patterns that cannot collide, counters without gaps, whoever issues at the same time and whatever is rolled back."""

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.credentials import services
from lms.credentials.models import Certificate, CertificateCounter
from lms.credentials.numbers import NAMES, PatternError, Place, check_pattern, signature, write_number
from lms.db import commit, db, set_transaction_mode
from lms.errors import Refused

from .conftest import VALUES

PLACE = Place("PKTBT", "BKPSDM", dt.date(2026, 11, 22), 3)
CODES = {"program_code": "PKTBT", "unit_code": "BKPSDM"}
parts = st.lists(st.one_of(st.sampled_from([f"{{{name}}}" for name in NAMES]), st.text("./-ABC ", max_size=3)), max_size=5)


def test_an_example():
    pattern = "{seq:0000}/{program_code}/{unit_code}/{month_roman}/{year} {cohort_roman}"
    assert write_number(pattern, 7, PLACE) == "0007/PKTBT/BKPSDM/XI/2026 III"
    assert write_number("{seq}-{year}", 12345, PLACE) == "12345-2026"


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("{seq:0000}", "year"),
        ("{year}", "seq"),
        ("{seq}{seq}/{year}", "seq"),
        ("{seq}/{year}/{nomor}", "nomor"),
        ("{seq}/{year", "{year}"),
        ("{seq:12}/{year}", "seq:12"),
        ("{seq}/{year}/{unit_code}", "unit_code"),
    ],
)
def test_patterns_that_number_nothing(app, pattern, word):
    with pytest.raises(PatternError, match=re.escape(word)):
        check_pattern(pattern, program_code="X", unit_code="")


@settings(max_examples=40)
@given(parts, parts, st.integers(1, 8), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_pattern_that_is_taken_gives_each_its_own(before, after, width, one, two):
    pattern = "".join([*before, f"{{seq:{'0' * width}}}", "{year}", *after])
    check_pattern(pattern, **CODES)
    assert (write_number(pattern, one, PLACE) == write_number(pattern, two, PLACE)) == (one == two)
    assert "{" not in write_number(pattern, one, PLACE)
    assert signature(pattern, **CODES) == signature(pattern.replace(f"{{seq:{'0' * width}}}", "{seq}"), **CODES)


def test_two_templates_never_write_the_same_numbers(site):
    values = {**VALUES, "unit_id": site.unit.id, "name": "Lain", "number_pattern": "{seq:000}/PKTBT/{month_roman}/{year}"}
    with pytest.raises(Refused, match="STTP"):
        services.save_template(actor=site.organizer, template=None, values=values, letterhead="")
    services.save_template(actor=site.organizer, template=None, values={**values, "number_pattern": "{seq:000}/WS/{year}"}, letterhead="")


def test_a_month_may_be_the_number_of_a_cohort(site):
    values = {**VALUES, "unit_id": site.unit.id, "program_code": ""}
    for one, other in (("{seq}/{month}/{year}", "{seq:00}/{cohort}/{year}"), ("{month_roman}-{seq}-{year}", "{cohort_roman}-{seq}-{year}")):
        services.save_template(actor=site.organizer, template=None, values={**values, "name": one, "number_pattern": one}, letterhead="")
        with pytest.raises(Refused):
            services.save_template(
                actor=site.organizer, template=None, values={**values, "name": "B", "number_pattern": other}, letterhead=""
            )


def test_numbers_that_were_given_keep_pattern_and_codes(site):
    (person,) = site.people(1)
    values = {**VALUES, "unit_id": site.unit.id, "program_code": "LAIN"}
    services.save_template(actor=site.organizer, template=site.template, values=values, letterhead="")
    services.issue(site.issuing(), [person.id])
    for changed in ({"program_code": "PKTBT"}, {"number_pattern": "{seq}/{year}"}):
        with pytest.raises(Refused):
            services.save_template(actor=site.organizer, template=site.template, values={**values, **changed}, letterhead="")
    services.save_template(actor=site.organizer, template=site.template, values={**values, "signer_name": "Lain"}, letterhead="")


def test_a_number_that_is_taken_all_the_same_is_a_sentence_and_no_gap(site):
    first, second = site.people(2)
    (certificate,) = services.issue(site.issuing(), [first.id])
    certificate.number = "0002/PKTBT/XI/2026"
    commit()
    with pytest.raises(Refused, match="0002/PKTBT/XI/2026"):
        services.issue(site.issuing(), [second.id])
    db.session.rollback()
    assert db.session.scalar(sa.select(CertificateCounter.last)) == 1


@pytest.mark.timeout(60)
def test_many_issue_at_once_and_some_roll_back(app, site):
    """Twelve transactions in six threads, a third of them rolled back: the numbers are 1, 2, 3, … all the same, each of one person."""
    enrolled = [row.id for row in site.people(24)]
    names = {"template_id": site.template.id, "cohort_id": site.cohort.id, "day": dt.date(2026, 11, 20), "actor_id": site.organizer.id}

    def issue(number):
        with app.app_context():
            set_transaction_mode("write")
            work = services.issuing(**names)
            # Neighbours overlap by one person, who must get one certificate only.
            services.issue(work, enrolled[number * 2 : number * 2 + 3])
            if number % 3 == 1:
                db.session.rollback()
            else:
                commit()
            db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(issue, range(12)))
    db.session.rollback()
    rows = db.session.execute(sa.select(Certificate.sequence, Certificate.number, Certificate.enrolment_id)).all()
    assert sorted(row.sequence for row in rows) == list(range(1, len(rows) + 1))
    assert len({row.enrolment_id for row in rows}) == len({row.number for row in rows}) == len(rows) >= 16
    assert db.session.scalar(sa.select(CertificateCounter.last)) == len(rows)
    services.issue(site.issuing(), enrolled)
    assert db.session.scalar(sa.select(CertificateCounter.last)) == 24


def test_each_year_begins_with_one(site):
    first, second = site.people(2)
    services.issue(site.issuing(), [first.id])
    (certificate,) = services.issue(site.issuing(day=dt.date(2027, 1, 4)), [second.id])
    assert (certificate.sequence, certificate.number) == (1, "0001/PKTBT/I/2027")
