"""Payloads for the tests of the sources: files, folders that stand for ZIP files, and what they should give."""

import dataclasses
import functools
import io
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from incidents.sources import detect, registered
from incidents.sources.base import Payload
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError

PAYLOADS = Path(__file__).parent / "payloads"
LATEST = datetime(2030, 1, 1, tzinfo=UTC)
HEAD = 64 * 1024


def payload_of(data, name="payload"):
    return Payload(io.BytesIO(data), name, len(data), data[:HEAD])


def zipped(folder):
    """Return the bytes of a ZIP file of a folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.writestr(zipfile.ZipInfo(str(path.relative_to(folder))), path.read_bytes())
    return out.getvalue()


def recorded():
    """Return every recorded payload: source, name, bytes, file of what is expected."""
    found = []
    for folder in sorted(path for path in PAYLOADS.iterdir() if path.is_dir()):
        for path in sorted(folder.iterdir()):
            if not path.name.endswith(".expected.json"):
                data = zipped(path) if path.is_dir() else path.read_bytes()
                found.append((folder.name, path.name + (".zip" if path.is_dir() else ""), data, path.with_name(path.name + ".expected.json")))
    return found


def options_for(**kwargs):
    return ReadOptions(**{"latest": LATEST, **kwargs})


def read(name, data, **kwargs):
    """Return events, incidents and rejected parts of a payload, read by the source of that name."""
    items = list(registered()[name].read(payload_of(data), options_for(**kwargs)))
    return (
        [each for each in items if isinstance(each, EventDraft)],
        [each for each in items if isinstance(each, IncidentDraft)],
        [each for each in items if isinstance(each, Rejected)],
    )


@functools.cache
def outcome_of(path):
    """Return what comes of a file: the source that recognised it, the numbers of events, of events with a time or a question, and of rejected parts, and why
    it was refused. Several tests ask about the same real files."""
    data = path.read_bytes()
    name, events, placed, rejected = "", 0, 0, 0
    try:
        source = detect(payload_of(data, path.name))
        name = source.name
        for item in source.read(payload_of(data, path.name), options_for(time_zone="UTC")):
            if isinstance(item, EventDraft):
                events += 1
                placed += item.at is not None or bool(item.needs)
            rejected += isinstance(item, Rejected)
    except SourceError as error:
        return name, 0, 0, rejected, f"{error.message} ({error.where})"
    return name, events, placed, rejected, ""


def spelled(item):
    """Return an item as it stands in a file: its fields that are set, without the raw text."""
    fields = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in dataclasses.asdict(item).items()}
    fields.pop("raw", None)
    return {
        "what": type(item).__name__,
        **{
            key: [list(each) if isinstance(each, tuple) else each for each in value] if isinstance(value, tuple) else value
            for key, value in fields.items()
            if value not in ("", (), None, False)
        },
    }


def expected(path, items):
    """Return what a file expects; written anew when DEBRIEF_WRITE_EXPECTED is set, to be read before it is committed."""
    if os.environ.get("DEBRIEF_WRITE_EXPECTED"):
        path.write_text("[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in items) + "\n]\n", encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))
