"""Open Badges 3.0: a certificate as a credential that anybody can verify without this site (VC data model 2.0, signed JWT, Ed25519).

It tells the recipient by a salted hash alone. A verifier needs the credential, the public keys, and for withdrawal the list of what was
revoked; nothing else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization, OKPKey

from lms.i18n import gettext as _

CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
ALGORITHM = "Ed25519"  # RFC 9864


@dataclass(frozen=True, slots=True)
class Recipient:
    """By what somebody can show that a credential is theirs: an e-mail address, or their name where they have none."""

    kind: str
    value: str

    def hashed(self, salt: str) -> str:
        """Return the salted hash as Open Badges writes it."""
        return f"sha256${hashlib.sha256((self.value + salt).encode()).hexdigest()}"


def recipient_of(email: str | None, name: str) -> Recipient:
    """Return by what a person is told; an address in small letters."""
    return Recipient("emailAddress", email.lower()) if email else Recipient("name", name)


def credential(*, base_url: str, code: str, snapshot: Mapping[str, Any], issued_at: dt.datetime, recipient: Recipient) -> dict[str, Any]:
    """Return the unsigned credential of a certificate."""
    salt = secrets.token_hex(16)
    url = f"{base_url}/check/{code}"
    since = issued_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "@context": CONTEXT,
        "id": url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{snapshot['title']} {snapshot['program']}",
        "issuer": {"id": base_url, "type": ["Profile"], "name": snapshot["issuer"]},
        "validFrom": since,
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": recipient.hashed(salt),
                    "identityType": recipient.kind,
                    "salt": salt,
                }
            ],
            "creditsEarned": snapshot["jp"],
            "achievement": {
                "id": f"{base_url}/check#{snapshot['kind']}",
                "type": ["Achievement"],
                "achievementType": "Certificate",
                "name": f"{snapshot['program']} {snapshot['cohort']}",
                "description": f"{snapshot['dates']}; {snapshot['jp']} JP",
                "criteria": {"narrative": snapshot["result"]},
                "humanCode": snapshot["number"],
            },
        },
        "credentialStatus": {"id": f"{base_url}/check/revoked", "type": "1EdTechRevocationList"},
    }


def sign(content: Mapping[str, Any], key: OKPKey) -> str:
    """Return a credential as signed JWT (VC-JWT): the claims that Open Badges 3.0 (8.2.4) asks for stand beside the credential."""
    claims = {
        **content,
        "iss": content["issuer"]["id"],
        "jti": content["id"],
        "sub": content["credentialSubject"]["identifier"][0]["identityHash"],
        "nbf": int(dt.datetime.fromisoformat(content["validFrom"]).timestamp()),
    }
    payload = json.dumps(claims, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return jws.serialize_compact({"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}, payload, key, algorithms=[ALGORITHM])


def verify(text: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the credential in a signed text. Raises ValueError, with a sentence, unless one of the keys (a JWK set) has signed exactly this."""
    try:
        known = KeySet.import_key_set(KeySetSerialization(keys=list(keys["keys"])))
        signed = jws.deserialize_compact(text.strip(), known, algorithms=[ALGORITHM])
        content = json.loads(signed.payload)
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise ValueError(_("The signature is not right: the credential was changed, or another key has signed it.")) from error
    if not isinstance(content, dict) or "OpenBadgeCredential" not in content.get("type", ()):
        raise ValueError(_("This is signed, and it is no Open Badges credential."))
    return content


def is_about(content: Mapping[str, Any], value: str) -> bool:
    """Tell whether a credential is about the person with this e-mail address or name."""
    known = content["credentialSubject"]["identifier"][0]
    wanted = value.lower() if known["identityType"] == "emailAddress" else value
    return secrets.compare_digest(Recipient(known["identityType"], wanted).hashed(known["salt"]), known["identityHash"])
