"""Pure. The process in which one picture that somebody sent is decoded and encoded anew: it knows no secret and has limits of its own.

It is started by `recoding.py` with an empty environment, reads the file from its standard input and writes a line of JSON
and the new file. What the file held besides its pixels (place, camera, comments, a program behind the end) is not in it.
"""

from __future__ import annotations

import io
import json
import resource
import signal
import sys
from typing import Any

ADDRESS_SPACE = 1 << 30
CPU_SECONDS = 20
WALL_SECONDS = 30
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2_400
#: Above this a picture without transparency is kept as JPEG: it is a photograph.
LARGEST_PNG = 2 << 20

NO_PICTURE = "This file is not a picture that can be read. Send a PNG, JPEG, GIF or WebP."
TOO_MANY_PIXELS = "This picture has more than 40 million pixels. Make it smaller and send it again."


def limit_self() -> None:
    for kind, limit in ((resource.RLIMIT_AS, ADDRESS_SPACE), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_NOFILE, 32), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (limit, limit))
    signal.alarm(WALL_SECONDS)


def recoded(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what is known of the new file, and its bytes; or {"error"} in words."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                return {"error": TOO_MANY_PIXELS}, b""
            is_drawn = image.format != "JPEG"
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is decoded at half or a quarter of its size
            image.load()
            picture: Any = ImageOps.exif_transpose(image)
            has_alpha = picture.has_transparency_data
            picture = picture.convert("RGBA" if has_alpha else "RGB")
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            clean = Image.new(picture.mode, picture.size)  # pixels only: nothing that hangs on the old object comes along
            clean.paste(picture)
    except Image.DecompressionBombError:
        return {"error": TOO_MANY_PIXELS}, b""
    except Exception:  # whatever a decoder makes of a broken file, it is no picture
        return {"error": NO_PICTURE}, b""
    content_type, result = encoded(clean, is_drawn or has_alpha, has_alpha)
    return {"content_type": content_type, "width": clean.width, "height": clean.height}, result


def encoded(picture: Any, as_png: bool, has_alpha: bool) -> tuple[str, bytes]:
    if as_png:
        file = io.BytesIO()
        picture.save(file, "PNG")
        if has_alpha or file.tell() <= LARGEST_PNG:
            return "image/png", file.getvalue()
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=88, optimize=True)
    return "image/jpeg", file.getvalue()


def main() -> None:
    limit_self()
    facts, content = recoded(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + content)
