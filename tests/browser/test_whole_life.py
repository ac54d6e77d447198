"""The whole life of a cohort in one story: a dirty list, a schedule, learning, attendance, an answer, a decision, a certificate, a transcript."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect
from support.demonstration import ROOT
from support.lists import xlsx

LEARNER = "peserta18@demo.example"  # has an account, and is in another cohort already
TODAY = dt.datetime.now(ZoneInfo("Asia/Pontianak")).date()
MODULE = {
    "module.yaml": """
format: 1
key: sapa
title: {id: Menyapa warga, en: Greeting citizens}
summary: {id: Satu bacaan dan satu jurnal., en: One page and one journal.}
audience: {id: Semua ASN., en: All civil servants.}
outcomes:
- {id: Menyapa warga dengan namanya., en: Greet citizens by name.}
language: id
checked_on: 2026-11-21
sections:
- {key: baca, title: {id: Membaca, en: Reading}, jp: 1, form: e_learning}
- {key: tulis, title: {id: Menulis, en: Writing}, jp: 1, form: reflection}
""",
    "01-salam.md": """---
type: lesson
title: Salam di loket
section: baca
minutes: 5
---
Sebut nama warga sebelum bertanya apa keperluannya.
""",
    "02-jurnal.yaml": """type: journal
title: Jurnal satu hari
section: tulis
minutes: 15
minimum_words: 5
prompts:
- {key: apa, title: 'Apa?', prompt: 'Apa yang terjadi?'}
""",
}
# As they come: a title over the table, two numbers that Excel has rounded, a unit by its short name, spaces in an address.
DIRTY = [
    ["DAFTAR PESERTA PKTBT FIX(3)"],
    [],
    ["No", "Nama Lengkap", "NIP", "Unit Kerja", "Surel", "No HP"],
    [1, "Agustinus Bujang", None, "", LEARNER, ""],
    [2, "SITI AMINAH,S.Kep.,Ners", "19800229 201001 2 001", "Dinas Kesehatan", "siti.baru@demo.example", 81234567890],
    [3, "Ahmad Baru", 198002292010011000.0, "Dinkes", "ahmad.baru@demo.example", "0812-3456-7891"],
    [4, "Tanpa Alamat", None, "Dinas Entah Di Mana", "", ""],
    [],
    ["Mengetahui, Kepala Badan"],
]


def test_from_a_dirty_list_to_a_transcript(own_server, own_visitor, tmp_path):
    import_module(own_server, tmp_path)
    organizer = own_visitor.sign_in("organizer", width=1280)
    cohort = begin(organizer)
    imported(organizer, cohort, tmp_path)
    teach(organizer, cohort)
    meeting(organizer, cohort)

    learner = own_visitor.sign_in(LEARNER)
    learn(learner, cohort)
    everybody_was_there(organizer, cohort)
    answered(own_visitor.sign_in("instructor", width=1280))

    decide(organizer, cohort)
    number = certificate(organizer, cohort)
    what_the_learner_has(learner, cohort, number)
    anybody_can_check(own_visitor, learner)


def import_module(server, folder) -> None:
    home = folder / "sapa"
    home.mkdir()
    for name, text in MODULE.items():
        (home / name).write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    command = [sys.executable, "-m", "lms", "module", "import", str(home)]
    subprocess.run(command, cwd=ROOT, env={**environment, "LMS_DATA": str(server.data)}, check=True, capture_output=True)


def begin(page: Page) -> str:
    """Make a course of the module and a cohort of it; return the cohort's address."""
    page.goto("/cohorts/courses/new")
    page.fill("[name=title_id]", "Pelatihan menyapa")
    page.fill("[name=title_en]", "Greeting")
    page.fill("[name=summary_id]", "Satu modul.")
    page.fill("[name=summary_en]", "One module.")
    page.get_by_label("Menyapa warga").first.select_option("required")
    page.click("main form button:has-text('Buat')")
    assert page.locator("main .error").count() == 0, page.inner_text("main")
    page.goto("/cohorts/new")
    page.get_by_label("Pelatihan menyapa").check()
    page.fill("[name=title]", "PKTBT Sapa")
    page.fill("[name=number]", "7")
    page.fill("[name=year]", str(TODAY.year))
    page.select_option("[name=organizer_unit_id]", label="Badan Kepegawaian dan Pengembangan Sumber Daya Manusia")
    page.fill("[name=starts_on]", (TODAY - dt.timedelta(days=1)).isoformat())
    page.fill("[name=ends_on]", (TODAY + dt.timedelta(days=30)).isoformat())
    page.click("main form button:has-text('Buat')")
    assert "PKTBT Sapa Angkatan VII" in page.inner_text("h1")
    return page.url.removeprefix(page.url.split("/cohorts")[0])


