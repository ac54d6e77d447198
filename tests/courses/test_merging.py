"""Three versions of a module made one: the laws of a merge on random modules, local examples, conflicts and their answers, the commands."""

import copy
import dataclasses
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.folder import services
from courses.folder.reader import read_folder
from courses.merging.conflicts import BOTH, MISSING, OURS, THEIRS, Judge
from courses.merging.folders import plain_of
from courses.merging.modules import Plain, differences, merge_modules
from courses.merging.texts import merge_texts
from courses.merging.values import merge, ordered
from lms.cli import main

pytestmark = pytest.mark.sqlite
CONTENT = services.CONTENT

words = st.sampled_from(["air", "batu", "cerah", "dahan", "embun", "fajar", "gula", "hujan"])
lines = st.lists(words, min_size=1, max_size=3).map(lambda found: " ".join(found) + "\n")
locals_ = st.tuples(st.sampled_from(["Contoh", "Angka"]), st.lists(words, max_size=3)).map(
    lambda found: f'!!! local "{found[0]}"\n' + "".join(f"    {word}\n" for word in found[1])
)
texts = st.lists(st.one_of(lines, lines, lines, locals_, st.just("\n")), max_size=8).map("".join)
keys = st.sampled_from(["buka", "dengar", "lihat", "tulis", "uji", "tutup"])
rows = st.lists(keys, unique=True, max_size=4).flatmap(
    lambda found: st.tuples(*(st.tuples(st.just(key), texts, st.integers(0, 3)) for key in found)).map(
        lambda made: [{"key": key, "stem": stem, "points": points} for key, stem, points in made]
    )
)
activities = st.fixed_dictionaries(
    {
        "title": words,
        "section": st.sampled_from(["satu", "dua"]),
        "minutes": st.integers(1, 9),
        "required": st.booleans(),
        "tags": st.lists(st.sampled_from(["BP1", "HA2", "KL3"]), unique=True),
        "rule": st.one_of(st.none(), st.just("viewed"), st.just({"passed": 70})),
        "settings": st.fixed_dictionaries(
            {"source": texts}, optional={"items": rows, "options": st.lists(st.fixed_dictionaries({"text": words}))}
        ),
    }
)
modules = st.lists(keys, unique=True, max_size=5).flatmap(
    lambda found: st.builds(
        Plain,
        about=st.fixed_dictionaries(
            {
                "code": words,
                "title": st.fixed_dictionaries({"id": words, "en": words}),
                "sections": st.just([{"key": "satu"}, {"key": "dua"}]),
            }
        ),
        activities=st.tuples(*(activities.map(lambda data, key=key: {"key": key, "requires": [], **data}) for key in found)).map(list),
        files=st.dictionaries(st.sampled_from(["figures/a.svg", "figures/b.svg"]), words),
    )
)


def together(base, ours, theirs, **answers):
    judge = Judge(answers)
    return merge_modules(*(copy.deepcopy(side) for side in (base, ours, theirs)), judge), judge


# -- laws -----------------------------------------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(modules, modules)
def test_what_only_one_side_changed_is_taken_whole(base, changed):
    for ours, theirs in ((base, changed), (changed, base), (changed, changed)):
        merged, judge = together(base, ours, theirs)
        assert merged == changed
        assert judge.met == []


@settings(max_examples=50)
@given(modules, modules, modules)
def test_sides_may_be_exchanged(base, ours, theirs):
    """The same places are asked about; with every answer turned round, the result is the same but for the order of what both moved."""
    merged, judge = together(base, ours, theirs)
    _turned, other = together(base, theirs, ours)
    assert {(met.path, repr(met.base), repr(met.ours), repr(met.theirs)) for met in judge.met} == {
        (met.path, repr(met.base), repr(met.theirs), repr(met.ours)) for met in other.met
    }
    turned, _judge = together(base, theirs, ours, **{met.id: THEIRS for met in other.met})
    assert by_key(merged) == by_key(turned)
    assert merged.files == turned.files


def by_key(module):
    return {
        activity["key"]: {**activity, "tags": sorted(activity["tags"]), "settings": flat(activity["settings"])}
        for activity in module.activities
    }


def flat(data):
    return {name: sorted(value, key=repr) if isinstance(value, list) else value for name, value in data.items()}


unique_texts = st.lists(st.integers(0, 10**6), unique=True, max_size=12)


@given(unique_texts, st.data())
def test_no_line_that_was_added_is_lost(numbers, data):
    """Each line is written once in the world; every line added by a side is in the result, or a conflict shows it to a person."""
    base = [f"baris {number}\n" for number in numbers]
    ours, theirs = (edited(base, data, name) for name in ("kami", "mereka"))
    judge = Judge()
    merged = merge_texts((), "".join(base), "".join(ours), "".join(theirs), judge)
    shown = merged + "".join(f"{met.ours}{met.theirs}" for met in judge.met)
    for line in [line for line in ours + theirs if line not in base]:
        assert line in shown
    for line in base:
        if line in ours and line in theirs:
            assert line in shown, "nobody deleted it"


