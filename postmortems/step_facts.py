"""Reads. What the rules of steps.py look at: by which calendar a retrospective goes, and what is true of it now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from incidents import sources
from incidents.models import Delivery, Incident, Milestone
from postmortems import access, hearing, invitees, overview
from postmortems.completeness import Check, Surroundings, check_all
from postmortems.models import (
    ActionItem,
    Audience,
    CalendarTeam,
    LookBack,
    Meeting,
    Participant,
    Postmortem,
    Process,
    Section,
    SharedDraft,
    Step,
    StepPlan,
    Survey,
    WelfareCheck,
    WorkCalendar,
)
from postmortems.steps import MEETING, OPEN, Facts, Start, start_of
from postmortems.survey_results import LEAST
from postmortems.workdays import Calendar

LATE_AFTER = 10
CONVERSATIONS = 2  # confirmed ones that complete the interviews, without a list that says otherwise


def calendar_row(incident: Incident) -> WorkCalendar | None:
    """Return the calendar of the incident's team, else the default one, else any."""
    own = CalendarTeam.objects.select_related("calendar").filter(team=incident.team_id).first() if incident.team_id else None
    return own.calendar if own else WorkCalendar.objects.order_by("-is_default", "pk").first()


def calendar_of(incident: Incident) -> Calendar:
    """Return the working days that count for an incident; without any calendar Monday to Friday in the incident's own zone."""
    row = calendar_row(incident)
    if row is None or not row.weekdays:
        return Calendar(zone=incident.time_zone)
    return Calendar(row.weekdays, frozenset(row.holidays.values_list("day", flat=True)), row.time_zone)


@dataclass(frozen=True)
class Timing:
    """What the dates of one retrospective count from."""

    calendar: Calendar
    base: Start
    started: date
    urgent: bool
    meeting: Meeting | None


def timing_of(postmortem: Postmortem, process: Process | None) -> Timing:
    """Dates count from the end of the last of its incidents, by the calendar of the main one's team; the worst of them says whether they are urgent."""
    plan, calendar = process.plan if process else None, calendar_of(postmortem.incident)
    ranks = dict(access.incidents_of(postmortem).values_list("pk", "severity__rank"))
    (resolved, is_decided), started = resolved_at(list(ranks)), calendar.day_of(postmortem.created_at)
    late = plan.late_after if plan else LATE_AFTER
    what = "the last of its incidents" if len(ranks) > 1 else "the incident"
    base = start_of(calendar, resolved=calendar.day_of(resolved) if resolved else None, started=started, late=late, what=what)
    if resolved and not is_decided:
        base = replace(base, reason=f"{base.reason}, as far as the evidence shows")
    worst = min((rank for rank in ranks.values() if rank is not None), default=None)
    meeting = Meeting.objects.filter(postmortem=postmortem).first()
    return Timing(calendar, base, started, bool(plan and worst is not None and worst <= plan.urgent_rank), meeting)


def days_of(rows: Iterable[Step], timing: Timing) -> dict[str, date]:
    """Return step -> the day on which it was done; the meeting has the day it was held, and before that the one it is planned for."""
    days = {step.key: timing.calendar.day_of(step.settled_at) for step in rows if step.state == Step.State.DONE and step.settled_at}
    meeting = timing.meeting
    at = meeting and (meeting.met_at or (None if MEETING in days else meeting.starts_at))
    return days | ({MEETING: timing.calendar.day_of(at)} if at else {})


def resolved_at(incidents: Sequence[int]) -> tuple[datetime | None, bool]:
    """Return when the last of the incidents ended, and whether people decided so, else the evidence proposes it; None where none has ended or no such moment applies."""
    rows = Milestone.objects.filter(incident__in=incidents, kind__key="resolved").exclude(decision=Milestone.Decision.NOT_APPLICABLE)
    ends = [(row.proposed_at, False) if row.decision == Milestone.Decision.OPEN else (row.at, True) for row in rows]
    return max(((end, decided) for end, decided in ends if end), default=(None, False))


def inspected(postmortem: Postmortem) -> tuple[bool, int]:
    """Return whether the timelines of all its incidents were inspected, and how much is open about them. What did not happen has no such report."""
    rows = list(access.incidents_of(postmortem).values_list("kind", "quality", "open_findings"))
    reports = [report for kind, report, _open in rows if kind == Incident.Kind.INCIDENT]
    return bool(reports) and all(reports), sum(found for _kind, _report, found in rows)


