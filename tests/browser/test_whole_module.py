"""A module from nothing: out of a Word document, reviewed, published, learned from, moved under a running cohort, copied and joined again."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect
from support.lists import xlsx
from support.offices import picture, word

LEARNER = "peserta18@demo.example"
TODAY = dt.datetime.now(ZoneInfo("Asia/Pontianak")).date()
CLIPBOARD = Path(__file__).parent.parent / "courses" / "bringing" / "clipboard" / "word.html"
TITLE = "Mendengar di loket"
WORDS = "Petugas menyapa warga dengan namanya, lalu menunggu tiga detik sebelum bertanya apa keperluannya. "
SENTENCE = "Tunggu tiga detik sebelum menjawab."
OTHER = "Duduklah sejajar dengan warga."
TEXT = "textarea.text"
PASTE = """([html, plain, pictured]) => {
  const data = new DataTransfer();
  const area = document.querySelector("textarea.text");
  const paste = () => area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  if (!pictured) {
    data.setData("text/html", html);
    data.setData("text/plain", plain);
    return paste();
  }
  const canvas = Object.assign(document.createElement("canvas"), { width: 800, height: 400 });
  canvas.getContext("2d").fillRect(0, 0, 300, 300);
  return new Promise((done) => canvas.toBlob((blob) => {
    data.items.add(new File([blob], "Kursi.png", { type: "image/png" }));
    paste();
    done();
  }));
}"""


def test_a_whole_module_from_nothing(own_visitor, tmp_path):
    author, colleague = (own_visitor.sign_in(name, width=1280, worker=False) for name in ("instructor", "instructor2"))
    home = out_of_a_document(author, tmp_path)
    pasted(author, home)
    asked(author, home)
    visited(author, home)
    written_on_a_phone(own_visitor, home)

    reviewed(own_visitor, author, colleague, home)
    published(author, home)

    organizer = own_visitor.sign_in("organizer", width=1280, worker=False)
    cohort = cohort_of(organizer)
    enrolled(organizer, cohort, tmp_path)
    learner = own_visitor.sign_in(LEARNER, worker=False)
    learned(learner, f"{cohort.replace('/cohorts', '/learn')}{home.removeprefix('/studio')}")

    copy = copied(author, colleague, home)
    improved(author, home)
    moved(organizer, cohort)
    kept(learner, cohort, home)
    joined(colleague, copy)
    assert own_visitor.complaints == []


# -- writing -----------------------------------------------------------------------------------------------------------------------


def handbook(document) -> None:
    """Fill a document as a trainer has it: two chapters with a list, a table and a picture that nobody has described."""
    document.add_heading(TITLE, 0)
    for chapter in ("Sapa", "Tunggu"):
        document.add_heading(chapter, 1)
        for _paragraph in range(6):
            document.add_paragraph(WORDS * 5)
        document.add_heading(f"{chapter} lagi", 2)
        for step in ("satu", "dua"):
            document.add_paragraph(f"Langkah {step}", style="List Bullet")
    table = document.add_table(2, 2)
    for cell, text in zip((cell for row in table.rows for cell in row.cells), ("Ucapan", "Arti", "“Sabar”", "tunda"), strict=True):
        cell.text = text
    document.add_picture(io.BytesIO(picture()))


def saved(page: Page) -> None:
    expect(page.locator("[data-saved-state]")).to_have_attribute("data-state", "saved", timeout=20_000)


def typed(page: Page, field: str, text: str) -> None:
    """Type into a field of an activity and wait until the server has it."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url == page.url.partition("#")[0] and answer.ok):
        page.fill(field, text)
    saved(page)


def opened(page: Page, address: str) -> None:
    """Open an activity in the studio and wait until its scripts are there."""
    page.goto(address)
    page.wait_for_load_state("networkidle")


def out_of_a_document(page: Page, folder) -> str:
    """Bring a Word document in; return the address of the module that it has become."""
    file = folder / "Bahan ajar (1).docx"
    file.write_bytes(word(handbook))
    page.goto("/studio")
    page.click("main a[href='/studio/import']")
    page.set_input_files("[name=zip]", file)
    page.click("main form button >> nth=0")
    assert page.input_value("#title") == TITLE
    assert [page.input_value(f"[name=lesson-0-{place}]") for place in (0, 1)] == ["Sapa", "Tunggu"]
    page.fill("[name='lesson-0-0']", "Menyapa")
    page.fill("[name='figures/gambar-1.png']", "Dua kursi yang sejajar di depan loket")
    page.click("main button:has-text('Buat draf pertama')")
    home = "/studio/mendengar-di-loket"
    assert page.url.endswith(home)
    page.click("a[href$='/tunggu'] >> nth=0")
    text = page.input_value(TEXT)
    assert "- Langkah satu\n- Langkah dua\n" in text
    assert "| “Sabar” | tunda |" in text
    assert "![Dua kursi yang sejajar di depan loket](figures/gambar-1.png)" in text
    return home


