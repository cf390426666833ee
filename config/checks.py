"""System checks: what is wrong with this installation, and the line that mends it. Each has a stable id."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register

from config import libraries

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
FONTS = ("font_source_sans_pro", "font_source_serif_pro", "fontpkg_roboto_mono")
# SQLite's locks are not kept across machines on these; a database there is lost sooner or later.
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "ceph", "fuse.ceph", "fuse.glusterfs", "lustre", "beegfs", "fuse.s3fs"}


@register(Tags.security)
def secret_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: a key that can be guessed signs sessions for anybody."""
    if len(settings.SECRET_KEY) >= 50 and len(set(settings.SECRET_KEY)) >= 5:
        return []
    hint = "Leave DEBRIEF_SECRET_KEY empty to have one made and kept in the data directory, or set 50 random characters."
    return [Error("The secret key is too short or too regular.", hint=hint, id="debrief.E001")]


@register(Tags.security)
def base_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E002, W001, W002: the address that people use, and what may be sent over it."""
    parts = urlsplit(settings.BASE_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        return [Error(f"DEBRIEF_BASE_URL={settings.BASE_URL!r} is no address.", hint="Like https://debrief.example.org, without a path.", id="debrief.E002")]
    found: list[CheckMessage] = []
    if parts.hostname in LOOPBACK:
        return found
    if parts.scheme == "http":
        found.append(Warning("Sign-ins travel unencrypted.", hint="Put a TLS proxy in front and set DEBRIEF_BASE_URL=https://...", id="debrief.W001"))
    if settings.DEBUG:
        found.append(Warning("DEBUG is on for other machines: error pages show secrets.", hint="Unset DEBRIEF_DEBUG.", id="debrief.W002"))
    return found


@register(Tags.files)
def data_directory(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E003: the database, the files and the broker live there."""
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.DATA_DIR):
            return []
    except OSError as error:
        hint = f"Give {owner()} the directory, or set DEBRIEF_DATA_DIR to another."
        return [Error(f"Cannot write to the data directory {settings.DATA_DIR}: {error.strerror}.", hint=hint, id="debrief.E003")]


def owner() -> str:
    """Return the user who runs this process, as an operator knows him."""
    return os.environ.get("USER") or f"user {os.getuid()}"


@register(Tags.database)
def sqlite_on_network(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E004: SQLite needs a disk of this machine."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] != "django.db.backends.sqlite3":
        return []
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:  # no Linux
        return []
    kind = file_system_of(Path(database["NAME"]), mounts)
    if kind not in NETWORK_FILE_SYSTEMS:
        return []
    hint = "Put DEBRIEF_DATA_DIR on a local disk, or use PostgreSQL by DATABASE_URL."
    return [Error(f"The SQLite database is on a network file system ({kind}).", hint=hint, id="debrief.E004")]


def file_system_of(path: Path, mounts: str) -> str:
    """Return the type of the file system that holds `path`, by the text of /proc/mounts; empty when unknown."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


@register()
def pdf_libraries(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E005, W003: what WeasyPrint cannot load, known before the first PDF is asked for."""
    missing = libraries.missing()
    found: list[CheckMessage] = []
    needed = [name for name in missing if name not in libraries.OPTIONAL]
    if needed:
        found.append(Error("PDFs cannot be made: Pango is missing.", hint=f"Type: {libraries.install_line(missing)}", id="debrief.E005"))
    elif missing:
        hint = f"Type: {libraries.install_line(missing)}"
        found.append(Warning("PDFs are slow and large: HarfBuzz's subsetter is missing.", hint=hint, id="debrief.W003"))
    return found


@register()
def fonts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E006: pages and PDFs use the fonts that come with the product, never the machine's."""
    missing = [name for name in FONTS if importlib.util.find_spec(name) is None]
    if not missing:
        return []
    return [Error(f"Fonts are missing: {', '.join(missing)}.", hint="Install requirements/base.txt again: make install", id="debrief.E006")]


@register(deploy=True)
def other_scripts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """I001: the fonts that come with Debrief hold Latin, Greek and Cyrillic; for others a PDF takes the machine's."""
    program = shutil.which("fc-list")
    if program is None:
        return []
    listed = subprocess.run([program, ":lang=zh-cn", "family"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - a fixed command
    if listed.stdout.strip():
        return []
    hint = "apt-get install fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji"
    return [Info("Chinese, Japanese and Korean text and emoji print as boxes in PDFs: no such font is installed.", hint=hint, id="debrief.I001")]
