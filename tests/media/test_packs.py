"""Packs: the same for everybody, nothing of graded quizzes, whole after any interruption, and an update brings only what differs."""

import base64
import json
import re
import struct
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from py_mini_racer import MiniRacer
from support.devices import outside

from lms.api import HEADERS, activity_type, outline
from lms.db import commit, db
from lms.learning import services as learning
from lms.learning.models import Activity, Cohort, CohortModule
from lms.people.access import load_actor
from lms.testing.made import TODAY
from media.base import library
from media.packs import services
from media.packs.services import cut, digest_of

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).parent.parent.parent
ENGINE = (ROOT / "lms/web/static/pack.js").read_text().replace("export ", "") + (Path(__file__).parent / "device.js").read_text()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'


def quiz(key, word, **more):
    options = [
        {"text": f"{word} benar", "correct": True, "rationale": f"{word} sebab"},
        {"text": f"{word} salah", "rationale": f"{word} bukan"},
    ]
    items = [{"key": f"{key}-1", "kind": "single_choice", "stem": f"{word} soal?", "options": options}]
    return {"type": "quiz", "key": key, "settings": {"items": items, **more}}


def activities(text="Halo **dunia**."):
    prompt = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    return [
        {"type": "lesson", "key": "bacaan", "settings": {"source": f"{text}\n\n![Titik](figures/titik.svg)"}},
        {"type": "lesson", "key": "lanjutan", "requires": ["bacaan"], "settings": {"source": "Terus."}},
        quiz("latihan", "LATIHANKU", practice=True),
        quiz("ujian", "RAHASIAKU"),
        {"type": "journal", "key": "jurnal", "settings": {"minimum_words": 1, "prompts": prompt}},
        {"type": "assignment", "key": "tugas", "settings": {"brief": "Tulis.", "parts": [{"key": "isi", "title": "Isi", "prompt": "?"}]}},
    ]


@pytest.fixture
def module(make_module, make_user, database):
    """Return a module with a picture, practice, and a quiz that counts."""
    module = make_module(*activities(), key="modul", publish=False)
    address = library.save(SVG, "titik.svg", owner_id=None)
    module.files = {"figures/titik.svg": address}
    kind = activity_type("lesson")
    page = next(activity for activity in learning.draft_activities(module.id) if activity.key == "bacaan")
    page.prepared = kind.prepare(page.settings, learning.draft_of(module, "bacaan", files=module.files))
    db.session.flush()
    learning.publish(actor_id=None, module=module)
    commit()
    return module


@pytest.fixture
def cohort(module, make_cohort):
    return make_cohort(module)


@pytest.fixture
def learner(client, cohort, make_user, make_enrolment):
    person = make_user("Siti Rahmawati", email="siti@example.test")
    make_enrolment(cohort, person)
    return client.as_(person)


def fetch(browser, cohort, module="modul"):
    """Return (manifest, {digest: bytes}) as a device gets them, part by part."""
    manifest = browser.get(f"/learn/{cohort.id}/{module}/pack.json").get_json()
    wanted = {digest for file in manifest["files"] for digest, *_rest in file["chunks"]}
    chunks = {}
    while wanted:
        answer = browser.get(f"/learn/{cohort.id}/{module}/pack/part?want={','.join(sorted(wanted)[:60])}")
        assert answer.status_code == 200
        assert len(answer.data) <= services.PART + 4
        for piece in pieces(answer.data):
            chunks[digest_of(piece)] = piece
        assert wanted & set(chunks), "a part brought nothing"
        wanted -= set(chunks)
    return manifest, chunks


def pieces(data):
    while data:
        (length,) = struct.unpack(">I", data[:4])
        yield data[4 : 4 + length]
        data = data[4 + length :]


def page(pack, url):
    manifest, chunks = pack
    (file,) = [file for file in manifest["files"] if file["url"] == url]
    return b"".join(chunks[digest] for digest, *_rest in file["chunks"])


# -- what is in a pack ------------------------------------------------------------------------------------------------------------------


