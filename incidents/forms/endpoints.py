"""Forms of webhook endpoints: the endpoint, its secret, its rules as rows, the meaning of keys, and what is done with a delivery."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from incidents import conditions, endpoint_mapping, endpoints, routing, sources
from incidents.access import Actor
from incidents.forms.fields import VersionField
from incidents.lib import signing
from incidents.lib.text import clean_line, whole
from incidents.models import Incident, Severity, Team
from incidents.models.endpoints import AUTO
from incidents.models.people import check_zone
from incidents.routing import Rule, RuleError
from incidents.senders import ANY_JSON, is_known

LEFT_OUT = "-"
NO_SENDERS = {"table", "plain_text"}  # files that people have; tools do not post them


def source_choices() -> list[tuple[str, Any]]:
    """The tools that are known to send, by name; then any JSON, and other formats."""
    names = {name: source.label for name, source in sources.registered().items() if name not in (ANY_JSON, *NO_SENDERS)}
    rest = [(name, label) for name, label in sorted(names.items(), key=by_label) if not is_known(name)]
    return [
        ("Tools", [(name, label) for name, label in sorted(names.items(), key=by_label) if is_known(name)]),
        ("Any other", [(ANY_JSON, "Another tool: any JSON, whose keys you explain"), (AUTO, "Several tools: found out from each delivery"), *rest]),
    ]


def by_label(pair: tuple[str, str]) -> str:
    return pair[1].lower()


class EndpointForm(forms.Form):
    """What an endpoint is; the tool is chosen once, since it stands in the address."""

    name = forms.CharField(max_length=100, help_text="Which tool and which part of it: “PagerDuty, payments”.")
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="None", help_text="Incidents it opens belong to it.")
    severity = forms.ModelChoiceField(
        Severity.objects.all(), required=False, empty_label="None", label="Severity if unknown", help_text="When the tool names none of yours."
    )
    quiet_minutes = forms.IntegerField(
        min_value=0,
        max_value=endpoints.MAX_QUIET,
        initial=60,
        label="Quiet period",
        help_text="Minutes after an incident was resolved in which its key still leads to it.",
    )
    time_zone = forms.CharField(
        max_length=64,
        initial="UTC",
        validators=[check_zone],
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        help_text="For times that state no zone.",
    )
    is_private = forms.BooleanField(required=False, label="Private", help_text="Incidents it opens are seen by the team's members and by you only.")
    scheme = forms.ChoiceField(required=False, label="Proof of the sender", help_text="How it shows that a delivery is its own.")
    header = forms.CharField(required=False, max_length=60, label="Header of the signature or token", help_text="Only where the tool lets you choose its name.")
    timestamp_header = forms.CharField(
        required=False, max_length=60, label="Header of the signed time", help_text="Grafana: as set there. Replays are then refused."
    )
    version = VersionField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].required = False
        self.scheme_field.choices = [("", "As the tool does it"), *((scheme.name, scheme.label) for scheme in signing.SCHEMES.values())]

    @property
    def scheme_field(self) -> forms.ChoiceField:
        field = self.fields["scheme"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        return field

    def clean_name(self) -> str:
        name = clean_line(self.cleaned_data["name"], limit=100)
        if not name:
            raise forms.ValidationError("Give it a name.")
        return name


class NewEndpointForm(EndpointForm):
    source = forms.ChoiceField(label="Tool")
    field_order = ["source", "name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = source_choices()


class SecretForm(forms.Form):
    secret = forms.CharField(
        required=False, max_length=500, strip=True, label="Secret", widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"})
    )
    overlap_hours = forms.TypedChoiceField(
        coerce=int,
        initial=endpoints.OVERLAP_HOURS,
        label="The old one is taken",
        choices=[(24, "for 24 hours more"), (168, "for 7 days more"), (0, "no longer")],
    )


SENT_RULE = re.compile(r"rule-(\d{1,3})-")


class RuleForm(forms.Form):
    """One rule as rows: what must hold, and what is then done. Without an action it is none."""

    name = forms.CharField(required=False, max_length=100, label="Name")
    match = forms.ChoiceField(choices=[("all", "all of these hold"), ("any", "any of these holds")], label="When")
    action = forms.ChoiceField(required=False, choices=[("", "No rule"), *routing.ACTIONS.items()], label="Then")
    minutes = forms.IntegerField(required=False, min_value=1, max_value=routing.MAX_MINUTES, initial=60, label="Within minutes")
    otherwise = forms.ChoiceField(required=False, choices=[("open", "open a new one"), ("inbox", "keep in the inbox")], label="If there is none")
    incident = forms.CharField(required=False, max_length=20, label="Incident", widget=forms.TextInput(attrs={"placeholder": "INC-12"}))
    order = forms.IntegerField(required=False, min_value=1, max_value=99, label="Position")

    def __init__(self, *args: Any, rows: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows_wanted = min(rows, routing.MAX_CONDITIONS)
        for number in range(self.rows_wanted):
            self.fields[f"field-{number}"] = forms.ChoiceField(required=False, choices=[("", "–"), *conditions.FIELDS.items()], label="What")
            self.fields[f"label-{number}"] = forms.CharField(
                required=False, max_length=100, label="Name of the label", widget=forms.TextInput(attrs={"placeholder": "label’s name"})
            )
            self.fields[f"operator-{number}"] = forms.ChoiceField(
                required=False, choices=[(name, words) for name, (words, _) in conditions.OPERATORS.items()], label="How"
            )
            self.fields[f"value-{number}"] = forms.CharField(required=False, max_length=conditions.MAX_VALUE, label="Value")

    def rows(self) -> list[dict[str, Any]]:
        return [{name: self[f"{name}-{number}"] for name in ("field", "label", "operator", "value")} for number in range(self.rows_wanted)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("action") and not self.errors:
            try:
                routing.parse_rule(self.as_json(), 1)
            except RuleError as error:
                self.add_error(None, error.message)
        elif not self.errors and any(data.get(f"value-{number}") for number in range(self.rows_wanted)):
            self.add_error("action", "Say what is then done.")
        return data

    def as_json(self) -> dict[str, Any]:
        data = self.cleaned_data
        asked = [
            {name: data.get(f"{name}-{number}", "") for name in ("field", "label", "operator", "value")}
            for number in range(self.rows_wanted)
            if data.get(f"field-{number}") or data.get(f"value-{number}")
        ]
        given = {name: data[name] for name in ("name", "match", "action", "minutes", "otherwise", "incident") if data.get(name)}
        return {**given, "conditions": asked}


def rule_forms(rules: list[Rule], data: Any = None) -> list[RuleForm]:
    """Return a form for each rule and one for another, bound to `data` when it was sent."""
    if data is not None:
        count = whole(str(data.get("count", "")))
        # A form without its count is not one without rules: those that are in it count.
        if count is None:
            count = 1 + max((int(each[1]) for name in data if (each := SENT_RULE.match(name))), default=-1)
        return [RuleForm(data, prefix=f"rule-{number}", rows=rows_sent(data, number)) for number in range(min(count, routing.MAX_RULES + 1))]
    found = [RuleForm(prefix=f"rule-{number}", rows=len(rule.conditions) + 1, initial=initial_of(rule, number)) for number, rule in enumerate(rules)]
    return [*found, RuleForm(prefix=f"rule-{len(rules)}", rows=2, initial={"order": len(rules) + 1})][: routing.MAX_RULES]


def rows_sent(data: Any, number: int) -> int:
    return max((row + 1 for row in range(routing.MAX_CONDITIONS) if f"rule-{number}-field-{row}" in data), default=1)


def initial_of(rule: Rule, number: int) -> dict[str, Any]:
    found = {**rule.as_json(), "order": number + 1}
    for row, condition in enumerate(rule.conditions):
        found |= {f"{name}-{row}": getattr(condition, name) for name in ("field", "label", "operator", "value")}
    return found


def sent_rules(forms_sent: list[RuleForm]) -> list[dict[str, Any]]:
    """Return the rules in the order that was asked for; those without an action are dropped."""
    kept = [form for form in forms_sent if form.cleaned_data.get("action")]
    return [form.as_json() for form in sorted(kept, key=lambda form: form.cleaned_data.get("order") or 99)]


class KeysForm(forms.Form):
    """What each key of the JSON means. Fields are numbered: names are strangers' text."""

    version = VersionField()

    def __init__(self, *args: Any, columns: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        choices = [
            (LEFT_OUT, "Not used"),
            ("Of the incident", [*endpoint_mapping.INCIDENT_FIELDS.items()]),
            ("Of an event", [*sources_fields()]),
        ]
        for number, column in enumerate(columns):
            self.fields[f"key-{number}"] = forms.ChoiceField(choices=choices, initial=column["field"] or LEFT_OUT, required=False, label=column["name"])

    def rows(self) -> list[dict[str, Any]]:
        return [{**column, "bound": self[f"key-{number}"]} for number, column in enumerate(self.columns)]

    def mapping(self) -> dict[str, str]:
        chosen = [self.cleaned_data.get(f"key-{number}", "") for number in range(len(self.columns))]
        return {column["name"]: "" if field in ("", LEFT_OUT) else field for column, field in zip(self.columns, chosen, strict=True)}


def sources_fields() -> list[tuple[str, str]]:
    return [(name, label) for name, label in endpoint_mapping.CHOICES.items() if name not in endpoint_mapping.INCIDENT_FIELDS]


class OpenForm(forms.Form):
    """A new incident from a delivery of the inbox."""

    title = forms.CharField(max_length=300, required=False, label="Title")


class AddForm(forms.Form):
    """An incident that the person sees, by its reference."""

    incident = forms.CharField(
        max_length=20, label="Incident", widget=forms.TextInput(attrs={"list": "open-incidents", "placeholder": "INC-12", "autocomplete": "off"})
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_incident(self) -> Incident:
        match = routing.REFERENCE.fullmatch(self.cleaned_data["incident"].strip().upper())
        found = Incident.objects.visible_to(self.actor).filter(pk=match.group(1)).first() if match else None
        if found is None:
            raise forms.ValidationError("There is no such incident. Write its reference, such as INC-12.")
        return found
