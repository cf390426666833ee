"""Pure. `git log`: its own formats (medium, full, fuller, raw; with --stat, --graph, --patch) and lines of a format of one's own.

https://git-scm.com/docs/git-log#_pretty_formats defines what is read. A commit stands at its commit date where that is given,
for that is when it came into the history, else at its author date. Formats without a date are refused with what to type.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafting
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, SourceError
from incidents.sources.markup import headed
from incidents.sources.members import digest

ADVICE = "Export with dates: git log --date=iso-strict --since=2026-03-01 > commits.txt"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
GRAPH = r"[*|\\/_ .-]{0,60}?"
COMMIT = re.compile(rf"^{GRAPH}commit ([0-9a-f]{{7,64}})(?: [0-9a-f]{{7,64}})*(?: \(([^()]+)\))?$")
HEADER = re.compile(r"^(Author|AuthorDate|Commit|CommitDate|Date|Merge|author|committer|tree|parent):?\s+(.*)$")
PERSON = re.compile(r"^(.*?)\s*<[^<>]*>(?:\s+(\d{9,11})(?:\s+[+-]\d{4})?)?$")
LINE = re.compile(rf"^{GRAPH}\"?([0-9a-f]{{7,40}})(?:\"?\s*[|\t;,]\s*|\"?\s+-\s+|\s+)(\S.*)$")
MONTHS = {name: number for number, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)}
DEFAULT = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})(?: ([+-]\d{4}))?")
DATES = (
    re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?"),
    DEFAULT,
    re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d(?: [+-]\d{4})?"),
    re.compile(r"(?<![\w.])1\d{9}(?![\w.])"),
)
TRAILER = re.compile(r"^(?:Signed-off-by|Co-authored-by|Change-Id|Reviewed-(?:by|on)|Acked-by|Tested-by|Cc): ", re.IGNORECASE)
DECORATION = re.compile(r"(?<![^\s|])\((?:HEAD|tag: |origin/|upstream/)[^()]*\)")
NAMED = re.compile(r"<([^<>]{1,100})>\s*$")
GRAPHED = " *|\\/_.-\t\r"  # a line of nothing else only leads from commit to commit
REFLOG = re.compile(r"^(?P<before>.*?)\b\S{1,100}@\{(?P<date>[^{}]{1,60})\}: (?P<said>.*)$")
EDGES = ' "'
NAME = 5  # words of a name at most
TAG = re.compile(r"tag: ([^,()]+)")
LONGEST = 10_000  # characters of a line
MESSAGE = 200  # lines of a message that are kept


@dataclass
class _Commit:
    sha: str
    line: int
    tags: list[str]
    author: str = ""
    date: str = ""
    drawn: bool = False  # as a graph
    moved: bool = False  # an entry of the reflog
    message: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)


def detect(payload: Payload) -> int:
    if b"\0" in payload.head:
        return 0
    lines = [line for line in COLOURS.sub("", payload.head[:16_384].decode("utf-8", "replace")).splitlines() if line.strip(GRAPHED)][:60]
    if lines and COMMIT.match(lines[0].rstrip()):
        return 96 if any(HEADER.match(line.lstrip("|*\\/ ")) for line in lines[1:6]) else 0
    if len(lines) > 2 and payload.size > 16_384:
        lines = lines[:-1]
    found = [match for line in lines if (match := LINE.match(line))]
    hashes = [match[1] for match in found if not match[1].isdigit() and not match[1].isalpha()]  # no epochs, no words
    if not found or not LINE.match(lines[0]) or len(found) * 5 < len(lines) * 4 or len(hashes) * 5 < len(found) * 4:
        return 0
    dated = sum(_date_in(match[2]) is not None for match in found)
    if dated * 5 >= len(found) * 4:
        return 85
    return 60 if len(found) >= 2 and not dated else 0  # to say what to do with it


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    make, seen = Drafting(options), 0
    payload.file.seek(0)
    text = io.TextIOWrapper(payload.file, "utf-8-sig", "replace", newline="\n")
    try:
        commits = _commits(text)
        for commit in commits:
            seen += 1
            yield _event(make, commit)
    finally:
        text.detach()
    if not make.order:
        raise SourceError(f"None of the {seen} commits here has a date that can be read. {ADVICE}" if seen else f"There is no commit in this file. {ADVICE}")


def _commits(text: io.TextIOBase) -> Iterator[_Commit]:
    """Yield the commits of a log: blocks that begin with "commit", or lines that begin with a hash."""
    current: _Commit | None = None
    for number, line in enumerate(iter(lambda: text.readline(LONGEST), ""), 1):
        plain = COLOURS.sub("", line).rstrip()
        if match := COMMIT.match(plain):
            if current is not None:
                yield current
            current = _Commit(match[1], number, TAG.findall(match[2] or ""), drawn=not plain.startswith("commit"), raw=[plain])
        elif current is not None:
            _add(current, plain)
        elif single := _of_line(plain, number):
            yield single
    if current is not None:
        yield current


def _add(commit: _Commit, line: str) -> None:
    """Take a line below the one that names the commit; --graph draws before each of them."""
    drawing = line[: len(line) - len(line.lstrip("|*\\/ "))] if commit.drawn else ""
    indented = len(drawing) >= 6 if commit.drawn else line.startswith("    ")
    plain = line[len(drawing) :]
    header = HEADER.match(plain) if not commit.message and not indented else None
    if header is not None:
        name, value = header.groups()
        person = PERSON.match(value)
        if name in ("Author", "author"):
            commit.author = person[1] if person else value
            commit.date = person[2] if person and person[2] else commit.date
        elif name == "committer" and person and person[2]:
            commit.date = person[2]
        elif name in ("Date", "CommitDate") or (name == "AuthorDate" and not commit.date):
            commit.date = value.strip()
    elif indented and plain and len(commit.message) < MESSAGE:
        commit.message.append(plain if commit.drawn else plain[4:])
    elif plain:
        return  # files, numbers, differences
    elif commit.message:
        commit.message.append("")
    if len(commit.raw) < MESSAGE:
        commit.raw.append(line)


def _of_line(line: str, number: int) -> _Commit | None:
    match = LINE.match(line)
    if match is not None and (moved := REFLOG.match(match[2])) and (span := _date_in(moved["date"])) is not None:
        return _Commit(match[1], number, [], date=moved["date"][span[0] : span[1]], message=[moved["said"]], raw=[line], moved=True)
    if match is None:
        return _Commit("", number, [], message=[line.strip()], raw=[line]) if line.strip(GRAPHED) else None
    tags = TAG.findall(match[2]) if DECORATION.search(match[2]) else []
    rest = DECORATION.sub(" ", match[2])
    span = _date_in(rest)
    if span is None:
        return _Commit(match[1], number, tags, message=[rest.strip()], raw=[line])
    before, date, after = rest[: span[0]], rest[span[0] : span[1]], rest[span[1] :]
    who, said = _separated(before, after)
    return _Commit(match[1], number, tags, author=who, date=date, message=[said or "(no message)"], raw=[line])


def _separated(before: str, after: str) -> tuple[str, str]:
    """Return author and message of what stands before and after the date: as far as a separator or its place tells them apart."""
    before, after = before.rstrip(EDGES), after.lstrip(EDGES)
    separator = next((each for each in "\t|;," if before.endswith(each) or after.startswith(each)), "")
    if separator:
        left = [bare for each in before.split(separator) if (bare := _bare(each))]
        right = _bare(after.removeprefix(separator).lstrip(" :"))
        if len(left) > 1 or (left and right):
            return left[0], f"{separator} ".join([*left[1:], *([right] if right else [])])
        who, _, said = right.partition(separator)
        return (_bare(who), _bare(said)) if said and len(who.split()) <= NAME else ("", right or "".join(left))
    before, after = before.rstrip("-,(: "), after.lstrip("-:,) ")
    if match := NAMED.search(after):  # %h %s (%ad) <%an>
        return match[1], f"{before} {after[: match.start()]}".strip(" -()")
    if before and after:
        return (before.strip("<> "), after) if len(before.split()) <= NAME else ("", f"{before} {after}")
    return "", before or after


def _bare(text: str) -> str:
    """Return a field without the space and the quotes around it."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _date_in(text: str) -> tuple[int, int] | None:
    match = next((match for pattern in DATES if (match := pattern.search(text))), None)
    return match.span() if match else None