def test_it_holds_pages_pictures_and_files_and_says_what_needs_a_connection(learner, cohort):
    pack = fetch(learner, cohort)
    base = f"/learn/{cohort.id}/modul"
    urls = [file["url"] for file in pack[0]["files"]]
    assert len(set(urls)) == len(urls)
    assert b"<strong>dunia</strong>" in page(pack, f"{base}/bacaan")
    assert f'href="{base}/lanjutan"'.encode() in page(pack, f"{base}/bacaan")
    assert b"bacaan judul" in page(pack, f"{base}/lanjutan")
    assert b"data-operation" in page(pack, f"{base}/bacaan")
    for key in ("ujian", "tugas"):
        assert "perlu sambungan" in page(pack, base).decode() or "needs a connection" in page(pack, base).decode()
        assert b"<form" not in page(pack, f"{base}/{key}")
    shown = set(re.findall(r'(?:src|href)="(/[^"#]+)"', "".join(page(pack, url).decode() for url in urls if "." not in url)))
    assert {address for address in shown if address.startswith(("/media/", f"{base}/"))} <= set(urls)
    assert page(pack, next(url for url in urls if url.startswith("/media/"))) == SVG
    assert pack[0]["headers"] == HEADERS
    assert pack[0]["bytes"] == sum(size for file in pack[0]["files"] for _digest, size, _sent in file["chunks"])


def test_two_learners_get_the_same_bytes(client, learner, cohort, make_user, make_enrolment):
    first = fetch(learner, cohort)
    services.forget()
    other = make_user("Yohanes Lain", email="yohanes@example.test", time_zone="Asia/Jayapura")
    make_enrolment(cohort, other)
    browser = client.as_(other)
    assert browser.post(f"/learn/{cohort.id}/modul/bacaan/read").status_code == 302
    second = fetch(browser, cohort)
    assert first == second
    everything = b"".join(first[1].values())
    for private in (b"Siti", b"Yohanes", b"@example.test", b"csrf_token", other.id.hex.encode(), str(other.id).encode()):
        assert private not in everything


def test_nothing_of_a_quiz_that_counts_is_in_a_pack(learner, cohort):
    everything = b"".join(fetch(learner, cohort)[1].values())
    assert everything.count(b"LATIHANKU") > 4
    assert b"RAHASIAKU" not in everything


def test_each_language_has_its_pack(client, learner, cohort, make_user, make_enrolment):
    english = make_user(language="en")
    make_enrolment(cohort, english)
    one, other = fetch(learner, cohort)[0], fetch(client.as_(english), cohort)[0]
    assert (one["language"], other["language"]) == ("id", "en")
    assert one["version"] != other["version"]


# -- who may, and what it costs ---------------------------------------------------------------------------------------------------------


def test_others_get_nothing(client, cohort, make_user, learner):
    stranger = client.as_(make_user())
    for address in ("packs.json", "modul/pack.json", "modul/pack/part"):
        assert stranger.get(f"/learn/{cohort.id}/{address}").status_code == 404
        assert client.get(f"/learn/{cohort.id}/{address}").status_code == 302


def test_a_module_that_is_not_open_has_no_pack(learner, cohort, module):
    pin = db.session.get(CohortModule, (cohort.id, module.id))
    pin.opens_on = TODAY.replace(year=2099)
    commit()
    assert learner.get(f"/learn/{cohort.id}/modul/pack.json").status_code == 404
    assert learner.get(f"/learn/{cohort.id}/packs.json").get_json() == []


def test_it_is_made_once_however_many_ask(client, learner, cohort, make_user, make_enrolment, queries):
    learner.get(f"/learn/{cohort.id}/packs.json")
    person = make_user()
    make_enrolment(cohort, person)
    browser = client.as_(person)
    for address in ("packs.json", "modul/pack.json", "modul/pack/part"):
        with queries() as seen:
            assert browser.get(f"/learn/{cohort.id}/{address}").status_code == 200
        assert len(seen) <= 3, seen


