"""docs/sources.md lists the sources as they are registered."""

import os
from pathlib import Path

from incidents.sources import registered
from incidents.sources.fields import FIELDS
from tests.incidents.sources.test_reach import BEGIN

DOCS = Path(__file__).resolve().parents[3] / "docs" / "sources.md"

INTRODUCTION = """# Sources

What `manage.py import_timeline` and the upload page read. The format is recognised by the content of a file, never by its
name; `--source NAME` or the choice on the page decides where that fails. This page is written from the code: run
`DEBRIEF_WRITE_EXPECTED=1 python -m pytest tests/incidents/sources/test_docs.py` after a change.

| Name | For people | Reads | Columns or keys can be corrected |
| --- | --- | --- | --- |
"""

FIELD_LIST = """
## Fields of tables and JSON

The columns of a table and the keys of objects are guessed from their names and values. What was guessed is shown before
the import, and any of it can be set to one of these fields, or to nothing:

| Field | Meaning |
| --- | --- |
"""

RULES = """
## What holds for every source

- **Times.** ISO 8601 with any fraction and offset, seconds since 1970 in seconds, milliseconds, microseconds or nanoseconds,
  RFC 2822, and what people write where the format allows it. A time without a zone takes the zone you give and is marked as
  assumed; without one it waits for it. Times before 2000 or more than a day ahead are rejected, with their place.
- **Order of day and month.** One number above 12 anywhere in a column decides for the whole column. Where none does, the
  rows are asked about; set the column to “Time, as day/month/year” or “Time, as month/day/year”.
- **Encodings.** UTF-8, and UTF-16 with a byte order mark. For anything else say so: `cp1252` is offered.
- **What is put around a file** is taken off: gzip, a ZIP file of JSON files, and the head that `curl -i` or a log of requests puts
  before a body.
- **Broken parts.** A row, line or message that cannot be read is listed with its place and the reason; the others are read.
  A table of which more than a tenth cannot be read is refused as a whole, and so is broken JSON.
- **Reading again.** Every event has a key that comes out the same each time, so that a second import adds nothing.
- **ZIP files** are read without unpacking to disk: at most 10,000 entries, 50 MiB each and 200 MiB in all, counted while they
  are read. Encrypted archives, links, unsafe or doubled names and entries that overlap are refused.
"""


def test_docs_list_the_sources():
    rows = [f"| `{source.name}` | {source.label} | {source.docs} | {'yes' if source.asks_mapping else ''} |" for source in registered().values()]
    fields = [f"| `{name}` | {label} |" for name, label in FIELDS.items()]
    text = INTRODUCTION + "\n".join(rows) + "\n" + FIELD_LIST + "\n".join(fields) + "\n" + RULES
    page = DOCS.read_text(encoding="utf-8")
    text += page[page.index(f"\n{BEGIN}") :] if BEGIN in page else ""  # written by test_reach.py, from files that are not everywhere
    if os.environ.get("DEBRIEF_WRITE_EXPECTED"):
        DOCS.write_text(text, encoding="utf-8")

    assert DOCS.read_text(encoding="utf-8") == text
