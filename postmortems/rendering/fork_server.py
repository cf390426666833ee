"""Pure. The process in which documents become PDF: a warm server that forks one limited child a document.

It is started by `pdf.py` with an empty environment and imports neither Django nor our models, so there is no secret,
no database connection and no setting in it. WeasyPrint, its fonts and the parsed style sheet are loaded and have
rendered once before the first fork, so a child starts hot; it sets its own limits before it reads its input, answers
on its own socket and is gone. Whatever a document does to its child, the next one gets a fresh child.

The protocol: over the control socket comes one descriptor a document; over that a length and JSON
({"html", "assets": {key: base64}}) and back a status byte, a length and the PDF or the reason.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import resource
import signal
import socket
import struct
import sys
from typing import Any

ADDRESS_SPACE = 1 << 30
SECONDS = 60
FILE_SIZE = 64 << 20
OPEN_FILES = 64
LONGEST_INPUT = 32 << 20
LONGEST_OUTPUT = 64 << 20

DONE, REFUSED = b"+", b"-"
LENGTH = struct.Struct("!Q")


def read_exactly(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(1 << 20, size - len(parts)))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def read_message(connection: socket.socket, longest: int) -> bytes:
    (size,) = LENGTH.unpack(read_exactly(connection, LENGTH.size))
    if size > longest:
        raise ValueError(f"{size} bytes are more than a document may have")
    return read_exactly(connection, size)


def send_message(connection: socket.socket, content: bytes) -> None:
    connection.sendall(LENGTH.pack(len(content)) + content)


def limit_child(seconds: int) -> None:
    """Give this process the limits of one document. Beyond any of them the kernel ends it."""
    for kind, limit in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    signal.alarm(seconds)  # no handler: the default ends the process, also inside C code


def without_network() -> None:
    """Leave the network where the system allows it; the fetcher reaches nothing anyway."""
    import ctypes

    new_network = 0x40000000
    try:
        ctypes.CDLL(None).unshare(new_network)
    except (AttributeError, OSError):
        return


class Renderer:
    """WeasyPrint with our style sheet and fonts, loaded once in the server and used once in each child."""

    def __init__(self, css: str) -> None:
        import weasyprint  # type: ignore[import-untyped]
        from weasyprint.text.fonts import FontConfiguration  # type: ignore[import-untyped]

        compress_quickly()
        self.weasyprint = weasyprint
        self.new_fonts = FontConfiguration
        self.css = weasyprint.CSS(string=css, font_config=FontConfiguration(), url_fetcher=self.fetcher({}))

    def fetcher(self, assets: dict[str, bytes]) -> Any:
        from weasyprint.urls import URLFetcher, URLFetcherResponse  # type: ignore[import-untyped]

        class Assets(URLFetcher):  # type: ignore[misc]
            """Reaches the document's own assets, by their exact key, and nothing else."""

            def fetch(self, url: str, headers: Any = None) -> Any:
                if url not in assets:
                    raise ValueError("Only the document's own assets may be loaded.")
                return URLFetcherResponse(url, assets[url])

        return Assets(allowed_protocols=(), allow_redirects=False)

    def pdf(self, html: str, assets: dict[str, bytes]) -> bytes:
        """Return the PDF. The same input gives the same bytes."""
        document = self.weasyprint.HTML(string=html, base_url=None, url_fetcher=self.fetcher(assets))
        result: bytes = document.write_pdf(
            stylesheets=[self.css],
            font_config=self.new_fonts(),
            pdf_variant="pdf/ua-1",
            presentational_hints=False,
            finisher=finish,
        )
        return result


def compress_quickly() -> None:
    """Have pydyf compress as zlib does by default: its level 9 takes twice as long for a file 4 % smaller."""
    import zlib
    from types import SimpleNamespace

    import pydyf  # type: ignore[import-untyped]

    pydyf.zlib = SimpleNamespace(compress=zlib.compress, compressobj=lambda level: zlib.compressobj())


def finish(_document: Any, pdf: Any) -> None:
    """Take out what names the program, and number the pages as they print."""
    import pydyf

    pdf.info.pop("Producer", None)
    for item in pdf.objects:
        if getattr(item, "extra", {}).get("Type") == "/Metadata":
            item.stream = [without_producer(part) for part in item.stream]
    pdf.catalog["PageLabels"] = pydyf.Dictionary({"Nums": pydyf.Array([0, pydyf.Dictionary({"S": "/D"})])})


def without_producer(xmp: bytes) -> bytes:
    """Return the XMP packet without its `pdf:Producer`."""
    import re

    return re.sub(rb' pdf:Producer="[^"]*"', b"", xmp)


