"""What the reconstruction asks of people: findings on the quality of a timeline, entries that may be one fact, clocks that were off."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Min
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from incidents import access, fusing, measuring, sources
from incidents.clocks import BY_HAND, in_words
from incidents.forms.reconstruction import ClockForm, FindingForm, FusionForm
from incidents.forms.saving import told
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from incidents.models import Acceptance, Fusion, Incident, Milestone, QualityReport, SourceClock, TimelineEvent
from incidents.timeline import clock
from incidents.views.entries import event_for

TEXT_LIMIT = 400
SHOWN = 200  # pairs on one page; the rest follows once these are decided


def tabs(incident: Incident, current: str) -> list[dict[str, Any]]:
    pages = (("quality", "Findings", incident.open_findings), ("fusions", "Same facts", incident.open_duplicates), ("clocks", "Clocks", None))
    timeline = {"url": f"{incident.get_absolute_url()}#timeline", "text": "Timeline"}
    return [
        timeline,
        *(
            {"url": reverse(f"incidents:{name}", args=[incident.reference]), "text": text, "count": count, "current": name == current}
            for name, text, count in pages
        ),
    ]


def page(request: HttpRequest, name: str, incident: Incident, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return the page, or for htmx what changes of it."""
    template = f"incidents/_{name}.html" if request.htmx else f"incidents/{name}.html"  # type: ignore[attr-defined]
    common = {"incident": incident, "tabs": tabs(incident, name), "may_edit": access.may(request.user, "edit"), "base": incident.get_absolute_url()}
    return render(request, template, common | context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def quality(request: HttpRequest, reference: str) -> HttpResponseBase:
    """What a careful reader would ask, each with a way to mend it or to leave it."""
    incident = access.incident_for(request.user, reference, "edit" if request.method == "POST" else "read")
    problem = ""
    if request.method == "POST":
        form = FindingForm(request.POST)
        if not form.is_valid():
            raise Http404
        try:
            if form.cleaned_data["do"] == "accept":
                measuring.accept_finding(actor=request.user, incident=incident, key=form.cleaned_data["key"], reason=form.cleaned_data["reason"])
            else:
                measuring.reopen_finding(actor=request.user, incident=incident, key=form.cleaned_data["key"])
        except ValidationError as error:
            problem = " ".join(error.messages)
        if not problem and not request.htmx:  # type: ignore[attr-defined]
            return redirect("incidents:quality", incident.reference)
    return page(request, "quality", incident, findings_context(incident) | {"problem": problem}, status=409 if problem else 200)


def findings_context(incident: Incident) -> dict[str, Any]:
    report = QualityReport.objects.filter(incident=incident).first()
    accepted = {row.key: row for row in Acceptance.objects.filter(incident=incident).select_related("accepted_by")}
    milestones = {row.kind.key: row for row in Milestone.objects.filter(incident=incident).select_related("kind")}
    rows = [
        finding | {"steps": [step_of(incident, step, milestones) for step in finding["steps"]], "accepted": accepted.get(finding["key"])}
        for finding in (report.findings if report else [])
    ]
    return {"open": [row for row in rows if not row["accepted"]], "settled": [row for row in rows if row["accepted"]], "report": report}


def step_of(incident: Incident, step: dict[str, str], milestones: dict[str, Milestone]) -> dict[str, Any]:
    """Return one way to mend a finding as a link, or as a form with its fields."""
    base, of = incident.get_absolute_url(), step["of"]
    links = {
        "milestone": f"{base}#milestone-{of}",
        "event": f"{base}?at={of}#e{of}",
        "edit": f"{base}timeline/{of}/edit/",
        "add_after": f"{base}timeline/new/?after={of}",
        "delivery": f"{base}deliveries/{of}/",
        "import": f"{base}import/",
        "fusions": f"{base}fusions/",
        "clocks": f"{base}clocks/",
    }
    if step["to"] in links:
        return step | {"url": links[step["to"]]}
    if step["to"] == "fuse_all":
        return step | {"action": f"{base}fusions/", "fields": {"do": "accept_all"}}
    if step["to"] == "clock":
        source, _, offset = of.partition(":")
        return step | {"action": f"{base}clocks/", "fields": {"source": source, "offset": offset, "version": 0}}
    row = milestones.get(of)
    return step | {"action": f"{base}milestones/{of}/", "fields": {"decision": "not_applicable", "version": row.version if row else 0}}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def fusions(request: HttpRequest, reference: str) -> HttpResponseBase:
    """Pairs that look like one fact: fuse, keep apart, or take a word back."""
    incident = access.incident_for(request.user, reference, "edit" if request.method == "POST" else "read")
    if request.method == "POST":
        number = decide_pairs(request, incident)
        if not request.htmx:  # type: ignore[attr-defined]
            if number:
                messages.success(request, f"{number} pair{'' if number == 1 else 's'} decided.")
            else:
                messages.info(request, "Nothing was changed: this is how the pairs are now.")
            return redirect("incidents:fusions", incident.reference)
    return page(request, "fusions", incident, pairs_context(incident))


def decide_pairs(request: HttpRequest, incident: Incident) -> int:
    open_pairs = Fusion.objects.filter(incident=incident, decision=Fusion.Decision.PROPOSED).values_list("pk", flat=True)
    if request.POST.get("do") == "accept_all":
        return fusing.accept(actor=request.user, incident=incident, pks=list(open_pairs))
    form = FusionForm(request.POST, known=Fusion.objects.filter(incident=incident).values_list("pk", flat=True))
    if not form.is_valid():
        return 0  # somebody was faster, or the evidence changed: the page shows how it is now
    act = {"accept": fusing.accept, "dismiss": fusing.dismiss, "reopen": fusing.reopen}[form.cleaned_data["do"]]
    return act(actor=request.user, incident=incident, pks=form.cleaned_data["pair"])


def pairs_context(incident: Incident) -> dict[str, Any]:
    rows = list(Fusion.objects.filter(incident=incident).select_related("decided_by").order_by("-confidence", "pk"))
    shown = [[row for row in rows if row.decision == decision] for decision in Fusion.Decision.values]
    wanted = {pk for group in shown for row in group[:SHOWN] for pk in (row.first_id, row.second_id)}
    zone, labels = ZoneInfo(incident.time_zone), sources.labels()
    events: dict[int, dict[str, Any]] = {}
    for event in TimelineEvent.objects.committed(incident).filter(pk__in=wanted).defer("raw"):
        events[event.pk] = {
            "pk": event.pk,
            "label": labels.get(event.source, event.source),
            "clock": clock(event.at, event.precision, zone),
            "day": f"{event.at.astimezone(zone).day} {event.at.astimezone(zone):%b}",
            "kind": event.get_kind_display(),
            "actor": event.actor,
            "text": event.text[:TEXT_LIMIT],
            "lead": event.fused_into_id or event.pk,
        }

    def pairs(group: list[Fusion]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = [
            {"row": row, "events": [events[row.first_id], events[row.second_id]]} for row in group[:SHOWN] if row.first_id in events and row.second_id in events
        ]
        return [pair | {"percent": round(pair["row"].confidence * 100)} for pair in found]

    proposed, accepted, apart = (pairs(group) for group in shown)
    return {
        "proposed": [pair for pair in proposed if pair["events"][0]["lead"] != pair["events"][1]["lead"]],
        "accepted": accepted,
        "apart": apart,
        "more": max(0, incident.open_duplicates - len(proposed)),
    }


@require_POST
@login_required
def entry_join(request: HttpRequest, reference: str, pk: int) -> HttpResponseBase:
    """Say that another entry tells the same fact."""
    incident = access.incident_for(request.user, reference, "edit")
    event, other = event_for(incident, pk), whole(request.POST.get("other", ""), 18)
    if other is None:
        raise Http404
    try:
        fusing.join(actor=request.user, incident=incident, events=[event.pk, other])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(f"{incident.get_absolute_url()}?at={pk}#e{pk}")


@require_POST
@login_required
def entry_separate(request: HttpRequest, reference: str, pk: int) -> HttpResponseBase:
    """Take one piece of evidence out of its entry."""
    incident = access.incident_for(request.user, reference, "edit")
    event = event_for(incident, pk)
    fusing.separate(actor=request.user, event=event)
    return redirect(f"{incident.get_absolute_url()}?at={pk}#e{pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def clocks(request: HttpRequest, reference: str) -> HttpResponseBase:
    """By how much the times of each source are moved, and what the facts that two saw suggest."""
    incident = access.incident_for(request.user, reference, "edit" if request.method == "POST" else "read")
    problem, status = "", 200
    if request.method == "POST":
        problem, status = set_clock(request, incident)
        if not problem and not request.htmx:  # type: ignore[attr-defined]
            return redirect("incidents:clocks", incident.reference)
    return page(request, "clocks", incident, clocks_context(incident) | {"problem": problem}, status=status)


def set_clock(request: HttpRequest, incident: Incident) -> tuple[str, int]:
    """Do what the form asks; return what was wrong, if anything, and the status that says so."""
    form = ClockForm(request.POST)
    if not form.is_valid():
        return " ".join(told(form.errors)), 422
    data = form.cleaned_data
    try:
        if request.POST.get("do") == "forget":
            fusing.forget_clock(actor=request.user, incident=incident, source=data["source"], version=data["version"])
        else:
            fusing.set_clock(actor=request.user, incident=incident, **data)
    except ValidationError as error:
        return " ".join(error.messages), 422
    except Conflict:
        return "Somebody else set this clock a moment ago. Nothing was saved; this is how it is now.", 409
    return "", 200


def clocks_context(incident: Incident) -> dict[str, Any]:
    labels = sources.labels()
    report = QualityReport.objects.filter(incident=incident).first()
    suggested = {row["source"]: row for row in (report.clocks if report else [])}
    decided = {row.source: row for row in SourceClock.objects.filter(incident=incident).select_related("decided_by")}
    events = TimelineEvent.objects.committed(incident).exclude(source=BY_HAND).order_by().values("source")
    rows = []
    for row in events.annotate(number=Count("pk"), first=Min("at"), last=Max("at")).order_by("source"):
        source, word, found = row["source"], decided.get(row["source"]), suggested.get(row["source"])
        if found:
            found = found | {
                "reference": labels.get(found["reference"], found["reference"]),
                "words": signed(found["offset"]),
                "spread": in_words(found["low"]) if found["low"] == found["high"] else f"{in_words(found['low'])} to {in_words(found['high'])}",
                "way": "behind" if found["offset"] > 0 else "ahead of",
                "span": in_words(found["offset"]),
            }
        rows.append(
            row
            | {
                "label": labels.get(source, source),
                "word": word,
                "suggested": found,
                "offset": signed(word.offset) if word else "+0 s",
                "version": word.version if word else 0,
            }
        )
    return {"rows": rows, "zone": ZoneInfo(incident.time_zone)}


def signed(seconds: int) -> str:
    return f"{'−' if seconds < 0 else '+'}{in_words(seconds)}"
