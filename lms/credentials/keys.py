"""Keys that sign credentials (Ed25519): private ones in `LMS_DATA/keys`, public ones for everybody. The newest signs; old ones still verify."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app
from joserfc.jwk import OKPKey
from joserfc.util import urlsafe_b64encode

from lms.settings import key_file

PREFIX = "credential-"


def _folder() -> Path:
    return Path(current_app.config["LMS_DATA"]) / "keys"


def _names() -> list[str]:
    """Return the names of the key files, oldest first; the first is made when it is needed."""
    names = sorted(path.stem for path in _folder().glob(f"{PREFIX}*.key"))
    if not names:
        names = [f"{PREFIX}0001"]
        key_file(_folder() / f"{names[0]}.key")
    return names


def _load(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key_file(_folder() / f"{name}.key"))


def _public(key: Ed25519PrivateKey) -> dict[str, str]:
    """Return a public key as JWK; its id is made of its SHA-256, so it says nothing and never changes."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    text = urlsafe_b64encode(raw).decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": text, "kid": hashlib.sha256(raw).hexdigest()[:16], "use": "sig", "alg": "Ed25519"}


def signing_key() -> OKPKey:
    """Return the newest key, with its private part."""
    raw = key_file(_folder() / f"{_names()[-1]}.key")
    public = _public(Ed25519PrivateKey.from_private_bytes(raw))
    return OKPKey.import_key({**public, "d": urlsafe_b64encode(raw).decode()})


def public_keys() -> dict[str, Any]:
    """Return all public keys as a JSON Web Key Set, newest first."""
    return {"keys": [_public(_load(name)) for name in reversed(_names())]}


def rotate() -> str:
    """Make a new key, which signs from now on, and return its id."""
    number = int(_names()[-1].removeprefix(PREFIX)) + 1
    name = f"{PREFIX}{number:04}"
    key_file(_folder() / f"{name}.key")
    return _public(_load(name))["kid"]
