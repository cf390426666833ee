"""The milestone strip of an incident: proposals, decisions and the measures that follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from incidents import access, measuring, quality_query, sources
from incidents.forms.milestones import MilestoneForm
from incidents.forms.saving import told
from incidents.lib import durations
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from incidents.milestones import disagree
from incidents.models import Incident, Milestone
from incidents.timeline import clock, positions
from incidents.views.zones import place

SURE = ((0.8, "strong evidence"), (0.55, "fair evidence"), (0.0, "a weak hint"))
#: What status the decision on a milestone suggests; a person sets it.
SUGGESTS = {"resolved": Incident.Status.RESOLVED, "mitigated": Incident.Status.MITIGATED}


def milestone_context(request: HttpRequest, incident: Incident, rows: list[Milestone], zone: ZoneInfo, known: datetime | None = None) -> dict[str, Any]:
    """Return the milestone panel; with `known`, as it was known at that moment (`measuring.as_known`) and only to be read."""
    definitions = measuring.parse(incident.measures) if hasattr(incident, "measures") else measuring.definitions()
    base = incident.get_absolute_url()
    cards = [{**card(row, zone), "decide": f"{base}milestones/{row.kind.key}/"} for row in rows]
    shown = {card["key"]: card["moment"] for card in cards if card["moment"]}
    marks = positions(shown)
    return {
        "incident": incident,
        "base": base,
        "milestones": cards,
        # SVG attributes, because the content security policy allows no inline style.
        "strip": [{"x": 20 + marks[card["key"]] * 9.6, "card": card, "number": number} for number, card in enumerate(cards, 1) if card["key"] in marks],
        "open_count": sum(1 for row in rows if row.decision == Milestone.Decision.OPEN and row.proposed_at),
        "measures": [
            {"row": row, "value": worded(row.seconds), "provisional": worded(row.provisional_seconds)}
            for row in measuring.measures(rows, known or timezone.now(), definitions)
        ],
        "suggested_status": suggested(incident, rows),
        "may_edit": access.may(request.user, "edit") and known is None,
        "zone": zone,
        "zone_name": zone.key,
    }


def card(row: Milestone, zone: ZoneInfo) -> dict[str, Any]:
    decided = row.decision in measuring.DECIDED
    moment = row.at if decided else row.proposed_at if row.decision == Milestone.Decision.OPEN else None
    confidence = row.confidence or 0
    return {
        "row": row,
        "key": row.kind.key,
        "name": row.kind.name,
        "definition": row.kind.definition,
        "decision": row.decision,
        "moment": moment,
        "clock": stamp(moment, zone),
        "day": f"{moment.astimezone(zone):%a} {moment.astimezone(zone).day} {moment.astimezone(zone):%b %Y}" if moment else "",
        "interval": interval(row, zone) if row.decision == Milestone.Decision.OPEN else "",
        "sure": next(words for least, words in SURE if confidence >= least),
        "evidence": row.event_id if row.decision == Milestone.Decision.CONFIRMED else row.evidence[0] if row.evidence else None,
        "voices": said(row, zone),
        # New evidence never moves a decision; it is shown beside it.
        "differs": stamp(row.proposed_at, zone) if decided and row.proposed_at and row.proposed_at != row.at else "",
        "proposed_value": local_value(row.proposed_at or row.at, zone),
    }


def said(row: Milestone, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return what each source says, where they do not say the same: “PagerDuty states 14:02:10”, “Slack says 14:05”."""
    voices = list(quality_query.voices_of(row))
    if not disagree(voices):
        return []
    labels = sources.labels()
    return [
        {"source": labels.get(each.source, each.source), "meaning": each.meaning, "clock": clock(each.at, each.precision, zone), "event": each.event}
        for each in sorted(voices, key=lambda voice: voice.at)
    ]


def stamp(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}" if at else ""


def local_value(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds") if at else ""


def interval(row: Milestone, zone: ZoneInfo) -> str:
    if row.earliest is None or row.latest is None or row.earliest == row.latest:
        return ""
    since, until = row.earliest.astimezone(zone), row.latest.astimezone(zone)
    if since.date() != until.date():
        days = "%b %Y, %H:%M" if since.year != until.year else "%b, %H:%M"
        return f"{since.day} {since:{days}} – {until.day} {until:{days}}"
    return f"{since:%H:%M:%S} – {until:%H:%M:%S}"


def worded(seconds: int | None) -> str:
    return "" if seconds is None else durations.in_words(seconds)


def suggested(incident: Incident, rows: list[Milestone]) -> str:
    """Return the status that the decided milestones speak for, when it is further than the one set."""
    order = list(Incident.Status.values)
    for row in sorted(rows, key=lambda row: -row.kind.position):
        status = SUGGESTS.get(row.kind.key)
        if status and row.decision in measuring.DECIDED and order.index(status) > order.index(incident.status):
            return str(status)
    return ""


@require_POST
@login_required
def milestone(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """One person's word on one milestone."""
    incident = access.incident_for(request.user, reference, "edit")
    row = Milestone.objects.select_related("kind", "incident").filter(incident=incident, kind__key=key).first()
    if row is None:
        raise Http404
    form = MilestoneForm(request.POST, zone=place(request, incident))
    if not form.is_valid():
        return answer(request, incident, problem=f"{row.kind.name}: {' '.join(told(form.errors))}", status=422)
    try:
        measuring.decide(actor=request.user, milestone=row, **form.cleaned_data)
    except ValidationError as error:
        return answer(request, incident, problem=f"{row.kind.name}: {' '.join(error.messages)}", status=422)
    except Conflict as conflict:
        return answer(request, incident, problem=lost(conflict.current, form.cleaned_data.get("at") or row.proposed_at, place(request, incident)), status=409)
    return answer(request, incident)


@require_POST
@login_required
def confirm_all(request: HttpRequest, reference: str) -> HttpResponse:
    """Confirm every proposal that the page showed; fields are named `version-<milestone id>`."""
    incident = access.incident_for(request.user, reference, "edit")
    sent = ((whole(name.removeprefix("version-"), 18), whole(str(value))) for name, value in request.POST.items() if name.startswith("version-"))
    versions = {pk: version for pk, version in sent if pk is not None and version is not None}
    try:
        confirmed = measuring.confirm_all(actor=request.user, incident=incident, versions=versions)
    except Conflict as conflict:
        return answer(request, incident, problem=lost(conflict.current, None, place(request, incident)), status=409)
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, f"{len(confirmed)} milestone{'' if len(confirmed) == 1 else 's'} confirmed.")
    return answer(request, incident)


def lost(current: Milestone, mine: datetime | None, zone: ZoneInfo) -> str:
    """Say both words when somebody else, or new evidence, was faster."""
    now = stamp(current.at or current.proposed_at, zone) or "no time"
    asked = f" You asked for {stamp(mine, zone)}." if mine else ""
    return f"{current.kind.name} changed in the meantime: it is now {now} ({current.get_decision_display().lower()}).{asked} Nothing was saved; look again and decide."


def answer(request: HttpRequest, incident: Incident, *, problem: str = "", status: int = 200) -> HttpResponse:
    """Return the strip as it is now, in place or as a page of its own."""
    if not problem and not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{incident.get_absolute_url()}#milestones")
    rows = list(Milestone.objects.filter(incident=incident).select_related("kind"))
    incident.refresh_from_db()
    context = milestone_context(request, incident, rows, place(request, incident)) | {"problem": problem}
    template = "incidents/_milestones.html" if request.htmx else "incidents/milestones.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=status)
