"""Writes. Brings an installation up to date: tables, cache table, built-in rows, static files; the demo on the very first start."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import OutputWrapper

from config import health

LOGIN = "demo_login"  # in the data directory: "username password", for the owner's eyes only
DEMO_MARK = "demo_loaded"
UNUSED = ["rest_framework"]  # styles of pages that the API does not show


def prepare(out: OutputWrapper, *, demo: bool) -> None:
    """Do what is missing and nothing else; a second call changes no row and no file."""
    (settings.DATA_DIR / "media").mkdir(parents=True, exist_ok=True)
    if health.unapplied():
        out.write("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed", verbosity=0)
    collect_static(out)
    if demo:
        load_demo(out)


def collect_static(out: OutputWrapper) -> None:
    """Collect, hash and compress the static files when any of them has changed."""
    stamp, wanted = Path(settings.STATIC_ROOT) / ".stamp", static_digest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    out.write("Collecting static files ...")
    call_command("collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=UNUSED)
    stamp.write_text(wanted, encoding="ascii")


def static_digest() -> str:
    """Return a digest of every static file's name and content."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            digest.update(f"{name}\0".encode())
            with storage.open(name) as file:
                digest.update(hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def load_demo(out: OutputWrapper) -> None:
    """Load the example organisation into an installation that nobody has used: no mark of an earlier load, no account."""
    mark, unfinished = settings.DATA_DIR / DEMO_MARK, settings.DATA_DIR / f"{DEMO_MARK}.unfinished"
    if unfinished.exists():
        out.write(f"The demo was not loaded to its end. To have it whole, stop, remove {settings.DATA_DIR} and start again.")
        return
    if mark.exists() or "demo" not in get_commands() or get_user_model().objects.exists():
        return
    out.write("Loading the demo ...")
    unfinished.touch()
    call_command("demo", verbosity=0)
    unfinished.rename(mark)


def login_line() -> str:
    """Return how to sign in: the demo's account, or how to make one."""
    try:
        username, _, password = (settings.DATA_DIR / LOGIN).read_text(encoding="utf-8").strip().partition(" ")
    except OSError:
        return "" if get_user_model().objects.exists() else "No account yet. Make one: .venv/bin/python manage.py createsuperuser"
    return f"Sign in as {username} with the password {password} (kept in {settings.DATA_DIR / LOGIN})"
