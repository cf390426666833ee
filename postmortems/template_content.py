"""Pure. What a template says, as plain values: what a version keeps, a file carries, and two versions are compared by.

How a template is offered (switched on, the default, its place in the list) is not part of it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from incidents.custom_fields import KEY as FIELD_KEY
from incidents.lib.text import clean_line, clean_text
from postmortems.fields import LINE, parse_fields
from postmortems.prefill import CUSTOM, PLACEHOLDERS

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
AUDIENCES = ("internal", "stakeholder", "public")
PROFILES = ("standard", "sre", "learning", "light", "public")
#: How deep a retrospective goes, from shallow to deep, with what people read.
DEPTHS = {"light": "Light", "standard": "Standard", "deep": "Deep"}
MOST_SECTIONS = 40
MOST_LINES = 40
LIMITS = {
    "name": 100,
    "use_when": 300,
    "audience_note": 200,
    "effort_hours": 20,
    "title": 200,
    "guidance": 5_000,
    "prompts": 300,  # each
    "fields": 300,  # each
    "minimum": 300,
    "starting_text": 20_000,
}
MOST_MINUTES = 600
WRITTEN = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
#: What people read for each part of a section, in the order in which a person would look at it.
SECTION_LABELS = {
    "title": "Title",
    "kind": "Kind",
    "guidance": "Guidance",
    "prompts": "Questions",
    "fields": "Fields",
    "minimum": "Enough when",
    "required": "Required",
    "audience": "Audience",
    "starting_text": "Starting text",
}
TEMPLATE_LABELS = {
    "name": "Name",
    "use_when": "Use when",
    "audience_note": "Audience",
    "effort_hours": "Hours of work",
    "meeting_minutes": "Minutes of the meeting",
    "lint_profile": "Wording profile",
    "depth": "Depth",
}


@dataclass(frozen=True)
class SectionContent:
    """One section of a template. `prompts` and `fields` are lines."""

    key: str
    title: str
    kind: str = "markdown"
    guidance: str = ""
    prompts: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    minimum: str = ""
    required: bool = False
    audience: str = "internal"
    starting_text: str = ""

    def cleaned(self) -> SectionContent:
        """Return it as it may be stored: cut nowhere, since too long is an error and not a loss."""
        return replace(
            self,
            title=line(self.title),
            kind=str(self.kind),
            audience=str(self.audience),
            guidance=clean_text(self.guidance).strip(),
            prompts=lines(self.prompts),
            fields=lines(self.fields),
            minimum=line(self.minimum),
            starting_text=clean_text(self.starting_text).strip(),
        )


@dataclass(frozen=True)
class TemplateContent:
    key: str
    name: str
    use_when: str = ""
    audience_note: str = ""
    effort_hours: str = ""
    meeting_minutes: int = 0
    lint_profile: str = "standard"
    depth: str = ""
    sections: tuple[SectionContent, ...] = ()

    def cleaned(self) -> TemplateContent:
        words: dict[str, Any] = {name: line(getattr(self, name)) for name in ("name", "use_when", "audience_note", "effort_hours")}
        return replace(self, **words, sections=tuple(section.cleaned() for section in self.sections))

    def as_json(self) -> dict[str, Any]:
        data = asdict(self)
        return {**data, "sections": [{**section, "prompts": list(section["prompts"]), "fields": list(section["fields"])} for section in data["sections"]]}

    def section(self, key: str) -> SectionContent | None:
        return next((section for section in self.sections if section.key == key), None)


@dataclass(frozen=True)
class Problem:
    """What is wrong, where: `section` is empty for the template's own fields. The message is for people."""

    section: str
    field: str
    message: str


@dataclass(frozen=True)
class Change:
    """What became of one section between two versions. `state` is new, gone, changed or same; `parts` are names of its fields."""

    key: str
    title: str
    state: str
    parts: tuple[str, ...] = ()


