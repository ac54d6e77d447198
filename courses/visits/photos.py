"""A photo that comes in becomes a new one: decoded with limits, turned upright, made small, written anew. Nothing of the file stays.

What is not in the picture itself (EXIF and its place, XMP, colour profile, thumbnail, comments, a film or an archive behind the last byte) is
not copied: the new file is made of pixels.
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from lms.api import ContentError, gettext

MOST_UPLOAD = 11_000_000  # bytes of a file straight from a camera, where the page's script could not make it small
MOST_PIXELS = 50_000_000
MOST_UNPACKED = 16_000_000  # pixels in memory; a JPEG is unpacked no larger than is needed
MOST_SIDE = 1600
MOST_BYTES = 200_000
TRIES = ((1600, 80), (1600, 68), (1400, 60), (1200, 55), (1000, 50), (800, 45), (640, 40), (480, 35))  # longest side, quality
FORMATS = ("JPEG", "PNG", "WEBP")


def clean(data: bytes) -> bytes:
    """Return a photo as a JPEG of at most 1600 pixels a side and 200 KB. Raises ContentError for what is no photo or too large."""
    if len(data) > MOST_UPLOAD:
        raise ContentError(gettext("The photo is larger than 11 MB."))
    picture = _decode(data)
    for side, quality in TRIES:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= MOST_BYTES:
            return out.getvalue()
    raise ContentError(gettext("The photo cannot be made small enough."))


def _decode(data: bytes) -> Image.Image:
    """Return the pixels alone, upright, on white. The size is looked at before anything is unpacked."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as source:
            if source.width * source.height > MOST_PIXELS:
                raise ContentError(gettext("The photo has too many pixels."))
            source.draft("RGB", (MOST_SIDE, MOST_SIDE))
            if source.width * source.height > MOST_UNPACKED:
                raise ContentError(gettext("The photo has too many pixels."))
            upright = ImageOps.exif_transpose(source)
            pixels = Image.new("RGB", upright.size, "white")
            layer = upright.convert("RGBA")
            pixels.paste(layer, mask=layer)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ContentError(gettext("The photo has too many pixels.")) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise ContentError(gettext("This is no photo (JPEG, PNG or WebP), or it is damaged.")) from error
    return pixels
