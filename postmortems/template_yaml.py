"""Pure. Templates as YAML: written for people to read and edit, read back strictly.

Everything is read as text and no tag is obeyed, so nothing is ever constructed; there are no anchors and aliases, which is
what bombs are made of. What is wrong is said with file, section and field, all of it at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from incidents.lib.text import whole
from postmortems.template_content import LIMITS, MOST_SECTIONS, Problem, SectionContent, TemplateContent, problems, unknown

FORMAT = "debrief-templates-1"
MOST_BYTES = 512 * 1024
MOST_TEMPLATES = 50
MOST_NODES = 20_000
MOST_DEPTH = 12
MOST_PROBLEMS = 40
#: The names in a file, and those of the content they stand for.
TEMPLATE_KEYS = {
    "key": "key",
    "name": "name",
    "use_when": "use_when",
    "audience": "audience_note",
    "effort_hours": "effort_hours",
    "meeting_minutes": "meeting_minutes",
    "wording_profile": "lint_profile",
    "depth": "depth",
    "sections": "sections",
}
SECTION_KEYS = {
    "key": "key",
    "title": "title",
    "kind": "kind",
    "required": "required",
    "audience": "audience",
    "guidance": "guidance",
    "questions": "prompts",
    "fields": "fields",
    "enough_when": "minimum",
    "starting_text": "starting_text",
}
WRITTEN_AS = {content: written for written, content in (TEMPLATE_KEYS | SECTION_KEYS).items() if content != "audience_note"}
SWITCH = {"true": True, "yes": True, "false": False, "no": False}


class TemplateFileError(ValueError):
    """The file holds no templates as they are taken here. Each line of `problems` names file, place and what is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


# Writing --------------------------------------------------------------------------------------------


