"""Reads. The approvals of one post-mortem as they stand: rows -> the questions of `approval.py`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone

from incidents.models import User
from postmortems import covering
from postmortems.access import private_incidents
from postmortems.approval import TITLE, Answer, Names, Opinion, Rule, Seal, Standing, Subject, ask, handed_over, stand
from postmortems.document import build
from postmortems.models import ApprovalRule, Audience, Decision, Participant, Postmortem, Review, Section

LINKED = ("severities", "services", "teams", "tags")
#: What of an action item is approved; who does it by when goes on changing after every publication.
ACTION = ("reference", "title", "description", "kind_name", "priority_name")


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def seals_of(postmortem: Postmortem, sections: Sequence[Section]) -> dict[str, Seal]:
    """Return what each section says now, read from the document that would be published: the text, and the rows its kind shows."""
    document = build(postmortem, Audience.INTERNAL, timezone.now())
    said = {row["key"]: {name: value for name, value in row.items() if value} for row in document["sections"]}
    further: list[Any] = [[row["reference"], row["milestones"]] for row in document["related"]]
    rows: dict[str, Any] = {
        "actions": [[row[name] for name in ACTION] for row in document["actions"]],
        "milestones": document["milestones"] + further,
        "timeline": document["timeline"],
        "factors": [document["trigger"], document["factors"]] if document["trigger"] or document["factors"] else None,
        "perspectives": document["perspectives"] or None,
    }
    seals = {one.key: Seal(one.version, digest([said.get(one.key), rows.get(one.kind)])) for one in sections}
    return seals | {TITLE: Seal(postmortem.version, digest(document["title"]))}


def subject_of(postmortem: Postmortem, audience: str) -> Subject:
    incidents = covering.incidents_of(postmortem)
    return Subject(
        severity={incident.severity.pk: incident.severity.name for incident in incidents if incident.severity},
        services={one.pk: one.name for incident in incidents for one in incident.services.all()},
        team={incident.team.pk: incident.team.name for incident in incidents if incident.team},
        tags={one.pk: one.name for incident in incidents for one in incident.tags.all()},
        audience=audience,
    )


@dataclass
class People:
    """Who may do what in one post-mortem. What only few pages ask for is fetched when they do."""

    postmortem: Postmortem

    @cached_property
    def review(self) -> Review | None:
        """The latest round, open or not."""
        return self.postmortem.reviews.select_related("opened_by").first()

    @cached_property
    def asked(self) -> list[Any]:
        return list(self.review.reviewers.select_related("user", "instead_of")) if self.review else []

    @cached_property
    def parts(self) -> list[Participant]:
        parts = self.postmortem.participants.filter(role__in=[Participant.Role.APPROVER, Participant.Role.REVIEWER], user__isnull=False)
        return list(parts.exclude(state=Participant.State.DECLINED).select_related("user"))

    @cached_property
    def members(self) -> set[int] | None:
        """Who is a member of each private incident; None where none is private."""
        private = private_incidents(self.postmortem)
        return set.intersection(*(set(one.members.values_list("user_id", flat=True)) for one in private)) if private else None

    @cached_property
    def team(self) -> list[User]:
        team = self.postmortem.incident.team
        return list(team.members.all()) if team else []

    def may_read(self, user: User) -> bool:
        """Whether somebody sees the working text; a viewer does not, nor does who is not on a private incident."""
        return user.is_active and user.role != User.Role.VIEWER and (self.members is None or user.pk in self.members)

    def named_by(self, rule: ApprovalRule) -> list[User]:
        """Everybody the rule means, whether they can read it or not."""
        incident, who = self.postmortem.incident, rule.who
        if who == ApprovalRule.Who.PEOPLE:
            return list(rule.people.all())
        if who == ApprovalRule.Who.LEAD:
            return [incident.lead] if incident.lead else []
        if who == ApprovalRule.Who.TEAM:
            return self.team
        roles = {"approver"} if who == ApprovalRule.Who.APPROVER else {"approver", "reviewer"}
        return [part.user for part in self.parts if part.user and part.role in roles]

    def able(self, rule: ApprovalRule) -> Names:
        handovers = [(row.instead_of_id, row.user_id, str(row.user)) for row in self.asked if row.instead_of_id and self.may_read(row.user)]
        return handed_over({user.pk: str(user) for user in self.named_by(rule) if self.may_read(user)}, handovers)

    def barred(self, rule: ApprovalRule) -> list[str]:
        """Names of those the rule means who cannot read it."""
        return sorted({str(user) for user in self.named_by(rule) if not self.may_read(user)})


def active_rules() -> list[ApprovalRule]:
    return list(ApprovalRule.objects.filter(is_active=True).prefetch_related(*LINKED, "people"))


def plain(rule: ApprovalRule, people: Names) -> Rule:
    linked: dict[str, Any] = {name: {one.pk: str(one) for one in getattr(rule, name).all()} for name in LINKED}
    kept: dict[str, Any] = {name: getattr(rule, name) for name in ("pk", "name", "reason", "audience", "needed", "owner_counts")}
    return Rule(**kept, **linked, sections=tuple(rule.sections.split()), people=people)


def opinion(row: Decision) -> Opinion:
    covered = {key: Seal(seal["version"], seal["digest"]) for key, seal in row.covered.items()}
    approves = row.verdict == Decision.Verdict.APPROVED
    return Opinion(row.pk, row.user_id or 0, str(row.user or "Somebody"), approves, covered, row.audience, row.by_owner)


class Approvals:
    """The approvals of a post-mortem for one audience. Where no rule applies and nobody decided, little is read."""

    def __init__(self, postmortem: Postmortem, audience: str = "", rules: Sequence[ApprovalRule] | None = None) -> None:
        self.postmortem, self.people = postmortem, People(postmortem)
        self.audience = audience or (self.people.review.audience if self.people.review else Audience.INTERNAL)
        self.sections = list(postmortem.sections.all())
        self.kinds = {section.key: section.kind for section in self.sections}
        self.titles = {section.key: section.title for section in self.sections} | {TITLE: "The title"}
        self.rules = active_rules() if rules is None else rules

    @cached_property
    def answers(self) -> list[Answer]:
        """Every rule's answer, for the dry run."""
        return self.answers_for(self.audience)

    def answers_for(self, audience: str) -> list[Answer]:
        if not self.rules:
            return []
        subject = subject_of(self.postmortem, audience)
        return [ask(plain(rule, self.people.able(rule)), subject, self.kinds) for rule in self.rules]

    @cached_property
    def decisions(self) -> list[Decision]:
        """Newest first."""
        return list(self.postmortem.decisions.select_related("user"))

    @cached_property
    def opinions(self) -> list[Opinion]:
        return [opinion(row) for row in reversed(self.decisions)]

    @cached_property
    def seals(self) -> dict[str, Seal]:
        return seals_of(self.postmortem, self.sections)

    @cached_property
    def seen(self) -> str:
        """What tells whether the document still says what somebody read."""
        return digest({key: seal.digest for key, seal in self.seals.items()})

    @cached_property
    def required(self) -> list[Standing]:
        """What must be given before this may be published for this audience; nothing where no rule applies."""
        return [self.stand(answer) for answer in self.answers if answer.applies]

    def stand(self, answer: Answer) -> Standing:
        seals = self.seals if self.opinions else dict.fromkeys(answer.sections, Seal(0, ""))
        return stand(answer, self.opinions, seals, owner=self.postmortem.owner_id, audience=self.audience)

    @cached_property
    def anybody(self) -> Standing:
        """Where no rule applies: one approval of the whole by somebody who was asked makes it "approved"."""
        asked = {row.user_id: str(row.user) for row in self.people.asked if not row.has_handed_over}
        rule = Rule(0, "Review", "One of those who were asked is enough.", people=asked)
        return self.stand(Answer(rule, True, ("no rule asks for an approval",), (*self.kinds, TITLE)))

    def holds(self, decision: Decision) -> bool:
        """Whether all that a decision covered still says the same."""
        return all(key in self.seals and self.seals[key].digest == seal["digest"] for key, seal in decision.covered.items())

    @property
    def standings(self) -> list[Standing]:
        return self.required or [self.anybody]

    @property
    def missing(self) -> list[Standing]:
        return [one for one in self.required if not one.is_met]

    @property
    def is_approved(self) -> bool:
        return all(one.is_met for one in self.standings)

    def may_decide(self, user: User) -> bool:
        """Whether somebody has a say: was asked, is a reviewer or approver here, or may give what a rule asks for."""
        asked = any(row.user_id == user.pk and not row.has_handed_over for row in self.people.asked)
        return asked or any(part.user_id == user.pk for part in self.people.parts) or any(user.pk in one.answer.rule.people for one in self.required)

    def names(self, keys: Sequence[str]) -> list[str]:
        return [self.titles.get(key, key) for key in keys]

    def in_words(self) -> list[str]:
        """What is missing, a sentence each."""
        return [f"{one.answer.rule.name}: {self.lack(one)}" for one in self.missing]

    def lack(self, one: Standing) -> str:
        parts = [f"{lapse.opinion.name} approved; {', '.join(self.names(lapse.keys))} changed since" for lapse in one.lapsed]
        parts += [f"{against.name} asked for changes" for against in one.against]
        parts += [f"{own.name} owns the document, so their approval does not count" for own in one.own]
        given = f"{len(one.given)} of {one.answer.rule.needed} given" if one.answer.rule.needed > 1 else "not given"
        return "; ".join([given, *parts]) + "."

    def snapshot(self) -> list[dict[str, Any]]:
        """The required approvals as they stand, to be kept with a publication."""
        return [{"rule": one.answer.rule.name, "by": [each.name for each in one.given], "missing": one.missing} for one in self.required]