def test_parts_are_compressed_and_never_change(learner, cohort):
    manifest = learner.get(f"/learn/{cohort.id}/modul/pack.json").get_json()
    digests = [chunk[0] for file in manifest["files"] for chunk in file["chunks"]]
    url = f"/learn/{cohort.id}/modul/pack/part?want={','.join(digests[:4])}"
    plain, packed = learner.get(url), learner.get(url, headers={"Accept-Encoding": "br"})
    assert packed.headers["Content-Encoding"] == "br"
    assert len(packed.data) < len(plain.data) / 2
    assert plain.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert learner.get(f"/learn/{cohort.id}/modul/pack/part?want={'A' * 43}").status_code == 409


@pytest.fixture
def want(app, database, module):
    """Return what asks for the packs of cohorts, one after the other, and returns which are kept."""
    contents = learning.latest_revision(module.id)

    def ask(*numbers):
        with app.test_request_context():
            for number in numbers:
                services.pack_of(cohort_id=number, time_zone="Asia/Jakarta", contents=outline(contents.id), library=library)
                commit()
        return [key[0] for key in services._kept]

    return ask


def test_old_packs_make_room(want, monkeypatch):
    assert want(1, 2, 3) == [1, 2, 3]
    monkeypatch.setattr(services, "MOST_KEPT", sum(map(len, services._chunks().values())))
    assert want(1, 4) == [3, 1, 4], "the longest unused leaves first"
    monkeypatch.setattr(services, "MOST_KEPT", 10)
    assert want(5) == [5]


def test_what_packs_have_in_common_is_kept_once(want):
    want(1, 2)
    first, second = services._kept.values()
    common = first.chunks.keys() & second.chunks.keys()
    assert common
    assert all(first.chunks[digest] is second.chunks[digest] for digest in common)
    alone = [sum(map(len, pack.chunks.values())) for pack in (first, second)]
    assert sum(map(len, services._chunks().values())) < sum(alone)


# -- by difference ----------------------------------------------------------------------------------------------------------------------


def test_an_update_is_the_page_that_changed(learner, cohort, module, engine):
    before = fetch(learner, cohort)
    assert learner.get(f"/learn/{cohort.id}/packs.json").get_json()[0]["version"] == before[0]["version"]
    page_ = db.session.scalars(sa.select(Activity).where(Activity.module_id == module.id, Activity.key == "lanjutan")).one()
    draft = learning.draft_of(module, "lanjutan")
    page_.settings = {"source": "Terus, lalu **pulang**."}
    page_.prepared = activity_type("lesson").prepare(page_.settings, draft)
    db.session.flush()
    revision = learning.publish(actor_id=None, module=module)
    actor = load_actor(db.session.get(Cohort, cohort.id).assessor_id, TODAY)
    learning.move_cohort(actor=actor, cohort=db.session.get(Cohort, cohort.id), module_id=module.id, revision=revision)
    commit()
    after = fetch(learner, cohort)
    assert after[0]["version"] != before[0]["version"]
    new = set(after[1]) - set(before[1])
    assert [file["url"] for file in after[0]["files"] if new & {chunk[0] for chunk in file["chunks"]}] == [
        f"/learn/{cohort.id}/modul/lanjutan"
    ]
    manifest, chunks = plain(after)
    asked = play(manifest, chunks, {digest: list(data) for digest, data in before[1].items()}, [], engine)["log"]
    assert set(asked) == new


# -- the script: any interruption -------------------------------------------------------------------------------------------------------


def plain(pack):
    manifest, chunks = pack
    return {"files": manifest["files"]}, {digest: list(data) for digest, data in chunks.items()}


@pytest.fixture(scope="module")
def engine():
    made = outside(MiniRacer)
    made.eval(ENGINE)
    yield made
    outside(made.close)


def play(manifest, chunks, kept, faults, engine):
    """Let static/pack.js fetch a pack over a bad line."""
    sent = ", ".join(json.dumps(part) for part in (manifest, chunks, kept, faults))
    return json.loads(outside(lambda: engine.eval(f"run({sent})").get(timeout=60)))


