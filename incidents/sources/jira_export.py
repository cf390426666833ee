"""Pure. What Jira exports for people, XML and CSV, as the issues that its API gives.

https://confluence.atlassian.com/jirakb/ calls them "Export XML" and "Export CSV (all fields)". CSV states times as the person who
exported it reads them, without a zone: 02/Mar/26 2:05 PM.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from incidents.sources.base import Payload
from incidents.sources.markup import plain_markdown

MONTHS = {name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
LOCAL = re.compile(r"(\d{1,2})/([A-Za-z]{3})/(\d{2}|\d{4}) (\d{1,2}):(\d\d)(?::(\d\d))?(?: ([AP])M)?")
# Column, in small letters -> field of the API and the member that holds its name.
COLUMNS = {
    "summary": ("summary", ""),
    "description": ("description", ""),
    "issue type": ("issuetype", "name"),
    "priority": ("priority", "name"),
    "status": ("status", "name"),
    "resolution": ("resolution", "name"),
    "reporter": ("reporter", "displayName"),
    "creator": ("creator", "displayName"),
    "assignee": ("assignee", "displayName"),
    "project key": ("project", "key"),
}
TIMES = {"created": "created", "resolved": "resolutiondate", "updated": "updated"}
LISTS = {"labels": "labels", "component/s": "components", "components": "components"}
ELEMENTS = {"type": "issue type", "project": "project key"}  # of the XML, where it calls them otherwise
MAX_TEXT = 200_000
MAX_OPEN = 4 * 1024 * 1024  # characters that wait for the end of an element


def form_of(head: bytes) -> str:
    """Return "xml" or "csv" when this is such an export."""
    start = head[:20_000].lower()
    if b"<rss" in start and b"<item>" in start and b"<key id=" in start:
        return "xml"
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].lower()
    return "csv" if b"issue key" in first and (b"issue id" in first or b"issue type" in first) and b"," in first else ""


def issues(payload: Payload) -> Iterator[tuple[str, dict[str, Any] | str, str]]:
    """Yield place, issue or what is wrong with it, and its text."""
    payload.file.seek(0)
    text = io.TextIOWrapper(payload.file, "utf-8-sig", "replace", newline="")
    try:
        yield from (_xml if form_of(payload.head) == "xml" else _csv)(text)
    finally:
        text.detach()


def _csv(text: io.TextIOBase) -> Iterator[tuple[str, dict[str, Any] | str, str]]:
    rows = csv.reader(text)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        for row in rows:
            if any(row):
                cells = [(name, value.strip()) for name, value in zip(header, row, strict=False) if value.strip()]
                yield f"line {rows.line_num}", _issue(cells), ",".join(row)
    except csv.Error as error:
        yield f"line {rows.line_num}", f"The row cannot be read: {error}.", ""


def _issue(cells: list[tuple[str, str]]) -> dict[str, Any]:
    """Return an issue of the API from the names and values of an export."""
    fields: dict[str, Any] = {"labels": [], "components": [], "comment": {"comments": []}}
    issue: dict[str, Any] = {"key": "", "fields": fields}
    for name, value in cells:
        if name == "issue key":
            issue["key"] = value
        elif name == "issue id":
            issue["id"] = value
        elif name in COLUMNS:
            field, member = COLUMNS[name]
            fields.setdefault(field, {member: value} if member else value)
        elif name in TIMES:
            fields.setdefault(TIMES[name], _time(value))
        elif name in LISTS:
            fields[LISTS[name]].append(value if name == "labels" else {"name": value})
        elif name == "comment":
            stamp, _, rest = value.partition(";")
            author, _, body = rest.partition(";")
            fields["comment"]["comments"].append({"created": _time(stamp), "author": {"name": author}, "body": body} if body else {"body": value})
    return issue


def _time(text: str) -> str:
    """Return 2026-03-02T14:05 for 02/Mar/26 2:05 PM, and any other time as it is."""
    match = LOCAL.fullmatch(text.strip())
    if match is None or match[2].lower() not in MONTHS:
        return text
    hour = int(match[4]) % 12 + (12 if match[7] == "P" else 0) if match[7] else int(match[4])
    year = match[3] if len(match[3]) == 4 else f"20{match[3]}"
    return f"{year}-{MONTHS[match[2].lower()]:02}-{int(match[1]):02}T{hour:02}:{match[5]}" + (f":{match[6]}" if match[6] else "")


class _Items(HTMLParser):
    """Collects the items of the XML. A parser of HTML does, and knows no entities that grow."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.done: list[list[tuple[str, str, dict[str, str]]]] = []
        self.current: list[tuple[str, str, dict[str, str]]] | None = None
        self.open: list[tuple[str, dict[str, str]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "item":
            self.current = []
        self.open.append((tag, {name: value or "" for name, value in attrs}))
        self.text = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return

    def handle_data(self, data: str) -> None:
        if len(self.text) < MAX_TEXT:
            self.text += data

    def unknown_decl(self, data: str) -> None:  # <![CDATA[...]]>
        self.handle_data(data.removeprefix("CDATA["))

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            name, attrs = self.open.pop()
            if name == tag:
                break
        else:
            return
        if tag == "item" and self.current is not None:
            self.done.append(self.current)
            self.current = None
        elif self.current is not None:
            self.current.append((tag, self.text.strip(), attrs))
        self.text = ""


def _xml(text: io.TextIOBase) -> Iterator[tuple[str, dict[str, Any] | str, str]]:
    parser, number = _Items(), 0
    while chunk := text.read(65_536):
        try:
            parser.feed(chunk)
        except (AssertionError, ValueError):  # how the parser says that a declaration is broken
            yield f"item {number + 1}", "The XML is broken here. Export it again.", ""
            return
        if len(parser.rawdata) > MAX_OPEN:
            yield f"item {number + 1}", "One element is larger than 4 MiB.", ""
            return
        for item in parser.done:
            number += 1
            yield f"item {number}", _of_item(item), "\n".join(f"{name}: {value}" for name, value, _ in item if value)
        parser.done.clear()
    if parser.current is not None:
        yield f"item {number + 1}", "The file ends in the middle of this issue. Export it again.", ""


def _of_item(item: list[tuple[str, str, dict[str, str]]]) -> dict[str, Any]:
    cells: list[tuple[str, str]] = []
    comments: list[dict[str, Any]] = []
    link = ""
    for name, value, attrs in item:
        if name == "comment":
            comments.append(
                {"id": attrs.get("id", ""), "author": {"name": attrs.get("author", "")}, "created": attrs.get("created", ""), "body": plain_markdown(value)}
            )
        elif name == "key":
            cells += [("issue key", value), ("issue id", attrs.get("id", ""))]
        elif name == "project":
            cells.append(("project key", attrs.get("key", value)))
        elif name == "link":
            link = value
        elif name in ("label", "component"):
            cells.append((f"{name}s", value))
        elif name == "resolution" and value.lower() == "unresolved":
            continue
        elif value:
            cells.append((ELEMENTS.get(name, name), plain_markdown(value) if name == "description" else value))
    issue = _issue(cells)
    issue["fields"]["comment"]["comments"] = comments
    if "/browse/" in link:
        issue["self"] = f"{link.partition('/browse/')[0]}/rest/api/2/issue/{issue.get('id', '')}"
    return issue
