"""Pages: what is claimed without evidence, the key evidence nobody used, and the entries one can cite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from incidents import sources
from incidents.lib import citations
from incidents.lib.text import clean_line
from incidents.models import Salience, TimelineEvent
from postmortems import evidence
from postmortems.document_timeline import entry_row
from postmortems.models import Postmortem
from postmortems.rendering import citing, html
from postmortems.views.postmortems import draft_for

LISTED = 40
LONGEST_QUERY = 100
SHOWN = 400


@login_required
@require_GET
def evidence_page(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    query = clean_line(request.GET.get("q", ""), limit=LONGEST_QUERY)
    sections = list(postmortem.sections.all())
    review = evidence.review(postmortem, sections)
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "review": review,
        "claims": by_section(review.claims),
        "unused": [(row_of(one.entry, postmortem), one.milestones) for one in review.unused],
        "query": query,
        "entries": [row_of(entry, postmortem) for entry in evidence.offered(postmortem, query, LISTED)],
        "listed": LISTED,
    }
    return render(request, "postmortems/evidence.html", context)


def by_section(claims: Any) -> list[tuple[str, str, list[Any]]]:
    groups: dict[str, tuple[str, str, list[Any]]] = {}
    for claim in claims:
        groups.setdefault(claim.section, (claim.section, claim.title, []))[2].append(claim)
    return list(groups.values())


def row_of(entry: TimelineEvent, postmortem: Postmortem) -> dict[str, Any]:
    """Return an entry as the picker and the page list it, its moment in the zone of the main incident; one of a further incident names it."""
    row = entry_row(entry, ZoneInfo(postmortem.incident.time_zone))
    other = row["incident"] if entry.incident_id != postmortem.incident_id else ""
    source = sources.labels().get(entry.source, entry.source)
    return {
        "id": entry.pk,
        "mark": citations.mark(entry.pk),
        "moment": f"{row['day']}, {row['local']} {row['zone']}",
        "clock": row["local"],
        "from": ", ".join(filter(None, [row["actor"], source, other])),
        "text": row["text"][:SHOWN],
        "kind": row["kind_name"],
        "key": entry.shown_salience >= Salience.KEY,
        "url": f"{reverse('incidents:incident', args=[row['incident']])}?at={entry.pk}#e{entry.pk}",
    }


@login_required
@require_GET
def entries(request: HttpRequest, reference: str) -> HttpResponse:
    """What the editor's picker offers for the words or the time in `q`."""
    postmortem = draft_for(request.user, reference)
    query = clean_line(request.GET.get("q", ""), limit=LONGEST_QUERY)
    found = evidence.offered(postmortem, query)
    return JsonResponse({"entries": [row_of(entry, postmortem) for entry in found]})


def prose_with_citations(postmortem: Postmortem, texts: Iterable[str]) -> Callable[[str], SafeString]:
    """Return what makes HTML of working texts with their citations as they would be published; one that leads nowhere is seen as such."""
    ids = [number for text in texts for number in citations.cited(text)]
    known = evidence.resolved(postmortem, ids)
    zone, named = ZoneInfo(postmortem.incident.time_zone), sources.labels()
    cited = [known[number] for number in dict.fromkeys(ids) if number in known]
    rows = {event.pk: {"number": place, **entry_row(event, zone), "source_name": named.get(event.source, event.source)} for place, event in enumerate(cited, 1)}
    return lambda text: citing.marked(html.prose(text), rows, place="", lost=citing.LOST)
