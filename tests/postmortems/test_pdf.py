"""The renderer: what it prints, and that nothing a document does reaches further than its own child."""

import io
import os
import re
import socket
import threading

import pikepdf
import pytest
import weasyprint
from django.conf import settings
from django.template.loader import render_to_string

from postmortems.rendering import html, pdf
from tests.benchmarks.bench_pdf import example

CANARY = "canary-3f9a"


def printable(document=None, **facts):
    given = {
        "url": "http://127.0.0.1/knowledge/PM-1/r/1/",
        "base_url": "http://127.0.0.1",
        "sha256": "ab" * 32,
        "number": 1,
        "published": "3 March 2026",
        "stamp": "2026-03-03T09:00:00Z",
    }
    return html.printable(document or example(30), **(given | facts))


def page(body, head=""):
    return f'<!doctype html><html lang="en"><head><title>x</title>{head}</head><body>{body}</body></html>'


def opened(content):
    return pikepdf.open(io.BytesIO(content))


def streams(content):
    """Every stream of the file, decompressed: strings sit in compressed objects, so a search of the bytes proves nothing."""
    with opened(content) as file:
        return b"\n".join(item.read_bytes() if isinstance(item, pikepdf.Stream) else repr(item).encode() for item in file.objects)


def lines(document):
    """Return (where it ends, how wide its page is) of every line as WeasyPrint lays it out."""
    printed = weasyprint.HTML(string=document).render(stylesheets=[weasyprint.CSS(settings.ROOT / "config" / "static" / "css" / "pdf.css")])
    boxes = [(page.width, box) for page in printed.pages for box in page._page_box.descendants()]
    return [(box.position_x + box.width, width) for width, box in boxes if isinstance(box, weasyprint.formatting_structure.boxes.TextBox)]


@pytest.fixture(scope="module")
def printed():
    return pdf.render(printable())


def test_no_line_about_a_factor_runs_off_the_page():
    steps = [{"question": "How did it come about that orders waited for a connection?"}] * 6
    links = [{"relation_name": "made possible", "to": number} for number in range(1, 30)]
    factor = {"number": 1, "statement": "It grew.", "confidence": "high", "links": links, "chains": [{"title": "Chain of questions", "steps": steps}]}
    body = render_to_string("postmortems/document_factors.html", {"factors": [factor], "printed": True})
    places = lines(page(body))
    assert len(places) > 8
    assert max(end for end, width in places) < places[0][1]


@pytest.mark.parametrize("letter", "Wy")
def test_no_long_word_of_the_timeline_runs_off_the_page(letter):
    document = example(3)
    document["timeline"][1]["text"] = f"Rolled back {letter * 700} by hand"
    places = lines(printable(document))
    assert max(end for end, width in places) < places[0][1]


@pytest.fixture
def canary(tmp_path):
    """A server that counts who calls, and a file that nobody may read."""
    hits = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    stop = threading.Event()

    def listen():
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            hits.append(connection.recv(200))
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\n" + CANARY.encode())
            connection.close()

    thread = threading.Thread(target=listen)
    thread.start()
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", f"file://{secret}", hits
    stop.set()
    thread.join()
    listener.close()


VECTORS = [
    '<img src="{0}">',
    '<link rel="stylesheet" href="{0}">',
    "<style>@import url({0});</style>",
    "<style>body {{ background: url({0}) }}</style>",
    "<style>@font-face {{ font-family: x; src: url({0}) }} p {{ font-family: x }}</style><p>x</p>",
    '<link rel="attachment" href="{0}">',
    '<a rel="attachment" href="{0}">x</a>',
    '<p style="background: url({0})">x</p>',
    '<p style="content: url({0})">x</p>',
    '<ul style="list-style-image: url({0})"><li>x</li></ul>',
    '<object data="{0}"></object>',
    '<embed src="{0}">',
    '<iframe src="{0}"></iframe>',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{0}" width="9" height="9"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><use xlink:href="{0}#a"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><style>@import url({0});</style><rect width="9" height="9"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9" fill="url({0}#x)"/></svg>',
    '<base href="{0}/"><img src="x.png">',
    '<input type="image" src="{0}">',
    '<body background="{0}">',
    '<img srcset="{0} 2x">',
    "<style>@page {{ background: url({0}) }}</style>",
    "<style>p::before {{ content: url({0}) }}</style><p>x</p>",
    '<link rel="icon" href="{0}"><p>x</p>',
    '<video poster="{0}" src="{0}"></video><audio src="{0}"></audio>',
    "<style>p {{ border-image: url({0}) 1; mask-image: url({0}) }}</style><p>x</p>",
]


