"""Static files: one version for all of them, the digest of their contents, as a part of their address; so browsers keep them for ever."""

from __future__ import annotations

import contextlib
import hashlib
import mimetypes
import os
import shutil
import tempfile
import time
from pathlib import Path

from flask import Flask, Response, abort, current_app, send_from_directory
from werkzeug.security import safe_join
from werkzeug.utils import secure_filename
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

from lms.errors import NotFound
from lms.people.permissions import public
from lms.registry import Registry

FOREVER = 31536000
MONTH = 30 * 86400


def init_app(app: Flask) -> None:
    """Find the static folders of kernel and plugins, compute their version and serve them."""
    registry: Registry = app.extensions["lms"]
    folders = {"lms": Path(__file__).parent / "static"}
    folders |= {key: plugin.folder / "static" for key, plugin in registry.plugins.items()}
    folders = {key: folder for key, folder in folders.items() if folder.is_dir()}
    version = _version(folders)
    app.config["STATIC_VERSION"] = version

    @public
    def static(version: str, bundle: str, name: str) -> Response:
        """Serve a file as it is; `lms run` puts compressed copies in front of this.

        While Peduli is upgraded, a page of one version may ask a process of another for its files: those are never kept under the wrong name.
        """
        if bundle not in folders:
            abort(404)
        ours = version == app.config["STATIC_VERSION"]
        kept = Path(app.config["LMS_DATA"]) / "static" / secure_filename(version) / bundle
        folder = folders[bundle] if ours or not kept.is_dir() else kept
        return send_from_directory(folder, name, max_age=FOREVER if ours or folder == kept else 0)

    app.add_url_rule("/static/<version>/<bundle>/<path:name>", "static", static)
    app.jinja_env.globals["asset"] = lambda path: f"/static/{version}/{path}"
    app.extensions["lms_static"] = folders


def static_file(address: str) -> tuple[bytes, str]:
    """Return the bytes and the type of a static file by its address on this site. Raises NotFound."""
    bundle, _slash, name = address.removeprefix(f"/static/{current_app.config['STATIC_VERSION']}/").partition("/")
    path = safe_join(str(current_app.extensions["lms_static"].get(bundle, "")), name)
    if path is None or not Path(path).is_file():
        raise NotFound(f"no static file {address}")
    return Path(path).read_bytes(), mimetypes.guess_type(name)[0] or "application/octet-stream"


def _version(folders: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for bundle, folder in sorted(folders.items()):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                digest.update(f"{bundle}/{path.relative_to(folder)}".encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def serve_compressed(app: Flask) -> None:
    """Copy the static files to LMS_DATA/static with .br and .gz beside them, once a version, and let WhiteNoise serve them.

    Files of the version before are left, and of others for a month: processes still serve them, and pages that are open ask for them.
    """
    version = app.config["STATIC_VERSION"]
    target = Path(app.config["LMS_DATA"]) / "static" / version
    if not target.exists():
        _forget_old(target.parent)
        draft = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
        draft.chmod(0o755)
        for bundle, folder in app.extensions["lms_static"].items():
            shutil.copytree(folder, draft / bundle)
        compressor = Compressor(quiet=True)
        for path in draft.rglob("*"):
            if path.is_file() and compressor.should_compress(path.name):
                compressor.compress(str(path))
        try:
            draft.rename(target)
        except OSError:  # a process that began at the same time was quicker
            shutil.rmtree(draft)
    os.utime(target)  # in use
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=str(target), prefix=f"static/{version}/", max_age=FOREVER, immutable_file_test=lambda path, url: True
    )


def _forget_old(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    used = {}
    for version in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # the draft of another process that begins
            used[version] = version.stat().st_mtime
    for version in sorted(used, key=used.__getitem__)[:-1]:  # who began last with the version before may be running since
        if time.time() - used[version] > MONTH:
            shutil.rmtree(version, ignore_errors=True)
