"""Pictures made of pixels: measured before they are unpacked, freed of what is no picture, drawn anew where they must be.

A picture is drawn anew when it lies on its side, has colours other than sRGB, is larger than any screen needs, or is an AVIF (of which no
piece can be told from another). What is served on pages are renditions, which are always drawn anew from pixels.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

from lms.api import ContentError, gettext
from media.cleaning.chunks import stripped
from media.cleaning.kinds import KINDS, Kind

MOST_PIXELS = 40_000_000
MOST_SIDE = 20_000
MOST_MOVING = 100_000_000  # pixels of all frames together
MOST_KEPT_SIDE = 2560
WIDTHS = (400, 800, 1600)
FALLBACK = 800
QUALITY = {"avif": 55, "webp": 78, "jpg": 80}
FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "avif": "AVIF", "gif": "GIF"}
# Pillow warns of EXIF that is not whole; where warnings are errors that is one too.
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, MemoryError, KeyError, IndexError, struct.error, ImageCms.PyCMSError, UserWarning)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is kept of a file: bytes, kind, size in pixels (of drawings in their own units), and the names of its renditions."""

    data: bytes
    kind: Kind
    width: int | None = None
    height: int | None = None
    renditions: tuple[str, ...] = ()


def clean_picture(data: bytes, kind: Kind) -> Cleaned:
    """Return a picture that is nothing but a picture; of a clean one the same bytes. Raises ContentError for what is damaged or too large."""
    try:
        with Image.open(io.BytesIO(data), formats=[FORMATS[kind.suffix]]) as source:
            _measure(source)
            if _must_be_drawn(source, kind):
                data, kind = _drawn(source, kind)
        data = stripped(data, kind.suffix)
        with Image.open(io.BytesIO(data), formats=[FORMATS[kind.suffix]]) as source:
            names = _names(source)
            for frame in range(_frames(source)):
                source.seek(frame)
                source.load()
            return Cleaned(data, kind, *source.size, names)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except _DAMAGED as error:
        raise ContentError(gettext("The picture is damaged or not whole.")) from error


def draw(data: bytes, name: str) -> bytes:
    """Return one rendition (`800.webp`) of a clean picture. Raises ContentError when it cannot be unpacked."""
    width, suffix = name.split(".")
    try:
        with Image.open(io.BytesIO(data)) as source:
            source.draft("RGB", (int(width), int(width)))
            picture = _plain(source)
            picture = picture.resize((int(width), max(1, round(picture.height * int(width) / picture.width))), Image.Resampling.LANCZOS)
            return _written(picture, suffix)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, *_DAMAGED) as error:
        raise ContentError(gettext("The picture is damaged or not whole.")) from error


def _frames(source: Image.Image) -> int:
    """Return how many pictures move. In a JPEG none do: a second one in it is a preview, or tells how bright the first one is (MPO)."""
    return 1 if source.format == "MPO" else getattr(source, "n_frames", 1)


def _measure(source: Image.Image) -> None:
    frames = _frames(source)
    pixels = source.width * source.height
    if pixels > MOST_PIXELS or max(source.size) > MOST_SIDE or (frames > 1 and pixels * frames > MOST_MOVING):
        raise _too_large()


def _too_large() -> ContentError:
    return ContentError(
        gettext("The picture has too many pixels: at most %(count)s megapixels, and 20,000 a side.", count=MOST_PIXELS // 1_000_000)
    )


def _must_be_drawn(source: Image.Image, kind: Kind) -> bool:
    if _frames(source) > 1:
        return False
    sideways = source.getexif().get(0x0112, 1) not in {0, 1}
    return sideways or kind.suffix == "avif" or max(source.size) > MOST_KEPT_SIDE or source.mode == "CMYK" or _coloured(source)


def _coloured(source: Image.Image) -> bool:
    """Tell whether a profile other than sRGB says what the colours mean."""
    profile = source.info.get("icc_profile")
    if not profile:
        return False
    return "sRGB" not in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))


def _plain(source: Image.Image) -> Image.Image:
    """Return the pixels in sRGB, upright."""
    profile = source.info.get("icc_profile")
    picture = ImageOps.exif_transpose(source)
    clear = "A" in picture.mode or "transparency" in picture.info
    if profile and picture.mode in {"RGB", "RGBA", "CMYK", "L"} and _coloured(source):
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        made = ImageCms.profileToProfile(
            picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
        )
        picture = made or picture
    picture = picture.convert("RGBA" if clear else "RGB")
    picture.info = {}
    return picture


def _drawn(source: Image.Image, kind: Kind) -> tuple[bytes, Kind]:
    """Draw a picture anew, no larger than any screen needs."""
    source.draft("RGB", (MOST_KEPT_SIDE, MOST_KEPT_SIDE))
    picture = _plain(source)
    picture.thumbnail((MOST_KEPT_SIDE, MOST_KEPT_SIDE), Image.Resampling.LANCZOS)
    suffix = {"avif": "webp", "gif": "png"}.get(kind.suffix, kind.suffix)
    return _written(picture, suffix, better=10), KINDS[suffix]


def _written(picture: Image.Image, suffix: str, better: int = 0) -> bytes:
    out = io.BytesIO()
    if suffix == "png":
        picture.save(out, "PNG", optimize=True)
    elif suffix == "jpg":
        picture.convert("RGB").save(out, "JPEG", quality=QUALITY["jpg"] + better, optimize=True, progressive=True)
    elif suffix == "avif":
        picture.save(out, "AVIF", quality=QUALITY["avif"], speed=7)
    else:
        picture.save(out, "WEBP", quality=QUALITY["webp"] + better, method=4)
    return out.getvalue()


def _names(source: Image.Image) -> tuple[str, ...]:
    """Return the renditions of a picture: modern ones in several widths, and one that every browser shows; none of moving ones."""
    if _frames(source) > 1:
        return ()
    clear = "A" in source.mode or "transparency" in source.info
    widths = sorted({min(width, source.width) for width in WIDTHS})
    fallback = f"{min(FALLBACK, source.width)}.{'png' if clear else 'jpg'}"
    return (*(f"{width}.webp" for width in widths), *(f"{width}.avif" for width in widths), fallback)
