"""Reads. Who is named in a document, and what stands for those who are not: outside for everybody, inside for who asked to be unnamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from incidents.models import Incident, IncidentMember, Kind, TimelineEvent, User
from postmortems import people
from postmortems.models import NearMiss, Participant, Postmortem
from postmortems.naming import Unnamed, hider
from postmortems.overview import committed
from postmortems.people import BOT, SPOKEN

MOST_PEOPLE = 40
MOST_NAMES = 500
#: Kinds of events that a tool sends.
SENT_BY_TOOLS = {Kind.ALERT, Kind.RECOVERY, Kind.PAGE}
SOMEBODY, A_TOOL = "a responder", "monitoring"

Row = dict[str, Any]


def people_of(
    postmortem: Postmortem, incidents: Iterable[Incident], members: Iterable[IncidentMember], entries: Iterable[Row], reporter: User | None
) -> list[Row]:
    """Return who had a part, each once: who owns the document, who led, who is on the incidents, whose words the timeline holds; not who reported unnamed."""
    parts = [(str(postmortem.owner or ""), "Owner of this document"), *((str(incident.lead or ""), "Incident lead") for incident in incidents)]
    parts += [(str(member.user), member.role or "Responder") for member in members]
    parts += [(entry["actor"], "In the timeline") for entry in entries if entry["kind"] in SPOKEN and not BOT.search(entry["actor"])]
    found: dict[str, list[str]] = {}
    for name, role in parts:
        if name and name != str(reporter or "") and (role not in ("In the timeline", "Responder") or name not in found):
            found.setdefault(name, []).append(role)
    return [{"name": name, "role": ", ".join(dict.fromkeys(roles))} for name, roles in list(found.items())[:MOST_PEOPLE]]


def names_of(user: User | None, name: str = "") -> set[str]:
    """Return the names that a text may have for somebody: of the account, and as they are listed."""
    return {each for each in (name, *((str(user), user.username, user.email) if user else ())) if each}


def unnamed_reporter(postmortem: Postmortem) -> User | None:
    """Return who reported it and does not want to be named in the document."""
    found = NearMiss.objects.filter(postmortem=postmortem).exclude(credit=NearMiss.Credit.NAMED).select_related("reporter").first()
    return found.reporter if found else None


def unnamed_of(postmortem: Postmortem, incidents: Sequence[Incident], members: Iterable[IncidentMember], reporter: User | None) -> list[Unnamed]:
    """Return who asked that published texts speak of their role, with every name the timelines have for them, and who reported without their name."""
    kept_out = [Unnamed(tuple(sorted(names_of(reporter))), SOMEBODY)] if reporter else []
    rows = list(Participant.objects.filter(postmortem=postmortem, asks_to_be_unnamed=True).select_related("user"))
    if not rows:
        return kept_out
    roles = {member.user_id: member.role.lower() for member in members if member.role}
    actors = set(committed(incidents).exclude(actor="").order_by().values_list("actor", flat=True).distinct())
    return [Unnamed(names_in(row, actors), unnamed_role(row, roles.get(row.user_id or 0, ""), incidents)) for row in rows] + kept_out


def names_in(row: Participant, actors: Iterable[str]) -> tuple[str, ...]:
    """Return every name of a participant, with those among `actors` that are theirs."""
    keys = {people.plain(name) for name in (people.names_of(row.user) if row.user else (row.name,))} - {""}
    return tuple(sorted(names_of(row.user, row.name) | {actor for actor in actors if people.plain(actor) in keys}))


def unnamed_role(row: Participant, role: str, incidents: Sequence[Incident]) -> str:
    """Return what stands for a person: their part in the incident where they had one, else that in the retrospective."""
    if role or (row.user_id and row.user_id in {incident.lead_id for incident in incidents}):
        return f"the {role or 'incident lead'}"
    return {Participant.Role.FACILITATOR: "the facilitator", Participant.Role.SCRIBE: "the scribe"}.get(
        Participant.Role(row.role), f"a {row.get_role_display().lower()}"
    )


def roles_of(members: Iterable[IncidentMember]) -> dict[str, str]:
    """Return name -> part in the incident, empty where somebody is on it without one."""
    return {name: member.role.lower() for member in sorted(members, key=lambda member: bool(member.role)) for name in names_of(member.user)}


def tools_of(entries: Sequence[Row]) -> set[str]:
    """The actors behind which no person stands."""
    return {entry["actor"] for entry in entries if entry["kind"] in SENT_BY_TOOLS} - {entry["actor"] for entry in entries if entry["kind"] in SPOKEN}


def aliases_of(entries: Sequence[Row], members: Iterable[IncidentMember], reporter: User | None, *, internal: bool) -> dict[str, str]:
    """Return what stands for each name: outside for everybody's, inside for that of who reported unnamed."""
    if internal:
        return dict.fromkeys(names_of(reporter), SOMEBODY)
    roles = dict.fromkeys({entry["actor"] for entry in entries} - tools_of(entries) - {""}, "") | roles_of(members)
    return {name: role or SOMEBODY for name, role in roles.items()}


def told_with(aliases: Mapping[str, str], *parts: Sequence[Row], internal: bool) -> list[list[Row]]:
    """Return the entries of each part with actors and the names in their texts replaced; outside without notes and sources."""
    tools, hide = tools_of([entry for part in parts for entry in part]), hider(aliases)

    def told(entry: Row) -> Row:
        row = entry | {"text": hide(entry["text"])}
        if internal:
            return row | {"actor": aliases.get(entry["actor"], entry["actor"]), "note": hide(entry["note"])}
        row |= {"actor": A_TOOL if entry["actor"] in tools else aliases.get(entry["actor"], ""), "note": "", "source": ""}
        return row | ({"source_name": ""} if "source_name" in entry else {})

    return [[told(entry) for entry in part] for part in parts]


def aliases_told(postmortem: Postmortem, incidents: Sequence[Incident]) -> dict[str, str]:
    """Return what stands outside for names that people may have written: of the timelines, the participants, and owners of the document and its actions."""
    spoken = TimelineEvent.objects.filter(incident__in=incidents, shown_kind__in=SPOKEN).exclude(actor="").order_by()
    actors = [actor for actor in spoken.values_list("actor", flat=True).distinct()[:MOST_NAMES] if not BOT.search(actor)]
    owners = [str(owner) for owner in [postmortem.owner, *(item.owner for item in postmortem.action_items.select_related("owner"))] if owner]
    return dict.fromkeys([*actors, *postmortem.participants.values_list("name", flat=True), *owners], SOMEBODY)