FAULTS = st.one_of(
    st.just({"kind": "none"}),
    st.just({"kind": "line"}),
    st.just({"kind": "pause"}),
    st.just({"kind": "turned"}),
    st.builds(lambda at: {"kind": "cut", "at": at}, st.integers(0, 5000)),
    st.builds(lambda at: {"kind": "flip", "at": at}, st.integers(0, 5000)),
)
FILES = st.lists(st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=6), min_size=1, max_size=25)


def packed(files):
    """Return (manifest, chunks) of files given as lists of pieces."""
    chunks = {digest_of(piece): list(piece) for pieces in files for piece in pieces}
    listed = [
        {"url": f"/{n}", "chunks": [[digest_of(piece), len(piece), len(piece)] for piece in pieces]} for n, pieces in enumerate(files)
    ]
    return {"files": listed}, chunks


@settings(max_examples=150, deadline=None)
@given(files=FILES, faults=st.lists(FAULTS, max_size=30))
def test_any_interruption_ends_in_the_same_bytes(engine, files, faults):
    manifest, chunks = packed(files)
    done = play(manifest, chunks, {}, faults, engine)
    assert [bytes(file) for file in done["files"]] == [b"".join(pieces) for pieces in files]
    assert done["wrong"] == [], "a damaged chunk was kept"


@settings(max_examples=100, deadline=None)
@given(files=FILES, there=st.data())
def test_what_is_there_is_never_asked_for_again(engine, files, there):
    manifest, chunks = packed(files)
    have = there.draw(st.sets(st.sampled_from(sorted(chunks))))
    done = play(manifest, chunks, {digest: chunks[digest] for digest in have}, [], engine)
    assert sorted(done["log"]) == sorted(set(chunks) - have)


def test_a_line_that_damages_everything_is_given_up(engine):
    manifest, chunks = packed([[b"satu"]])
    call = json.dumps([manifest, chunks, [{"kind": "flip", "at": 6}] * 9])
    said = outside(
        lambda: engine.eval(
            f"(async () => {{ const [m, c, f] = {call}; const log = []; try {{ await fetchMissing(m, deviceOf(c, {{}}, f, log)) }} catch (e) {{ return e.message + log.length }} }})()"
        ).get(timeout=20)
    )
    assert said == "damaged3"


def test_the_script_reads_what_the_server_sends(engine, learner, cohort):
    manifest = learner.get(f"/learn/{cohort.id}/modul/pack.json").get_json()
    wanted = [chunk[0] for file in manifest["files"] for chunk in file["chunks"]][:5]
    data = learner.get(f"/learn/{cohort.id}/modul/pack/part?want={','.join(wanted)}").data
    found = engine.eval(f"JSON.stringify(piecesOf(new Uint8Array({list(data)}).buffer).map(digestOf))")
    assert json.loads(found) == wanted


@given(st.lists(st.integers(1, 65536), min_size=1, max_size=80))
def test_a_part_holds_what_fits(engine, sizes):
    missing = [[f"d{number}", size, size] for number, size in enumerate(sizes)]
    wanted = json.loads(engine.eval(f"JSON.stringify(nextPart({json.dumps(missing)}))"))
    assert wanted == [row[0] for row in missing[: len(wanted)]]
    assert 1 <= len(wanted) <= 40
    total = sum(size + 4 for size in sizes[: len(wanted)])
    assert total <= services.PART or len(wanted) == 1
    following = sizes[len(wanted) : len(wanted) + 1]
    assert len(wanted) == 40 or not following or total + following[0] + 4 > services.PART


# -- chunks -----------------------------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=300_000))
@settings(max_examples=20)
def test_chunks_are_small_and_make_the_file(data):
    found = list(cut(data))
    assert b"".join(found) == data
    assert all(len(piece) <= 64 * 1024 for piece in found)
    assert len(digest_of(data)) == 43
    assert base64.urlsafe_b64decode(digest_of(data) + "=")
