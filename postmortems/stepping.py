"""Writes. The steps of a retrospective: laid out from a list, settled by people or by what happened, dated anew when what they count from moves.

What people do compares and sets by `version`. What happens by itself is worked out anew by `refresh`, which any function
may call that changed a fact; losing a call loses nothing, since the sweep of the beat calls it for every retrospective
under way. Nothing happens to a step without a line in its history.
"""

from __future__ import annotations

import logging
from collections.abc import Set
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, User
from postmortems import invitees, step_facts
from postmortems.access import require_open
from postmortems.models import PlannedStep, Postmortem, Process, Step, StepEvent, StepPlan
from postmortems.step_plans import plan_for
from postmortems.steps import RULES, comes_undone, due_dates, verdict
from postmortems.workdays import EARLIEST, LATEST

log = logging.getLogger(__name__)

COPIED = ("key", "position", "title", "guidance", "role", "offset", "unit", "counted_from", "urgent_offset", "urgent_unit", "rule", "mandatory")
Verb = StepEvent.Verb


# Laying out -----------------------------------------------------------------------------------------


@transaction.atomic
def begin(*, postmortem: Postmortem, plan: StepPlan | None = None) -> None:
    """Give a retrospective its steps, unless it has some. Without any list there are none."""
    plan = plan or plan_for(postmortem.template)
    if plan is None or Process.objects.filter(postmortem=postmortem).exists():
        return
    Process.objects.create(postmortem=postmortem, plan=plan)
    Step.objects.bulk_create(copy_of(planned, postmortem) for planned in plan.steps.all())
    refresh(postmortem.pk)


def copy_of(planned: PlannedStep, postmortem: Postmortem) -> Step:
    return Step(postmortem=postmortem, **{name: getattr(planned, name) for name in COPIED})


@transaction.atomic
def choose_plan(*, actor: Actor, postmortem: Postmortem, plan: StepPlan) -> None:
    """Go by another list. What was settled, dated or given to somebody stays as it is; other steps that the list lacks go."""
    require_open(actor, postmortem)
    Postmortem.objects.select_for_update().get(pk=postmortem.pk)
    Process.objects.update_or_create(postmortem=postmortem, defaults={"plan": plan})
    wanted = {planned.key: planned for planned in plan.steps.all()}
    untouched = postmortem.steps.filter(state=Step.State.OPEN, due_by_hand=False, owner=None, by_hand_only=False)
    untouched.exclude(key__in=wanted).delete()
    there = {step.key: step for step in postmortem.steps.all()}
    for key, planned in wanted.items():
        if key not in there:
            copy_of(planned, postmortem).save()
        elif there[key].is_open:
            Step.objects.filter(pk=there[key].pk).update(version=F("version") + 1, **{name: getattr(planned, name) for name in COPIED})
        else:
            Step.objects.filter(pk=there[key].pk).update(position=planned.position)
    AuditEvent.record(actor, "step list chosen", postmortem.reference, plan=plan.key)
    refresh(postmortem.pk)


# What people do -------------------------------------------------------------------------------------


@transaction.atomic
def complete(*, actor: Actor, step: Step, version: int, note: str = "", now: datetime | None = None) -> Step:
    """Say that a step is done. Raises Conflict when it changed since `version`."""
    return settle(actor, step, version, Step.State.DONE, clean_line(note), now)


@transaction.atomic
def skip(*, actor: Actor, step: Step, version: int, reason: str) -> Step:
    """Leave a step out, with a reason. Raises ValidationError without one."""
    reason = clean_line(reason)
    if not reason:
        raise ValidationError({"reason": "Say in a few words why this step is left out."})
    return settle(actor, step, version, Step.State.SKIPPED, reason)


def settle(actor: Actor, step: Step, version: int, state: str, note: str, now: datetime | None = None) -> Step:
    require_open(actor, step.postmortem_id)
    current = Step.objects.get(pk=step.pk)
    if current.version == version and not current.is_open:
        raise ValidationError("This step is settled already. Open it again first.")
    person = actor if isinstance(actor, User) else None
    changed = {"state": state, "settled_at": now or timezone.now(), "settled_by": person, "by_itself": False, "note": note}
    put(current, version, changed)
    verb = Verb.DONE if state == Step.State.DONE else Verb.SKIPPED
    return recorded(actor, current, verb, note)


