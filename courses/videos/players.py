"""Films that lie elsewhere: from the address that an author copies to the player that a page may show. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

QUIET_YOUTUBE = "www.youtube-nocookie.com"  # the same films, and nothing is kept on a device before somebody plays one
YOUTUBE = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be", "youtube-nocookie.com", QUIET_YOUTUBE})
VIMEO, VIMEO_PLAYER = frozenset({"vimeo.com", "www.vimeo.com"}), "player.vimeo.com"
UNLISTED = re.compile(r"[0-9a-f]{6,20}")  # what Vimeo adds to the address of a film that is not listed, and asks for again
FILM = re.compile(r"[\w-]{6,20}")
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Player:
    """A player on another site: its host, and its address."""

    host: str
    address: str


def player_of(address: str) -> Player | None:
    """Return the player for a film's address; None for what is no https address. Pages of YouTube and Vimeo become their quiet players."""
    try:
        parts = urlsplit(address.strip())
        plain = parts.port in {None, 443} and not parts.username
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or not plain or not HOST.fullmatch(host):
        return None
    if host in YOUTUBE:
        film = _film_of_youtube(parts.path, parts.query)
        return Player(QUIET_YOUTUBE, f"https://{QUIET_YOUTUBE}/embed/{film}") if film else None
    if host in VIMEO:
        film, _slash, word = parts.path.strip("/").partition("/")
        unlisted = f"&h={word}" if UNLISTED.fullmatch(word) else ""
        return Player(VIMEO_PLAYER, f"https://{VIMEO_PLAYER}/video/{film}?dnt=1{unlisted}") if film.isascii() and film.isdigit() else None
    return Player(host, parts._replace(netloc=host).geturl())


def _film_of_youtube(path: str, query: str) -> str:
    words = [word for word in path.split("/") if word]
    named = parse_qs(query).get("v", [""])[0] or (words[-1] if words else "")
    return named if FILM.fullmatch(named) and named not in {"watch", "playlist", "videoseries"} else ""