def pasted(page: Page, home: str) -> None:
    """A page of Word becomes Markdown, a picture asks what it shows, the preview shows both."""
    opened(page, f"{home}/menyapa")
    page.evaluate(PASTE, [CLIPBOARD.read_text(), "tanpa bentuk", False])
    expect(page.locator("[id$=-pasted]")).to_contain_text("Ditempel")
    text = page.input_value(TEXT)
    assert "| “Sabar” | tunda \\| tolak |" in text
    assert "1. Sapa\n" in text
    assert "mso" not in text
    page.evaluate(PASTE, ["", "", True])
    page.fill("#picture-alt", "Sebuah kursi kosong di loket")
    page.click("dialog [type=submit]")
    expect(page.locator(TEXT)).to_have_value(re.compile(r"!\[Sebuah kursi kosong di loket\]\(figures/kursi"))
    saved(page)
    page.click("label[for=panel-preview]")
    frame = page.frame_locator(".studio-preview iframe")
    expect(frame.locator("img[alt='Sebuah kursi kosong di loket']")).to_be_visible()
    expect(frame.locator("td", has_text="tunda | tolak")).to_be_visible()
    opened(page, f"{home}/tunggu")
    typed(page, TEXT, f"{page.input_value(TEXT)}\n{SENTENCE}\n\n## Duduk\n\n{OTHER}\n")


def asked(page: Page, home: str) -> None:
    """A quiz with two questions, every option with its reason; half of them right is enough."""
    page.goto(f"{home}/add")
    page.check("[name=type][value=quiz]")
    page.fill("[name=title]", "Cek")
    page.click("main form button:has-text('Tambahkan')")
    for stem in ("Apa yang dilakukan lebih dahulu?", "Berapa lama kita menunggu?"):
        page.click("a:has-text('Tulis soal baru')")
        page.click("a[href^='?kind=single_choice']")
        page.fill("[name=i-stem]", stem)
        for place, answer in enumerate(("Benar", "Keliru")):
            page.fill(f"[name=i-options-{place}-text]", answer)
            page.fill(f"[name=i-options-{place}-rationale]", f"{answer}, karena begitulah di loket.")
        page.check("[name=i-options-0-correct]")
        page.click("button:has-text('Simpan dan jadikan siap')")
        assert page.url.endswith(f"{home}/cek"), page.inner_text("main")
    rule(page, "chosen", "50")


def rule(page: Page, mode: str, percent: str = "") -> None:
    """Say what completes the quiz."""
    page.wait_for_load_state("networkidle")
    page.locator("details:has(#rule) > summary").first.click()
    page.check(f"[name=rule_mode][value={mode}]")
    if percent:
        page.check("[name=rule_passed]")
        page.fill("[name=rule_passed_value]", percent)
    page.click(".save-bar button:has-text('Simpan')")
    saved(page)
    page.reload()
    assert page.is_checked(f"[name=rule_mode][value={mode}]")


def visited(page: Page, home: str) -> None:
    """A field visit out of the box of templates, on a phone's width in the preview."""
    page.goto(f"{home}/templates")
    page.get_by_label("Kunjungan lapangan: daftar periksa dan tiga lensa").check()
    page.fill("[name=title]", "Kunjungan")
    page.click("main form button:has-text('Mulai')")
    page.wait_for_load_state("networkidle")
    typed(page, "[name=title]", "Kunjungan ke puskesmas")
    page.click("a[href$='/kunjungan/preview']")
    page.click("a[href$='as=phone']")
    frame = page.frame_locator(".look.as-phone iframe")
    expect(frame.locator("h1")).to_have_text("Kunjungan ke puskesmas")
    assert page.locator(".look iframe").bounding_box()["width"] < 400


def written_on_a_phone(visitor, home: str) -> None:
    """The journal, from its template, at 360 pixels."""
    page = visitor.sign_in("instructor", worker=False)
    page.goto(f"{home}/templates")
    page.get_by_label("Jurnal: tiga pertanyaan dan empat tingkat").check()
    page.fill("[name=title]", "Jurnal")
    page.click("main form button:has-text('Mulai')")
    page.wait_for_load_state("networkidle")
    typed(page, "[name=minutes]", "30")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


# -- reviewing and publishing ------------------------------------------------------------------------------------------------------