def _event(make: Drafting, commit: _Commit) -> EventDraft | Rejected:
    where = f"line {commit.line}"
    if not commit.sha:
        return Rejected(where, "This line begins with no commit.")
    if not commit.date:
        return Rejected(where, f"Commit {commit.sha[:7]} has no date. {ADVICE}")
    subject, body = commit.message[0] if commit.message else "(no message)", [line for line in commit.message[1:] if not TRAILER.match(line)]
    date, match = commit.date, DEFAULT.fullmatch(commit.date)
    if match is not None:
        date = f"{match[4]}-{MONTHS[match[1]]:02}-{int(match[2]):02}T{match[3]}{match[5] or ''}"
    tags = f" (tag {', '.join(commit.tags)})" if commit.tags else ""
    draft = make.event(
        date,
        headed(f"{'Moved to' if commit.moved else 'Commit'} {commit.sha[:7]}{tags}: {subject}", "\n".join(body).strip()),
        f"reflog:{commit.sha}:{date}:{digest(subject)}" if commit.moved else f"commit:{commit.sha}",
        where,
        "\n".join(commit.raw),
        kind="change",
        rule="commit",
        salience=2 if subject.startswith("Revert ") else 1,
        actor=commit.author,
    )
    return draft if isinstance(draft, EventDraft) else Rejected(where, f"{draft.reason} {ADVICE}")


SOURCE = Source(
    name="git",
    label="git log",
    detect=detect,
    read=read,
    docs="`git log` in its own formats with dates (medium, full, fuller, raw), and lines of a format of one's own that begin with the commit and have a date "
    "(https://git-scm.com/docs/git-log).",
)