def edited(lines, data, name):
    made = list(lines)
    for number in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(made)))
        if made and place < len(made) and data.draw(st.booleans()):
            del made[place]
        else:
            made.insert(place, f"{name} {number}\n")
    return made


orders = st.lists(st.sampled_from("abcdef"), unique=True)


@given(orders, orders, orders)
def test_an_order_has_everything_once(base, ours, theirs):
    wanted = set(ours) & set(theirs) | (set(ours) | set(theirs)) - set(base)
    assert sorted(ordered(base, ours, theirs, wanted)) == sorted(wanted)


@given(texts, texts, texts)
def test_every_answer_ends_every_question(base, ours, theirs):
    judge = Judge()
    merge_texts((), base, ours, theirs, judge)
    for answer in (OURS, THEIRS, BOTH, {"text": "Kalimat baru.\n"}):
        again = Judge({met.id: answer for met in judge.met})
        merged = merge_texts((), base, ours, theirs, again)
        assert again.open == []
        assert not judge.met or answer != {"text": "Kalimat baru.\n"} or "Kalimat baru.\n" in merged


BOXED = 'Satu.\n\n!!! local "Di Bontang"\n    Pasar.\n\nDua{}.\n'


@pytest.mark.parametrize("answer", [None, OURS, THEIRS, BOTH, {"text": "Dua lain lagi.\n"}])
def test_no_answer_takes_a_local_box_away(answer):
    """A box beside a paragraph that the other changed is no question; beside one that both changed, it stays whatever is answered."""
    base = "Satu.\n\nDua.\n"
    judge = Judge()
    assert merge_texts((), base, BOXED.format(""), "Satu.\n\nDua baru.\n", judge) == BOXED.format(" baru")
    assert judge.met == []
    merge_texts((), base, BOXED.format(" kami"), "Satu.\n\nDua baru.\n", judge)
    (conflict,) = judge.met
    assert (conflict.base, conflict.ours, conflict.theirs) == ("Dua.\n", "Dua kami.\n", "Dua baru.\n")
    merged = merge_texts((), base, BOXED.format(" kami"), "Satu.\n\nDua baru.\n", Judge({conflict.id: answer} if answer else {}))
    assert merged.startswith('Satu.\n\n!!! local "Di Bontang"\n    Pasar.\n\nDua')
    assert ("lagi" in merged) == (answer == {"text": "Dua lain lagi.\n"})


def test_a_box_at_the_end_stays_at_the_end():
    judge = Judge()
    box = '\n!!! local "Di sini"\n    Kami.\n'
    assert merge_texts((), "Satu.\nDua.\n", f"Satu.\nDua.\n{box}", "Satu.\nTiga.\n", judge) == f"Satu.\nTiga.\n{box}"
    assert judge.met == []


# -- local examples -------------------------------------------------------------------------------------------------------------------

LOCAL = '!!! local "Contoh setempat"\n    {}\n'


@given(lines, lines, lines, texts.filter(lambda text: "!!!" not in text), texts.filter(lambda text: "!!!" not in text))
def test_an_agencys_own_example_is_never_a_question(base, ours, theirs, before, after):
    made = [f"{before}{LOCAL.format(line.strip())}{after}Penutup.\n" for line in (base, ours, theirs)]
    judge = Judge()
    merged = merge_texts((), *made, judge)
    assert judge.met == []
    assert merged == (made[2] if ours == base else made[1])


def test_the_text_around_a_local_example_follows_the_module():
    base = "Awal.\n\n" + LOCAL.format("Puskesmas A") + "\nAkhir.\n"
    ours = "Awal.\n\n" + LOCAL.format("Puskesmas Muara Telang") + "\nAkhir.\n"
    theirs = "Awal yang lebih jelas.\n\n" + LOCAL.format("Puskesmas B") + "\nAkhir.\n\nTambahan.\n"
    judge = Judge()
    merged = merge_texts((), base, ours, theirs, judge)
    assert merged == "Awal yang lebih jelas.\n\n" + LOCAL.format("Puskesmas Muara Telang") + "\nAkhir.\n\nTambahan.\n"
    assert judge.met == []


# -- conflicts ------------------------------------------------------------------------------------------------------------------------


def module(*made, **about):
    return Plain(
        {"code": "UJI", "sections": [{"key": "satu"}], **about},
        [{"key": key, "section": "satu", "requires": [], **data} for key, data in made],
        {},
    )


def test_deleted_by_one_and_changed_by_the_other_is_a_question():
    base = module(("buka", {"title": "Buka"}), ("tutup", {"title": "Tutup", "requires": ["buka"]}))
    ours = module(("tutup", {"title": "Tutup"}))
    theirs = module(("buka", {"title": "Buka pintu"}), ("tutup", {"title": "Tutup", "requires": ["buka"]}))
    merged, judge = together(base, ours, theirs)
    (met,) = judge.met
    assert (met.path, met.ours) == (("activities", "buka"), MISSING)
    assert [activity["key"] for activity in merged.activities] == ["tutup"]
    kept, _judge = together(base, ours, theirs, **{met.id: THEIRS})
    assert [activity["key"] for activity in kept.activities] == ["buka", "tutup"]


