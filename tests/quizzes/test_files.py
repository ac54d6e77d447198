"""Files that learners upload: what they are, their bytes say."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms import i18n
from quizzes.kinds.base import KINDS, load_data
from quizzes.kinds.open import type_of

pytestmark = pytest.mark.sqlite  # no database


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"%PDF-1.7\n", "pdf"), (b"\xff\xd8\xff\xe0..JFIF", "jpg"), (b"\x89PNG\r\n\x1a\n....", "png"), (b"Halo, dunia\n", "txt"), ("aé".encode()[:2], "txt"),
        (zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "docx"), (zipped("xl/workbook.xml", "[Content_Types].xml"), "xlsx"),
        (zipped("docProps/app.xml", "ppt/presentation.xml"), "pptx"), (zipped("a.docx", "word/document.xml"), ""), (zipped("readme"), ""),
        (zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), ""), (b"MZ\x90\0", ""), (b"GIF89a\0", ""), (b"PK\x03\x04", ""), (b"", ""),
        (b"\xfe\xff\0a", ""), (zipped(*(f"word/media/{number}.png" for number in range(3000)))[: 64 * 1024], "docx"),
    ],
)  # fmt: skip
def test_what_a_file_is_its_bytes_say(head, expected):
    assert type_of(head) == expected


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"%PDF-", b"\xff\xd8\xff"]))
def test_any_bytes_are_looked_at(tail, start):
    assert type_of(start + tail) in {"", "pdf", "jpg", "png", "docx", "xlsx", "pptx", "txt"}


@pytest.mark.parametrize(
    ("name", "head", "size", "words"),
    [
        ("foto.jpg", b"\xff\xd8\xff", 10, ""), ("FOTO.JPEG", b"\xff\xd8\xff", 10, ""), ("a.pdf", b"%PDF-", 2 * 1024 * 1024, ""),
        ("a.pdf", b"%PDF-", 2 * 1024 * 1024 + 1, "larger than 2 MB"), ("a.pdf", b"", 0, "empty"), ("a.pdf", b"MZ\0", 9, "another kind"),
        ("a.png", b"\x89PNG\r\n\x1a\n", 9, "another kind"), ("a.exe", b"%PDF-", 9, "should end in .pdf"), ("a", b"%PDF-", 9, "should end in .pdf"),
    ],
)  # fmt: skip
def test_files_that_are_not_taken(name, head, size, words):
    i18n.use("en")
    data = load_data("file_upload", {"stem": "Apa?", "types": ["pdf", "jpg"], "most_mb": 2})
    problem = KINDS["file_upload"].problem_with(data, name, head, size)
    assert words in problem
    assert bool(words) == bool(problem)
