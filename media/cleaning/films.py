"""Sound and film for thin lines, by ffmpeg: in a process of its own with limits of time and memory, and with no protocol but a file.

The demuxer is the one that fits the kind told by the first bytes, never one that ffmpeg would guess: no playlist is ever followed.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from lms.api import ContentError, gettext
from media.cleaning.kinds import Group, Kind

try:
    import imageio_ffmpeg
except ImportError:  # the system may have one
    imageio_ffmpeg = None

MOST_SECONDS = 3 * 3600  # of a film
MOST_MEMORY = 1536 * 1024 * 1024
MOST_OUT = 1024 * 1024 * 1024
LOOK_SECONDS = 30
RENDITIONS = {Group.AUDIO: ("48.m4a", "48.webm"), Group.VIDEO: ("360.mp4", "poster.webp")}
_SOUND = ("-vn", "-ac", "1", "-ar", "48000", "-b:a", "48k")
_WAYS: dict[str, tuple[str, ...]] = {
    "48.m4a": (*_SOUND, "-c:a", "aac", "-movflags", "+faststart", "-f", "mp4"),
    "48.webm": (*_SOUND, "-c:a", "libopus", "-f", "webm"),
    "360.mp4": (
        *("-vf", "scale=-2:'min(360,ih)',fps='min(25,source_fps)'", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main"),
        *("-pix_fmt", "yuv420p", "-b:v", "250k", "-maxrate", "300k", "-bufsize", "600k", "-c:a", "aac", "-ac", "1", "-b:a", "48k"),
        *("-movflags", "+faststart", "-f", "mp4"),
    ),
    "poster.webp": (
        "-an",
        "-vf",
        "thumbnail=50,scale='min(800,iw)':-2",
        "-frames:v",
        "1",
        "-c:v",
        "libwebp",
        "-quality",
        "70",
        "-f",
        "webp",
    ),
}


def program() -> str | None:
    """Return ffmpeg: the system's, or the one of the extra `film`; None when there is neither."""
    found = shutil.which("ffmpeg")
    if found is None and imageio_ffmpeg is not None:
        with contextlib.suppress(RuntimeError):
            found = str(imageio_ffmpeg.get_ffmpeg_exe())
    return found


def measure(path: Path, kind: Kind) -> tuple[float, int | None, int | None]:
    """Return (seconds, width, height) of a sound or film. Raises ContentError for one that cannot be played or lasts too long."""
    said = _run(path, kind, ["-t", "1", "-f", "null", "-"], LOOK_SECONDS).decode(errors="replace")
    length = re.search(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)", said)
    stream = re.search(r"Stream #0.*?: Video: .*?, (\d{2,5})x(\d{2,5})", said)
    seconds = int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3]) if length else 0.0
    if kind.group is Group.VIDEO and not stream:
        raise ContentError(gettext("There is no picture in this film."))
    if seconds > MOST_SECONDS:
        raise ContentError(gettext("The film or sound is longer than three hours."))
    return (seconds, int(stream[1]), int(stream[2])) if stream else (seconds, None, None)


def make(path: Path, kind: Kind, name: str, out: Path, seconds: float) -> None:
    """Write one rendition. Raises ContentError when it cannot be made, within the time that a film of this length may take."""
    _run(path, kind, [*_WAYS[name], "-y", str(out)], 120 + int(seconds * 4))


def _run(path: Path, kind: Kind, after: list[str], limit: int) -> bytes:
    command = [
        *(str(program()), "-nostdin", "-hide_banner", "-protocol_whitelist", "file", "-max_alloc", str(MOST_MEMORY // 4)),
        *("-f", kind.demuxer, "-i", str(path), "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", "-threads", "2", *after),
    ]
    with tempfile.TemporaryDirectory(prefix="film-") as empty:
        process = subprocess.Popen(  # noqa: S603 - a list of words; the only one from outside is a path that we have made
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=empty,
            env={"PATH": os.defpath, "HOME": empty, "TMPDIR": empty},
            start_new_session=True,
        )
        _limit(process.pid)
        try:
            said = process.communicate(timeout=limit)[1]
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise ContentError(gettext("The film or sound took too long to convert.")) from error
    if process.returncode:
        raise ContentError(gettext("The film or sound is damaged or cannot be played."))
    return said[-200_000:]


def _limit(pid: int) -> None:
    """Hold the process within its memory, the size of what it writes, no core dump, and let others go first."""
    with contextlib.suppress(ProcessLookupError):  # it has ended already
        resource.prlimit(pid, resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (MOST_OUT, MOST_OUT))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        os.setpriority(os.PRIO_PROCESS, pid, 10)
