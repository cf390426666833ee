"""Pure. Conditions over facts: a fact is a list of words under a name, a condition asks one thing of it, in any case of letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from incidents.custom_fields import PREFIX, Field

Facts = Mapping[str, Sequence[str]]

FIELDS = {
    "title": "Title",
    "text": "Text",
    "severity": "Severity",
    "service": "Service",
    "label": "Label",
    "source": "Source",
    "key": "Key",
}
#: What can be asked of an incident, where a template is chosen for it.
INCIDENT_FIELDS = {
    "type": "Type",
    "severity": "Severity",
    "service": "Service",
    "team": "Team",
    "tag": "Tag",
    "title": "Title",
    "learning": "Learning value",
    "tick": "Ticked",
}
MAX_VALUE = 300
WORDS_OF = {"all": " and ", "any": " or "}


def fields_of_incidents(custom: Iterable[Field]) -> dict[str, str]:
    """Return all that can be asked of an incident, with the fields that administrators added."""
    return INCIDENT_FIELDS | {PREFIX + field.key: field.label for field in custom}


def listed(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def reaches(found: list[str], value: str, sign: int) -> bool:
    """Say whether one is at least (1) or at most (-1) the value: as numbers, or as days, which are in order as they are written."""
    limit = number(value)
    if limit is not None:
        return any((each - limit) * sign >= 0 for one in found if (each := number(one)) is not None)
    return any(one[: len(value)] >= value if sign > 0 else one[: len(value)] <= value for one in found if one[:4].isdigit() and number(one) is None)


#: name -> what people read, and the question: (the fact's values, the value asked for), both in small letters
OPERATORS: dict[str, tuple[str, Callable[[list[str], str], bool]]] = {
    "is": ("is", lambda found, value: value in found),
    "is_not": ("is not", lambda found, value: value not in found),
    "any_of": ("is one of", lambda found, value: any(word in found for word in listed(value))),
    "contains": ("contains", lambda found, value: any(value in each for each in found)),
    "lacks": ("does not contain", lambda found, value: not any(value in each for each in found)),
    "starts": ("starts with", lambda found, value: any(each.startswith(value) for each in found)),
    "at_least": ("is at least", lambda found, value: reaches(found, value, 1)),
    "at_most": ("is at most", lambda found, value: reaches(found, value, -1)),
}


class ConditionError(ValueError):
    """This is no condition. The message is for people."""


@dataclass(frozen=True)
class Condition:
    """`label` names the label when the field is one: "env" in “label env is production”; of a custom field it is what people read."""

    field: str
    operator: str
    value: str
    label: str = ""

    def holds(self, facts: Facts) -> bool:
        name = f"label {self.label}".casefold() if self.field == "label" else self.field
        found = [each.casefold() for each in facts.get(name, ())]
        return OPERATORS[self.operator][1](found, self.value.casefold())

    def __str__(self) -> str:
        if self.field.startswith(PREFIX):
            subject = self.label or self.field.removeprefix(PREFIX)
        else:
            subject = f"label {self.label}" if self.field == "label" else (FIELDS | INCIDENT_FIELDS)[self.field].lower()
        return f"{subject} {OPERATORS[self.operator][0]} “{self.value}”"

    def as_json(self) -> dict[str, str]:
        found = {"field": self.field, "operator": self.operator, "value": self.value}
        return {**found, "label": self.label} if self.label else found


def parse(data: Any, known: Mapping[str, str] = FIELDS) -> Condition:
    """Return the condition that was kept or sent, on one of the `known` fields. Raises ConditionError."""
    if not isinstance(data, Mapping):
        raise ConditionError("A condition is an object with field, operator and value.")
    values = {name: data.get(name, "") for name in ("field", "operator", "value", "label")}
    if not all(isinstance(value, str) for value in values.values()):
        raise ConditionError("Field, operator, value and label are texts.")
    field, operator, value, label = (values[name].strip() for name in ("field", "operator", "value", "label"))
    if field not in known:
        raise ConditionError(f"There is no field “{field[:40]}”. Known: {', '.join(known)}.")
    if operator not in OPERATORS:
        raise ConditionError(f"There is no operator “{operator[:40]}”. Known: {', '.join(OPERATORS)}.")
    if not value:
        raise ConditionError("Say with what to compare.")
    if field == "label" and not label:
        raise ConditionError("Name the label.")
    if field.startswith(PREFIX):
        label = known[field]
    return Condition(field, operator, value[:MAX_VALUE], label[:100] if field == "label" or field.startswith(PREFIX) else "")


@dataclass(frozen=True)
class Group:
    """Conditions and further groups of which "all" or "any" must hold. One without parts always holds."""

    match: str = "all"
    parts: tuple[Condition | Group, ...] = ()

    def holds(self, facts: Facts) -> bool:
        answers = [part.holds(facts) for part in self.parts]
        return not answers or (all(answers) if self.match == "all" else any(answers))

    def held(self, facts: Facts) -> str:
        """Say which of the conditions hold: where any is enough, the others are left out."""
        return str(self.reduced(facts))

    def reduced(self, facts: Facts) -> Group:
        """The group with nothing but what holds."""
        return Group(self.match, tuple(part.reduced(facts) if isinstance(part, Group) else part for part in self.parts if part.holds(facts)))

    def __str__(self) -> str:
        several = len(self.parts) > 1
        said = [f"({part})" if several and isinstance(part, Group) and len(part.parts) > 1 else str(part) for part in self.parts]
        return WORDS_OF[self.match].join(said) or "always"


def bracketed(conditions: Sequence[tuple[str, Condition]], *, match: str) -> Group:
    """Return the conditions as one group. Those with the same name stand in brackets, joined by the other word; one without a name stands alone.

    All of (any of …) and any of (all of …) say everything that "and" and "or" can say.
    """
    parts: list[Condition | list[Condition]] = []
    named: dict[str, list[Condition]] = {}
    for name, condition in conditions:
        if not name:
            parts.append(condition)
        elif name in named:
            named[name].append(condition)
        else:
            parts.append(named.setdefault(name, [condition]))
    other = "any" if match == "all" else "all"
    return Group(match, tuple(Group(other, tuple(part)) if isinstance(part, list) else part for part in parts))


def together(conditions: Sequence[Condition], facts: Facts, *, match: str) -> bool:
    """Say whether "all" or "any" of them hold. No condition at all always holds."""
    answers = [condition.holds(facts) for condition in conditions]
    return not answers or (all(answers) if match == "all" else any(answers))


def described(conditions: Sequence[Condition], *, match: str) -> str:
    return (" and " if match == "all" else " or ").join(map(str, conditions)) or "always"
