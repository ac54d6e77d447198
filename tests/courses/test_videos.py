"""Videos: nothing is fetched from elsewhere before the learner asks; then one page may show one host."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import hostile

from courses.videos.players import player_of
from courses.videos.type import Video
from lms.activity import Draft
from lms.errors import ContentError
from lms.learning import services as learning
from lms.registry import activity_type, file_store
from lms.testing.client import text_of

FILM = "https://www.youtube-nocookie.com/embed/aaaaaaaaaaa"


@pytest.mark.parametrize(
    ("address", "player"),
    [
        ("https://www.youtube.com/watch?v=aaaaaaaaaaa&t=9", FILM),
        ("https://youtu.be/aaaaaaaaaaa?si=x", FILM),
        ("https://m.youtube.com/shorts/aaaaaaaaaaa", FILM),
        (FILM, FILM),
        ("https://vimeo.com/123456", "https://player.vimeo.com/video/123456?dnt=1"),
        ("https://vimeo.com/123456/ab12cd34ef", "https://player.vimeo.com/video/123456?dnt=1&h=ab12cd34ef"),
        ("https://Video.Kaltara.go.id/embed/9", "https://video.kaltara.go.id/embed/9"),
        ("https://www.youtube.com/watch", None),
        ("https://www.youtube.com/playlist?list=aaaaaaaaaaa", None),
        ("http://video.kaltara.go.id/9", None),
        ("https://orang@video.kaltara.go.id/9", None),
        ("https://video.kaltara.go.id:8443/9", None),
        ("https://video.kaltara.go.id;script-src/9", None),
        ("javascript:alert(1)", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_the_player_of_an_address(address, player):
    found = player_of(address)
    assert (found.address if found else None) == player


@given(st.text(max_size=60) | st.from_regex(r"https://[ -~]{0,40}", fullmatch=True))
def test_whatever_is_typed_a_player_is_one_host_over_https(address):
    player = player_of(address)
    if player is not None:
        assert re.fullmatch(r"[a-z0-9.-]+", player.host)
        assert player.address.startswith(f"https://{player.host}")


@pytest.fixture
def video(make_activity):
    return make_activity("video", **Video.example)


def test_nothing_from_elsewhere_before_it_is_asked_for(client, video):
    learner = client.as_(video.learner)
    page = learner.get(video.url)
    assert "frame-src" not in page.headers["Content-Security-Policy"]
    html = page.get_data(as_text=True)
    assert "<iframe" not in html
    assert not re.search(r'(?:src|href|poster)="https?://', html), "an address of another site"
    words = text_of(page)
    for said in ("4 menit", "www.youtube-nocookie.com", "Silakan duduk, Bu."):
        assert said in words, said

    playing = learner.get(f"{video.url}/play")
    assert playing.headers["Content-Security-Policy"].endswith("; frame-src https://www.youtube-nocookie.com")
    assert f'src="{FILM}"' in playing.get_data(as_text=True)
    assert 'referrerpolicy="strict-origin"' in playing.get_data(as_text=True)
    assert "frame-src" not in learner.get(video.url).headers["Content-Security-Policy"], "the next page may not"


def test_a_host_that_is_not_allowed_any_more_plays_nothing(app, client, video, monkeypatch):
    monkeypatch.setitem(app.config, "LMS_VIDEO_HOSTS", ("video.kaltara.go.id",))
    learner = client.as_(video.learner)
    assert f"{video.url}/play" not in learner.get(video.url).get_data(as_text=True)
    assert "Silakan duduk, Bu." in text_of(learner.get(video.url)), "the words stay"
    assert learner.get(f"{video.url}/play").status_code == 404


def test_other_activities_have_no_player(client, make_activity):
    lesson = make_activity("lesson", source="Halo.")
    assert client.as_(lesson.learner).get(f"{lesson.url}/play").status_code == 404


def test_it_is_complete_when_it_was_seen(client, video):
    assert client.as_(video.learner).post(f"{video.url}/read").status_code == 302
    assert video.ctx.state == "complete"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "address"),
        ({"address": "https://film.example/1"}, "address"),
        ({"address": "film.mp4"}, "address"),
        ({"address": FILM, "file": "figures/film.mp4"}, "address"),
        ({"file": "figures/film.mp4"}, "file"),
        ({"file": "figures/surat.pdf"}, "file"),
    ],
)
def test_what_is_no_film_is_refused(app, make_module, settings, field):
    draft = learning.draft_of(make_module(), "film")
    with pytest.raises(ContentError) as refused:
        activity_type("video").load(settings, draft)
    assert refused.value.field == field


def test_a_name_cannot_leave_the_folder_of_a_module(database, tmp_path):
    (tmp_path / "rahasia.mp4").write_bytes(b"")
    (tmp_path / "modul" / "figures").mkdir(parents=True)
    (tmp_path / "modul" / "figures" / "film.mp4").write_bytes(b"")
    draft = Draft(0, "modul", "film", None, {}, tmp_path / "modul")
    assert activity_type("video").load({"file": "figures/film.mp4"}, draft)["file"] == "figures/film.mp4"
    for name in ("../rahasia.mp4", "figures/../../rahasia.mp4", str(tmp_path / "rahasia.mp4")):
        with pytest.raises(ContentError):
            activity_type("video").load({"file": name}, draft)


def test_a_film_of_the_library_plays_from_here(app, client, video):
    kind, name = activity_type("video"), "figures/film.mp4"
    address = file_store().save(hostile.mp4(), "film.mp4", owner_id=None)
    draft = Draft(video.module.id, video.module.key, "film", None, {name: address})
    settings = kind.load({"file": name}, draft)
    form = kind.settings(formdata=None, data=settings)
    kind.present(form, replace(draft, files={**draft.files, "figures/surat.pdf": "/media/x.pdf"}))
    assert [choice.value for choice in form.file.choices] == ["", name], "films alone are offered"
    ctx = replace(video.ctx, settings=settings, prepared=kind.prepare(settings, draft))
    with app.test_request_context("/studio"):
        html = kind.render(ctx)
    assert '<video controls preload="none"' in html
    assert f'src="{address}"' in html or "-360.mp4" in html
    assert "/play" not in html


def test_words_are_asked_for(database):
    kind = activity_type("video")
    assert len(kind.check({"address": FILM})) == 2
    assert kind.check({"address": FILM, "length": "4 menit", "captioned": True}) == []
    assert kind.check({"file": "figures/film.mp4", "transcript": "Halo."}) == []