@pytest.mark.parametrize("vector", VECTORS)
def test_no_vector_reaches_the_network_or_a_file(vector, canary):
    server, file, hits = canary
    for target in (server, file, file.replace("file://", "file://localhost"), file.removeprefix("file://")):
        try:
            content = pdf.render(page(vector.format(target)))
        except pdf.RenderError:  # refused as a whole, which is as good
            continue
        assert CANARY.encode() not in streams(content)
        with opened(content) as result:
            assert "/EmbeddedFiles" not in result.Root.get("/Names", {})
    assert hits == []


def test_an_asset_is_loaded_by_its_exact_key_only():
    picture = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="20" height="20" fill="red"/></svg>'
    key = pdf.asset_key(picture)
    with_it = pdf.render(page(f'<img alt="red" src="{key}">'), {key: picture})
    without = pdf.render(page(f'<img alt="red" src="{key}x">'), {key: picture})
    assert b"1 0 0 rg" in streams(with_it)
    assert b"1 0 0 rg" not in streams(without)


@pytest.mark.parametrize("hostile", ["</title><link rel=attachment href=file:///etc/passwd>", '"><script>x</script>', "<img src=x onerror=y>"])
def test_titles_and_names_are_text(hostile):
    document = example(3)
    document["title"] = hostile
    document["people"] = [{"name": hostile, "role": hostile}]
    document["incident"]["tags"] = [hostile]
    document["timeline"][0] |= {"actor": hostile, "text": hostile, "day": hostile}
    document["sections"][0] |= {"title": hostile, "body": hostile}
    document["actions"][0] |= {"title": hostile, "owner": hostile}
    text = printable(document)
    assert "<script" not in text
    assert "rel=attachment" not in text.replace("&lt;link rel=attachment", "")
    with opened(pdf.render(text)) as file:
        assert str(file.docinfo["/Title"]) == f"PM-1 {hostile}"
        assert "/Names" not in file.Root or "/EmbeddedFiles" not in file.Root.Names


@pytest.mark.parametrize(
    "body", ['<a href="javascript:alert(1)">a</a>', '<a href="file:///etc/passwd">a</a>', '<a href="//evil.example">a</a>', '<a href="x.html">a</a>']
)
def test_links_lead_to_the_web_or_nowhere(body):
    assert html.absolute_links(body, "https://debrief.example") == "<a>a</a>"


def test_links_within_the_site_are_complete():
    assert html.absolute_links('<a href="/incidents/INC-1/">a</a>', "https://d.example") == '<a href="https://d.example/incidents/INC-1/">a</a>'


