"""Reads. Who could take part in a retrospective: everybody found on its incident, and who might facilitate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, QuerySet

from incidents.lib.text import clean_line
from incidents.models import Incident, IncidentMember, User
from postmortems import overview
from postmortems.access import incidents_of, may_know, private_incidents
from postmortems.models import Participant, Postmortem
from postmortems.people import BOT, LONGEST_NAME, SPOKEN, known, plain
from postmortems.responders import Part, parts_of

MOST = 60
MOST_NAMES = 500
SUGGESTED = 3


@dataclass(frozen=True)
class Candidate:
    """Somebody who may facilitate: when last, and what speaks against it."""

    user: User
    last_at: datetime | None
    conflict: str = ""

    @property
    def label(self) -> str:
        return f"{self.user} ({self.conflict})" if self.conflict else str(self.user)


def who_may_see(postmortem: Postmortem) -> QuerySet[User]:
    """The accounts that may know of all its incidents; somebody else is in a retrospective by name only."""
    return members_of(private_incidents(postmortem))


def members_of(private: Iterable[Incident]) -> QuerySet[User]:
    """The accounts that are on each of these incidents."""
    people = User.objects.filter(is_active=True)
    for incident in private:
        people = people.filter(incident_memberships__incident=incident)
    return people


def people_of(postmortem: Postmortem, accounts: list[User] | None = None) -> list[Part]:
    """Return everybody found on the incidents: leads, members, and the people whose words or deeds the timelines hold."""
    incidents = list(incidents_of(postmortem).order_by("pk"))
    accounts = list(members_of(one for one in incidents if one.is_private)) if accounts is None else accounts
    members = members_in(incidents)
    found = parts_of(
        leads=[incident.lead_id for incident in incidents if incident.lead_id is not None],
        members=members,
        actors=actors_of(incidents),
        people=known(accounts, members),
        private=any(incident.is_private for incident in incidents),
    )
    return found[:MOST]


def members_in(incidents: Sequence[Incident] | Sequence[int]) -> list[tuple[int, str]]:
    return list(IncidentMember.objects.filter(incident__in=incidents).order_by("pk").values_list("user_id", "role"))


def actors_of(incidents: Sequence[Incident]) -> dict[str, int]:
    """Return the people named in the timelines with how many entries they have; a tool that speaks is none."""
    entries = overview.committed(incidents).filter(shown_kind__in=SPOKEN, fused_into=None).exclude(actor="").exclude(curation__is_hidden=True)
    rows = entries.order_by().values_list("actor").annotate(number=Count("pk")).order_by("-number", "actor")[:MOST_NAMES]
    counts: Counter[str] = Counter()
    for actor, number in rows:
        name = clean_line(actor, limit=LONGEST_NAME)
        if name and not BOT.search(name):
            counts[name] += number
    return dict(counts)


def conflicts(people: Iterable[Part]) -> dict[int, str]:
    """Return account id -> why this person was part of the response."""
    return {part.user_id: part.why for part in people if part.user_id is not None and part.responded}


def not_asked(people: Iterable[Part], participants: Iterable[Participant]) -> list[Part]:
    """Return those of the incident who have no part in the retrospective yet."""
    there = list(participants)
    users, names = {one.user_id for one in there if one.user_id}, {plain(one.name) for one in there}
    return [part for part in people if part.responded and part.user_id not in users and plain(part.name) not in names]


def facilitators(postmortem: Postmortem, people: Iterable[Part], accounts: Iterable[User]) -> list[Candidate]:
    """Return who may facilitate: nobody who responded before those who did not, and of these whoever did it longest ago first."""
    against = conflicts(people)
    held = Participant.objects.filter(role=Participant.Role.FACILITATOR, user__isnull=False).exclude(state=Participant.State.DECLINED)
    last = dict(held.exclude(postmortem=postmortem).order_by().values_list("user_id").annotate(last=Max("created_at")))
    may = [user for user in accounts if user.role != User.Role.VIEWER]
    rows = [Candidate(user, last.get(user.pk), against.get(user.pk, "")) for user in may]
    return sorted(rows, key=lambda row: (bool(row.conflict), not is_facilitator(row), row.last_at is not None, row.last_at or datetime.min, str(row.user)))


def is_facilitator(row: Candidate) -> bool:
    return row.user.role == User.Role.FACILITATOR or row.last_at is not None


def suggested(candidates: Iterable[Candidate], participants: Iterable[Participant]) -> list[Candidate]:
    """Return the few to ask first: practised, not part of the response, and not asked for this retrospective before, in whatever way they answered."""
    asked = {one.user_id for one in participants if one.role == Participant.Role.FACILITATOR}
    return [row for row in candidates if not row.conflict and is_facilitator(row) and row.user.pk not in asked][:SUGGESTED]


def visible_in(postmortem: Postmortem, user: User) -> bool:
    """Say whether the person may know of the incident."""
    return may_know(user, postmortem)