def line(value: str) -> str:
    return clean_line(value, limit=1_000_000)


def lines(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(found for value in values if (found := line(value)))


def split_lines(text: str) -> tuple[str, ...]:
    return lines(text.splitlines())


def from_json(data: Mapping[str, Any]) -> TemplateContent:
    """Return what a version kept. Names that this release does not know are left out; those it lacks take their default."""
    sections = tuple(section_from_json(section) for section in data.get("sections", ()))
    known = {field.name for field in fields(TemplateContent)} - {"sections"}
    return TemplateContent(**{name: value for name, value in data.items() if name in known}, sections=sections)


def section_from_json(data: Mapping[str, Any]) -> SectionContent:
    known = {field.name for field in fields(SectionContent)}
    found: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in known}
    return SectionContent(**found)


# What may be wrong ----------------------------------------------------------------------------------


def problems(content: TemplateContent, kinds: Sequence[str]) -> list[Problem]:
    """Return everything that keeps a template from being stored; `kinds` are those that sections may have."""
    return [*template_problems(content), *(one for section in content.sections for one in section_problems(section, kinds))]


def template_problems(content: TemplateContent) -> Iterator[Problem]:
    if not KEY.fullmatch(content.key):
        yield Problem("", "key", "A key is 1 to 60 small letters, digits, _ or -, and begins with a letter or digit.")
    if not content.name:
        yield Problem("", "name", "Give it a name.")
    for name in ("name", "use_when", "audience_note", "effort_hours"):
        yield from too_long("", name, getattr(content, name))
    if not 0 <= content.meeting_minutes <= MOST_MINUTES:
        yield Problem("", "meeting_minutes", f"Minutes are a number from 0 to {MOST_MINUTES}.")
    if content.lint_profile not in PROFILES:
        yield Problem("", "lint_profile", unknown("profile", content.lint_profile, PROFILES))
    if content.depth and content.depth not in DEPTHS:
        yield Problem("", "depth", unknown("depth", content.depth, tuple(DEPTHS)))
    if not content.sections:
        yield Problem("", "sections", "A template has at least one section.")
    if len(content.sections) > MOST_SECTIONS:
        yield Problem("", "sections", f"At most {MOST_SECTIONS} sections.")
    seen: set[str] = set()
    for section in content.sections:
        if section.key in seen:
            yield Problem(section.key, "key", "Another section has this key.")
        seen.add(section.key)


def section_problems(section: SectionContent, kinds: Sequence[str]) -> Iterator[Problem]:
    if not KEY.fullmatch(section.key):
        yield Problem(section.key, "key", "A key is 1 to 60 small letters, digits, _ or -, and begins with a letter or digit.")
    if not section.title:
        yield Problem(section.key, "title", "Give it a title.")
    if section.kind not in kinds:
        yield Problem(section.key, "kind", unknown("kind", section.kind, kinds))
    if section.audience not in AUDIENCES:
        yield Problem(section.key, "audience", unknown("audience", section.audience, AUDIENCES))
    for name in ("title", "guidance", "minimum", "starting_text"):
        yield from too_long(section.key, name, getattr(section, name))
    for name in ("prompts", "fields"):
        values: tuple[str, ...] = getattr(section, name)
        if len(values) > MOST_LINES:
            yield Problem(section.key, name, f"At most {MOST_LINES} lines.")
        for value in values:
            yield from too_long(section.key, name, value)
    for value in section.fields:
        if not LINE.match(value):
            yield Problem(section.key, "fields", f"“{value[:60]}” is no field. Write name, name(one|two), name(bool) or name(1-5), in small letters.")
        elif value.endswith("(incident)") and section.kind != "fields":
            yield Problem(section.key, "fields", f"“{value[:60]}”: fields of the incident are shown in sections of the kind “Custom fields” only.")
    for name in ("title", "guidance", "starting_text"):
        yield from placeholder_problems(section.key, name, getattr(section, name))
    yield from placeholder_problems(section.key, "prompts", "\n".join(section.prompts))