def test_it_is_tagged_titled_and_in_a_language(printed):
    with opened(printed) as file:
        root = file.Root
        assert root.MarkInfo.Marked
        assert str(root.Lang) == "en"
        assert root.StructTreeRoot.K
        assert str(file.docinfo["/Title"]).startswith("PM-1 Checkout refused cards")
        assert root.ViewerPreferences.DisplayDocTitle
        with file.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        kinds = {str(item.get("/S")) for item in file.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item}
        assert {"/H1", "/H2", "/Table", "/TR", "/TH", "/TD", "/P", "/Figure", "/Link"} <= kinds
        figures = [item for item in file.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"]
        assert all("Impact started" in str(figure.Alt) for figure in figures)


def test_it_has_bookmarks_page_labels_and_page_numbers(printed):
    with opened(printed) as file:
        with file.open_outline() as outline:
            (title,) = outline.root
            names = [item.title for item in title.children]
        assert names[:4] == ["Summary", "Key moments", "Timeline", "Background"]
        assert names[-1] == "Action items"
        assert file.pages[0].label == "1"
        assert file.pages[-1].label == str(len(file.pages))


def test_every_font_is_embedded_and_a_subset(printed):
    with opened(printed) as file:
        fonts = [item for item in file.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"]
        assert len(fonts) >= 4
        for font in fonts:
            assert "/FontFile2" in font or "/FontFile3" in font
            assert re.match(r"/[A-Z]{6}\+(Source-S|Roboto-Mono|Noto-)", str(font.FontName)), str(font.FontName)


def test_it_names_no_program_and_no_time_of_its_own(printed):
    with opened(printed) as file:
        assert "/Producer" not in file.docinfo
        assert set(file.docinfo.keys()) == {"/Title", "/Creator", "/CreationDate", "/ModDate"}
        assert str(file.docinfo["/CreationDate"]).startswith("D:20260303090000")
    assert b"WeasyPrint" not in streams(printed)


def test_the_same_document_is_the_same_bytes(printed):
    assert pdf.render(printable()) == printed
    pdf.SERVER.stop()  # and from another server
    assert pdf.render(printable()) == printed


def test_a_long_timeline_says_how_much_is_left_out():
    document = example(1_200)
    text = printable(document)
    assert text.count("<td>14:") + text.count("<td>15:") <= 1_000
    assert "200 more entries in the online version." in text


def test_a_long_text_is_cut_in_print():
    document = example(3)
    document["timeline"][0]["text"] = "word " * 1_000
    assert "more characters online" in printable(document)


def test_what_cannot_be_laid_out_is_refused_and_the_next_one_prints():
    with pytest.raises(pdf.RenderError, match="cannot be printed"):
        pdf.render(page("<ul><li>" * 300 + "x"))
    assert pdf.render(page("<p>fine</p>")).startswith(b"%PDF")


def test_a_bomb_is_killed_and_the_server_lives(monkeypatch):
    assert pdf.SERVER.seconds == 60
    monkeypatch.setattr(pdf, "SERVER", pdf.ForkServer(seconds=3))
    pdf.render(page("<p>fine</p>"))
    server = pdf.SERVER.process.pid
    with pytest.raises(pdf.RenderError):
        pdf.render(page("<table><tr><td colspan=1000000>x</td></tr></table>"))
    assert pdf.render(page("<p>fine</p>")).startswith(b"%PDF")
    assert pdf.SERVER.process.pid == server
    pdf.SERVER.stop()


def test_a_killed_server_is_started_again():
    pdf.render(page("<p>fine</p>"))
    pdf.SERVER.process.kill()
    pdf.SERVER.process.wait()
    assert pdf.render(page("<p>fine</p>")).startswith(b"%PDF")


def test_what_is_too_long_to_send_is_refused():
    with pytest.raises(pdf.RenderError, match="too long"):
        pdf.render("x" * (33 << 20))


def test_the_server_has_no_secret_and_no_database():
    pdf.render(page("<p>fine</p>"))
    base = f"/proc/{pdf.SERVER.process.pid}"
    if not os.path.exists(base):
        pytest.skip("no /proc on this system")
    with open(f"{base}/environ", "rb") as file:
        assert file.read() == b""
    with open(f"{base}/maps") as file:
        maps = file.read()
    assert "sqlite" not in maps
    assert "libpq" not in maps


def test_hostile_and_foreign_text_prints():
    document = example(5)
    document["title"] = "Superlongwordwithoutanybreak" * 9 + " نظام 決済 😀"
    document["sections"][0]["body"] = (
        "W" * 20_000 + "\n\n| " + " | ".join("abcdefgh" * 3) + " |\n|" + "---|" * 24 + "\n\nعربي עברית 日本語 😀 → ✅\n\n```\n" + "x" * 4_000 + "\n```"
    )
    document["timeline"][1]["text"] = "line\n" * 200
    document["timeline"][2]["text"] = "https://example.org/" + "a/b" * 300
    document["milestones"][2]["name"] = "A milestone with a name of nearly sixty letters in it, indeed"
    with opened(pdf.render(printable(document))) as file:
        assert len(file.pages) > 5