def serve_one(renderer: Renderer, connection: socket.socket, seconds: int) -> None:
    """In the child: read one document, answer, end."""
    from weasyprint.urls import FatalURLFetchingError

    limit_child(seconds)
    gc.disable()  # nothing lives longer than the document, and looking for garbage took a third of the time
    request = json.loads(read_message(connection, LONGEST_INPUT))
    assets = {key: base64.b64decode(content) for key, content in request["assets"].items()}
    try:
        content = renderer.pdf(request["html"], assets)
        status = DONE
    except (FatalURLFetchingError, MemoryError, RecursionError, Exception) as error:  # the first derives from BaseException
        content, status = f"{type(error).__name__}: {error}"[:300].encode(), REFUSED
    connection.sendall(status)
    send_message(connection, content)


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 0123456789 .,:;!?()[]/%+-–—’“”·…◆"
ROW = "<tr><td>14:02:00</td><td>Some Body</td><td><b class='doc__sort'>Alert</b> Words of an entry, as long as entries are</td></tr>"
KEY = ROW.replace("<tr>", "<tr class='doc__key'>")
#: Like a real document in all that is cached on the way: styles, glyphs of every face, tables over several pages, contents. Without it a child takes a tenth longer.
WARM_UP = f"""<!doctype html><html lang="en"><head><title>Warm</title></head><body>
<header class="cover"><p class="cover__kind"><span>{LETTERS}</span> <span class="cover__audience cover__audience--internal">a</span></p>
<h1 class="cover__title" data-short="a" data-foot="b" data-reference="c">Warm up {LETTERS}</h1><p class="cover__lead">{LETTERS}</p>
<table class="cover__metrics"><tbody><tr><td>4 min</td><td><span class="cover__unknown">Pending</span></td></tr><tr><th>a</th><th>b</th></tr></tbody></table>
<table class="cover__facts"><tbody><tr><th>Started</th><td>then</td></tr></tbody></table><p class="cover__foot">{LETTERS}<br><a href="https://example.org">link</a></p></header>
<nav class="contents"><h2 class="contents__title">Contents</h2><ol><li><a href="#s">{LETTERS}</a></li></ol></nav>
<section class="doc__section" id="s"><h2 class="doc__heading">Words {LETTERS}</h2>
<div class="prose"><p>{LETTERS} <b>{LETTERS}</b> <em>{LETTERS}</em> <b><em>{LETTERS}</em></b> <code>code</code> <a href="https://example.org">link</a></p>
<pre><code>{LETTERS}</code></pre><ul><li>item</li></ul><ol><li>item</li></ol><h3>Head</h3><blockquote><p>quote</p></blockquote></div>
<figure class="doc__chart"><svg viewBox="0 0 9 9" width="9" height="9"><text x="1" y="8" font-size="5">t</text><rect width="3" height="3" fill="#000"/></svg></figure>
<table class="doc__table doc__metrics"><thead><tr><th>1</th><th>2</th></tr></thead><tbody><tr><th>a</th><td>b</td></tr></tbody></table>
<table class="doc__table doc__timeline"><colgroup><col class="doc__when"><col class="doc__who"><col></colgroup>
<thead><tr class="doc__day"><th colspan="3">Day</th></tr><tr><th>1</th><th>2</th><th>3</th></tr></thead><tbody>{(ROW * 9 + KEY) * 12}</tbody></table>
<p class="doc__none">{LETTERS}</p></section></body></html>"""


def main(control_fd: int, fonts_file: str, css_file: str, seconds: int) -> None:
    """Serve until the process that started us closes the control socket; a document has so many seconds."""
    os.environ.clear()
    os.environ["FONTCONFIG_FILE"] = fonts_file  # before the library is loaded
    os.environ["SOURCE_DATE_EPOCH"] = "0"  # no time of rendering in the fonts
    control = socket.socket(fileno=control_fd)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the starter's business; its end closes the socket
    without_network()
    sys.setrecursionlimit(3000)
    import logging

    logging.getLogger("weasyprint").addHandler(logging.NullHandler())
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    with open(css_file, encoding="utf-8") as file:
        renderer = Renderer(file.read())
    renderer.pdf(WARM_UP, {})
    gc.collect()
    gc.freeze()
    while True:
        try:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        except OSError:
            break
        if not message:
            break
        for descriptor in descriptors:
            with socket.socket(fileno=descriptor) as connection:
                if os.fork() == 0:
                    code = 1
                    try:
                        control.close()
                        serve_one(renderer, connection, seconds)
                        code = 0
                    finally:
                        os._exit(code)
