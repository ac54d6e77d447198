"""Stores: a folder and a bucket do the same. The bucket's server is a real one that checks signatures."""

import datetime as dt
import hashlib
import hmac
import urllib.request
from urllib.parse import parse_qs, quote, urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer
from support import services
from support.hostile import picture

from lms.api import NotFound
from media import storage
from media.files.views import LIFE
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


def test_a_film_is_read_in_pieces(place, monkeypatch):
    monkeypatch.setattr(storage, "PIECES", 1000)
    data = bytes(range(256)) * 40
    place.put("ab/film", data)
    assert content(place, "ab/film", 0, len(data)) == data
    assert content(place, "ab/film", 999, 5001) == data[999:5001]
    assert max(map(len, place.get("ab/film", 0, len(data)))) <= storage.PIECE


def test_a_file_that_goes_while_one_looks_is_passed_over(tmp_path):
    place = Folder(tmp_path)
    for name in ("ab/one", "ab/two"):
        place.put(name, b"1")
    listed = place.list()
    assert next(listed).key == "ab/one"
    place.delete("ab/two")
    assert list(listed) == []


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


def signature(url, secret):
    """Return the signature of an address as Amazon's document has it: “Authenticating Requests: Using Query Parameters (Signature Version 4)”."""
    parts = urlsplit(url)
    told = {name: texts[0] for name, texts in parse_qs(parts.query).items() if name != "X-Amz-Signature"}
    query = "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in sorted(told.items()))
    asked = "\n".join(["GET", quote(parts.path), query, f"host:{parts.netloc}", "", "host", "UNSIGNED-PAYLOAD"])
    scope = told["X-Amz-Credential"].split("/", 1)[1]
    text = "\n".join(["AWS4-HMAC-SHA256", told["X-Amz-Date"], scope, hashlib.sha256(asked.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def test_the_signature_of_these_tests_is_that_of_the_document():
    """The example of Amazon's document: GET of an object, good for a day."""
    url = (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    )
    made = signature(url, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert made == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"


def test_a_bucket_signs_addresses_that_end(variables):
    """The time is part of what is signed: who makes it longer, or puts another file's name there, has no signature for it."""
    address = Bucket("s3://peduli/private").presigned("ab/one", LIFE, "a.png")
    told = parse_qs(urlsplit(address).query)
    assert (urlsplit(address).path, told["X-Amz-Expires"]) == ("/peduli/private/ab/one", [str(LIFE)])
    assert LIFE <= 300
    signed = told["X-Amz-Signature"][0]
    assert signature(address, variables["AWS_SECRET_ACCESS_KEY"]) == signed
    for change in (("X-Amz-Expires=300", "X-Amz-Expires=604800"), ("ab/one", "ab/two")):
        assert signature(address.replace(*change), variables["AWS_SECRET_ACCESS_KEY"]) != signed


def test_a_signed_address_leads_to_the_bytes(monkeypatch):
    """The server that checks signatures cannot answer signed addresses at all; one that does not check gives what lies there."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        here = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
        somebody = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
        boto3.client("s3", endpoint_url=here, region_name="us-east-1", **somebody).create_bucket(Bucket="peduli")
        for name, value in {"ENDPOINT_URL": here, "REGION": "us-east-1", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        place = Bucket("s3://peduli/private")
        place.put("ab/one", b"satu")
        with urllib.request.urlopen(place.presigned("ab/one", LIFE, "a.png")) as answer:
            assert answer.read() == b"satu"
    finally:
        server.stop()


@pytest.mark.parametrize("age", [0, 3600])
def test_only_what_is_old_goes(place, age):
    place.put("ab/one", b"1")
    (stored,) = place.list()
    place.delete_old("ab/one", stored.changed_at + dt.timedelta(seconds=age - 1))
    assert (place.size("ab/one") is None) == (age > 0)
    place.delete_old("ab/nothing", stored.changed_at)


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
        answer = client.as_(make_user(roles=["instructor"])).get(file.address, headers={"Range": "bytes=0-3"})
        assert (answer.status_code, answer.data) == (206, b"\x89PNG")
    finally:
        app.config["LMS_MEDIA_URL"] = ""
        storage.forget()
