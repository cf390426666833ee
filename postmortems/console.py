"""Reads. What the facilitator's console shows of one post-mortem: who was there, whom to ask first, what to ask, what is still missing.

The rules are in facilitation/; this module brings them the rows, in a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models.functions import Substr

from incidents import timeline
from incidents.mentions import names_in, seen
from incidents.models import Acceptance, Kind, Milestone, Precision, QualityReport, Salience, TimelineEvent
from postmortems import access, covering, invitees, overview, people, step_facts
from postmortems.facilitation import agendas, interviews, questions
from postmortems.models import AgendaBlock, Difference, Meeting, Participant, Postmortem, Shared

TALKING = people.SPOKEN | {Kind.CHANGE, Kind.ESCALATION, Kind.ROLE}
ENTRY_LIMIT, PEOPLE_LIMIT, STATEMENT_LIMIT, TEXT = 20_000, 5_000, 2_000, 200
MOST_FINDINGS, MOST_NAMED = 8, 12
SOAK_DAYS = 2  # working days between the meeting and what is made of its ideas


def meeting_of(postmortem: Postmortem) -> Meeting:
    """Return the meeting, or one as it would be made, not stored."""
    found = Meeting.objects.filter(postmortem=postmortem).select_related("updated_by").first()
    return found or Meeting(postmortem=postmortem, minutes=suggested(postmortem).minutes)


def suggested(postmortem: Postmortem) -> agendas.Agenda:
    """Return the run sheet of the post-mortem's template, fitted to the length that it asks for."""
    key, minutes = (postmortem.template.key, postmortem.template.meeting_minutes) if postmortem.template else ("", 0)
    agenda = agendas.agenda_for(key, minutes)
    return agendas.Agenda(agenda.key, agenda.name, tuple(agendas.fitted(agenda.blocks, minutes))) if minutes else agenda


def blocks_of(meeting: Meeting) -> list[AgendaBlock]:
    """Return the run sheet, or the one that would be made, not stored."""
    if meeting.pk:
        return list(meeting.blocks.select_related("updated_by"))
    blocks = suggested(meeting.postmortem).blocks
    return [AgendaBlock(position=place, title=title, minutes=minutes) for place, (title, minutes) in enumerate(blocks, 1)]


@dataclass(frozen=True)
class Soak:
    """The time between the meeting and deciding on ideas. `ends_at` is empty before there was a meeting, or word that none is needed."""

    ends_at: datetime | None
    is_over: bool
    is_cut_short: bool = False


def soak_of(meeting: Meeting, now: datetime) -> Soak:
    """Return how far the soak time is, in working days of the team's calendar."""
    if meeting.met_at is None:
        return Soak(None, False)
    if meeting.soak_ended_at:
        return Soak(meeting.soak_ended_at, True, True)
    ends = step_facts.calendar_of(meeting.postmortem.incident).later(meeting.met_at, SOAK_DAYS)
    return Soak(ends, now >= ends)


@dataclass(frozen=True)
class Room:
    """Everyone to think of, what each is asked to be, and in which order to talk to them."""

    heard: list[people.Heard]
    candidates: list[interviews.Candidate]
    entries: dict[int, dict[str, Any]]  # those that reasons stand on: clock, text and who
    participants: list[Participant]

    def participant_of(self, person: people.Heard) -> Participant | None:
        names = {people.plain(name) for name in (person.name, *person.names)}
        for row in self.participants:
            if (row.user_id and row.user_id == person.user) or (row.user_id is None and people.plain(row.name) in names):
                return row
        return None

    @property
    def rows(self) -> list[tuple[people.Heard, Participant | None]]:
        return [(person, self.participant_of(person)) for person in self.heard]

    @property
    def unheard(self) -> list[people.Heard]:
        return [person for person in self.heard if not person.is_heard]


def room_of(postmortem: Postmortem) -> Room:
    """Return who was there. People are matched by account where a name leads to one."""
    known = known_people(postmortem)
    rows = spoken_rows(postmortem)
    actors = {row["actor"].lower() for row in rows}
    named: dict[str, list[int]] = {}
    for row in rows:
        for name in names_in(row["words"]):
            named.setdefault(name, []).append(row["pk"])
    missing = [(name, tuple(events[: interviews.MOST])) for name, events in named.items() if not seen(name, actors)][:MOST_NAMED]
    heard = people.gather([(row["actor"], row["at"]) for row in rows], known, missing)
    place = {name: number for number, person in enumerate(heard) for name in person.names}
    book = people.Book(known)
    by_user = {person.user: number for number, person in enumerate(heard) if person.user}

    def who(name: str) -> int | None:
        account = book.find(name)
        return by_user.get(account.id) if account else place.get(name, by_plain.get(people.plain(name)))

    by_plain = {people.plain(name): number for name, number in place.items()}
    told = [
        interviews.Told(row["pk"], row["at"], row["shown_kind"], number, row["words"], row["shown_salience"] >= Salience.KEY, row["incident_id"])
        for row in rows
        if (number := who(row["actor"])) is not None
    ]
    candidates = interviews.rank(heard, told, marks_of(postmortem), differing(postmortem))
    wanted = {event for each in candidates for reason in each.reasons for event in reason.events}
    zone = ZoneInfo(postmortem.incident.time_zone)
    tell = timeline.clock_for((row["at"] for row in rows if row["pk"] in wanted), zone)
    entries = {row["pk"]: row | {"clock": tell(row["at"], row["precision"], zone)} for row in rows if row["pk"] in wanted}
    return Room(heard, candidates, entries, list(Participant.objects.filter(postmortem=postmortem).select_related("user")))