@transaction.atomic
def reopen(*, actor: Actor, step: Step, version: int, note: str = "") -> Step:
    """Open a settled step again, also one that was skipped. A rule completes it no more: a person's word stands."""
    require_open(actor, step.postmortem_id)
    current = Step.objects.get(pk=step.pk)
    if current.version == version and current.is_open:
        raise ValidationError("This step is open.")
    by_hand_only = current.by_hand_only or (current.state == Step.State.DONE and current.by_itself)
    put(current, version, {"state": Step.State.OPEN, "settled_at": None, "settled_by": None, "by_itself": False, "note": "", "by_hand_only": by_hand_only})
    return recorded(actor, current, Verb.REOPENED, clean_line(note))


@transaction.atomic
def change(*, actor: Actor, step: Step, version: int, due_on: date | None, owner: User | None) -> Step:
    """Set the date and the person of a step. Without a date it is worked out again; without a person the holder of the role does it.

    Raises Conflict when it changed since `version`, ValidationError for a date out of reach or somebody who cannot see it.
    """
    require_open(actor, step.postmortem_id)
    if due_on is not None and not EARLIEST <= due_on <= LATEST:
        raise ValidationError({"due_on": f"Give a date from {EARLIEST.year} to {LATEST.year}."})
    current = Step.objects.select_related("postmortem__incident").get(pk=step.pk)
    if owner is not None and owner.pk != current.owner_id:
        check_owner(current, owner)
    by_hand = due_on is not None and (current.due_by_hand or due_on != current.due_on)
    said = changes_in_words(current, due_on, by_hand, owner)
    put(current, version, {"due_on": due_on if by_hand else current.due_on, "due_by_hand": by_hand, "owner": owner})
    for verb, note in said:
        StepEvent.objects.create(step=current, verb=verb, actor=actor if isinstance(actor, User) else None, note=note)
    AuditEvent.record(actor, "step changed", current.postmortem.reference, step=current.key)
    refresh(current.postmortem_id)
    return fresh(current)


def check_owner(step: Step, owner: User) -> None:
    if not invitees.visible_in(step.postmortem, owner):
        raise ValidationError({"owner": "This person cannot see the incident; add them to it first."})
    if owner.role == User.Role.VIEWER or not owner.is_active:
        raise ValidationError({"owner": "This person's account cannot open drafts."})


def changes_in_words(step: Step, due_on: date | None, by_hand: bool, owner: User | None) -> list[tuple[Verb, str]]:
    said = []
    if by_hand and due_on != step.due_on:
        said.append((Verb.DATED, f"set to {day(due_on)}"))
    elif step.due_by_hand and not by_hand:
        said.append((Verb.DATED, "counted again"))
    if (owner.pk if owner else None) != step.owner_id:
        said.append((Verb.OWNED, str(owner) if owner else f"whoever is {step.get_role_display().lower()}"))
    return said


def put(step: Step, version: int, changed: dict[str, Any]) -> None:
    """Write on top of `version` and let nothing else in between. Raises Conflict."""
    if not Step.objects.filter(pk=step.pk, version=version).update(version=F("version") + 1, **changed):
        raise Conflict(fresh(step))


def recorded(actor: Actor, step: Step, verb: Verb, note: str) -> Step:
    StepEvent.objects.create(step=step, verb=verb, actor=actor if isinstance(actor, User) else None, note=note)
    AuditEvent.record(actor, f"step {verb.label}", f"PM-{step.postmortem_id}", step=step.key)
    refresh(step.postmortem_id)
    return fresh(step)


def fresh(step: Step) -> Step:
    return Step.objects.select_related("owner", "settled_by", "postmortem__incident").get(pk=step.pk)


# What happens by itself -----------------------------------------------------------------------------


