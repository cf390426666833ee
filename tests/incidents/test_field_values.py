"""The values that incidents are found by, written with them and read through their index on both engines."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.http import QueryDict

from incidents import catalogue, custom_fields, lifecycle
from incidents.access import SYSTEM
from incidents.custom_fields import Field
from incidents.models import CustomField, FieldValue, Incident
from tests.factories import T0, make_field, make_incident

db = pytest.mark.django_db
MANY = 3_000


def test_words_are_not_among_them_and_options_stand_alone():
    fields = [Field("areas", "Areas", "choices"), Field("facing", "Facing", "switch"), Field("people", "People", "number"), Field("note", "Note", "text")]
    values = {"areas": ["eu", "us", "eu"], "facing": False, "people": 0.5, "note": "words", "gone": "by hand"}
    assert custom_fields.found_by(fields, values) == [("areas", "eu"), ("areas", "us"), ("facing", "false"), ("people", "0.5")]
    assert custom_fields.found_by(fields, {"people": 10**15, "areas": {"odd": ["by", "hand"]}})[0] == ("areas", '{"odd": ["by", "hand"]}')
    assert all(len(text) <= custom_fields.FOUND_LIMIT for _key, text in custom_fields.found_by(fields, {"areas": ["x" * 500]}))


@pytest.fixture
def fields(db):
    make_field("region", "Region", "choice", options={"eu": "Europe", "us": "States", "mars": "Mars"})
    make_field("areas", "Areas", "choices", options={"eu": "Europe", "us": "States"})
    make_field("facing", "Facing", "switch")
    make_field("note", "Note")


def kept(incident):
    return sorted(FieldValue.objects.filter(incident=incident).values_list("key", "value"))


def test_they_follow_the_incident(fields):
    incident = lifecycle.declare(actor=SYSTEM, title="Slow", values={"region": "eu", "areas": ["eu", "us"], "facing": True, "note": "x"})
    assert kept(incident) == [("areas", "eu"), ("areas", "us"), ("facing", "true"), ("region", "eu")]
    lifecycle.edit(actor=SYSTEM, incident=incident, version=1, values={"areas": ["us"], "facing": None, "region": "us"})
    assert kept(incident) == [("areas", "us"), ("region", "us")]
    lifecycle.edit(actor=SYSTEM, incident=incident, version=2, title="Slower")
    assert kept(incident) == [("areas", "us"), ("region", "us")]
    incident.delete()
    assert not FieldValue.objects.exists()


def test_an_update_fills_in_what_is_there(fields):
    incident = make_incident(field_values={"region": "eu", "areas": ["eu", "us"], "facing": False, "note": "x", "gone": 1})
    make_incident()
    before = kept(incident)
    FieldValue.objects.all().delete()
    import_module("incidents.migrations.0010_field_values").fill(apps, None)
    assert kept(incident) == before and FieldValue.objects.count() == 4


def plan_of(actor, query):
    rows = catalogue.matching(actor, catalogue.parse(QueryDict(query)), CustomField.objects.definitions())
    return rows[:25].explain(), rows


@pytest.mark.parametrize("query", ["field.region=mars", "field.areas=us", "field.facing=no", "field.region=mars&field.facing=no"])
def test_the_list_finds_few_among_many_by_the_index(fields, bob, query):
    """A list that reads every incident is slow at some tens of thousands of them; so the plan is looked at, on the engine of the run."""
    few = {"region": "mars", "areas": ["us", "eu"], "facing": False}
    many = {"region": "eu", "areas": ["eu"], "facing": True}
    rows = [Incident(title=f"No. {n}", started_at=T0 + timedelta(hours=n), field_values=many if n % 300 else few) for n in range(MANY)]
    Incident.objects.bulk_create(rows, batch_size=500)
    import_module("incidents.migrations.0010_field_values").fill(apps, None)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plan, found = plan_of(bob, query)
    assert found.count() == MANY // 300
    assert re.search(r"field_value_once|incidents_fieldvalue_1 \(key=\? AND value=\?", plan), plan
    assert not re.search(r"Seq Scan on incidents_incident\b|SCAN incidents_incident( USING INDEX incident_newest)?$|incident_newest", plan, re.MULTILINE), plan
