"""Stores: a folder and a bucket do the same. The bucket's server is a real one that checks signatures."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from support import services
from support.hostile import picture

from lms.api import NotFound
from media import storage
from media.services import keep, key_of
from media.storage import Bucket, Folder, Stored, store

pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def variables():
    with services.bucket() as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    if request.param == "folder":
        return Folder(tmp_path / "media")
    request.getfixturevalue("variables")
    return Bucket(f"s3://peduli/{tmp_path.name}")


def content(place, key, *part):
    return b"".join(place.get(key, *part))


def test_what_is_put_is_there_as_a_whole_and_in_parts(place, tmp_path):
    data = bytes(range(256)) * 4096
    place.put("ab/bytes", data)
    (tmp_path / "file").write_bytes(data)
    place.put("cd/file.800.webp", tmp_path / "file")
    assert content(place, "ab/bytes") == content(place, "cd/file.800.webp") == data
    assert content(place, "ab/bytes", 10, 20) == data[10:20]
    assert content(place, "ab/bytes", len(data) - 3) == data[-3:]
    assert place.size("ab/bytes") == len(data)
    place.put("ab/bytes", b"")
    assert (content(place, "ab/bytes"), place.size("ab/bytes")) == (b"", 0)


def test_what_is_not_there(place):
    assert place.size("ab/nothing") is None
    with pytest.raises(NotFound):
        content(place, "ab/nothing")
    with pytest.raises(NotFound):
        content(place, "ab/nothing", 1, 2)
    place.delete("ab/nothing")
    assert list(place.list()) == []


def test_what_is_deleted_is_gone(place):
    place.put("ab/one", b"1")
    place.put("ab/two", b"22")
    place.delete("ab/one")
    (left,) = place.list()
    assert isinstance(left, Stored)
    assert (left.key, left.size) == ("ab/two", 2)
    assert abs(left.changed_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)


def test_a_folder_signs_nothing(tmp_path):
    assert Folder(tmp_path).presigned("ab/one", 60, "a.png") is None


def test_a_bucket_signs_addresses_that_end(variables):
    """The server of these tests checks signatures in headers only, so what stands in the address is compared."""
    address = urlsplit(Bucket("s3://peduli/private").presigned("ab/one", 60, "a.png"))
    told = parse_qs(address.query)
    assert (address.path, told["X-Amz-Expires"]) == ("/peduli/private/ab/one", ["60"])
    assert told["X-Amz-Credential"][0].startswith(variables["AWS_ACCESS_KEY_ID"])
    assert len(told["X-Amz-Signature"][0]) == 64


def test_a_wrong_key_is_refused(variables, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(Exception, match=r"403|Forbidden|SignatureDoesNotMatch|denied"):
        Bucket("s3://peduli/private").put("ab/one", b"one")


def test_the_library_lives_in_a_bucket(app, client, variables, make_user):
    app.config["LMS_MEDIA_URL"] = "s3://peduli/site"
    try:
        file = keep(picture(size=(123, 45)), "a.png", owner_id=None)
        assert isinstance(store(), Bucket)
        assert not (app.config["LMS_DATA"] / "media" / key_of(file.digest)).exists()
        answer = client.as_(make_user()).get(file.address, headers={"Range": "bytes=0-3"})
        assert (answer.status_code, answer.data) == (206, b"\x89PNG")
    finally:
        app.config["LMS_MEDIA_URL"] = ""
        storage.forget()