def refresh(postmortem_id: int, now: datetime | None = None, only: Set[str] = frozenset(RULES)) -> None:
    """Date the open steps anew, settle those whose rule is met, and open again those that a rule settled and that came undone.

    `only` names the rules whose facts may have changed.
    """
    now = now or timezone.now()
    postmortem = Postmortem.objects.select_related("incident__severity", "owner").filter(pk=postmortem_id).first()
    rows = list(postmortem.steps.all()) if postmortem else []
    if postmortem is None or not rows:
        return
    process = Process.objects.select_related("plan").filter(postmortem=postmortem).first()
    timing = step_facts.timing_of(postmortem, process)
    with transaction.atomic():
        reschedule(rows, timing)
        concerned = [step for step in rows if step.rule in only and (step.by_itself or (step.is_open and not step.by_hand_only))]
        facts = step_facts.facts_of(postmortem, rows, timing, now, {step.rule for step in concerned})
        for step in concerned:
            sentence = verdict(step.rule, facts)
            if step.is_open and sentence:
                by_itself(step, Verb.DONE, sentence, {"state": Step.State.DONE, "settled_at": now, "by_itself": True, "note": clean_line(sentence)})
            elif not step.is_open and comes_undone(step.rule, facts):
                undone = {"state": Step.State.OPEN, "settled_at": None, "by_itself": False, "note": ""}
                by_itself(step, Verb.REOPENED, "what completed it is no longer so", undone)
        reschedule(rows, timing)  # by what was settled just now


def reschedule(rows: list[Step], timing: step_facts.Timing) -> None:
    """Move the dates of open steps; those of settled ones and those that a person set stay. The first date is no news."""
    dates = due_dates(rows, timing.calendar, base=timing.base.day, started=timing.started, urgent=timing.urgent, happened=step_facts.days_of(rows, timing))
    for step in rows:
        due_on = dates[step.key]
        if not step.is_open or step.due_by_hand or step.due_on == due_on:
            continue
        if step.due_on is None:
            Step.objects.filter(pk=step.pk, version=step.version, due_on=None).update(due_on=due_on)
        elif not by_itself(step, Verb.DATED, f"moved from {day(step.due_on)} to {day(due_on)}", {"due_on": due_on}):
            continue
        step.due_on = due_on


def by_itself(step: Step, verb: Verb, note: str, changed: dict[str, Any]) -> bool:
    """Write what a rule found, unless a person was faster; the next call looks again."""
    if not Step.objects.filter(pk=step.pk, version=step.version).update(version=F("version") + 1, **changed):
        return False
    StepEvent.objects.create(step=step, verb=verb, note=clean_line(note))
    step.version += 1
    for name, value in changed.items():
        setattr(step, name, value)
    return True


def day(value: date | None) -> str:
    return f"{value.day} {value:%B %Y}" if value else "no date"


def follow(postmortem_id: int, *rules: str) -> None:
    """Look again after the commit, at what these rules say or at everything. What was changed is kept whatever happens here: the sweep will catch up."""
    transaction.on_commit(lambda: refresh(postmortem_id, only=frozenset(rules or RULES)), robust=True)


def follow_incident(sender: Any, incident_id: int, **kwargs: Any) -> None:
    """Hear that an incident changed: its end, its findings, its timeline."""
    try:
        about = Postmortem.objects.about_one(incident_id)
        for pk in about.filter(process__isnull=False).values_list("pk", flat=True):
            refresh(pk)
    except Exception:  # the incident is saved and others wait to hear of it; the sweep looks again
        log.exception("The steps of incident %s could not be renewed", incident_id)


def sweep() -> int:
    """Lay out the steps of retrospectives that have none, and look again at all that are under way. Return how many were looked at."""
    working = Postmortem.objects.exclude(status__in=[Postmortem.Status.PUBLISHED, Postmortem.Status.ARCHIVED])
    for postmortem in working.filter(process=None).select_related("template"):
        begin(postmortem=postmortem)
    under_way = Step.objects.open().order_by().values_list("postmortem_id", flat=True).distinct()
    numbers = list(under_way)
    for pk in numbers:
        try:
            refresh(pk)
        except Exception:  # one retrospective must not keep the others waiting
            log.exception("The steps of PM-%s could not be renewed", pk)
    return len(numbers)
