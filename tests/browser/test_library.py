"""An upload in a real browser: the line breaks, the page is loaded again, the same file goes on; what is no picture is refused with a sentence."""

import re

from playwright.sync_api import expect
from support.hostile import picture

LARGE = picture("PNG", (1500, 1000)) + b"\0" * 1_300_000  # three pieces; what lies behind the picture is taken off


def test_an_upload_goes_on_after_a_broken_line_and_a_reload(own_visitor):
    page = own_visitor.sign_in("instructor")
    page.goto("/media")
    pieces = []

    def cut(route):
        """Let the first piece through and break the line for the rest."""
        pieces.append(route.request.headers["upload-offset"])
        route.continue_() if len(pieces) == 1 else route.abort()

    page.route(re.compile("/media/uploads/"), lambda route: cut(route) if route.request.method == "PATCH" else route.continue_())
    large = {"name": "peta kantor.png", "mimeType": "image/png", "buffer": LARGE}
    page.evaluate("Object.defineProperty(File.prototype, 'lastModified', { get: () => 1 })")
    page.set_input_files("#files", large)
    expect(page.locator(".uploads span")).to_have_text(re.compile("waiting|menunggu"), timeout=30_000)
    assert pieces[:2] == ["0", str(512 * 1024)]

    page.unroute_all()
    page.reload()
    sent = []
    page.on("request", lambda request: sent.append(request.headers["upload-offset"]) if request.method == "PATCH" else None)
    page.evaluate("Object.defineProperty(File.prototype, 'lastModified', { get: () => 1 })")
    page.set_input_files("#files", [large, {"name": "halaman.jpg", "mimeType": "image/jpeg", "buffer": b"<html>"}])
    expect(page.locator(".uploads a")).to_have_count(1, timeout=60_000)
    expect(page.locator(".uploads .error")).to_contain_text("WebVTT", timeout=60_000)
    assert sent[0] == str(512 * 1024), "nothing that had come is sent again"
    page.click(".uploads a")
    expect(page.locator("h1")).to_have_text("peta kantor.png")
    expect(page.locator(".media-preview img")).to_have_attribute("width", "1500")
