"""Links and documents: why, what kind, how large; opened beside the course and without telling where one comes from."""

from dataclasses import replace

import pytest
from support import hostile

from courses.resources.type import Resource, host_of
from lms.activity import Draft
from lms.errors import ContentError
from lms.registry import activity_type, file_store
from lms.testing.client import text_of


def test_a_link_says_what_it_is_and_opens_safely(client, make_activity):
    link = make_activity("resource", **Resource.example)
    page = client.as_(link.learner).get(link.url)
    for said in ("enam hak", "peraturan.example", "Halaman web, 10 menit"):
        assert said in text_of(page), said
    assert 'href="https://peraturan.example/uu-25-2009" target="_blank" rel="noopener noreferrer"' in page.get_data(as_text=True)
    assert client.as_(link.learner).post(f"{link.url}/read").status_code == 302
    assert link.ctx.state == "complete"


def test_a_document_says_its_kind_and_size(app, make_activity):
    link = make_activity("resource", **Resource.example)
    kind, name = activity_type("resource"), "figures/surat.pdf"
    address = file_store().save(hostile.pdf(), "surat.pdf", owner_id=None)
    draft = Draft(link.module.id, link.module.key, "surat", None, {name: address})
    settings = kind.load({"why": "Contoh surat.", "file": name}, draft)
    ctx = replace(link.ctx, settings=settings, prepared=kind.prepare(settings, draft))
    with app.test_request_context("/studio"):
        online, offline = kind.render(ctx), kind.offline(ctx)
    assert f'href="{address}"' in online
    for html in (online, offline):
        assert "PDF" in html
        assert "1 KB" in html
    assert "href=" not in offline.replace('href="/static', ""), "a link leads nowhere without a connection"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://jdih.kaltara.go.id/a?b=c#d", "jdih.kaltara.go.id"),
        ("http://bps.go.id", "bps.go.id"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://a@b.example/", ""),
        ('https://a.example/"onclick', ""),
        ("//a.example", ""),
        ("bps.go.id", ""),
        ("https://[", ""),
    ],
)
def test_the_host_of_an_address(address, host):
    assert host_of(address) == host


@pytest.mark.parametrize(
    "settings",
    [
        {"why": "Baca."},
        {"why": "", "address": "https://a.example"},
        {"why": "Baca.", "address": "javascript:alert(1)"},
        {"why": "Baca.", "address": "https://a.example", "file": "figures/a.pdf"},
        {"why": "Baca.", "file": "figures/tiada.pdf"},
    ],
)
def test_what_cannot_be_opened_is_refused(database, settings):
    with pytest.raises(ContentError):
        activity_type("resource").load(settings, Draft(0, "m", "a", None, {}))


def test_an_address_that_can_be_read_on_the_way_is_mentioned(database):
    assert len(activity_type("resource").check({"address": "http://bps.go.id"})) == 1
    assert activity_type("resource").check({"address": "https://bps.go.id"}) == []