def too_long(section: str, field: str, value: str) -> Iterator[Problem]:
    if len(value) > LIMITS[field]:
        yield Problem(section, field, f"At most {LIMITS[field]:,} characters; these are {len(value):,}.")


def placeholder_problems(section: str, field: str, text: str) -> Iterator[Problem]:
    for name in dict.fromkeys(WRITTEN.findall(text)):
        if name not in PLACEHOLDERS and not is_custom(name):
            yield Problem(section, field, f"There is no placeholder {{{{ {name[:60]} }}}}. {nearest(name)}")


def is_custom(name: str) -> bool:
    """Say whether a placeholder is one for a field that administrators add; which there are is another installation's business as well."""
    return name.startswith(CUSTOM) and FIELD_KEY.fullmatch(name.removeprefix(CUSTOM)) is not None


def custom_fields_named(section: SectionContent) -> set[str]:
    """Return the keys of custom fields of incidents that a section names."""
    texts = "\n".join((section.title, section.guidance, section.starting_text, *section.prompts))
    shown = {one.name for one in parse_fields("\n".join(section.fields)) if one.type == "incident"}
    return shown | {name.removeprefix(CUSTOM) for name in WRITTEN.findall(texts) if is_custom(name)}


def nearest(name: str) -> str:
    known = list(PLACEHOLDERS)
    close = difflib.get_close_matches(name.lower(), known, 1, 0.5) or [one for one in known if one.split(".")[1] == name.lower().rpartition(".")[2]][:1]
    if not close:
        tail = difflib.get_close_matches(name.lower().rpartition(".")[2], [one.split(".")[1] for one in known], 1, 0.6)
        close = [f"incident.{one}" for one in tail]
    return f"Did you mean {{{{ {close[0]} }}}}?" if close else f"Known are {', '.join(known)}."


def unknown(what: str, value: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(value, known, 1, 0.6)
    hint = f"Did you mean “{close[0]}”?" if close else f"Known: {', '.join(known)}."
    return f"There is no {what} “{value[:60]}”. {hint}"


# What changed ---------------------------------------------------------------------------------------


def changed_parts(old: SectionContent, new: SectionContent) -> tuple[str, ...]:
    return tuple(name for name in SECTION_LABELS if getattr(old, name) != getattr(new, name))


def changes(old: TemplateContent, new: TemplateContent) -> list[Change]:
    """Return what became of every section: those of the new version in its order, then those that are gone."""
    found = []
    for section in new.sections:
        before = old.section(section.key)
        parts = changed_parts(before, section) if before else ()
        found.append(Change(section.key, section.title, "new" if before is None else "changed" if parts else "same", parts))
    return found + [Change(section.key, section.title, "gone") for section in old.sections if new.section(section.key) is None]


def is_reordered(old: TemplateContent, new: TemplateContent) -> bool:
    """Say whether the sections that both have come in another order."""
    keys = {section.key for section in old.sections} & {section.key for section in new.sections}
    return [one.key for one in old.sections if one.key in keys] != [one.key for one in new.sections if one.key in keys]


def described(old: TemplateContent, new: TemplateContent) -> str:
    """Return in one line what changed, for the list of versions."""
    own = [label.lower() for name, label in TEMPLATE_LABELS.items() if getattr(old, name) != getattr(new, name)]
    parts = [f"the template’s {', '.join(own)}"] if own else []
    for change in changes(old, new):
        if change.state == "changed":
            parts.append(f"“{change.title}”: {', '.join(SECTION_LABELS[name].lower() for name in change.parts)}")
        elif change.state != "same":
            parts.append(f"“{change.title}” {'added' if change.state == 'new' else 'removed'}")
    if is_reordered(old, new):
        parts.append("order of sections")
    words = "; ".join(parts)
    return f"{words[:1].upper()}{words[1:]}."[:300] if words else ""
