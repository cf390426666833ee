"""Pure. A print document (HTML) as PDF, made by a child of the fork server (`fork_server.py`)."""

from __future__ import annotations

import atexit
import base64
import hashlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from django.conf import settings

from postmortems.rendering.fork_server import DONE, LONGEST_INPUT, LONGEST_OUTPUT, SECONDS, read_exactly, read_message, send_message

ROOT = Path(__file__).resolve().parent.parent.parent
STYLE_SHEET = ROOT / "config" / "static" / "css" / "pdf.css"

#: The fonts that print, by package: everything is set in them on every machine, so that the same document prints the same.
FONTS = {
    "font_source_sans_pro": ["SourceSansPro-Regular.ttf", "SourceSansPro-It.ttf", "SourceSansPro-Semibold.ttf", "SourceSansPro-SemiboldIt.ttf"],
    "font_source_serif_pro": ["SourceSerifPro-Regular.ttf", "SourceSerifPro-It.ttf", "SourceSerifPro-Semibold.ttf", "SourceSerifPro-SemiboldIt.ttf"],
    "fontpkg_roboto_mono": ["RobotoMono?wght?.ttf"],
}
#: Where the system keeps Noto, for the scripts that the fonts above lack.
OTHER_SCRIPTS = ["/usr/share/fonts/truetype/noto", "/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto", "/usr/share/fonts/google-noto"]


class RenderError(Exception):
    """The document could not be made into a PDF. `permanent` says that trying again cannot help."""

    def __init__(self, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.permanent = permanent


def asset_key(content: bytes) -> str:
    """Return the URL under which a document may load `content`."""
    return f"asset:{hashlib.sha256(content).hexdigest()}"


def render(html: str, assets: Mapping[str, bytes] | None = None) -> bytes:
    """Return the PDF of a whole HTML document. `assets` are the images it may load, by `asset_key`. Raises RenderError."""
    request = json.dumps({"html": html, "assets": {key: base64.b64encode(content).decode() for key, content in (assets or {}).items()}}).encode()
    if len(request) > LONGEST_INPUT:
        raise RenderError("The document is too long to print.")
    started = time.monotonic()
    for attempt in (1, 2):
        with SERVER.connect() as connection:
            connection.settimeout(SERVER.seconds + 5)
            try:
                send_message(connection, request)
                status = read_exactly(connection, 1)
                content = read_message(connection, LONGEST_OUTPUT)
            except (EOFError, ConnectionError):
                if attempt == 1 and not SERVER.is_alive():  # the server itself was ended, not this child: once more with a new one
                    continue
                reason = "took longer than a minute" if time.monotonic() - started > SERVER.seconds - 2 else "needed more memory or time than one may have"
                raise RenderError(f"The document {reason} to print.") from None
            except TimeoutError:
                raise RenderError("The document took longer than a minute to print.") from None
        if status != DONE:
            raise RenderError(f"The document cannot be printed: {content.decode(errors='replace')}")
        return content
    raise RenderError("The renderer cannot be started.", permanent=False)


class ForkServer:
    """The one fork server of this process; started when the first document comes, anew after a fork or a crash. A document has so many `seconds`."""

    def __init__(self, seconds: int = SECONDS) -> None:
        self.seconds = seconds
        self.lock = threading.Lock()
        self.owner = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None

    def is_alive(self) -> bool:
        return self.owner == os.getpid() and self.process is not None and self.process.poll() is None

    def connect(self) -> socket.socket:
        """Return the socket to a child that waits for a document."""
        with self.lock:
            control = self.control if self.is_alive() and self.control else self.start()
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    socket.send_fds(control, [b"d"], [theirs.fileno()])
                except OSError:  # it ended since we looked
                    control = self.start()
                    socket.send_fds(control, [b"d"], [theirs.fileno()])
            return ours

    def start(self) -> socket.socket:
        self.stop()
        ours, theirs = socket.socketpair()
        program = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); from postmortems.rendering import fork_server; "
            f"fork_server.main({theirs.fileno()}, {str(fonts_file())!r}, {str(STYLE_SHEET)!r}, {self.seconds})"
        )
        with theirs:
            # -I: no user site, no PYTHON* variables, no current folder; env={}: no secret, no database.
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own words
                [sys.executable, "-I", "-c", program], env={}, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, cwd="/"
            )
        self.control, self.owner = ours, os.getpid()
        return ours

    def stop(self) -> None:
        if self.control is not None:
            self.control.close()
        if self.process is not None and self.owner == os.getpid():
            self.process.terminate()
            self.process.wait()
        self.process = self.control = None

    def forget(self) -> None:
        """In a fork of this process: the server is the parent's, and its lock may be held there."""
        self.lock = threading.Lock()


SERVER = ForkServer()
atexit.register(SERVER.stop)
os.register_at_fork(after_in_child=SERVER.forget)


def fonts_file() -> Path:
    """Write fontconfig's file that knows our fonts and Noto, and no other of the machine."""
    folder = Path(settings.DATA_DIR) / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    places, accepted = [], []
    for package, names in FONTS.items():
        found = importlib.util.find_spec(package)
        if found is None or found.origin is None:
            continue
        place = Path(found.origin).parent / "files"
        places.append(place)
        accepted += [f"{place}/{name}" for name in names]
    rejected = [f"{place}/*" for place in places]
    lines = [
        '<?xml version="1.0"?>',
        '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">',
        "<fontconfig>",
        *(f"<dir>{escape(str(place))}</dir>" for place in [*places, *filter(os.path.isdir, OTHER_SCRIPTS)]),
        "<selectfont><acceptfont>",
        *(f"<glob>{escape(glob)}</glob>" for glob in accepted),
        "</acceptfont><rejectfont>",
        *(f"<glob>{escape(glob)}</glob>" for glob in rejected),
        "</rejectfont></selectfont>",
        f"<cachedir>{escape(str(folder))}</cachedir>",
        "</fontconfig>",
    ]
    file = folder / "fonts.conf"
    text = "\n".join(lines)
    if not file.exists() or file.read_text() != text:
        fresh = folder / f"fonts.conf.{os.getpid()}"
        fresh.write_text(text)
        os.replace(fresh, file)
    return file