def reviewed(visitor, author: Page, colleague: Page, home: str) -> None:
    """No approval, no publishing; an expert without an account returns the text, a colleague approves the next one."""
    author.goto(f"{home}/reviews")
    author.check("[name=demanded]")
    author.click("form[action$='/rule'] button")
    link = link_for_an_expert(author)
    expert = visitor.page(visitor.context(worker=False))
    expert.goto(link)
    expert.click("main li a:has-text('Tunggu')")
    expert.locator(f"p:has-text('{SENTENCE}') + a.remark, p:has-text('{SENTENCE}') a.remark").first.click()
    expert.fill("[name=text]", "Tiga atau lima detik? Sebutkan sumbernya.")
    expert.fill("[name=name]", "Dr. Sari, Universitas")
    expert.click("button:has-text('Simpan komentar')")
    expert.goto(link)
    expert.check("[name=verdict][value=returned]")
    expert.fill("[name=sentence]", "Perbaiki satu kalimat.")
    expert.click("button:has-text('Kirim keputusan')")
    assert "Tiga atau lima detik?" in expert.inner_text("main")

    # The author finds the comment beside the text, answers it, writes the sentence anew. It cannot be published like that.
    opened(author, f"{home}/tunggu")
    assert SENTENCE in author.inner_text(".remarks-beside blockquote")
    author.click(".remarks-beside li summary")
    author.fill(".remarks-beside [name=answer]", "Lima, terima kasih.")
    author.check(".remarks-beside [name=done]")
    author.click(".remarks-beside form button")
    author.wait_for_load_state("networkidle")
    typed(author, TEXT, author.input_value(TEXT).replace(SENTENCE, SENTENCE.replace("tiga", "lima")))
    author.goto(f"{home}/publish")
    assert author.locator("form[action$='/publish']").count() == 0
    expert.goto(link)
    assert "Lima, terima kasih." in expert.inner_text("main")

    author.goto(f"{home}/reviews")
    author.locator("label:has([name=colleagues])", has_text=colleague_name(colleague)).locator("input").check()
    author.click("button:has-text('Bekukan dan minta telaah')")
    colleague.goto("/reviews")
    colleague.click(f"main .list a:has-text('{TITLE}')")
    colleague.check("[name=verdict][value=approved]")
    colleague.click("button:has-text('Kirim keputusan')")


def link_for_an_expert(author: Page) -> str:
    author.fill("[name=note]", "Apakah lamanya benar?")
    author.click("button:has-text('Bekukan dan minta telaah')")
    author.fill("[name=label]", "Dr. Sari")
    author.click("button:has-text('Buat tautan')")
    return "/review/" + author.input_value("#link").rpartition("/review/")[2]


def colleague_name(page: Page) -> str:
    page.goto("/profile")
    return page.input_value("[name=name]")


def published(page: Page, home: str) -> None:
    page.goto(f"{home}/publish")
    page.click("form[action$='/publish'] button:has-text('Terbitkan') >> nth=0")
    assert page.url.endswith(home), page.inner_text("main")
    assert "Revisi 1" in page.inner_text("main")


# -- a cohort that learns ----------------------------------------------------------------------------------------------------------


def cohort_of(page: Page) -> str:
    """Make a course of the module and a cohort; return the cohort's address."""
    page.goto("/cohorts/courses/new")
    for name, text in (("title", "Pelatihan mendengar"), ("summary", "Satu modul.")):
        for language in ("id", "en"):
            page.fill(f"[name={name}_{language}]", text)
    page.get_by_label(TITLE).first.select_option("required")
    page.click("main form button:has-text('Buat')")
    page.goto("/cohorts/new")
    page.get_by_label("Pelatihan mendengar").check()
    page.fill("[name=title]", "PKTBT Mendengar")
    page.fill("[name=number]", "8")
    page.fill("[name=year]", str(TODAY.year))
    page.select_option("[name=organizer_unit_id]", label="Badan Kepegawaian dan Pengembangan Sumber Daya Manusia")
    page.fill("[name=starts_on]", (TODAY - dt.timedelta(days=1)).isoformat())
    page.fill("[name=ends_on]", (TODAY + dt.timedelta(days=30)).isoformat())
    page.click("main form button:has-text('Buat')")
    return page.url.removeprefix(page.url.split("/cohorts")[0])


def enrolled(page: Page, cohort: str, folder) -> None:
    """Bring one learner in, with a list."""
    file = folder / "peserta.xlsx"
    file.write_bytes(xlsx([["Nama Lengkap", "NIP", "Unit Kerja", "Surel"], ["Agustinus Bujang", None, "", LEARNER]]))
    page.goto(f"{cohort}/import")
    page.set_input_files("[name=file]", file)
    page.click("main form button:has-text('Periksa')")
    page.click("main button:has-text('Impor semua')")
    expect(page.locator("h1")).not_to_contain_text("Periksa")


