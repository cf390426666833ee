"""Writes. Moving a post-mortem to another version of its template, section by section, as a person chooses.

No written word is lost: a section's text stays whatever becomes of the questions around it, what stood in a field that is no longer
there goes into the text, and a section goes only when nobody ever wrote in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.models import AuditEvent
from postmortems import authoring, drafting, reviewing, stepping, template_content, template_moves
from postmortems.access import require_open
from postmortems.fields import parse_fields, show
from postmortems.models import Postmortem, Section, SectionText, SectionVersion, TemplateVersion
from postmortems.prefill import Facts
from postmortems.template_content import SectionContent
from postmortems.template_moves import Step

TEXTS = ("title", "kind", "guidance", "minimum", "required", "audience")


@dataclass(frozen=True)
class Move:
    """What a move to `version` would change. `stays` are keys of sections that are not in it and hold something."""

    version: TemplateVersion
    steps: list[Step]
    is_reordered: bool
    stays: frozenset[str]

    @property
    def differs(self) -> bool:
        return self.is_reordered or any(step.state != "same" for step in self.steps)

    @property
    def same(self) -> int:
        return sum(step.state == "same" for step in self.steps)


def plan(postmortem: Postmortem, version: TemplateVersion) -> Move:
    """Compare a post-mortem with a version of its template."""
    sections, new = list(postmortem.sections.all()), authoring.content_in(version)
    facts = drafting.facts_of(postmortem.incident)
    mine = [texts_of(section) for section in sections]
    filled = {section.key: filled_in(section, facts) for section in new.sections}
    steps = template_moves.steps(mine, new, filled)
    gone = {step.key for step in steps if step.state == "gone"}
    stays = frozenset(section.key for section in sections if section.key in gone and holds_something(section))
    return Move(version, steps, template_moves.is_reordered([one.key for one in mine], [one.key for one in new.sections]), stays)


def texts_of(section: SectionText) -> SectionContent:
    texts = {name: getattr(section, name) for name in ("key", *TEXTS)}
    return SectionContent(**texts, prompts=template_content.split_lines(section.prompts), fields=template_content.split_lines(section.fields)).cleaned()


def filled_in(section: SectionContent, facts: Facts) -> SectionContent:
    """Return a template's section as a post-mortem would have it."""
    row = authoring.section_row(None, section, 0)
    for name, text in drafting.filled_texts(row, facts).items():
        setattr(row, name, text)
    return texts_of(row)


def holds_something(section: Section) -> bool:
    """Say whether anybody wrote in a section or hung anything on it: comments, rows of its kind, what was told to the coach."""
    if section.version > 1 or section.versions.filter(is_lost=True).exists():
        return True
    others = [relation for relation in Section._meta.related_objects if relation.related_model is not SectionVersion]
    return any(relation.related_model._base_manager.filter(**{relation.field.name: section}).exists() for relation in others)


@transaction.atomic
def move(*, actor: Actor, postmortem: Postmortem, version: TemplateVersion, seen: int, take: Collection[str] = (), take_order: bool = False) -> Postmortem:
    """Take over what was chosen of a version: `take` are keys of changed, new or gone sections. The post-mortem follows that version from now on.

    `seen` is the version of the post-mortem's details that the person saw. Raises Conflict when that is not the newest.
    """
    require_open(actor, postmortem)
    changes = {"template_version": version.number, "version": F("version") + 1, "updated_at": timezone.now()}
    if not Postmortem.objects.filter(pk=postmortem.pk, version=seen).update(**changes):
        raise Conflict(Postmortem.objects.get(pk=postmortem.pk))
    planned, new = plan(postmortem, version), authoring.content_in(version)
    facts = drafting.facts_of(postmortem.incident)
    chosen = [step for step in planned.steps if step.key in set(take) and step.state != "same"]
    for step in chosen:
        section = new.section(step.key)
        if step.state == "new" and section:
            drafting.add_sections([drafting.first_section(postmortem, authoring.section_row(None, section, 0), facts)])
        elif step.state == "changed" and section:
            rewrite(postmortem.sections.select_for_update().get(key=step.key), step, filled_in(section, facts), ZoneInfo(postmortem.incident.time_zone))
        elif step.state == "gone" and step.key not in planned.stays:
            postmortem.sections.filter(key=step.key).delete()
    added = {step.key for step in chosen if step.state == "new"}
    arrange(postmortem, [section.key for section in new.sections], added, take_order=take_order)
    taken = {state: sum(step.state == state for step in chosen) for state in ("changed", "new", "gone")}
    AuditEvent.record(actor, "postmortem moved to template version", postmortem.reference, template_version=version.number, **taken)
    if take or take_order:
        reviewing.follow_edit(actor, postmortem.pk, "The sections")
        stepping.follow(postmortem.pk, "draft")
    return Postmortem.objects.select_related("incident", "template").get(pk=postmortem.pk)


def rewrite(section: Section, step: Step, new: SectionContent, zone: ZoneInfo) -> None:
    """Give a section the texts that differ; what its fields held and the new ones have no place for goes into its text."""
    names = {part.name for part in step.parts}
    updates: dict[str, object] = {name: getattr(new, name) for name in TEXTS if name in names}
    updates |= {name: "\n".join(getattr(new, name)) for name in ("prompts", "fields") if name in names}
    if "fields" in names or "kind" in names:
        kept = {field.name for field in parse_fields("\n".join(new.fields)) if field.type != "incident"} | {"show"}
        homeless = [field for field in parse_fields(section.fields) if field.name not in kept and str(section.values.get(field.name, "")).strip()]
        if homeless:
            said = "\n".join(f"- {field.label}: {show(field, str(section.values[field.name]), zone)}" for field in homeless)
            body = f"{section.body.rstrip()}\n\n{said}".strip()
            values = {name: value for name, value in section.values.items() if name not in {field.name for field in homeless}}
            SectionVersion.objects.create(section=section, number=section.version + 1, body=body, values=values)
            updates |= {"body": body, "values": values, "version": section.version + 1}
    Section.objects.filter(pk=section.pk).update(**updates)


def arrange(postmortem: Postmortem, new: Sequence[str], added: Collection[str], *, take_order: bool) -> None:
    """Number the sections anew, with those that were just added in their place."""
    rows = {row.key: row for row in postmortem.sections.all()}
    order = template_moves.arranged([key for key in rows if key not in added], [key for key in new if key in rows], take_order=take_order)
    for position, key in enumerate(order, start=1):
        if rows[key].position != position:
            Section.objects.filter(pk=rows[key].pk).update(position=position)
