"""Writes. Templates and their versions: every change of a template's texts is kept as a version, with what changed.

The rows of a template and of its sections are what the newest version says; nothing but this module and the admin's form,
which calls `keep`, writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Max

from incidents.access import Actor, require
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, User
from postmortems import template_content
from postmortems.models import RetrospectiveTemplate, SectionKind, TemplateSection, TemplateVersion
from postmortems.template_content import SectionContent, TemplateContent

NOTE_LIMIT = 300
Origin = TemplateVersion.Origin
OWN = ("name", "use_when", "audience_note", "effort_hours", "meeting_minutes", "lint_profile", "depth")


@dataclass(frozen=True)
class Taken:
    """One imported template; `outcome` is new, changed or same."""

    template: RetrospectiveTemplate
    outcome: str
    changed: str = ""


def content_of(template: RetrospectiveTemplate) -> TemplateContent:
    """Return what a template says now."""
    sections = tuple(
        SectionContent(
            key=row.key,
            title=row.title,
            kind=row.kind,
            guidance=row.guidance,
            prompts=template_content.split_lines(row.prompts),
            fields=template_content.split_lines(row.fields),
            minimum=row.minimum,
            required=row.required,
            audience=row.audience,
            starting_text=row.starting_text,
        )
        for row in template.sections.all()
    )
    return TemplateContent(key=template.key, **{name: getattr(template, name) for name in OWN}, sections=sections).cleaned()


def section_row(template: RetrospectiveTemplate | None, section: SectionContent, position: int) -> TemplateSection:
    """Return an unsaved row; without a template only its texts are wanted."""
    texts = {name: getattr(section, name) for name in ("key", "title", "kind", "guidance", "minimum", "required", "audience", "starting_text")}
    return TemplateSection(template=template, position=position, prompts="\n".join(section.prompts), fields="\n".join(section.fields), **texts)


def content_in(version: TemplateVersion) -> TemplateContent:
    return template_content.from_json(version.content)


def newest(template: RetrospectiveTemplate) -> TemplateVersion | None:
    return template.versions.first()


def is_untouched(template: RetrospectiveTemplate) -> bool:
    """Say whether it is as seeding wrote it: no administrator changed a word."""
    last = newest(template)
    return last is not None and last.origin == Origin.BUILTIN and content_in(last) == content_of(template)


@transaction.atomic
def keep(*, actor: Actor, template: RetrospectiveTemplate, origin: str = Origin.EDITED, note: str = "") -> TemplateVersion | None:
    """Keep what the rows say now as the next version. Returns None when they say what the newest version said.

    Whoever changed the rows has asked for the right to; the admin has permissions of its own.
    """
    RetrospectiveTemplate.objects.select_for_update().get(pk=template.pk)
    number_sections(template)
    fresh = RetrospectiveTemplate.objects.prefetch_related("sections").get(pk=template.pk)
    content, last = content_of(fresh), newest(fresh)
    old = content_in(last) if last else None
    if old == content:
        return None
    number = (template.versions.aggregate(highest=Max("number"))["highest"] or 0) + 1
    version = TemplateVersion.objects.create(
        template=template,
        number=number,
        content=content.as_json(),
        origin=origin,
        changed=template_content.described(old, content) if old else "",
        note=clean_line(note, limit=NOTE_LIMIT),
        saved_by=actor if isinstance(actor, User) else None,
    )
    RetrospectiveTemplate.objects.filter(pk=template.pk).update(version=number)
    template.version = number
    AuditEvent.record(actor, "template changed", f"template {template.key}"[:60], version=number, origin=origin)
    return version


def number_sections(template: RetrospectiveTemplate) -> None:
    """Give the sections 1, 2, 3 … in the order in which they are."""
    for position, row in enumerate(template.sections.all(), start=1):
        if row.position != position:
            TemplateSection.objects.filter(pk=row.pk).update(position=position)


@transaction.atomic
def write(*, actor: Actor, content: TemplateContent, origin: str, note: str = "", offer: dict[str, Any] | None = None) -> RetrospectiveTemplate:
    """Make the template of this key say this, as its next version; a new one is made with the values in `offer`, else switched off."""
    require(actor, "configure")
    if found := template_content.problems(content, SectionKind.values):
        raise ValueError(f"{content.key} {found[0].section} {found[0].field}: {found[0].message}")  # whoever calls has asked before
    own = {name: getattr(content, name) for name in OWN}
    template, _ = RetrospectiveTemplate.objects.get_or_create(key=content.key, defaults={"is_active": False, "position": 100, **(offer or {}), **own})
    RetrospectiveTemplate.objects.filter(pk=template.pk).update(**own)
    rows = {row.key: row for row in template.sections.all()}
    template.sections.exclude(key__in=[section.key for section in content.sections]).delete()
    added = []
    for position, section in enumerate(content.sections, start=1):
        row = section_row(template, section, position)
        if old := rows.get(section.key):
            row.pk, row._state.adding = old.pk, False
            row.save()
        else:
            added.append(row)
    TemplateSection.objects.bulk_create(added)
    keep(actor=actor, template=template, origin=origin, note=note)
    template.refresh_from_db()
    return template


@transaction.atomic
def restore(*, actor: Actor, template: RetrospectiveTemplate, number: int, version: int) -> RetrospectiveTemplate:
    """Make an earlier version the newest, as a version of its own. Raises Conflict when somebody changed the template since `version`."""
    require(actor, "configure")
    current = RetrospectiveTemplate.objects.select_for_update().get(pk=template.pk)
    if current.version != version:
        raise Conflict(current)
    old = current.versions.get(number=number)
    return write(actor=actor, content=content_in(old), origin=old.origin, note=f"Version {number} restored.")


@transaction.atomic
def duplicate(*, actor: Actor, template: RetrospectiveTemplate) -> RetrospectiveTemplate:
    """Return a copy with all sections, switched off, under a key of its own."""
    require(actor, "configure")
    taken = set(RetrospectiveTemplate.objects.values_list("key", flat=True))
    number = next(number for number in range(2, 10_000) if f"{template.key[:54]}_{number}" not in taken)
    content = content_of(template)
    copy = replace(content, key=f"{template.key[:54]}_{number}", name=f"{template.name[:80]} (copy {number})", depth="")
    return write(actor=actor, content=copy, origin=Origin.EDITED, note=f"Made from {template.key}, version {template.version}."[:NOTE_LIMIT])


@transaction.atomic
def take_in(*, actor: Actor, contents: Sequence[TemplateContent], offer: bool = False) -> list[Taken]:
    """Store imported templates: a known key gets a next version, a new one becomes a template, switched off unless `offer` is set."""
    require(actor, "configure")
    taken = []
    for content in contents:
        old = RetrospectiveTemplate.objects.filter(key=content.key).first()
        template = write(actor=actor, content=content, origin=Origin.IMPORTED, offer={"is_active": offer})
        if offer and not template.is_active:
            RetrospectiveTemplate.objects.filter(pk=template.pk).update(is_active=True)
            template.is_active = True
        taken.append(
            Taken(template, "new" if old is None else "changed" if template.version != old.version else "same", "" if old is None else changed_by(template))
        )
    return taken


def changed_by(template: RetrospectiveTemplate) -> str:
    last = newest(template)
    return last.changed if last else ""


def expected(contents: Sequence[TemplateContent]) -> list[tuple[TemplateContent, str, str]]:
    """Say for each template of a file what importing it would do: new, changed with what would differ, or same."""
    found = []
    for content in contents:
        template = RetrospectiveTemplate.objects.filter(key=content.key).prefetch_related("sections").first()
        old = content_of(template) if template else None
        found.append((content, "new" if old is None else "same" if old == content else "changed", template_content.described(old, content) if old else ""))
    return found
