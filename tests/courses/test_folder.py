"""A module as a folder of text: errors name file and line, importing is idempotent, the round trip is identity."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.folder import services
from courses.folder.reader import read_folder
from courses.folder.yamltext import parse, write
from lms.db import commit, db
from lms.errors import ContentError
from lms.learning.models import Revision
from lms.learning.services import draft_activities

CONTENT = Path(services.CONTENT)
MODULES = sorted(path.parent.name for path in CONTENT.glob("*/module.yaml"))


def files_of(folder):
    """Return {name: bytes} of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.sqlite
@pytest.mark.parametrize("name", MODULES)
def test_the_modules_in_the_box_are_right_and_in_canonical_form(database, tmp_path, name):
    text, problems = read_folder(CONTENT / name)
    assert not problems
    module, revision = services.import_module(actor_id=None, text=text)
    again, same = services.import_module(actor_id=None, text=text)
    assert (again.id, same.id) == (module.id, revision.id), "importing twice makes no second revision"
    services.export_module(module=module, folder=tmp_path / name)
    exported, original = files_of(tmp_path / name), files_of(CONTENT / name)
    assert sorted(exported) == sorted(original)
    for file, data in original.items():
        assert exported[file] == data, f"{name}/{file} is not in canonical form: run `lms module format`"


def small(folder, **files):
    """Write a small module and return its folder."""
    folder.mkdir(exist_ok=True)
    both = "{id: x, en: x}"
    basic = {
        "module.yaml": f"format: 1\nkey: uji\ncode: UJI\ntitle: {both}\nsummary: {both}\naudience: {both}\noutcomes: [{both}]\nsections:\n- key: satu\n  title: {both}\n",
        "01-buka.md": "---\ntype: lesson\ntitle: Buka\nsection: satu\nminutes: 5\n---\nHalo.\n",
    }
    for name, text in {**basic, **files}.items():
        (folder / name).write_text(text)
    return folder


QUIZ = """type: quiz
title: Cek
section: satu
minutes: 5
items:
- key: a
  kind: single_choice
  stem: Apa?
  options:
  - text: ya
    correct: true
    rationale: sebab
  - text: tidak
    rationale: sebab
"""


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("02-x.md", "tanpa kepala", 1, "header"),
        ("02-x.md", "---\ntype: lesson\ntitle: a: b\nsection: satu\nminutes: 1\n---\nx", 3, "mapping values"),
        ("02-x.md", "---\ntype: lesson\ntitle: a\nsection: dua\nminutes: 1\n---\nx", 4, "dua"),
        ("02-x.md", "---\ntype: lesson\ntitle: a\nsection: satu\nminutes: lima\n---\nx", 5, "minutes"),
        ("02-x.md", "---\ntype: lesson\ntitle: a\nsection: satu\nminutes: 1\ncolour: red\n---\nx", 6, "colour"),
        ("02-x.md", "---\ntype: lesson\ntitle: a\nsection: satu\nminutes: 1\ncomplete: {passed: 200}\n---\nx", 6, "passed"),
        ("02-x.md", "---\ntype: lesson\ntitle: a\ntitle: b\nsection: satu\nminutes: 1\n---\nx", 4, "twice"),
        ("02-x.md", "---\ntype: lesson\ntitle: a\nsection: satu\nminutes: 1\nrequires: [tak-ada]\n---\nx", 6, "tak-ada"),
        ("02-x.md", "---\ntype: lesson\ntitle: a\nsection: satu\nminutes: 1\ntags: [BP9]\n---\nx", 6, "BP9"),
        ("02-x.yaml", "type: puisi\ntitle: a\nsection: satu\nminutes: 1\n", 1, "puisi"),
        ("02-x.yaml", QUIZ.replace("correct: true", "correct: false"), 9, "benar"),
        ("02-x.yaml", QUIZ.replace("rationale: sebab\n  - text: tidak", "alasan: sebab\n  - text: tidak"), 12, "alasan"),
        ("02-x.yaml", QUIZ.replace("kind: single_choice", "kind: esai"), 7, "kind"),
        (
            "02-x.yaml",
            QUIZ
            + "- key: a\n  kind: single_choice\n  stem: x\n  options: [{text: a, correct: true, rationale: b}, {text: c, rationale: d}]\n",
            5,
            "a",
        ),
        ("catatan.txt", "x", None, "NN-key"),
        ("01-dua.md", "---\ntype: lesson\ntitle: a\nsection: satu\nminutes: 1\n---\nx", None, "01"),
        ("module.yaml", "format: 2\nkey: Uji Coba\nsections: []\n", 1, "format"),
    ],
)
def test_errors_name_file_and_line(app, tmp_path, name, text, line, words):
    with app.app_context():
        _module, problems = read_folder(small(tmp_path / "m", **{name: text}))
    found = [problem for problem in problems if words in str(problem)]
    assert found, [str(problem) for problem in problems]
    assert found[0].line == line
    assert re.match(rf".*{re.escape(name)}" + (f":{line}: " if line else ": "), str(found[0]))