def spoken_rows(postmortem: Postmortem) -> list[dict[str, Any]]:
    """Return the entries that people stand behind, in order."""
    events = overview.entries_of(postmortem).unfused().exclude(curation__is_hidden=True).exclude(actor="")
    rows = events.filter(shown_kind__in=TALKING).annotate(words=Substr("text", 1, TEXT)).order_by("at", "sequence", "pk")
    fields = ("pk", "at", "shown_kind", "shown_salience", "precision", "actor", "words", "incident_id")
    return [row for row in rows.values(*fields)[:ENTRY_LIMIT] if not people.BOT.search(row["actor"])]


def known_people(postmortem: Postmortem) -> list[people.Known]:
    """Return the accounts; others must not be asked to what they may not know of."""
    accounts = invitees.who_may_see(postmortem).only("username", "first_name", "last_name", "email")[:PEOPLE_LIMIT]
    return people.known(accounts, invitees.members_in(covering.keys_of(postmortem)))


def marks_of(postmortem: Postmortem) -> dict[int, dict[str, tuple[str, datetime]]]:
    """Return incident -> its milestones as far as they are known: what a person decided, else what the evidence proposes. Of several each names its incident."""
    found: dict[int, dict[str, tuple[str, datetime]]] = {}
    several = postmortem.related.exists()
    for row in Milestone.objects.filter(incident__in=access.incidents_of(postmortem).values("pk")).select_related("kind"):
        at = row.proposed_at if row.decision == Milestone.Decision.OPEN else row.at
        if at and row.decision != Milestone.Decision.NOT_APPLICABLE:
            name = f"{row.kind.name} of INC-{row.incident_id}" if several else row.kind.name
            found.setdefault(row.incident_id, {})[row.kind.key] = (name, at)
    return found


def differing(postmortem: Postmortem) -> list[tuple[str, str]]:
    """Return the names whose shared accounts somebody marked as different. What is private stays out of what everybody reads here."""
    rows = Difference.objects.filter(first__postmortem=postmortem, first__state=Shared.REVIEW, second__state=Shared.REVIEW)
    return list(rows.values_list("first__name", "second__name"))


def question_bank(postmortem: Postmortem) -> list[questions.Asked]:
    zone = ZoneInfo(postmortem.incident.time_zone)
    events = overview.entries_of(postmortem).unfused().as_curated().exclude(curation__is_hidden=True)
    rows = events.filter(shown_kind__in=questions.FAMILY_OF, shown_salience__gt=Salience.NOISE).defer("raw").order_by("-shown_salience", "at", "sequence", "pk")
    chosen = sorted(rows[:STATEMENT_LIMIT], key=lambda event: (event.at, event.sequence, event.pk))
    tell = timeline.clock_for((event.at for event in chosen), zone)
    return questions.bank(statement(event, lambda at, precision: tell(at, precision, zone)) for event in chosen)


def statement(event: TimelineEvent, tell: Callable[[datetime, str], str]) -> questions.Statement:
    text = " ".join(event.shown_text.split())
    label = Kind(event.shown_kind).label
    if text.casefold().startswith(f"{label.casefold()}:"):  # said already
        text = text[len(label) + 1 :].strip()
    clock = tell(event.at, event.shown_precision)
    return questions.Statement(
        event.pk,
        clock.removesuffix(":00") if event.shown_precision == Precision.SECOND else clock,
        label,
        event.shown_kind,
        text if len(text) <= TEXT else f"{text[: TEXT - 1].rstrip()}…",
        event.actor,
        event.shown_salience >= Salience.KEY,
    )


# The close ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """One thing to ask before everybody leaves; `section` or `url_name` say where it is mended."""

    key: str
    text: str
    detail: str = ""
    section: str = ""
    timeline: str = ""  # the incident whose timeline it is about


def still_open(postmortem: Postmortem, room: Room) -> list[Open]:
    """Return what is missing: in the document, in the timeline, and among the voices."""
    return [*open_sections(postmortem), *open_findings(postmortem), *unheard(room)]


def open_sections(postmortem: Postmortem) -> Iterable[Open]:
    for check in overview.completeness_of(postmortem).open:
        yield Open(f"section:{check.key}", check.title, " ".join(check.gaps), section=check.key)


def open_findings(postmortem: Postmortem) -> Iterable[Open]:
    """What is open about the timelines, of each incident so many."""
    incidents = covering.keys_of(postmortem)
    accepted = set(Acceptance.objects.filter(incident__in=incidents).values_list("incident_id", "key"))
    reports = dict(QualityReport.objects.filter(incident__in=incidents).values_list("incident_id", "findings"))
    for incident in incidents:
        # Who is named and not heard is said below, for everybody at once.
        found = [row for row in reports.get(incident) or () if (incident, row["key"]) not in accepted and row.get("kind") != "person"]
        reference, is_main = f"INC-{incident}", incident == postmortem.incident_id
        for row in found[:MOST_FINDINGS]:
            key = row["key"] if is_main else f"{reference}:{row['key']}"
            title = row["title"] if len(incidents) == 1 else f"{reference}: {row['title']}"
            yield Open(f"finding:{key}"[:120], title, row.get("detail", ""), timeline=reference)


def unheard(room: Room) -> Iterable[Open]:
    for person in room.unheard:
        detail = "Others speak of them in the timeline; nothing is by them." if person.named_in else "On the incident, and nothing in the timeline is by them."
        yield Open(f"person:{people.plain(person.name)}"[:120], f"{person.name} has not been heard", detail)
