"""Pure. A file that somebody sent -> a picture that is safe to show: decoded in a process of its own, encoded anew."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from postmortems.rendering.picture_process import NO_PICTURE, WALL_SECONDS

ROOT = Path(__file__).resolve().parent.parent.parent
LARGEST = 10 << 20
#: How the formats begin; anything else does not reach a decoder.
BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from postmortems.rendering import picture_process; picture_process.main()"


class NoPicture(Exception):
    """The file is none that can be shown; the message says why, for whoever sent it."""


@dataclass(frozen=True)
class Recoded:
    content: bytes
    content_type: str
    width: int
    height: int


def recode(content: bytes) -> Recoded:
    """Return the picture in a file, encoded anew. Raises NoPicture."""
    if len(content) > LARGEST:
        raise NoPicture(f"A picture has at most {LARGEST >> 20} MB.")
    if not content.startswith(BEGINNINGS) and not (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        raise NoPicture(NO_PICTURE)
    try:
        # -I and env={}: no user site, no PYTHON* variables, no secret.
        done = subprocess.run([sys.executable, "-I", "-c", PROGRAM], input=content, capture_output=True, env={}, cwd="/", timeout=WALL_SECONDS + 5, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise NoPicture("This picture takes too long to read. Make it smaller and send it again.") from None
    line, _, result = done.stdout.partition(b"\n")
    if done.returncode or not line:
        raise NoPicture("This picture needs more memory or time than one may have. Make it smaller and send it again.")
    facts = json.loads(line)
    if "error" in facts:
        raise NoPicture(facts["error"])
    return Recoded(result, facts["content_type"], facts["width"], facts["height"])
