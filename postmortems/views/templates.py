"""Pages of templates: the list, one filled with an incident, its versions, files, and the rules with a dry run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import may, require
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from incidents.lib.worddiff import word_diff
from incidents.models import CustomField, Incident, Kind
from postmortems import access, authoring, drafting, example, kinds, learning, overview, seeding, template_content, template_moves, template_yaml
from postmortems.fields import parse_fields, show, spell_out
from postmortems.forms.templates import ImportForm, PreviewForm
from postmortems.models import Postmortem, RetrospectiveTemplate, Section, TemplateVersion
from postmortems.prefill import Facts, spoken
from postmortems.template_content import SECTION_LABELS, TEMPLATE_LABELS, SectionContent, TemplateContent

RECENT = 25
MOST_VERSIONS = 200


def template_for(request: HttpRequest, key: str) -> RetrospectiveTemplate:
    """Return a template. Viewers have no use for one: 404."""
    if not access.may_read_draft(request.user):
        raise Http404
    return get_object_or_404(RetrospectiveTemplate.objects.prefetch_related("sections"), key=key)


@login_required
@require_GET
def template_list(request: HttpRequest) -> HttpResponse:
    if not access.may_read_draft(request.user):
        raise Http404
    counts = {"section_count": Count("sections", distinct=True), "required_count": Count("sections", filter=Q(sections__required=True), distinct=True)}
    rows = RetrospectiveTemplate.objects.annotate(**counts).order_by("-is_active", "position", "name")
    context = {"rows": [(row, seeding.newer_builtin(row)) for row in rows], "may_configure": may(request.user, "configure")}
    return render(request, "postmortems/template_list.html", context)


# Preview --------------------------------------------------------------------------------------------


@login_required
@require_GET
def template_preview(request: HttpRequest, key: str) -> HttpResponse:
    """A template as its writers will meet it, filled with the example or with an incident that the person sees."""
    template = template_for(request, key)
    version = version_asked(template, request.GET.get("version", ""))
    content = authoring.content_in(version) if version else authoring.content_of(template)
    form = PreviewForm(request.GET if "incident" in request.GET else None, actor=request.user)
    incident = form.cleaned_data["incident"] if form.is_bound and form.is_valid() else None
    facts = drafting.facts_of(incident) if incident else example.facts(CustomField.objects.definitions())
    rows = [authoring.section_row(None, section, place) for place, section in enumerate(content.sections, start=1)]
    context = {
        "template": template,
        "version": version,
        "content": content,
        "sections": [filled_row(drafting.first_section(None, row, facts), facts) for row in rows],
        "form": form,
        "incident": incident,
        "facts": facts,
        "entries": entries_of(incident),
        "moments": [(name.replace("_", " ").capitalize(), spoken(at, facts.zone)) for name, at in facts.milestones.items()],
        "actions": [] if incident else example.ACTIONS,
    }
    return render(request, "postmortems/template_preview.html", context, status=422 if form.errors else 200)


def filled_row(section: Section, facts: Facts) -> dict[str, Any]:
    """Return a section as the preview shows it: its fields with what is known, and its minimum in words."""
    fields = [(row.field.label, row.words) for row in kinds.shown_of_incident(section, [row for row in facts.fields if row.field.is_active])]
    fields += [(field.label, show(field, section.values.get(field.name, ""), facts.zone)) for field in parse_fields(section.fields) if field.type != "incident"]
    return {"section": section, "fields": fields, "enough": spell_out(section.minimum) if section.minimum else ""}


def entries_of(incident: Incident | None) -> list[Any]:
    if incident is None:
        return list(example.ENTRIES)
    chosen = list(overview.printed_entries([incident], "key").defer("raw")[:6])
    return [example.Entry(one.at, Kind(one.shown_kind).label, one.actor, one.shown_text[:300]) for one in chosen]


def version_asked(template: RetrospectiveTemplate, sent: str) -> TemplateVersion | None:
    if not sent:
        return None
    return get_object_or_404(template.versions.select_related("saved_by"), number=whole(sent))


# Versions -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One part that differs between two versions, as pieces of text."""

    label: str
    pieces: Any


@login_required
@require_GET
def template_versions(request: HttpRequest, key: str) -> HttpResponse:
    """Every version of a template, and what one of them changed."""
    template = template_for(request, key)
    versions = list(template.versions.select_related("saved_by").defer("content")[:MOST_VERSIONS])
    if not versions:
        raise Http404
    chosen = version_asked(template, request.GET.get("v", "") or str(versions[0].number))
    assert chosen is not None  # noqa: S101 - for the type checker
    before = template.versions.filter(number__lt=chosen.number).first()
    content = authoring.content_in(chosen)
    newer = seeding.newer_builtin(template)
    context = {
        "template": template,
        "versions": versions,
        "chosen": chosen,
        "before": before,
        "content": content,
        "differences": differences(authoring.content_in(before), content) if before else None,
        "newer": newer[0] if newer else 0,
        "newer_differences": differences(authoring.content_of(template), newer[1]) if newer else None,
        "may_configure": may(request.user, "configure"),
    }
    return render(request, "postmortems/template_versions.html", context)


def differences(old: TemplateContent, new: TemplateContent) -> list[tuple[template_content.Change, list[Difference]]]:
    """Return what changed, with the words: the template's own texts first, then section by section."""
    own = [
        Difference(label, word_diff(str(getattr(old, name)), str(getattr(new, name))))
        for name, label in TEMPLATE_LABELS.items()
        if getattr(old, name) != getattr(new, name)
    ]
    found = [(template_content.Change("", "The template itself", "changed"), own)] if own else []
    for change in template_content.changes(old, new):
        if change.state == "changed":
            found.append((change, parts(old.section(change.key), new.section(change.key), change.parts)))
        elif change.state != "same":
            found.append((change, []))
    if template_content.is_reordered(old, new):
        found.append((template_content.Change("", "Order of sections", "changed"), [Difference("Order", word_diff(order(old, new), order(new, old)))]))
    return found