@pytest.mark.sqlite
def test_everything_that_is_wrong_is_named_at_once(app, tmp_path):
    bad = "---\ntype: lesson\ntitle: a\nsection: dua\nminutes: 1\n---\nx"
    with app.app_context():
        _module, problems = read_folder(small(tmp_path / "m", **{f"0{number}-x{number}.md": bad for number in range(2, 6)}))
    assert len(problems) == 4


def test_editing_makes_a_new_revision_and_keeps_keys(database, tmp_path):
    folder = small(tmp_path / "m", **{"02-cek.yaml": QUIZ})
    services.import_module(actor_id=None, text=read_folder(folder)[0])
    (folder / "01-buka.md").write_text((folder / "01-buka.md").read_text().replace("Halo.", "Selamat datang."))
    (folder / "02-cek.yaml").unlink()
    module, revision = services.import_module(actor_id=None, text=read_folder(folder)[0])
    commit()
    assert revision.number == 2
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Revision)) == 2
    assert [activity.key for activity in draft_activities(module.id)] == ["buka"]


def test_a_drawing_that_acts_is_refused(database, tmp_path):
    folder = small(tmp_path / "m")
    (folder / "figures").mkdir()
    (folder / "figures" / "x.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><image href="http://x/y.png"/></svg>')
    with pytest.raises(ContentError, match=r"figures/x\.svg"):
        services.import_module(actor_id=None, text=read_folder(folder)[0])


# -- random modules ------------------------------------------------------------------------------------------------------------------------

words = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Co", "Cn"), exclude_characters="\ufeff\x85"),
        min_size=1,
        max_size=40,
    )
    .map(str.strip)
    .filter(bool)
)
lines = st.lists(words, min_size=1, max_size=4).map("\n".join)


@given(
    st.recursive(
        st.one_of(words, lines, st.integers(-5, 500), st.floats(0.5, 99).map(lambda value: round(value, 2)), st.booleans()),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=4),
            st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner, min_size=1, max_size=4),
        ),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, dict))
)
def test_yaml_comes_back_as_it_was(data):
    text = write(data)
    assert parse(text, Path("x"))[0] == data
    assert write(parse(text, Path("x"))[0]) == text
    assert yaml.safe_load(text) is not None


@pytest.mark.sqlite
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    titles=st.lists(words, min_size=1, max_size=4),
    source=lines,
    minutes=st.integers(1, 90),
    stems=st.lists(lines, min_size=1, max_size=3),
    texts=st.lists(words, min_size=2, max_size=6),
    best=st.integers(0, 5),
    tags=st.lists(st.sampled_from(["BP1", "KL3", "pelayanan"]), unique=True),
)
def test_export_import_export_is_identity(database, tmp_path_factory, titles, source, minutes, stems, texts, best, tags):
    folder = small(tmp_path_factory.mktemp("modul") / "m")
    (folder / "01-buka.md").unlink()
    for number, title in enumerate(titles, start=1):
        head = {"type": "lesson", "title": title[:100], "section": "satu", "minutes": minutes}
        (folder / f"{number:02d}-h{number}.md").write_text(f"---\n{write({**head, **({'tags': tags} if tags else {})})}---\n{source}\n")
    options = [
        {"text": text, "rationale": text, **({"correct": True} if index == best % len(texts) else {})} for index, text in enumerate(texts)
    ]
    items = [{"key": f"i{index}", "kind": "single_choice", "stem": stem, "options": options} for index, stem in enumerate(stems)]
    (folder / "50-cek.yaml").write_text(write({"type": "quiz", "title": "Cek", "section": "satu", "minutes": 3, "items": items}))
    text, problems = read_folder(folder)
    assert not problems, [str(problem) for problem in problems]
    first, _revision = services.import_module(actor_id=None, text=text)
    one = services.module_files(first)
    services.export_module(module=first, folder=folder)
    again, more = read_folder(folder)
    assert not more
    second, _same = services.import_module(actor_id=None, text=again)
    assert services.module_files(second) == one
    db.session.rollback()