def imported(page: Page, cohort: str, folder) -> None:
    """Import the list: what is wrong is said with a reason, the rest comes in, and twice changes nothing."""
    file = folder / "DATA PESERTA PKTBT FIX(3).xlsx"
    file.write_bytes(xlsx(DIRTY))
    for again in (False, True):
        page.goto(f"{cohort}/import")
        page.set_input_files("[name=file]", file)
        page.click("main form button:has-text('Periksa')")
        said = page.inner_text("main")
        assert "Ahmad Baru" in said
        assert re.search(r"angka|Excel|teks", said), "why a number that Excel has rounded is refused"
        if again:
            assert page.locator("main button:has-text('benar saja')").count() == 0, "everybody is in already"
            continue
        page.click("main button:has-text('benar saja')")
        expect(page.locator("h1")).not_to_contain_text("Periksa")
    page.goto(f"{cohort}/people")
    people = page.inner_text("main")
    assert "Siti Aminah" in people
    assert "Ahmad Baru" not in people


def teach(page: Page, cohort: str) -> None:
    """Let the instructor answer the journals of the cohort."""
    page.goto(f"{cohort}/staff")
    page.fill("[name=who]", "instructor@demo.example")
    page.check("[name=role][value=instructor]")
    page.click("main form button:has-text('Beri peran')")
    assert "Helena Suryani" in page.inner_text("main")
    page.goto(f"{cohort}/groups")
    page.locator("select[name=assessor]").select_option(label="Helena Suryani")
    page.click("main form button:has-text('Simpan kelompok')")


def meeting(page: Page, cohort: str) -> None:
    page.goto(f"{cohort}/schedule")
    page.fill("[name=title]", "Pembukaan")
    page.fill("[name=place]", "Aula")
    page.fill("[name=day]", TODAY.isoformat())
    page.fill("[name=begins]", "00:00")
    page.fill("[name=ends]", "23:59")
    page.fill("[name=jp]", "3")
    page.click("main form button:has-text('Simpan pertemuan')")
    assert "Pembukaan" in page.inner_text("main")


def learn(page: Page, cohort: str) -> None:
    place = f"/learn/{cohort.rsplit('/', maxsplit=1)[-1]}/sapa"
    page.goto(f"{place}/salam")
    page.click("main form button >> nth=0")
    page.goto(f"{place}/jurnal")
    page.fill("[name='text-apa']", "Seorang ibu tersenyum ketika namanya saya sebut pelan-pelan.")
    page.click("[data-hand-in]")
    expect(page.locator(".version")).to_have_count(1)


def everybody_was_there(page: Page, cohort: str) -> None:
    page.goto(f"{cohort}/attendance")
    page.click("main a:has-text('Daftar hadir') >> nth=0")
    for select in page.locator("select[name^=state_]").all():
        select.select_option("present")
    page.click("main form button:has-text('Catat')")


def answered(page: Page) -> None:
    page.goto("/desk?module=sapa")
    page.click(".list >> nth=0 >> li a >> nth=0")
    assert "Seorang ibu tersenyum" in page.inner_text("main")
    page.fill("[name=strong]", "Satu kejadian yang jelas.")
    for kept in page.locator("input[name='rubric-etika'][value=kept]").all():
        kept.check()
    page.click("form:has([name=strong]) .actions button")
    page.wait_for_selector(".notice.leaf[role=status]")


def decide(page: Page, cohort: str) -> None:
    """The results table says who meets the rule; a person decides."""
    page.goto(f"{cohort}/results?show=may")
    page.locator("main [name=person]").first.check()
    page.check("[name=outcome][value=passed]")
    page.click("main button:has-text('Tulis keputusan')")
    page.goto(f"{cohort}/results?show=decided")
    assert "lulus" in page.inner_text("main")


def certificate(page: Page, cohort: str) -> str:
    """Issue the certificates in the background; return the number of the one."""
    page.goto(f"{cohort}/certificates")
    page.click("main form button:has-text('Terbitkan')")
    expect(page.locator("main a:has-text('Unduh')")).to_be_visible(timeout=60_000)
    page.goto(f"{cohort}/certificates")
    found = re.search(r"\d{4}/PKTBT/\S+", page.inner_text("main"))
    assert found
    return found[0]


def what_the_learner_has(page: Page, cohort: str, number: str) -> None:
    page.goto(f"/learn/{cohort.rsplit('/', maxsplit=1)[-1]}/result")
    assert "lulus" in page.inner_text("main").lower()
    page.goto("/profile/certificates")
    assert number in page.inner_text("main")
    page.goto("/profile/transcript")
    hours = " ".join(page.inner_text("main").split())
    for title, jp in (("Pembukaan", 3), ("Membaca", 1), ("Menulis", 1)):
        assert re.search(rf"{title} \d+ \w+ \d+ · [\w -]+ · PKTBT Sapa Angkatan VII Tahun \d+ {jp} JP", hours), title
    page.goto("/notices")
    assert "Sertifikat Anda sudah siap" in page.inner_text("main")


def anybody_can_check(visitor, learner: Page) -> None:
    """The code on the paper leads to a page that gives no number of a person away."""
    learner.goto("/profile/certificates")
    address = learner.locator("main a[href*='/check/']").first.get_attribute("href")
    stranger = visitor.page(visitor.context())
    stranger.goto(address)
    said = stranger.inner_text("main")
    assert "berlaku" in said.lower()
    assert not re.search(r"\d{18}", said.replace(" ", ""))