def facts_of(postmortem: Postmortem, rows: Sequence[Step], timing: Timing, now: datetime, rules: Set[str]) -> Facts:
    """Return what these rules look at, and read nothing else: a save of one section shall not cost a reading of the timeline."""
    was_inspected, findings = inspected(postmortem) if "timeline" in rules else (False, 0)
    participants = list(postmortem.participants.all()) if rules & {"facilitator", "invited", "accounts", "calibrated"} else []
    unasked = invitees.not_asked(invitees.people_of(postmortem), participants) if "invited" in rules else []
    around = overview.surroundings([postmortem], set())[postmortem.pk] if rules & {"timeline", "draft", "actions"} else Surroundings()
    required, unwritten = written(postmortem, around) if "draft" in rules else (0, 0)
    revisions = list(postmortem.revisions.order_by("number").values_list("audience", flat=True)) if rules & {"published", "shared"} else []
    meeting = timing.meeting
    met, soaked = meeting_state(rows, timing.calendar.day_of(now))
    return Facts(
        **heard(postmortem, participants, meeting, rules),
        owner=str(postmortem.owner or ""),
        facilitators=tuple(one.name for one in participants if one.role == Participant.Role.FACILITATOR and one.state == Participant.State.ACCEPTED),
        asked=sum(one.role != Participant.Role.APPROVER for one in participants),
        unasked=len(unasked),
        sources=kept(postmortem) if "evidence" in rules else (),
        entries=around.entries,
        inspected=was_inspected,
        findings=findings,
        required=required,
        unwritten=unwritten,
        meeting=outcome(meeting, timing.calendar),
        surveyed=surveyed(postmortem, meeting, timing.calendar.day_of(now)) if "surveyed" in rules else "",
        met=met,
        soaked=soaked,
        actions=around.actions,
        actions_without_owner=around.actions_without_owner,
        actions_without_date=around.actions_without_date,
        actions_not_agreed=ActionItem.objects.open().filter(postmortem=postmortem, accepted_at=None).count() if "actions" in rules else 0,
        status=postmortem.status,
        revisions=len(revisions),
        looked_back="looked_back" in rules and LookBack.objects.filter(postmortem=postmortem).exists(),
        audiences=tuple(dict.fromkeys(str(Audience(one).label).lower() for one in revisions if one != Audience.INTERNAL)),
    )


def heard(postmortem: Postmortem, participants: Sequence[Participant], meeting: Meeting | None, rules: Set[str]) -> dict[str, Any]:
    """Return what is asked about the people before the meeting."""
    found: dict[str, Any] = {}
    if "accounts" in rules:
        found["half_wrote"] = hearing.accounts(postmortem, participants).is_half
    if "talks" in rules:
        plan = StepPlan.objects.filter(processes__postmortem=postmortem).first()
        found |= {"talks": hearing.conversations(postmortem).answered, "talks_wanted": plan.conversations if plan else CONVERSATIONS}
    if "welfare" in rules:
        found["cared"] = WelfareCheck.objects.filter(postmortem=postmortem, is_done=True, reached__isnull=False).exists()
    if "calibrated" in rules:
        shared = SharedDraft.objects.filter(postmortem=postmortem).first()
        began = bool(meeting and (meeting.began_at or meeting.met_at))
        found |= {"shown": shared is not None, "meeting_began": began, "all_read": hearing.readers(postmortem, participants, shared).is_all}
    return found


def kept(postmortem: Postmortem) -> tuple[str, ...]:
    labels = sources.labels()
    rows = (
        Delivery.objects.filter(incident__in=access.incidents_of(postmortem).values("pk"), state=Delivery.State.IMPORTED).exclude(source="").order_by("source")
    )
    return tuple(labels.get(source, source) for source in rows.values_list("source", flat=True).distinct())


def written(postmortem: Postmortem, around: Surroundings) -> tuple[int, int]:
    """Return how many sections are required, and how many of these nobody has written: a text that was filled in at the start is nobody's yet."""
    rows = list(postmortem.sections.all())
    checks = check_all(rows, around).checks
    pairs = [(section, check) for section, check in zip(rows, checks, strict=True) if check.required]
    return len(pairs), sum(is_unwritten(section, check) for section, check in pairs)


def is_unwritten(section: Section, check: Check) -> bool:
    return check.state == "missing" or (section.version == 1 and bool(section.body.strip()))


def outcome(meeting: Meeting | None, calendar: Calendar) -> str:
    """Return what became of the meeting, as the console has it."""
    if meeting is None or meeting.met_at is None:
        return ""
    day = calendar.day_of(meeting.met_at)
    return f"was held on {day.day} {day:%B %Y}" if meeting.held_at else f"is waived: {meeting.reason}"


def surveyed(postmortem: Postmortem, meeting: Meeting | None, today: date) -> str:
    """Return what became of the survey, without a number that tells who was missing."""
    if meeting and meeting.waived_at:
        return "There was no meeting to ask about."
    survey = Survey.objects.filter(postmortem=postmortem).first()
    if survey is None:
        return ""
    is_over = survey.is_closed or survey.closes_on < today
    return "The survey is over." if is_over else "Enough people answered the survey." if len(survey.answered) >= LEAST else ""


def meeting_state(rows: Iterable[Step], today: date) -> tuple[bool, bool]:
    """Return whether the meeting is behind us (also where there is none), and whether the time after it is over."""
    by_key: Mapping[str, Step] = {step.key: step for step in rows}
    meeting, soak = by_key.get(MEETING), by_key.get("soak")
    met = meeting is None or meeting.state != OPEN
    held = meeting is not None and meeting.state == Step.State.DONE
    return met, bool(held and soak and soak.due_on and soak.due_on <= today)
