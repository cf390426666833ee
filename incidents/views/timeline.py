"""The timeline of an incident, one window of it after another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from incidents import access, lifecycle, measuring, sources, timeline_query
from incidents.lib.stored import iso
from incidents.lib.text import whole
from incidents.models import Delivery, Incident, Kind, Milestone
from incidents.timeline import arrange
from incidents.timeline_filters import Filters, parse_cursor, parse_filters, parse_moment
from incidents.views.milestones import local_value
from incidents.views.zones import chosen, place


def known_at(request: HttpRequest, zone: ZoneInfo) -> datetime | None:
    """Return the moment as of which the page is asked for, if any."""
    return parse_moment(request.GET.get("known", "").replace("\x00", ""), zone)


def timeline_context(
    request: HttpRequest, incident: Incident, milestones: list[Milestone], zone: ZoneInfo, deliveries: list[Delivery] | None = None, *, fused: bool = True
) -> dict[str, Any]:
    """Return one window of the timeline and what its filters need; `fused` says whether any entry has further evidence to look for."""
    known = known_at(request, zone)
    # In UTC, so that the moment stays the same when the zone is switched.
    filters = replace(parse_filters(request.GET, Kind.values), known=iso(known) if known else "")
    after = parse_cursor(request.GET.get("after", ""))
    anchor = whole(request.GET.get("at", ""), 18)
    start = timeline_query.place_of(incident, anchor) if anchor is not None else None
    events = timeline_query.matching(incident, filters, zone, deliveries, known)
    window = timeline_query.window(events, marks=timeline_query.marks_of(milestones), after=after, start=start, known=known, fused=fused)
    zone_choice = chosen(request)
    extra = {} if zone_choice == "incident" else {"zone": zone_choice}
    return {
        "incident": incident,
        "days": arrange(window.rows, zone, after=after, fold=not filters.kinds),
        "more": filters.query(**extra, after=str(window.after)) if window.after else "",
        "filters": filters,
        "asked": request.GET,
        "starts_later": bool(after or start),
        "whole": filters.query(**extra),
        "hidden_toggle": filters_without(request, "hidden", "" if filters.with_hidden else "1"),
        "key_toggle": filters_without(request, "key", "" if filters.key_only else "1"),
        "zones": [{"value": value, "label": label, "query": filters_without(request, "zone", value)} for value, label in zone_choices(request, incident)],
        "zone_choice": zone_choice,
        "zone": zone,
        "zone_name": zone.key,
        "kinds": Kind.choices,
        "sources": source_choices(deliveries or []),
        "sprite": static("icons.svg"),
        "base": incident.get_absolute_url(),
        "known": known_context(incident, known, filters, zone, extra, deliveries) if known else None,
        "lookback": local_value(next((row.at or row.proposed_at for row in milestones if row.kind.key == "detected"), None) or incident.started_at, zone),
        "cleared": replace(Filters(), known=filters.known).query(**extra),
        "may_edit": access.may(request.user, "edit") and known is None,
    }


def known_context(
    incident: Incident, at: datetime, filters: Filters, zone: ZoneInfo, extra: dict[str, str], deliveries: list[Delivery] | None
) -> dict[str, Any]:
    """Return what the banner of a view at a chosen moment says, and where it steps."""
    found, labels = timeline_query.look_back(incident, at, deliveries), sources.labels()

    def step(moment: datetime | None) -> dict[str, str] | None:
        return {"clock": worded(moment, zone), "query": replace(filters, known=iso(moment)).query(**extra)} if moment else None

    return {
        "clock": worded(at, zone),
        "day": f"{at.astimezone(zone).day} {at.astimezone(zone):%B %Y}",
        "later": found.later,
        "before": step(found.before),
        "after": step(found.after),
        "value": local_value(at, zone),
        "told_later": sorted({labels.get(row.source, row.source) for row in deliveries or () if row.source in timeline_query.TOLD_LATER}),
        "leave": replace(filters, known="").query(**extra),
    }


def worded(at: datetime, zone: ZoneInfo) -> str:
    here = at.astimezone(zone)
    return f"{here:%H:%M:%S}" if here.second else f"{here:%H:%M}"


def source_choices(deliveries: list[Delivery]) -> list[tuple[str, str]]:
    labels = sources.labels()
    return [(name, labels.get(name, name)) for name in sorted({delivery.source for delivery in deliveries if delivery.source} | {lifecycle.MANUAL})]


def filters_without(request: HttpRequest, name: str, value: str) -> str:
    """Return the address's query with one field set, or left out, and back at its start."""
    query = request.GET.copy()
    for key in (name, "after", "at"):
        query.pop(key, None)
    if value:
        query[name] = value
    return query.urlencode()


def zone_choices(request: HttpRequest, incident: Incident) -> list[tuple[str, str]]:
    mine = getattr(request.user, "time_zone", "UTC")
    choices = [("incident", incident.time_zone)]
    if incident.time_zone != "UTC":
        choices.append(("utc", "UTC"))
    if mine not in ("UTC", incident.time_zone):
        choices.append(("mine", f"{mine} (mine)"))
    return choices


@require_safe
@login_required
def timeline(request: HttpRequest, reference: str) -> HttpResponse:
    """The next window, as a fragment; without htmx the page itself answers."""
    incident = access.incident_for(request.user, reference)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{incident.get_absolute_url()}?{request.GET.urlencode()}")
    zone = place(request, incident)
    rows = list(Milestone.objects.filter(incident=incident).select_related("kind"))
    if known := known_at(request, zone):
        rows = measuring.as_known(incident, rows, known)
    return render(request, "incidents/_timeline_window.html", timeline_context(request, incident, rows, zone))
