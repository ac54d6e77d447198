"""Uploads go on where they were left, whatever breaks; they are one's own; and the form works without the script."""

import base64
import datetime as dt
import hashlib
import io
import itertools
import os
import re

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.hostile import picture

from lms.api import at, commit, db, utcnow
from lms.people.access import load_actor
from lms.testing.made import TODAY
from media.models import Description, File, Transfer
from media.uploads import services

pytestmark = pytest.mark.sqlite

DATA = picture(size=(300, 200))
SIZE = len(DATA)
ALL = "/media/uploads"


@pytest.fixture
def author(client, make_user):
    return client.as_(make_user("Penulis", roles=["instructor"]))


def send(browser, address, method, body=b"", **headers):
    names = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return browser.open(
        address,
        method=method,
        data=body,
        headers={"Tus-Resumable": "1.0.0", "X-CSRF-Token": browser._csrf(), "Accept": "application/json", **names},
    )


def begin(browser, size=SIZE, name="peta.png"):
    answer = send(browser, ALL, "POST", Upload_Length=size, Upload_Metadata=f"filename {base64.b64encode(name.encode()).decode()}")
    assert answer.status_code == 201, answer.data
    return answer.location


def patch(browser, address, offset, body, kind="application/offset+octet-stream", **more):
    return send(browser, address, "PATCH", body, Upload_Offset=offset, Content_Type=kind, **more)


def offset_of(browser, address):
    return int(send(browser, address, "HEAD").headers["Upload-Offset"])


def test_a_broken_upload_goes_on_where_it_was(app, author):
    address = begin(author, name="../../peta kantor.png")
    assert patch(author, address, 0, DATA[:100]).headers["Upload-Offset"] == "100"
    head = send(author, address, "HEAD")
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"], head.headers["Cache-Control"]) == (
        "100",
        str(len(DATA)),
        "no-store",
    )
    assert patch(author, address, 0, DATA[:50]).status_code == 409, "a piece that is there already changes nothing"
    assert patch(author, address, 100, DATA[100:]).status_code == 204
    answer = send(author, address, "GET")
    told = answer.get_json()
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert told == {"name": "peta kantor.png", "digest": hashlib.sha256(DATA).hexdigest(), "refusal": ""}
    assert author.get(f"/media/files/{told['digest']}").status_code == 200
    assert not (app.config["LMS_DATA"] / "uploads" / address.rpartition("/")[2]).exists()


@given(cuts=st.lists(st.integers(1, len(DATA) - 1), max_size=6, unique=True), again=st.booleans())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_pieces_make_the_same_file(author, cuts, again):
    address = begin(author)
    places = [0, *sorted(cuts), len(DATA)]
    for start, end in itertools.pairwise(places):
        assert offset_of(author, address) == start
        assert patch(author, address, start, DATA[start:end]).status_code == 204
        if again and end < len(DATA):
            assert patch(author, address, start, DATA[start:end]).status_code == 409
    assert send(author, address, "GET").get_json()["digest"] == hashlib.sha256(DATA).hexdigest()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(File)) == 1


def test_a_whole_upload_that_nobody_has_looked_through_goes_on(author):
    """The server was stopped after the last byte."""
    address = begin(author)
    services.path_of(address.rpartition("/")[2]).write_bytes(DATA)
    assert offset_of(author, address) == SIZE
    assert send(author, address, "GET").get_json()["digest"] is None
    assert patch(author, address, SIZE, b"").status_code == 204
    assert send(author, address, "GET").get_json()["digest"] == hashlib.sha256(DATA).hexdigest()


def test_what_the_library_refuses_is_said(author):
    address = begin(author, 6, "foto.jpg")
    assert patch(author, address, 0, b"<html>").status_code == 204
    told = send(author, address, "GET").get_json()
    assert told["digest"] is None
    assert len(told["refusal"]) > 30


def test_a_damaged_piece_is_sent_again(author):
    address = begin(author)
    right = f"sha1 {base64.b64encode(hashlib.sha1(DATA).digest()).decode()}"
    assert patch(author, address, 0, DATA[:-1] + b"x", Upload_Checksum=right).status_code == 460
    assert offset_of(author, address) == 0
    assert patch(author, address, 0, DATA, Upload_Checksum=right).status_code == 204


def test_what_does_not_keep_to_the_protocol(author):
    address = begin(author)
    assert patch(author, address, 0, DATA, kind="text/plain").status_code == 415
    assert patch(author, address, "x", DATA).status_code == 400
    assert patch(author, address, 0, DATA + b"more").status_code == 409
    assert offset_of(author, address) == 0
    assert send(author, ALL, "POST", Upload_Length="-1").status_code == 400
    assert send(author, ALL, "POST", Upload_Length=10**15).status_code == 413
    assert send(author, ALL, "POST", Upload_Length=0).status_code == 413
    assert author.open(ALL, method="POST", headers={"X-CSRF-Token": author._csrf(), "Upload-Length": "5"}).status_code == 412


def test_an_upload_is_one_persons_own(author, client, make_user):
    address = begin(author)
    other = client.as_(make_user(roles=["instructor"]))
    for answer in (send(other, address, "HEAD"), patch(other, address, 0, DATA), send(other, address, "DELETE")):
        assert answer.status_code == 404
    assert send(client.as_(make_user()), ALL, "POST", Upload_Length=5).status_code == 403


def test_an_upload_is_given_up_by_its_owner_or_by_time(app, author, make_user):
    folder = app.config["LMS_DATA"] / "uploads"
    address = begin(author)
    assert send(author, address, "DELETE").status_code == 204
    assert send(author, address, "HEAD").status_code == 404
    late = begin(author)
    patch(author, late, 0, DATA[:10])
    for other in folder.iterdir():
        if other.name not in late:
            other.unlink()
    (folder / "left-by-a-crash").touch()
    os.utime(folder / "left-by-a-crash", (0, 0))
    with at(utcnow() + dt.timedelta(hours=25)):
        assert send(author, late, "HEAD").status_code in {401, 404}
        assert services.expire(utcnow() + dt.timedelta(seconds=5)) == 1
        commit()
    assert list(folder.iterdir()) == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Transfer)) == 0


def test_not_too_many_at_once(make_user, database):
    actor = load_actor(make_user(roles=["instructor"]).id, TODAY)
    for number in range(services.MOST_AT_ONCE):
        services.begin(actor=actor, name=f"{number}.png", size=5)
    with pytest.raises(services.Refused):
        services.begin(actor=actor, name="one more.png", size=5)


def test_the_form_takes_several_without_the_script(author):
    token = re.search(r'name="csrf_token" value="([^"]+)"', author.get("/media").get_data(as_text=True))[1]
    files = [(io.BytesIO(DATA), "peta.png"), (io.BytesIO(picture("JPEG")), "foto.jpg"), (io.BytesIO(b"<html>"), "foto.html")]
    answer = author.post("/media", data={"csrf_token": token, "files": files}, content_type="multipart/form-data")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "foto.html" in page
    assert db.session.scalars(sa.select(Description.name).order_by(Description.name)).all() == ["foto.jpg", "peta.png"]
