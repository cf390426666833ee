"""Pure. Conditions over facts: a fact is a list of words under a name, a condition asks one thing of it, in any case of letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    "severity": "Severity",
    "service": "Service",
    "team": "Team",
    "tag": "Tag",
    "title": "Title",
    "learning": "Learning value",
    "tick": "Ticked",
}
MAX_VALUE = 300


def listed(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


#: name -> what people read, and the question: (the fact's values, the value asked for), both in small letters
OPERATORS: dict[str, tuple[str, Callable[[list[str], str], bool]]] = {
    "is": ("is", lambda found, value: value in found),
    "is_not": ("is not", lambda found, value: value not in found),
    "any_of": ("is one of", lambda found, value: any(word in found for word in listed(value))),
    "contains": ("contains", lambda found, value: any(value in each for each in found)),
    "lacks": ("does not contain", lambda found, value: not any(value in each for each in found)),
    "starts": ("starts with", lambda found, value: any(each.startswith(value) for each in found)),
}


class ConditionError(ValueError):
    """This is no condition. The message is for people."""


@dataclass(frozen=True)
class Condition:
    """`label` names the label when the field is one: "env" in “label env is production”."""

    field: str
    operator: str
    value: str
    label: str = ""

    def holds(self, facts: Facts) -> bool:
        name = f"label {self.label}".casefold() if self.field == "label" else self.field
        found = [each.casefold() for each in facts.get(name, ())]
        return OPERATORS[self.operator][1](found, self.value.casefold())

    def __str__(self) -> str:
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
    return Condition(field, operator, value[:MAX_VALUE], label[:100] if field == "label" else "")


def together(conditions: Sequence[Condition], facts: Facts, *, match: str) -> bool:
    """Say whether "all" or "any" of them hold. No condition at all always holds."""
    answers = [condition.holds(facts) for condition in conditions]
    return not answers or (all(answers) if match == "all" else any(answers))


def described(conditions: Sequence[Condition], *, match: str) -> str:
    return (" and " if match == "all" else " or ").join(map(str, conditions)) or "always"
