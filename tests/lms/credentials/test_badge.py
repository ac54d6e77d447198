"""The signed credential: verified with cryptography alone, and by the command without network; any changed byte fails."""

import base64
import hashlib
import json
import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.credentials import badge, keys, services
from lms.credentials.cli import credential_group


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def issued(site):
    """Return a certificate of somebody with an address."""
    (person,) = site.people(1)
    return services.issue(site.issuing(), [person.id])[0]


def test_it_verifies_with_cryptography_alone(issued):
    """Nothing of Peduli is asked: header and payload as they travel, the public key as it is published."""
    head, body, mark = issued.badge.split(".")
    header = json.loads(decode(head))
    (key,) = [found for found in keys.public_keys()["keys"] if found["kid"] == header["kid"]]
    Ed25519PublicKey.from_public_bytes(decode(key["x"])).verify(decode(mark), f"{head}.{body}".encode())
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(decode(key["x"])).verify(decode(mark), f"{head}.{body[:-1]}x".encode())
    content = json.loads(decode(body))
    assert content["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert content["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    told = content["credentialSubject"]["identifier"][0]
    assert told["identityHash"] == "sha256$" + hashlib.sha256(f"passed0@example.test{told['salt']}".encode()).hexdigest()
    assert content["credentialSubject"]["achievement"]["humanCode"] == issued.number
    assert "Orang" not in issued.badge + body, "the name stays at home"
    assert "Orang" not in json.dumps(content)


def test_any_changed_sign_fails(issued):
    known = keys.public_keys()
    assert badge.verify(issued.badge, known)["id"].endswith(issued.code)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(issued.badge) - 1), st.sampled_from("AZaz09-_."))
    def changed(place, sign):
        text = issued.badge[:place] + sign + issued.badge[place + 1 :]
        if text == issued.badge or _same(text, issued.badge):
            return
        with pytest.raises(ValueError, match=r"\w"):
            badge.verify(text, known)

    changed()
    for cut in (0, 10, len(issued.badge) // 2, len(issued.badge) - 5):
        with pytest.raises(ValueError, match=r"\w"):
            badge.verify(issued.badge[:cut], known)


def _same(one, two):
    """Tell whether the last sign alone differs, in bits that base64 does not use."""
    return one[:-1] == two[:-1] and decode(one.rpartition(".")[2]) == decode(two.rpartition(".")[2])


def test_a_stolen_header_does_not_help(issued):
    """No algorithm but ours is taken, whatever the header says."""
    _head, body, mark = issued.badge.split(".")
    for algorithm in ("none", "HS256", "EdDSA"):
        head = (
            base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": keys.public_keys()["keys"][0]["kid"]}).encode())
            .decode()
            .rstrip("=")
        )
        with pytest.raises(ValueError, match=r"\w"):
            badge.verify(f"{head}.{body}.{mark}", keys.public_keys())
    with pytest.raises(ValueError, match=r"\w"):
        badge.verify("bukan", {"keys": []})


def test_old_keys_still_verify(app, issued, site):
    before = keys.public_keys()["keys"]
    new = keys.rotate()
    known = keys.public_keys()
    assert known["keys"][0]["kid"] == new
    assert known["keys"][1:] == before
    badge.verify(issued.badge, known)
    with pytest.raises(ValueError, match=r"\w"):
        badge.verify(issued.badge, {"keys": known["keys"][:1]})
    (later,) = services.issue(site.issuing(), [site.people(1, email="lain@example.test")[0].id])
    assert json.loads(decode(later.badge.split(".")[0]))["kid"] == new


def test_the_command(app, issued, tmp_path):
    run = app.test_cli_runner().invoke
    file, key, gone = tmp_path / "kredensial.jwt", tmp_path / "keys.json", tmp_path / "revoked.json"
    file.write_text(issued.badge)
    key.write_text(run(credential_group, ["keys"]).output)
    gone.write_text(json.dumps({"revokedCredential": [{"id": f"http://localhost/check/{issued.code}"}]}))
    good = run(credential_group, ["verify", str(file), "--key", str(key), "--about", "passed0@example.test"])
    assert (good.exit_code, issued.number in good.output) == (0, True)
    assert json.loads(run(credential_group, ["verify", str(file), "--json"]).output)["id"].endswith(issued.code)
    assert run(credential_group, ["verify", str(file), "--about", "lain@example.test"]).exit_code == 1
    revoked = run(credential_group, ["verify", str(file), "--revoked", str(gone)])
    assert (revoked.exit_code, "revoked" in revoked.output) == (int(_id_of(issued) in gone.read_text()), _id_of(issued) in gone.read_text())
    place = random.Random(1).randrange(len(issued.badge))
    file.write_text(issued.badge[:place] + ("A" if issued.badge[place] != "A" else "B") + issued.badge[place + 1 :])
    assert run(credential_group, ["verify", str(file), "--key", str(key)]).exit_code == 1
    assert run(credential_group, ["rotate-key"]).exit_code == 0


def _id_of(certificate):
    return json.loads(decode(certificate.badge.split(".")[1]))["id"]
