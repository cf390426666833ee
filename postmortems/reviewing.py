"""Writes. Review: submitting, deciding, handing over, and every change of a post-mortem's state, each kept as a row.

What may lead where is the table in `states.py`; what holds is asked of `approvals.py`. Approving covers what was read: who read something
else gets a Conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor, may, require
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, User
from postmortems import overview, states, stepping
from postmortems.approval import TITLE
from postmortems.approvals import Approvals
from postmortems.models import Audience, Decision, Postmortem, Review, Reviewer, Transition

NOTE_LIMIT = 2_000
COMMENT_LIMIT = 5_000
MOST_REVIEWERS = 50


class Stale(Conflict):
    """The document no longer says what the person read. `changed` are the titles of the sections, where they are known."""

    def __init__(self, current: Postmortem, changed: Sequence[str] = ()) -> None:
        super().__init__(current)
        self.changed = changed


def move(
    actor: Actor, postmortem: Postmortem, name: str, *, note: str = "", detail: dict[str, Any] | None = None, columns: dict[str, Any] | None = None
) -> Transition:
    """Change the state by one move of the table, on top of the version and state of `postmortem`, and keep who did it.

    Raises NoSuchMove when the table has no such way, Conflict when somebody changed the row first. Runs in the caller's transaction.
    """
    way = states.check(name, postmortem.status)
    note = clean_text(note, limit=NOTE_LIMIT).strip()
    if way.wants_note and not note:
        raise ValidationError({"note": "Say why; it is kept in the history."})
    now = timezone.now()
    changed: dict[str, Any] = {"status": way.after, "updated_at": now, **(columns or {})}
    if way.by != "nobody":
        # What follows from saving a section has that section's version; only what somebody decided makes another version of this row.
        changed["version"] = F("version") + 1
    if not Postmortem.objects.filter(pk=postmortem.pk, version=postmortem.version, status=postmortem.status).update(**changed):
        raise Conflict(Postmortem.objects.get(pk=postmortem.pk))
    person = actor if isinstance(actor, User) else None
    row = Transition.objects.create(
        postmortem=postmortem, name=name, before=postmortem.status, after=way.after, note=note, detail=detail or {}, at=now, actor=person
    )
    if name != "publish":  # which has an entry of its own, with the hash
        AuditEvent.record(actor, f"postmortem.{name}", postmortem.reference, before=postmortem.status, after=way.after)
    postmortem.refresh_from_db(fields=["status", "version", "updated_at"])
    stepping.follow(postmortem.pk)
    return row


def locked(postmortem: Postmortem) -> Postmortem:
    """Return the row, held until the transaction ends. Raises Conflict when it is not the version that was read."""
    found = Postmortem.objects.select_for_update(of=("self",)).select_related("incident__severity", "incident__team", "incident__lead", "owner")
    row = found.filter(pk=postmortem.pk).first()
    if row is None or row.version != postmortem.version:
        raise Conflict(row)
    return row


@transaction.atomic
def submit(*, actor: Actor, postmortem: Postmortem, audience: str, people: Iterable[User] = (), due_on: date | None = None, note: str = "") -> Review:
    """Ask for a review of what is there now, for a publication to `audience`.

    Asked are `people`, the reviewers and approvers of the retrospective, whoever a rule names, and who was asked in the round before.
    Raises ValidationError when required sections are empty and `note` does not say why, or when nobody would be asked.
    """
    require(actor, "draft")
    row = locked(postmortem)
    empty = [check.title for check in overview.completeness_of(row).open if check.state == "missing"]
    if empty and not note.strip():
        raise ValidationError({"note": f"Say why these are empty: {', '.join(empty)}."})
    before = Approvals(row, audience)
    asked = {user.pk: user for user in people if before.people.may_read(user)}
    asked |= {part.user.pk: part.user for part in before.people.parts if part.user and before.people.may_read(part.user)}
    needed = {pk for answer in before.answers if answer.applies for pk in answer.rule.people if answer.rule.owner_counts or pk != row.owner_id}
    owner_counts = row.owner_id in needed
    asked |= {user.pk: user for user in User.objects.filter(pk__in=needed)}
    kept = [one for one in before.people.asked if before.people.may_read(one.user)]
    rows = {one.user_id: one for one in kept} | {pk: Reviewer(user=user) for pk, user in asked.items() if pk not in {one.user_id for one in kept}}
    if not owner_counts:
        rows.pop(row.owner_id, None)
    if not rows:
        raise ValidationError({"people": "Choose who is asked to review it."})
    move(actor, row, "submit", note=note, detail={"audience": audience})
    person = actor if isinstance(actor, User) else None
    close(row)
    review = Review.objects.create(
        postmortem=row, audience=audience, due_on=due_on, note=clean_text(note, limit=NOTE_LIMIT).strip(), opened_at=timezone.now(), opened_by=person
    )
    for one in list(rows.values())[:MOST_REVIEWERS]:
        Reviewer.objects.create(
            review=review, user=one.user, asked_by=person, instead_of=one.instead_of, reason=one.reason, has_handed_over=one.has_handed_over
        )
    return review


def close(postmortem: Postmortem) -> None:
    Review.objects.filter(postmortem=postmortem, closed_at=None).update(closed_at=timezone.now())


@transaction.atomic
def withdraw(*, actor: Actor, postmortem: Postmortem, note: str = "") -> Transition:
    """Take it back to a draft: its owner, who submitted it, and whoever publishes may. What was decided stays."""
    require(actor, "draft")
    row = locked(postmortem)
    review = row.reviews.filter(closed_at=None).first()
    mine = getattr(actor, "pk", None) in {row.owner_id, review.opened_by_id if review else None} - {None}
    if not mine and not may(actor, "publish"):
        raise PermissionDenied("Its owner, who submitted it, or a facilitator withdraws it.")
    done = move(actor, row, "withdraw", note=note)
    close(row)
    return done


@transaction.atomic
def archive(*, actor: Actor, postmortem: Postmortem, note: str) -> Transition:
    """Lay it by. What was published stays readable, marked as archived."""
    require(actor, "publish")
    row = locked(postmortem)
    done = move(actor, row, "archive", note=note)
    close(row)
    return done


@transaction.atomic
def restore(*, actor: Actor, postmortem: Postmortem, note: str = "") -> Transition:
    require(actor, "publish")
    return move(actor, locked(postmortem), "restore", note=note)


# Deciding --------------------------------------------------------------------------------------------


@transaction.atomic
def decide(
    *,
    actor: Actor,
    postmortem: Postmortem,
    verdict: str,
    note: str = "",
    sections: Iterable[str] = (),
    seen: str = "",
    versions: Mapping[str, int] | None = None,
    any_version: bool = False,
) -> Decision:
    """Approve or ask for changes: the whole document, or the `sections` with these keys, as they are now.

    `seen` is what the page said they were (`Approvals.seen`), `versions` the same for programs: key -> version. Raises Stale when that has
    changed, Conflict when the row's version has (unless `any_version`: a page carries `seen`, which says more), PermissionDenied for who has no say.
    """
    require(actor, "draft")
    if any_version:
        postmortem.version = Postmortem.objects.values_list("version", flat=True).get(pk=postmortem.pk)
    row = locked(postmortem)
    if row.status not in states.UNDER_REVIEW:
        raise states.NoSuchMove(f"Nothing is to be decided: it is {row.status.replace('_', ' ')}. Submit it for review first.")
    now = Approvals(row)
    check_decision(actor, now, verdict, note, sections)
    keys = [key for key in now.kinds if key in set(sections)]
    changed = [now.titles[key] for key, version in (versions or {}).items() if key in now.kinds and now.seals[key].version != version]
    if changed or (seen and seen != now.seen):
        raise Stale(row, changed)
    decision = Decision.objects.create(
        postmortem=row,
        review=now.people.review,
        user=actor,
        verdict=verdict,
        note=clean_text(note, limit=COMMENT_LIMIT).strip(),
        is_whole=not keys,
        covered={key: {"version": seal.version, "digest": seal.digest} for key, seal in now.seals.items() if key in (keys or [*now.kinds, TITLE])},
        audience=now.audience,
        by_owner=actor.pk == row.owner_id,
        decided_at=timezone.now(),
    )
    AuditEvent.record(actor, f"review.{verdict}", row.reference, sections=keys, audience=now.audience)
    if verdict == Decision.Verdict.CHANGES and row.status != states.CHANGES:
        move(actor, row, "request", note=note)
    elif row.status == states.IN_REVIEW and Approvals(row, rules=now.rules).is_approved:
        move(actor, row, "approve", note=note)
    return decision


def check_decision(actor: Actor, now: Approvals, verdict: str, note: str, sections: Iterable[str]) -> None:
    """Raise for who has no say, and for what cannot be decided."""
    if not isinstance(actor, User) or not now.may_decide(actor):
        raise PermissionDenied("You were not asked to review this. Its owner or a facilitator can ask you.")
    unknown = sorted(set(sections) - set(now.kinds))
    if unknown:
        raise ValidationError({"sections": f"There is no section “{unknown[0][:60]}”."})
    if verdict == Decision.Verdict.CHANGES and not note.strip():
        raise ValidationError({"note": "Say what should change, so that somebody can act on it."})
    if (
        verdict == Decision.Verdict.APPROVED
        and actor.pk == now.postmortem.owner_id
        and not any(one.answer.rule.owner_counts and actor.pk in one.answer.rule.people for one in now.required)
    ):
        raise ValidationError("You own this document: somebody else approves it. Where an owner may, the approval rule says so.")


# Who is asked ----------------------------------------------------------------------------------------


@transaction.atomic
def invite(*, actor: Actor, postmortem: Postmortem, user: User) -> Reviewer:
    """Ask one more person in the open round."""
    require(actor, "draft")
    row, review = open_review(postmortem)
    check_reviewer(row, user)
    reviewer, made = Reviewer.objects.get_or_create(review=review, user=user, defaults={"asked_by": actor if isinstance(actor, User) else None})
    if made:
        AuditEvent.record(actor, "review.asked", row.reference, who=user.username)
    return reviewer


@transaction.atomic
def hand_over(*, actor: Actor, postmortem: Postmortem, before: User, user: User, reason: str) -> Reviewer:
    """Let `user` review instead of `before`, whose approvals it then also gives. Who was asked does that, or an administrator."""
    require(actor, "draft")
    if actor != before and not may(actor, "configure"):
        raise PermissionDenied("Who was asked hands it over, or an administrator.")
    if not (reason := clean_line(reason)):
        raise ValidationError({"reason": "Say why; it is kept in the history."})
    row, review = open_review(postmortem)
    check_reviewer(row, user)
    asked = Reviewer.objects.filter(review=review, user=before, has_handed_over=False)
    if user == before or Reviewer.objects.filter(review=review, user=user).exists() or not asked.update(has_handed_over=True):
        raise ValidationError({"user": "Choose somebody who has not been asked yet."})
    person = actor if isinstance(actor, User) else None
    reviewer = Reviewer.objects.create(review=review, user=user, asked_by=person, instead_of=before, reason=reason)
    AuditEvent.record(actor, "review.handed_over", row.reference, before=before.username, who=user.username)
    return reviewer


def open_review(postmortem: Postmortem) -> tuple[Postmortem, Review]:
    row = locked(postmortem)
    review = row.reviews.filter(closed_at=None).first()
    if review is None:
        raise states.NoSuchMove("There is no review going on. Submit it first.")
    return row, review


def check_reviewer(postmortem: Postmortem, user: User) -> None:
    if not Approvals(postmortem).people.may_read(user):
        raise ValidationError({"user": "They cannot read it: viewers do not see working texts, and a private incident is seen by its members only."})
    if user.pk == postmortem.owner_id:
        raise ValidationError({"user": "They own the document: somebody else reviews it."})


# What follows ----------------------------------------------------------------------------------------


def follow_edit(actor: Actor, postmortem_id: int, what: str) -> None:
    """After a save: what is published gets a next revision, what is approved goes back to review unless all approvals still hold."""
    row = Postmortem.objects.filter(pk=postmortem_id, status__in=[states.PUBLISHED, states.APPROVED]).select_related("incident").first()
    if row is None:
        return
    try:
        if row.status == states.PUBLISHED:
            move(actor, row, "edit", note=f"“{what}” was edited: this is the draft of revision {row.revisions.count() + 1}.")
        elif not Approvals(row).is_approved:
            move(actor, row, "lapse", note=f"“{what}” changed after it was approved.")
    except Conflict:
        return  # another save of the same moment has done it


class ApprovalMissing(Exception):
    """A rule asks for approvals that are not given. `reasons` say which, `may_override` whether a written reason would do."""

    def __init__(self, reasons: Sequence[str], may_override: bool) -> None:
        super().__init__(" ".join(["Approvals are missing.", *reasons]))
        self.reasons, self.may_override = reasons, may_override


def check_clear(actor: Actor, postmortem: Postmortem, audience: str, reason: str) -> Approvals:
    """Return the approvals for a publication. Raises ApprovalMissing unless all are given, or an administrator says why it goes out without them."""
    states.check("publish", postmortem.status)
    found = Approvals(postmortem, audience or Audience.INTERNAL)
    if found.missing:
        may_override = may(actor, "configure")
        if not may_override or not reason:
            raise ApprovalMissing(found.in_words(), may_override)
    return found
