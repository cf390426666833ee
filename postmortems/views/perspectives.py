"""Pages: accounts side by side, one of them, and a participant's own written account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import Actor, may
from incidents.forms.saving import WRITTEN, save
from incidents.lib.text import whole
from incidents.models import Salience, TimelineEvent, User
from incidents.timeline import clock_for
from incidents.timeline_filters import parse_moment
from postmortems import covering, hearing, overview, perspectives
from postmortems.access import check_open, may_read_draft, review_for
from postmortems.facilitation import moments, texts
from postmortems.forms.perspectives import AccountForm, PerspectiveForm
from postmortems.models import Difference, Participant, Perspective, Postmortem, PrivateNote, Shared, WrittenAccount
from postmortems.views.postmortems import draft_for

MOST_FACTS, MOST_KEY, MOST_NEAR, AROUND = 500, 40, 24, timedelta(minutes=20)


def as_person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker
    return request.user


def readable(actor: Actor, postmortem: Postmortem) -> Any:
    return Perspective.objects.readable_by(actor).filter(postmortem=postmortem).select_related("author", "user")


@login_required
@require_GET
def perspective_list(request: HttpRequest, reference: str) -> HttpResponse:
    """All that the actor may read, by moment, with the facts between."""
    postmortem = draft_for(request.user, reference)
    rows = list(readable(request.user, postmortem).prefetch_related("events"))
    found = moments.together(rows)
    facts = list(overview.printed_entries(covering.incidents_of(postmortem), "key").defer("raw")[:MOST_FACTS])
    after = moments.with_facts(found, facts)
    ids = [row.pk for row in rows]
    marks: dict[int, list[tuple[Difference, Perspective]]] = {}
    by_id = {row.pk: row for row in rows}
    for mark in Difference.objects.filter(first__in=ids, second__in=ids).select_related("marked_by"):
        marks.setdefault(mark.first_id, []).append((mark, by_id[mark.second_id]))
        marks.setdefault(mark.second_id, []).append((mark, by_id[mark.first_id]))
    facilitators = perspectives.facilitators_of(postmortem)
    for row in rows:  # what its card shows
        row.lines = [(label, getattr(row, name)) for name, (label, _) in texts.PERSPECTIVE.items() if getattr(row, name)]
        row.marks = marks.get(row.pk, [])
        row.is_own = perspectives.is_own(request.user, row)
        row.may_change = row.is_own or (row.state == Shared.REVIEW and request.user in facilitators)
    mine = WrittenAccount.objects.readable_by(request.user).filter(postmortem=postmortem, author=as_person(request)).first()
    accounts = accounts_of(request.user, postmortem)
    # Accounts are worth most when each was written before reading the others; whoever wants to reads them all the same.
    waits = mine is None and "accounts" not in request.GET and hearing.is_asked(as_person(request), postmortem) and not hearing.has_met(postmortem)
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "moments": found,
        "after": after,
        "number": len(rows),
        "accounts": accounts,
        "mine": mine,
        "comes_first": waits and bool(accounts),
        "facilitators": facilitators,
        "may_write": may(request.user, "draft") and not postmortem.is_read_only,
    }
    return render(request, "postmortems/perspectives.html", context)


def accounts_of(actor: Actor, postmortem: Postmortem) -> list[tuple[WrittenAccount, list[tuple[str, str]]]]:
    rows = WrittenAccount.objects.readable_by(actor).filter(postmortem=postmortem).select_related("author")
    return [(row, [(question, getattr(row, name)) for name, question in texts.ACCOUNT.items() if getattr(row, name)]) for row in rows]


# One perspective ---------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def perspective_new(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = review_for(request.user, reference)
    check_open(postmortem)
    return edit(request, postmortem, None)


@login_required
@require_http_methods(["GET", "POST"])
def perspective(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    postmortem = review_for(request.user, reference)
    found = get_object_or_404(readable(request.user, postmortem), pk=pk)
    if not perspectives.may_change(request.user, found):
        raise Http404
    return edit(request, postmortem, found)


def edit(request: HttpRequest, postmortem: Postmortem, found: Perspective | None) -> HttpResponse:
    zone = ZoneInfo(postmortem.incident.time_zone)
    at, chosen = moment_of(request, postmortem, zone)
    sent = [number for text in request.POST.getlist("events")[:60] if (number := whole(text))]
    entries = entry_choices(postmortem, found.at if found else at, [*(event.pk for event in found.events.all())] if found else chosen, sent, zone)
    first = {"events": chosen} if chosen else {}
    people = people_to_speak_for(request.user, postmortem, found)
    form = PerspectiveForm(request.POST or None, perspective=found, actor=as_person(request), people=people, entries=entries, zone=zone, at=at, initial=first)
    status = 200
    if request.method == "POST":
        said = "It was changed meanwhile, in another window or by the facilitator. Saving again replaces what is stored now."
        given: dict[str, Any] = {"actor": request.user, "postmortem": postmortem, "perspective": found}
        status, _ = save(form, lambda: perspectives.save_perspective(**given, **form.values()), said)
        if status == WRITTEN:
            messages.success(request, "Kept. Thank you.")
            return redirect(place_after(request.user), postmortem.reference)
    context: dict[str, Any] = {"postmortem": postmortem, "incident": postmortem.incident, "perspective": found, "form": form}
    context["at"] = found.at if found else at
    context["facilitators"], context["is_own"] = perspectives.facilitators_of(postmortem), not found or perspectives.is_own(request.user, found)
    if not at and not found:
        context["moments"] = with_times(overview.printed_entries(covering.incidents_of(postmortem), "key").defer("raw")[:MOST_KEY], zone)
    return render(request, "postmortems/perspective.html", context, status=status)


def place_after(actor: Actor) -> str:
    return "postmortems:perspectives" if may_read_draft(actor) else "postmortems:account"


def moment_of(request: HttpRequest, postmortem: Postmortem, zone: ZoneInfo) -> tuple[datetime | None, list[int]]:
    """Return the moment that the address asks for, by an entry or a time, and the entry."""
    number = whole(request.GET.get("event", "")[:18])
    event = overview.entries_of(postmortem).exclude(curation__is_hidden=True).filter(pk=number).first() if number else None
    if event:
        return event.at, [event.pk]
    at = parse_moment(request.GET.get("at", "").replace("\x00", ""), zone)
    return (at if at and 1970 <= at.year <= 2199 else None), []


def people_to_speak_for(actor: Actor, postmortem: Postmortem, found: Perspective | None) -> list[User]:
    """Who drafts writes down what participants say; who only takes part speaks for themselves."""
    if not may(actor, "draft"):
        return []
    rows = Participant.objects.filter(postmortem=postmortem, user__isnull=False).exclude(state=Participant.State.DECLINED)
    people = {row.user.pk: row.user for row in rows.select_related("user") if row.user}
    if found and found.user:
        people[found.user.pk] = found.user
    return sorted({actor.pk: actor, **people}.values(), key=str)


def entry_choices(postmortem: Postmortem, at: datetime | None, linked: list[int], sent: list[int], zone: ZoneInfo) -> list[tuple[int, str]]:
    """Return the entries to choose from: those around the moment, those chosen already, and without a moment the key ones."""
    events = overview.entries_of(postmortem).unfused().as_curated().exclude(curation__is_hidden=True)
    about = events.filter(shown_salience__gt=Salience.NOISE)
    near = about.filter(at__gte=at - AROUND, at__lte=at + AROUND) if at else about.filter(shown_salience=Salience.KEY)
    wanted = [pk for pk in [*linked, *sent] if pk < 2**62]
    ids = [*near.values_list("pk", flat=True)[:MOST_NEAR], *wanted]
    rows = events.filter(pk__in=ids).defer("raw").order_by("at", "sequence", "pk")
    return [(event.pk, entry_label(event, when)) for event, when in with_times(rows, zone)]


def with_times(events: Iterable[TimelineEvent], zone: ZoneInfo) -> list[tuple[TimelineEvent, str]]:
    """Return each entry with its time, and its day where they are of several."""
    rows = list(events)
    tell = clock_for((event.at for event in rows), zone)
    return [(event, tell(event.at, event.shown_precision, zone)) for event in rows]


def entry_label(event: TimelineEvent, when: str) -> str:
    text = " ".join(event.shown_text.split())
    text = text if len(text) <= 140 else f"{text[:139].rstrip()}…"
    return f"{when} {f'{event.actor}: ' if event.actor else ''}{text}"


@login_required
@require_POST
def perspective_withdraw(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    postmortem = review_for(request.user, reference)
    found = get_object_or_404(readable(request.user, postmortem), pk=pk)
    perspectives.withdraw_perspective(actor=request.user, perspective=found)
    messages.success(request, "It is withdrawn, and gone.")
    return redirect(place_after(request.user), postmortem.reference)


@login_required
@require_POST
def perspective_differs(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Mark that it differs from another account, or take the mark back."""
    postmortem = draft_for(request.user, reference)
    found = get_object_or_404(readable(request.user, postmortem), pk=pk)
    other = get_object_or_404(readable(request.user, postmortem), pk=whole(request.POST.get("from", "")))
    if "clear" in request.POST:
        pair = Q(first=found, second=other) | Q(first=other, second=found)
        mark = get_object_or_404(Difference.objects.select_related("first__postmortem"), pair)
        perspectives.clear_difference(actor=request.user, difference=mark)
    else:
        try:
            perspectives.mark_difference(actor=request.user, one=found, other=other, note=request.POST.get("note", ""))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("postmortems:perspectives", postmortem.reference)