def test_what_is_gone_is_waited_for_no_more():
    base = module(("buka", {}), ("lihat", {}), ("tutup", {}))
    ours = module(("lihat", {}), ("tutup", {}))
    theirs = module(("buka", {}), ("lihat", {}), ("tutup", {"requires": ["buka", "lihat"]}))
    merged, judge = together(base, ours, theirs)
    assert judge.met == []
    assert merged.activities[-1]["requires"] == ["lihat"]


def test_options_without_keys_are_asked_about_one_by_one():
    base = [{"text": "Satu"}, {"text": "Dua"}, {"text": "Tiga"}]
    ours = [{"text": "Satu"}, {"text": "Dua kami"}, {"text": "Tiga"}, {"text": "Empat"}]
    theirs = [{"text": "Satu baru"}, {"text": "Dua mereka"}, {"text": "Tiga"}]
    judge = Judge()
    merged = merge((), base, ours, theirs, judge)
    assert [row["text"] for row in merged][2:] == ["Tiga", "Empat"]
    assert all("Dua kami" in repr(met.ours) for met in judge.met)


def test_an_answer_holds_for_its_place_and_its_words_only():
    judge = Judge()
    assert merge(("minutes",), 5, 6, 7, judge) == 6
    (met,) = judge.open
    assert merge(("minutes",), 5, 6, 7, Judge({met.id: THEIRS})) == 7
    newer = Judge({met.id: THEIRS})
    assert merge(("minutes",), 5, 6, 8, newer) == 6
    assert newer.open


# -- folders and commands ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def forked(database, tmp_path):
    """A module as it was copied, an agency's version with an example of its own, and a newer one of the module."""
    for name in ("base", "ours", "theirs"):
        home = tmp_path / name
        home.mkdir()
        for path in (CONTENT / "empati").iterdir():
            if path.suffix in {".md", ".yaml"}:
                (home / path.name).write_bytes(path.read_bytes())
        (home / "figures").mkdir()
        for path in (CONTENT / "empati" / "figures").iterdir():
            (home / "figures" / path.name).write_bytes(path.read_bytes())
    page = next((tmp_path / "base").glob("01-*.md")).name
    for name, old, new in (
        (
            "ours",
            "\n\nPetugas itu tidak kasar",
            '\n\n!!! local "Contoh setempat"\n    Di kantor kami ada loket apung.\n\nPetugas itu tidak kasar',
        ),
        ("theirs", "Batas 3 JP e-learning sehari", "Batas 3 JP e-learning dalam sehari"),
        ("theirs", "## Berapa lama", "## Berapa lamanya"),
    ):
        file = tmp_path / name / page
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
    return tmp_path, page


def test_an_update_comes_in_and_the_local_example_stays(app, forked):
    home, page = forked
    runner = app.test_cli_runner()
    told = runner.invoke(main, ["module", "diff", str(home / "base"), str(home / "ours")])
    assert (told.exit_code, told.output.count("\n")) == (1, 1)
    done = runner.invoke(main, ["module", "merge", *(str(home / name) for name in ("base", "ours", "theirs")), "--out", str(home / "made")])
    assert done.exit_code == 0, done.output
    text = (home / "made" / page).read_text()
    for words in ("loket apung", "## Berapa lamanya", "dalam sehari"):
        assert words in text
    read, problems = read_folder(home / "made")
    assert not problems
    theirs, _problems = read_folder(home / "theirs")
    assert [activity.key for activity in read.activities] == [activity.key for activity in theirs.activities]
    assert read.figures == theirs.figures
    assert runner.invoke(main, ["module", "diff", str(home / "theirs"), str(home / "theirs")]).exit_code == 0


def test_both_versions_stand_in_the_text_where_they_meet(app, forked):
    home, page = forked
    file = home / "ours" / page
    file.write_text(file.read_text().replace("## Berapa lama\n", "## Waktunya\n"))
    done = app.test_cli_runner().invoke(main, ["module", "merge", *(str(home / name) for name in ("base", "ours", "theirs")), "--json"])
    assert done.exit_code == 1
    (met,) = json.loads(done.stdout)
    assert met["path"][:2] == ["activities", re.sub(r"^\d\d-|\.md$", "", page)]
    assert "<<<<<<< ours\n## Waktunya\n=======\n## Berapa lamanya\n>>>>>>> theirs\n" in file.read_text()


@pytest.fixture
def real(database):
    return plain_of(read_folder(CONTENT / "empati")[0])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_real_module_obeys_the_laws_too(real, data):
    base = real
    place = data.draw(st.integers(0, len(base.activities) - 1))
    gone = base.activities[place]["key"]
    longer = [{**activity, "minutes": activity["minutes"] + (activity["key"] == gone)} for activity in base.activities]
    shorter = [activity for activity in base.activities if activity["key"] != gone and gone not in activity["requires"]]
    changed, fewer = (dataclasses.replace(base, activities=activities) for activities in (longer, shorter))
    merged, _judge = together(base, changed, base)
    assert merged == changed
    assert differences(base, merged)[0].names == ("minutes",)
    _merged, judge = together(base, changed, fewer)
    assert [met.path for met in judge.met] == [("activities", gone)]