def parts(old: SectionContent | None, new: SectionContent | None, names: tuple[str, ...]) -> list[Difference]:
    return [Difference(SECTION_LABELS[name], word_diff(template_moves.shown(getattr(old, name)), template_moves.shown(getattr(new, name)))) for name in names]


def order(content: TemplateContent, other: TemplateContent) -> str:
    """Return the sections that both have, one a line, in the order of `content`."""
    return "\n".join(section.title for section in content.sections if other.section(section.key))


def sent_number(request: HttpRequest, name: str) -> int:
    number = whole(request.POST.get(name, ""))
    return -1 if number is None else number


@login_required
@require_POST
def template_restore(request: HttpRequest, key: str) -> HttpResponse:
    """Make an earlier version the newest."""
    template = template_for(request, key)
    require(request.user, "configure")
    number = sent_number(request, "number")
    if not template.versions.filter(number=number).exists():
        raise Http404
    try:
        authoring.restore(actor=request.user, template=template, number=number, version=sent_number(request, "version"))
    except Conflict:
        messages.error(request, "Somebody changed this template meanwhile. Nothing was restored; look at the newest version first.")
    else:
        messages.success(request, f"Version {number} is in force again, as a new version.")
    return redirect("postmortems:template_versions", key)


@login_required
@require_POST
def template_builtin(request: HttpRequest, key: str) -> HttpResponse:
    """Take the newer built-in text, or stay with the own one."""
    template = template_for(request, key)
    require(request.user, "configure")
    if seeding.newer_builtin(template) is None:
        raise Http404
    if request.POST.get("decision") == "take":
        seeding.take_builtin(actor=request.user, template=template)
        messages.success(request, "The template says what the built-in one says. Your text stays readable among the versions.")
    else:
        seeding.decline_builtin(actor=request.user, template=template)
        messages.success(request, "Your text stays.")
    return redirect("postmortems:template_versions", key)


@login_required
@require_POST
def template_duplicate(request: HttpRequest, key: str) -> HttpResponse:
    copy = authoring.duplicate(actor=request.user, template=template_for(request, key))
    messages.success(request, f"“{copy.name}” is made. It is switched off until you offer it.")
    return redirect("postmortems:template_versions", copy.key)


# Files ----------------------------------------------------------------------------------------------


def yaml_file(contents: list[TemplateContent], name: str) -> HttpResponse:
    answer = HttpResponse(template_yaml.write(contents), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@login_required
@require_GET
def template_file(request: HttpRequest, key: str) -> HttpResponse:
    template = template_for(request, key)
    version = version_asked(template, request.GET.get("version", ""))
    content = authoring.content_in(version) if version else authoring.content_of(template)
    return yaml_file([content], f"{template.key}-v{version.number if version else template.version}.yaml")


@login_required
@require_GET
def templates_file(request: HttpRequest) -> HttpResponse:
    if not access.may_read_draft(request.user):
        raise Http404
    return yaml_file([authoring.content_of(row) for row in RetrospectiveTemplate.objects.prefetch_related("sections")], "templates.yaml")


@login_required
@require_http_methods(["GET", "POST"])
def template_import(request: HttpRequest) -> HttpResponse:
    """Check a file and say what it would do; import it with the second button."""
    require(request.user, "configure")
    form = ImportForm(request.POST or None, request.FILES or None)
    expected, status = None, 200
    if request.method == "POST" and form.is_valid():
        if "check" not in request.POST:
            taken = authoring.take_in(actor=request.user, contents=form.contents, offer=form.cleaned_data["offer"])
            for one in taken:
                words = {"new": "is new", "changed": f"is now version {one.template.version}", "same": "says this already"}[one.outcome]
                messages.success(request, f"“{one.template.name}” {words}. {one.changed if one.outcome == 'changed' else ''}".strip())
            return redirect("postmortems:template_list")
        expected = authoring.expected(form.contents)
        form = ImportForm(initial={"text": form.cleaned_data["text"], "offer": form.cleaned_data["offer"]})
    elif request.method == "POST":
        status = 422
    return render(request, "postmortems/template_import.html", {"form": form, "expected": expected}, status=status)


# Rules ----------------------------------------------------------------------------------------------


@login_required
@require_GET
def template_rules(request: HttpRequest) -> HttpResponse:
    """The rules in their order, and what each of the recent incidents would get by them, and why."""
    require(request.user, "configure")
    with_off = request.GET.get("all") == "1"
    known = learning.catalogue(with_switched_off=with_off)
    incidents = list(Incident.objects.visible_to(request.user).happened().select_related("severity", "type", "team")[:RECENT])
    suggestions = learning.suggest_all(request.user, incidents, known)
    got: dict[int, list[str]] = {}
    started = Postmortem.objects.visible_to(request.user).filter(incident__in=incidents).select_related("template").order_by("pk")
    for one in started:
        got.setdefault(one.incident_id, []).append(one.template.name if one.template else "a template that is gone")
    names = dict(RetrospectiveTemplate.objects.values_list("key", "name"))
    context = {
        "rules": [(rule, names.get(rule.template, rule.template)) for rule in learning.catalogue(with_switched_off=True).rules],
        "rows": [(one, suggestions[one.pk], got.get(one.pk, [])) for one in incidents],
        "with_off": with_off,
    }
    return render(request, "postmortems/template_rules.html", context)
