"""Pages: the list of action items, one of them, adding and closing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import Actor, incident_for, may, number_of, require
from incidents.forms.saving import on_top_of
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import Incident, Team
from postmortems import action_items, action_quality, coaching, discussion, overview, parts
from postmortems.access import may_read_draft, require_open
from postmortems.forms.action_items import SORTS, ActionItemForm, EditActionItemForm, FilterForm, StatusForm
from postmortems.models import ActionItem, Postmortem, SectionKind
from postmortems.views.action_coach import advice_on, given_in
from postmortems.views.postmortems import draft_for, filter_choices, owned

PER_PAGE = 50


def action_item_for(actor: Actor, reference: str) -> ActionItem:
    rows = ActionItem.objects.visible_to(actor).select_related("incident__severity", "postmortem", "owner", "created_by")
    found = rows.filter(pk=number_of(reference, "ACT")).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_GET
def action_list(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    filter_choices(form)
    teams = form.fields["team"]
    teams.choices = [("", "Any team"), *((str(key), name) for key, name in Team.objects.values_list("pk", "name"))]  # type: ignore[attr-defined]
    today = timezone.localdate()
    rows = filtered(ActionItem.objects.visible_to(request.user), form, request.user, today)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    if may(request.user, "draft"):
        with_wording(page.object_list)
    context = {"page": page, "form": form, "today": today, "may_edit": may(request.user, "draft"), "here": request.get_full_path()}
    context["is_filtered"] = any(request.GET.get(name) for name in form.fields if name != "sort")
    return render(request, "postmortems/action_list.html", context)


def with_wording(items: Iterable[Any]) -> list[Any]:
    """Give each open item of a list the name of what the coach would ask about its title."""
    rows = list(items)
    for item, wording in zip(rows, coaching.wording_of([item.title for item in rows]), strict=True):
        item.wording = wording if item.is_open else ""
    return rows


def filtered(rows: Any, form: FilterForm, actor: Actor, today: Any) -> Any:
    """Open ones by due date, unless asked otherwise. What is not understood filters nothing."""
    form.is_valid()
    given = {name: value for name, value in form.cleaned_data.items() if value}
    if query := clean_line(given.get("q", "")):
        rows = rows.filter(Q(title__icontains=query) | Q(description__icontains=query))
    status = given.get("status", "")
    if status == "overdue":
        rows = rows.open().filter(due_on__lt=today)
    elif not status:
        rows = rows.open()
    elif status != "all":
        rows = rows.filter(status=status)
    for name in ("priority", "kind"):
        if name in given:
            rows = rows.filter(**{name: given[name]})
    if "team" in given:
        rows = rows.filter(incident__team=given["team"])
    if "service" in given:
        rows = rows.filter(incident__services__key=given["service"])
    rows = owned(rows, given.get("owner", ""), actor)
    return in_order(rows, given.get("sort", "due")).select_related("incident", "postmortem", "owner")


def in_order(rows: Any, sort: str) -> Any:
    ranks = {ActionItem.Priority.HIGH: 0, ActionItem.Priority.MEDIUM: 1, ActionItem.Priority.LOW: 2}
    urgency = Case(*(When(priority=priority, then=Value(rank)) for priority, rank in ranks.items()), default=Value(3), output_field=IntegerField())
    column = SORTS.get(sort, SORTS["due"])[0]
    due = F("due_on").asc(nulls_last=True)  # the engines differ about where nothing stands
    if column == "due_on":
        return rows.annotate(urgency=urgency).order_by(due, "urgency", "pk")
    if column == "urgency":
        return rows.annotate(urgency=urgency).order_by("urgency", due, "pk")
    return rows.order_by(column, "-pk")


@login_required
@require_http_methods(["GET", "POST"])
def action_item(request: HttpRequest, reference: str) -> HttpResponse:
    found = action_item_for(request.user, reference)
    first = {name: getattr(found, name) for name in (*action_items.EDITABLE, "version")} | {"factors": list(found.factors.values_list("pk", flat=True))}
    form = EditActionItemForm(request.POST or None, incident=found.incident, postmortem=working_text(request.user, found), initial=first)
    status, theirs = 200, None
    if request.method == "POST":
        require(request.user, "draft")
        status = 422
        if form.is_valid():
            try:
                action_items.change(actor=request.user, item=found, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            except Conflict as conflict:
                status, theirs = 409, conflict.current
            else:
                messages.success(request, f"{found.reference} is saved.")
                return redirect(back(request, found.get_absolute_url()))
    changes = differences(form, theirs) if theirs else []
    context = {"item": found, "form": form, "theirs": theirs, "changes": changes, "today": timezone.localdate(), "may_edit": may(request.user, "draft")}
    context["advice"] = coaching.advise_action(given_in(request.POST, found.postmortem)) if request.method == "POST" else advice_on(found)
    if postmortem := working_text(request.user, found):
        section = next((one for one in postmortem.sections.all() if one.kind == SectionKind.ACTIONS), None)
        context |= discussion.of_part(request.user, postmortem, section, f"{parts.ACTION}:{found.pk}") | {"postmortem": postmortem}
    return render(request, "postmortems/action_item.html", context | quality_of(request.user, found), status=status)


def working_text(actor: Actor, item: ActionItem) -> Postmortem | None:
    """The post-mortem of the item, for who may read its working text; the factors in it are part of that."""
    return item.postmortem if item.postmortem and may_read_draft(actor) else None


def quality_of(actor: Actor, item: ActionItem) -> dict[str, Any]:
    """What the rules of quality ask of an open item, the factors it acts on and open items that may mean the same."""
    postmortem = working_text(actor, item)
    linked = list(item.factors.all()) if postmortem else []
    if not may(actor, "draft") or not item.is_open:
        return {"linked_factors": linked}
    facts = overview.facts_of_action(item, len(linked), bool(postmortem and postmortem.factors.exists()), coaching.switched_off())
    return {"linked_factors": linked, "gaps": action_quality.gaps_of(facts), "similar": overview.similar_open(actor, item)}


def differences(form: EditActionItemForm, theirs: ActionItem) -> list[tuple[str, str, str]]:
    """Each field in which what was typed differs from what somebody else saved: label, theirs, mine."""
    rows = []
    for name in action_items.EDITABLE:
        mine, other = form.cleaned_data.get(name), getattr(theirs, name)
        if (mine or None) != (other or None):
            label, choices = str(form.fields[name].label or name.replace("_", " ").capitalize()), dict(getattr(form.fields[name], "choices", ()))
            pair = [str(choices.get(value, value)) if isinstance(value, str) else str(value or "–") for value in (other, mine)]
            rows.append((label, pair[0], pair[1]))
    on_top_of(form, theirs.version)
    return rows


@login_required
@require_http_methods(["GET", "POST"])
def action_add(request: HttpRequest, reference: str) -> HttpResponse:
    """Add to a post-mortem (PM-12) or straight to an incident (INC-12)."""
    incident, postmortem = place_of(request.user, reference)
    form = ActionItemForm(request.POST or None, incident=incident, postmortem=postmortem)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                item = action_items.add(actor=request.user, incident=incident, postmortem=postmortem, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                if request.htmx and postmortem:  # type: ignore[attr-defined]
                    return actions_fragment(request, postmortem, ActionItemForm(incident=incident, postmortem=postmortem))
                messages.success(request, f"{item.reference} is added.")
                return redirect(back(request, (postmortem or item).get_absolute_url()))
        if request.htmx and postmortem:  # type: ignore[attr-defined]
            return actions_fragment(request, postmortem, form, status=422)
    context: dict[str, Any] = {"incident": incident, "postmortem": postmortem, "form": form, "next": request.POST.get("next") or request.GET.get("next", "")}
    context["advice"] = coaching.advise_action(given_in(request.POST, postmortem)) if request.method == "POST" else None
    return render(request, "postmortems/action_add.html", context, status=status)


def place_of(actor: Actor, reference: str) -> tuple[Incident, Postmortem | None]:
    if reference.upper().startswith("PM-"):
        postmortem = draft_for(actor, reference)
        require_open(actor, postmortem)
        return postmortem.incident, postmortem
    return incident_for(actor, reference, "draft"), None


def actions_fragment(request: HttpRequest, postmortem: Postmortem, form: ActionItemForm, status: int = 200) -> HttpResponse:
    rows = with_wording(postmortem.action_items.select_related("owner", "incident"))
    context = {"postmortem": postmortem, "action_items": rows, "action_form": form, "today": timezone.localdate(), "here": back(request, "")}
    context["action_questions"] = overview.action_questions(postmortem)
    return render(request, "postmortems/_section_actions.html", context, status=status)


@login_required
@require_POST
def action_status(request: HttpRequest, reference: str) -> HttpResponse:
    """Complete, decline or reopen; from the dialog in a list. What does not hold together leads to the full form."""
    found = action_item_for(request.user, reference)
    require(request.user, "draft")
    form = StatusForm(request.POST)
    if form.is_valid():
        try:
            changed = action_items.change(actor=request.user, item=found, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        except Conflict as conflict:
            messages.warning(
                request, f"Somebody changed {found.reference} meanwhile: it is now {conflict.current.get_status_display().lower()}. Look before you close it."
            )
            return redirect(found)
        else:
            messages.success(request, f"{changed.reference}: {changed.get_status_display().lower()}.")
            return redirect(back(request, reverse("postmortems:action_list")))
    first = {name: getattr(found, name) for name in (*action_items.EDITABLE, "version")} | {"status": request.POST.get("status", "")}
    first |= {"factors": list(found.factors.values_list("pk", flat=True))}
    full = EditActionItemForm(
        first | {"closing_note": request.POST.get("closing_note", "")}, incident=found.incident, postmortem=working_text(request.user, found)
    )
    full.is_valid()
    for name, errors in form.errors.items():
        full.add_error(name if name in full.fields else None, errors)
    context = {"item": found, "form": full, "today": timezone.localdate(), "may_edit": True, "advice": advice_on(found)}
    return render(request, "postmortems/action_item.html", context | quality_of(request.user, found), status=422)


def back(request: HttpRequest, default: str) -> str:
    """The page the form was on, when it is one of ours."""
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return target if target and ours else default
