"""The key of the drawer on a person's device (static/vault.js): the same on all their devices, and on nobody else's pages."""

from __future__ import annotations

import base64
import hashlib
import hmac

from flask import current_app
from flask_login import current_user


def vault_key() -> str:
    """Return the signed-in person's key, 32 bytes in base64: an HMAC of their id under the site's key."""
    secret = current_app.secret_key or b""
    site = secret if isinstance(secret, bytes) else secret.encode()
    return base64.b64encode(hmac.new(site, b"vault/" + current_user.id.bytes, hashlib.sha256).digest()).decode()