# The written account -------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest, reference: str) -> HttpResponse:
    """The actor's own: five questions, and a sixth for the facilitator alone."""
    postmortem = review_for(request.user, reference)
    person = as_person(request)
    mine = WrittenAccount.objects.readable_by(person).filter(postmortem=postmortem, author=person).first()
    note = PrivateNote.objects.readable_by(person).filter(postmortem=postmortem, author=person).prefetch_related("readers").first()
    form = AccountForm(request.POST or None, account=mine, private=note.text if note else "")
    status = 200
    if request.method == "POST":
        said = "You saved it meanwhile in another window. Saving again replaces what is stored now."
        status, _ = save(form, lambda: keep_account(person, postmortem, mine, form), said)
        if status == WRITTEN:
            messages.success(request, "Your account is kept. Thank you.")
            return redirect("postmortems:account", postmortem.reference)
    facilitators = perspectives.facilitators_of(postmortem)
    private = [row for row in (mine, note) if row and row.state == Shared.PRIVATE]
    addressed = {reader.pk for row in private for reader in row.readers.all()}
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "form": form,
        "mine": mine,
        "note": note,
        "facilitators": facilitators,
        "newcomers": [one for one in facilitators if private and one.pk not in addressed],
        "own": readable(person, postmortem).filter(Q(user=person) | Q(author=person, user=None)),
        "may_read_draft": may_read_draft(person),
    }
    return render(request, "postmortems/account.html", context, status=status)


def keep_account(person: User, postmortem: Postmortem, mine: WrittenAccount | None, form: AccountForm) -> None:
    """Save what was answered. A note alone is an account, too."""
    answers = form.answers()
    private = form.cleaned_data["private"]
    if mine or any(answers.values()) or not private.strip():
        perspectives.save_account(actor=person, postmortem=postmortem, version=form.cleaned_data["version"], state=form.cleaned_data["state"], **answers)
    perspectives.confide(actor=person, postmortem=postmortem, text=private)


@login_required
@require_POST
def account_withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = review_for(request.user, reference)
    perspectives.withdraw_account(actor=request.user, postmortem=postmortem)
    messages.success(request, "Your account and your note are withdrawn, and gone.")
    return redirect("postmortems:account", postmortem.reference)