def learned(page: Page, place: str) -> None:
    """Read the first lesson on a phone; answer one of the two questions, which is enough in revision 1."""
    page.goto(f"{place}/menyapa")
    expect(page.locator("img[alt='Sebuah kursi kosong di loket']")).to_have_count(1)
    page.click("form[action$='/read'] button")
    page.goto(f"{place}/cek")
    page.click("form[action^='/quizzes/start'] button")
    for answer in ("Benar", "Keliru"):
        page.get_by_label(answer).check()
        page.click("button[name=go]:not(.second)")
    page.click("form[action$='/hand-in'] button")
    assert page.locator(".rationale").count() >= 2
    page.goto(f"{place}/cek")
    assert "tuntas" in page.inner_text("article header")


def improved(page: Page, home: str) -> None:
    """Change both paragraphs, ask for more in the quiz, publish."""
    opened(page, f"{home}/tunggu")
    text = page.input_value(TEXT)
    typed(page, TEXT, text.replace("Tunggu lima detik", "Tunggu dua detik").replace(OTHER, f"{OTHER} Letakkan pena."))
    page.goto(f"{home}/cek")
    rule(page, "default")
    page.goto(f"{home}/reviews")
    page.uncheck("[name=demanded]")
    page.click("form[action$='/rule'] button")
    page.goto(f"{home}/publish")
    page.click("form[action$='/publish'] button:has-text('Terbitkan') >> nth=0")
    assert "Revisi 2" in page.inner_text("main")


def moved(page: Page, cohort: str) -> None:
    """The dry run names who would not meet the new rule; nothing is taken away."""
    page.goto(f"{cohort}/upgrade")
    said = page.inner_text("main")
    assert "Status selesai mereka tetap" in said, said
    assert not page.is_checked("[name=take_away]")
    page.click("button:has-text('Pindahkan modul yang dicentang')")
    page.goto(f"{cohort}/upgrade")
    assert page.locator("[name=module]").count() == 0


def kept(page: Page, cohort: str, home: str) -> None:
    """What the learner has completed stays complete; the texts are the new ones."""
    place = f"{cohort.replace('/cohorts', '/learn')}{home.removeprefix('/studio')}"
    for key in ("menyapa", "cek"):
        page.goto(f"{place}/{key}")
        assert "tuntas" in page.inner_text("article header"), key
    page.goto(f"{place}/tunggu")
    assert "Letakkan pena." in page.inner_text("article")


# -- a copy ------------------------------------------------------------------------------------------------------------------------


def copied(author: Page, colleague: Page, home: str) -> str:
    """The author opens the module; a colleague copies it and changes one paragraph. Return the address of the copy."""
    author.goto(f"{home}/copies")
    author.click("main button:has-text('Buka untuk pengajar lain')")
    colleague.goto(f"/modules{home.removeprefix('/studio')}")
    colleague.click("main a[href$='/copy']")
    colleague.fill("[name=title_id]", "Mendengar di Bontang")
    colleague.click("main form button:has-text('Buat salinan')")
    copy = colleague.url[colleague.url.index("/studio") :]
    opened(colleague, f"{copy}/tunggu")
    typed(colleague, TEXT, colleague.input_value(TEXT).replace("Tunggu lima detik", "Tunggu sampai warga mengangguk"))
    return copy


def joined(page: Page, copy: str) -> None:
    """What both have changed is decided with the keyboard alone, the other paragraph comes by itself."""
    page.goto(f"{copy}/upstream")
    for _try in range(40):  # a worker brings the news
        if page.locator("main .head a.button").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    pressed(page, "main .head a.button", "Enter")
    page.wait_for_selector("[data-keys]:not([hidden])")
    assert re.search("mengangguk.*dua detik", page.inner_text("main"), re.DOTALL)
    assert "Letakkan pena." not in page.inner_text("main .changes"), "only what both have changed is asked"
    page.keyboard.press("1")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert page.url.endswith("/upstream/result")
    pressed(page, "#take button", "Enter")
    page.goto(f"{copy}/tunggu")
    text = page.input_value(TEXT)
    assert "Tunggu sampai warga mengangguk" in text
    assert "Letakkan pena." in text
    page.goto(f"{copy}/upstream")
    assert "Belum ada yang baru" in page.inner_text("h1")


def pressed(page: Page, control: str, key: str) -> None:
    """Press a key on a control that leads to another page."""
    page.focus(control)
    with page.expect_navigation():
        page.keyboard.press(key)