class Dumper(yaml.SafeDumper):
    """Long texts in block style, lists indented under their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, represent_text)


def write(contents: Sequence[TemplateContent]) -> str:
    """Return templates as one file. What is empty is left out."""
    data = {"format": FORMAT, "templates": [as_written(content) for content in contents]}
    text: str = yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def as_written(content: TemplateContent) -> dict[str, Any]:
    found = {written: value for written, name in TEMPLATE_KEYS.items() if written != "sections" and (value := getattr(content, name))}
    sections = []
    for section in content.sections:
        row = {written: getattr(section, name) for written, name in SECTION_KEYS.items()}
        always = ("key", "title", "kind", "required", "audience")
        sections.append({name: list(value) if isinstance(value, tuple) else value for name, value in row.items() if value or name in always})
    return {**found, "sections": sections}


# Reading --------------------------------------------------------------------------------------------


def read(data: bytes | str, name: str, kinds: Sequence[str]) -> list[TemplateContent]:
    """Return the templates of a file called `name`; `kinds` are those that sections may have. Raises TemplateFileError."""
    return Reader(name, kinds).read(parse(data, name))


@dataclass
class Open:
    """A collection that is being read: a mapping with the key that waits for its value, or a list."""

    value: Any
    key: str | None = None
    is_mapping: bool = False


def parse(data: bytes | str, name: str) -> Any:
    """Return the one document of a file as mappings, lists and texts. Raises TemplateFileError."""
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise TemplateFileError([f"{name}: byte {error.start + 1} is not UTF-8."]) from None
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise TemplateFileError([f"{name}: larger than {MOST_BYTES // 1024} kB."])
    try:
        return build(text, name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise TemplateFileError([f"{name}{f', line {mark.line + 1}' if mark else ''}: this is not YAML ({error.problem or error.context})."]) from None
    except yaml.YAMLError:
        raise TemplateFileError([f"{name}: holds characters that YAML does not allow."]) from None


def build(text: str, name: str) -> Any:
    """Put the events together without recursion, and refuse what a template has no use for."""
    stack: list[Open] = []
    found: list[Any] = []
    nodes = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        where = f"{name}, line {event.start_mark.line + 1}" if event.start_mark else name
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise TemplateFileError([f"{where}: anchors and aliases (& and *) are not taken; write the text out."])
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
            if nodes > MOST_NODES:
                raise TemplateFileError([f"{where}: more than {MOST_NODES:,} values."])
            if getattr(event, "tag", None) not in (None, "!"):
                raise TemplateFileError([f"{where}: tags (!) are not taken."])
        if isinstance(event, yaml.ScalarEvent):
            place(stack, found, event.value, where)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if len(stack) >= MOST_DEPTH:
                raise TemplateFileError([f"{where}: nested deeper than {MOST_DEPTH} levels."])
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            value: Any = {} if is_mapping else []
            place(stack, found, value, where)
            stack.append(Open(value, is_mapping=is_mapping))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            stack.pop()
    if len(found) != 1:
        raise TemplateFileError([f"{name}: holds {'no' if not found else 'more than one'} document."])
    return found[0]


def place(stack: list[Open], found: list[Any], value: Any, where: str) -> None:
    """Put a value where it belongs: in the list or under the key that is open, or as the document."""
    if not stack:
        found.append(value)
        return
    inner = stack[-1]
    if not inner.is_mapping:
        inner.value.append(value)
    elif inner.key is None:
        if not isinstance(value, str):
            raise TemplateFileError([f"{where}: a key is a word."])
        if value in inner.value:
            raise TemplateFileError([f"{where}: the key “{value[:60]}” occurs twice."])
        inner.key = value
    else:
        inner.value[inner.key] = value
        inner.key = None


@dataclass
class Reader:
    """Turns the parsed file into templates and collects what is wrong on the way."""

    name: str
    kinds: Sequence[str]
    found: list[str] = field(default_factory=list)

    def read(self, data: Any) -> list[TemplateContent]:
        if not isinstance(data, Mapping):
            raise TemplateFileError([f"{self.name}: a file of templates begins with “format: {FORMAT}”."])
        if data.get("format") != FORMAT:
            self.add("", "", "format", f"write “format: {FORMAT}”.")
        for key in data:
            if key not in ("format", "templates"):
                self.add("", "", str(key), unknown("key", str(key), ("format", "templates")))
        rows = data.get("templates")
        if not isinstance(rows, list) or not rows or len(rows) > MOST_TEMPLATES:
            self.add("", "", "templates", f"a list of 1 to {MOST_TEMPLATES} templates.")
            rows = []
        contents = [self.template(row, number) for number, row in enumerate(rows, start=1)]
        keys = [content.key for content in contents]
        for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
            self.add(key, "", "key", "another template in this file has it too.")
        if self.found:
            raise TemplateFileError(self.found[:MOST_PROBLEMS])
        return contents

    def add(self, template: str, section: str, name: str, message: str) -> None:
        place = [self.name, *([f"template {template}"] if template else []), *([f"section {section}"] if section else []), *([f"field {name}"] if name else [])]
        self.found.append(f"{', '.join(place)}: {message}")

    def template(self, row: Any, number: int) -> TemplateContent:
        if not isinstance(row, Mapping):
            self.add(f"number {number}", "", "", "a template is a mapping of names to values.")
            return TemplateContent("", "")
        called = called_by(row, number)
        given = self.values(row, TEMPLATE_KEYS, called, "")
        rows = given.pop("sections", [])
        sections = tuple(self.section(one, called, place) for place, one in enumerate(rows[: MOST_SECTIONS + 1], start=1))
        content = TemplateContent(**{"key": "", "name": "", **given}, sections=sections).cleaned()
        for problem in problems(content, self.kinds):
            self.report(called, problem)
        return content

    def report(self, template: str, problem: Problem) -> None:
        written = "audience" if problem.field == "audience_note" else WRITTEN_AS.get(problem.field, problem.field)
        self.add(template, problem.section, written, problem.message)

    def section(self, row: Any, template: str, number: int) -> SectionContent:
        if not isinstance(row, Mapping):
            self.add(template, f"number {number}", "", "a section is a mapping of names to values.")
            return SectionContent(f"number-{number}", "?")
        called = called_by(row, number)
        if not row.get("key"):
            self.add(template, called, "key", "every section has a key of its own.")
        given = self.values(row, SECTION_KEYS, template, called)
        return SectionContent(**{"title": "", **given, "key": given.get("key") or f"number-{number}"})

    def values(self, row: Mapping[str, Any], known: Mapping[str, str], template: str, section: str) -> dict[str, Any]:
        """Return the values of a mapping under the names of the content, each in its type; a wrong one is reported and left out."""
        given = {}
        for written, value in row.items():
            name = known.get(written)
            if name is None:
                self.add(template, section, written[:60], unknown("field", written, tuple(known)))
                continue
            try:
                given[name] = typed(name, value)
            except ValueError as error:
                self.add(template, section, written, str(error))
        return given


def called_by(row: Mapping[str, Any], number: int) -> str:
    """Return what errors call a template or section: its key, or its place where it has none."""
    key = row.get("key")
    return key[:60] if isinstance(key, str) and key else f"number {number}"


def typed(name: str, value: Any) -> Any:
    """Return a value in the type that its field has. Raises ValueError with words for people."""
    if name in ("prompts", "fields"):
        if value == "":
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError("a list of lines.")
        return tuple(value)
    if name == "sections":
        if not isinstance(value, list):
            raise ValueError("a list of sections.")
        return value
    if not isinstance(value, str):
        raise ValueError("a text.")
    if name == "required":
        if value.lower() not in SWITCH:
            raise ValueError("true or false.")
        return SWITCH[value.lower()]
    if name == "meeting_minutes":
        if (number := whole(value, 4)) is None:
            raise ValueError("a whole number.")
        return number
    if len(value) > max(LIMITS.values()) * 2:
        raise ValueError("far too long.")
    return value
