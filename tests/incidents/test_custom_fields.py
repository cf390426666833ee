"""Fields that administrators add to incidents: values cleaned, kept, read, filtered, and never lost."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents import custom_fields, lifecycle
from incidents.custom_field_values import FieldError, FieldErrors, clean, merged
from incidents.custom_fields import Field, Option, words
from incidents.lib import stored
from incidents.models import AuditEvent, CustomField, Incident, IncidentType
from tests.factories import api_client, make_field, make_incident, make_user

db = pytest.mark.django_db
REGION = Field("region", "Region", "choice", options=(Option("eu", "EU"), Option("us", "US"), Option("old", "Moon", is_active=False)))
REGIONS = Field("regions", "Regions", "choices", options=REGION.options)
KINDS = {kind: Field(kind, kind.title(), kind) for kind in ("text", "number", "date", "moment", "switch", "person", "link")}
ROME = ZoneInfo("Europe/Rome")
XSS = "<script>alert(1)</script>"


# Pure -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "raw", "kept", "read"),
    [
        (KINDS["text"], "  two\n lines \u202e", "two lines", "two lines"),
        (KINDS["number"], "1200.50", 1200.5, "1,200.5"),
        (KINDS["number"], 7, 7, "7"),
        (KINDS["number"], "-0.25", -0.25, "-0.25"),
        (KINDS["date"], "2026-03-02", "2026-03-02", "2 Mar 2026"),
        (KINDS["moment"], "2026-03-02T14:00", "2026-03-02T13:00:00Z", "2 Mar 2026, 14:00 CET"),
        (KINDS["moment"], "2026-03-02T14:00:00+05:30", "2026-03-02T08:30:00Z", "2 Mar 2026, 09:30 CET"),
        (KINDS["switch"], False, False, "No"),
        (KINDS["switch"], "yes", True, "Yes"),
        (KINDS["person"], "Noor Haddad", "Noor Haddad", "Noor Haddad"),
        (KINDS["link"], "https://example.org/a?b=c", "https://example.org/a?b=c", "https://example.org/a?b=c"),
        (REGION, "eu", "eu", "EU"),
        (REGION, "Us", "us", "US"),
        (REGIONS, ["us", "eu", "us"], ["eu", "us"], "EU, US"),
        (REGIONS, [], None, ""),
        (KINDS["text"], "   ", None, ""),
        (KINDS["number"], None, None, ""),
    ],
)
def test_a_value_is_kept_and_read(field, raw, kept, read):
    assert clean(field, raw, None, ROME) == kept
    assert words(field, kept, ROME) == read


@pytest.mark.parametrize(
    ("field", "raw", "said"),
    [
        (KINDS["text"], "x" * 10_000, "“Text” takes at most 500 characters; these are 10,000. Shorten it."),
        (KINDS["text"], 5, "“Text” takes a text."),
        (KINDS["number"], "many", "“Number” takes a number, such as 1200 or 0.5."),
        (KINDS["number"], "NaN", "takes a number"),
        (KINDS["number"], "1e400", "at most 15 digits"),
        (KINDS["number"], "9" * 10_000, "takes a number"),
        (KINDS["number"], True, "takes a number"),
        (KINDS["number"], {}, "takes a number"),
        (KINDS["date"], "tomorrow", "“Date” takes a day, such as 2026-03-02."),
        (KINDS["date"], 20260302, "takes a day"),
        (KINDS["moment"], "0001-01-01T00:00:00+14:00", "takes a moment"),
        (KINDS["moment"], "2026-03-29T02:30", "the clocks were put forward"),
        (KINDS["switch"], "maybe", "“Switch” takes yes or no."),
        (KINDS["link"], "javascript:alert(1)", "begins with https://"),
        (KINDS["link"], "//evil.example", "begins with https://"),
        (REGION, "euu", "“Region” has no option “euu”. Did you mean “EU”?"),
        (REGION, ["eu"], "“Region” takes one of its options."),
        (REGION, "old", "“Moon” is no longer offered for “Region”. One of: EU, US."),
        (REGIONS, "eu", "“Regions” takes a list of its options."),
        (REGIONS, ["eu", {"a": 1}], "takes a list of its options"),
    ],
)
def test_what_cannot_be_is_refused_with_the_mend(field, raw, said):
    with pytest.raises(FieldError) as wrong:
        clean(field, raw, None, ROME)
    assert said in str(wrong.value)


def test_what_was_retired_stays_and_can_be_taken_back_but_not_given_anew():
    retired = Field("text", "Text", is_active=False)
    assert clean(REGION, "old", "old") == "old"
    assert words(REGION, "old") == "Moon"
    assert clean(REGIONS, ["old", "eu"], ["old"]) == ["eu", "old"]
    assert clean(retired, "said", "said") == "said"
    assert clean(retired, "", "said") is None
    with pytest.raises(FieldError, match="no longer filled in"):
        clean(retired, "new", "said")
    assert words(REGION, "gone") == "gone"


def test_the_second_pass_of_a_repeated_hour_stays_what_it_was():
    second = "2026-10-25T01:30:00Z"  # 02:30 for the second time in Rome
    assert clean(KINDS["moment"], "2026-10-25T02:30:00", second, ROME) == second
    assert clean(KINDS["moment"], "2026-10-25T02:30:00", None, ROME) == "2026-10-25T00:30:00Z"


def test_only_what_is_given_changes_and_every_mistake_is_named():
    before = {"region": "eu", "text": "stays"}
    assert merged([REGION, KINDS["text"]], before, {"region": None}) == {"text": "stays"}
    with pytest.raises(FieldErrors) as wrong:
        merged([REGION, KINDS["number"]], before, {"regoin": "eu", "number": "x", "region": "mars"})
    assert set(wrong.value.errors) == {"regoin", "number", "region"}
    assert "Did you mean “region”?" in wrong.value.errors["regoin"]


def test_what_is_asked_for_follows_the_type_and_what_is_wanted_is_missing():
    fields = [Field("a", "A", is_required=True), Field("b", "B", types=frozenset({"security"}), is_required=True), Field("c", "C", is_active=False)]
    assert [row.field.key for row in custom_fields.told(fields, {}, "")] == ["a"]
    assert [row.field.key for row in custom_fields.told(fields, {"a": "x"}, "security") if row.is_missing] == ["b"]
    assert [row.words for row in custom_fields.told(fields, {"b": "kept", "c": "too"}, "data")] == ["", "kept", "too"]


def test_what_near_misses_do_not_have_is_not_asked_of_them():
    fields = [Field("a", "A", is_required=True, of_near_misses=False), Field("b", "B"), Field("c", "C", types=frozenset({"data"}))]
    assert [row.field.key for row in custom_fields.told(fields, {}, "", near_miss=True)] == ["b"]
    assert [row.field.key for row in custom_fields.told(fields, {"a": "kept"}, "data", near_miss=True)] == ["a", "b", "c"]
    assert [one.key for one in fields if custom_fields.is_asked(one, "", near_miss=False)] == ["a", "b"]


def test_facts_for_conditions_have_key_and_label():
    fields = [REGIONS, KINDS["switch"], KINDS["number"]]
    assert custom_fields.facts(fields, {"regions": ["eu"], "switch": True}) == {"fields.regions": ["eu", "EU"], "fields.switch": ["Yes"], "fields.number": []}


# Kept with the incident -----------------------------------------------------------------------------


@pytest.fixture
def region(db):
    return make_field("region", "Region", "choice", options={"eu": "EU", "us": "US"})


@db
def test_a_change_is_compared_logged_and_told(bob, region, client):
    incident = make_incident(field_values={"region": "eu"})
    lifecycle.edit(actor=bob, incident=incident, version=1, values={"region": "us"}, type=IncidentType.objects.get(key="security"))
    incident.refresh_from_db()
    assert (incident.field_values, incident.type.key, incident.version) == ({"region": "us"}, "security", 2)
    changed = AuditEvent.objects.get(verb="incident edited").detail["changed"]
    assert changed == {"type": ["", "Security"], "fields": {"Region": ["EU", "US"]}}
    client.force_login(bob)
    assert "Region: EU → US" in client.get(f"{incident.get_absolute_url()}history/").content.decode()


@db
def test_a_lost_race_shows_both_in_words(bob, alice, region, client):
    incident = make_incident(field_values={"region": "eu"})
    lifecycle.edit(actor=alice, incident=incident, version=1, values={"region": "us"})
    client.force_login(bob)
    address = reverse("incidents:incident_fields", args=[incident.reference])
    page = client.post(address, {"version": "1", "field-region": "", "type": "data"})
    assert page.status_code == 409
    assert "(empty)" in page.content.decode() and "US" in page.content.decode()
    incident.refresh_from_db()
    assert incident.field_values == {"region": "us"}


@db
def test_a_type_that_was_retired_stays_but_is_not_given_anew(bob, client):
    IncidentType.objects.filter(key="data").update(is_active=False)
    retired = IncidentType.objects.get(key="data")
    incident, other = make_incident(type=retired), make_incident()
    client.force_login(bob)
    assert client.post(reverse("incidents:incident_fields", args=[incident.reference]), {"version": "1", "type": "data"}).status_code == 302
    assert client.post(reverse("incidents:incident_fields", args=[other.reference]), {"version": "1", "type": "data"}).status_code == 422
    answer = api_client(bob).patch(f"/api/v1/incidents/{other.reference}/", {"type": "data"}, format="json", headers={"If-Match": '"1"'})
    assert answer.status_code == 400 and "no longer offered" in json.dumps(answer.json(), ensure_ascii=False)


# Pages ----------------------------------------------------------------------------------------------


@db
def test_declaring_asks_and_never_insists(bob, client, region):
    CustomField.objects.filter(key="region").update(is_required=True)
    client.force_login(bob)
    assert "field-region" in client.get("/incidents/new/").content.decode()
    assert client.post("/incidents/new/", {"title": "No field filled", "time_zone": "UTC"}).status_code == 302
    page = client.get(Incident.objects.get().get_absolute_url()).content.decode()
    assert "1 field missing" in page and "Missing" in page
    client.post("/incidents/new/", {"title": "Filled", "time_zone": "UTC", "field-region": "eu", "type": "data"})
    filled = Incident.objects.get(title="Filled")
    assert (filled.field_values, filled.type.key) == ({"region": "eu"}, "data")
    refused = client.post("/incidents/new/", {"title": "Wrong", "time_zone": "UTC", "field-region": "mars"})
    assert refused.status_code == 422 and "“Region” has no option “mars”" in refused.content.decode()


@db
def test_the_edit_page_saves_fields_and_keeps_what_it_does_not_show(bob, client, region):
    make_field("note", "Note")
    incident = make_incident(field_values={"region": "eu", "note": "kept", "gone": "by hand"})
    client.force_login(bob)
    sent = {"title": incident.title, "status": "open", "time_zone": "UTC", "version": "1", "field-region": "us", "field-note": "kept"}
    assert client.post(f"{incident.get_absolute_url()}edit/", sent).status_code == 302
    incident.refresh_from_db()
    assert incident.field_values == {"region": "us", "note": "kept", "gone": "by hand"}


@db
def test_only_some_fields_are_asked_for_and_the_way_back_is_ours(bob, client, region):
    make_field("note", "Note")
    incident = make_incident(field_values={"note": "stays"})
    client.force_login(bob)
    address = reverse("incidents:incident_fields", args=[incident.reference])
    page = client.get(address, {"only": "region"}).content.decode()
    assert "field-region" in page and "field-note" not in page and 'name="type"' not in page
    answer = client.post(f"{address}?only=region&next=/postmortems/", {"version": "1", "field-region": "eu"})
    assert (answer.status_code, answer.url) == (302, "/postmortems/")
    incident.refresh_from_db()
    assert incident.field_values == {"note": "stays", "region": "eu"}
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        incident.refresh_from_db()
        url = client.post(f"{address}?next={elsewhere}", {"version": incident.version, "field-region": "eu"}).url
        assert url.startswith("/incidents/"), elsewhere


@db
def test_what_is_typed_is_shown_as_text(bob, client):
    make_field("note", XSS, help_text=XSS, options={})
    make_field("pick", "Pick", "choice", options={"one": XSS})
    make_field("address", "Address", "link")
    IncidentType.objects.create(key="odd", name=XSS)
    incident = make_incident(type=IncidentType.objects.get(key="odd"), field_values={"note": XSS, "pick": "one", "address": "https://example.org/?<b>"})
    client.force_login(bob)
    for path in ("", "edit/", "fields/", "history/"):
        assert XSS not in client.get(incident.get_absolute_url() + path).content.decode(), path
    for path in ("/incidents/", "/incidents/new/", "/knowledge/"):
        assert XSS not in client.get(path).content.decode(), path


@db
def test_viewers_read_and_outsiders_know_nothing(charlie, bob, client, region):
    incident = make_incident(field_values={"region": "eu"})
    hidden = make_incident(is_private=True, members=[bob], field_values={"region": "eu"}, title="A secret")
    client.force_login(charlie)
    address = reverse("incidents:incident_fields", args=[incident.reference])
    assert client.get(address).status_code == client.post(address, {"version": "1"}).status_code == 403
    page = client.get(incident.get_absolute_url()).content.decode()
    assert "EU" in page and "fields/" not in page
    assert client.get(reverse("incidents:incident_fields", args=[hidden.reference])).status_code == 404
    assert "A secret" not in client.get("/incidents/?field.region=eu").content.decode()
    assert api_client(charlie).get("/api/v1/incidents/?field.region=eu").json()["count"] == 1


# The list -------------------------------------------------------------------------------------------


@pytest.fixture
def many(db):
    make_field("region", "Region", "choice", options={"eu": "Europe", "eu_west": "West of it"})
    make_field("areas", "Areas", "choices", options={"eu": "Europe", "eu_west": "West of it"})
    make_field("facing", "Facing", "switch")
    make_field("contains", "Note")  # called as a lookup is
    make_field("people", "People", "number")
    make_field("on", "On", "date")
    values = {"region": "eu", "areas": ["eu", "eu_west"], "facing": True, "contains": "Straße 5%", "people": 12, "on": "2026-03-02"}
    make_incident("Wanted", field_values=values, type=IncidentType.objects.get(key="data"))
    make_incident(
        "Other", field_values={"region": "eu_west", "areas": ["eu_west"], "facing": False, "contains": "Strasse 50", "people": 120, "on": "2026-03-03"}
    )
    make_incident("Empty")


@pytest.mark.parametrize(
    "query",
    [
        "type=data",
        "field.region=eu",
        "field.region=Europe",
        "field.areas=eu",
        "field.facing=yes",
        "field.contains=stra%C3%9Fe",
        "field.contains=5%25",
        "field.people=12",
        "field.on=2026-03-02",
        "field.region=eu&field.areas=eu_west",
    ],
)
def test_lists_are_filtered_by_type_and_field(many, bob, client, query):
    client.force_login(bob)
    page = client.get(f"/incidents/?{query}").content.decode()
    assert "Wanted" in page and "Other" not in page and "Empty" not in page
    assert [row["title"] for row in api_client(bob).get(f"/api/v1/incidents/?{query}").json()["results"]] == ["Wanted"]


@db
@pytest.mark.parametrize("query", ["Straße", "west of it", "EUROPE"])
def test_words_are_found_in_fields(many, bob, client, query):
    client.force_login(bob)
    page = client.get("/incidents/", {"q": query}).content.decode()
    assert client.get("/incidents/?field.region=%00&q=%00").status_code == 200
    assert "Wanted" in page and "Empty" not in page


@db
@pytest.mark.parametrize("query", ["field.nope=1", "field.region=mars", "field.people=x", "field.=1", "type=nope", "field.contains__x=1"])
def test_what_is_not_there_finds_nothing_on_the_page_and_is_named_by_the_api(many, bob, client, query):
    client.force_login(bob)
    page = client.get(f"/incidents/?{query}")
    assert page.status_code == 200 and "Wanted" not in page.content.decode()
    answer = api_client(bob).get(f"/api/v1/incidents/?{query}")
    assert (answer.status_code == 400) or answer.json()["count"] == 0


@db
def test_pages_take_the_same_queries_however_many_fields(bob, client):
    incident = make_incident()
    client.force_login(bob)

    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    paths = [incident.get_absolute_url(), "/incidents/", f"{incident.get_absolute_url()}edit/", f"{incident.get_absolute_url()}fields/", "/incidents/new/"]
    few = [queries(path) for path in paths]
    for number in range(12):
        field = make_field(f"f{number}", f"Field {number}", "choice", options={"a": "A", "b": "B", "c": "C"})
        field.types.add(*IncidentType.objects.all()[:2])
    Incident.objects.update(field_values={f"f{number}": "a" for number in range(12)}, type=IncidentType.objects.first())
    for number in range(9):
        make_incident(f"One more {number}", type=IncidentType.objects.last(), field_values={"f1": "b"})
    assert [queries(path) for path in paths] == few


# API ------------------------------------------------------------------------------------------------


@db
def test_fields_are_read_and_written_over_the_api(bob, region):
    api = api_client(bob)
    made = api.post("/api/v1/incidents/", {"title": "Slow", "type": "security", "fields": {"region": "eu"}}, format="json")
    assert (made.status_code, made.json()["type"], made.json()["fields"]) == (201, "security", {"region": "eu"})
    url = f"/api/v1/incidents/{made.json()['reference']}/"
    changed = api.patch(url, {"fields": {"region": "US"}}, format="json", headers={"If-Match": '"1"'})
    assert (changed.json()["fields"], changed["ETag"]) == ({"region": "us"}, '"2"')
    assert api.patch(url, {"fields": {"region": "eu"}}, format="json", headers={"If-Match": '"1"'}).status_code == 412
    assert api.patch(url, {"fields": {"region": None}, "type": None}, format="json", headers={"If-Match": '"2"'}).json()["fields"] == {}
    assert api.patch(url, {"status": "mitigated"}, format="json").status_code == 428


@db
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"regoin": "eu"}, "Did you mean “region”?"),
        ({"region": 5}, "takes one of its options"),
        ({"region": "x" * 10_000}, "has no option"),
        ({"region": {"$gt": ""}}, "takes one of its options"),
        ({"x" * 10_000: "eu"}, "There is no field"),
        ({"a\u0000": "eu"}, "There is no field"),
        (["region"], "An object of at most"),
        ("region", "An object of at most"),
        (None, ""),
        ({str(number): 1 for number in range(500)}, "An object of at most"),
    ],
)
def test_wrong_values_are_named_over_the_api(bob, region, fields, said):
    answer = api_client(bob).post("/api/v1/incidents/", {"title": "Slow", "fields": fields}, format="json")
    assert answer.status_code == 400 and said in json.dumps(answer.json()["errors"], ensure_ascii=False)
    assert not Incident.objects.exists()


@db
def test_definitions_are_listed(charlie, region):
    region.types.add(IncidentType.objects.get(key="data"))
    row = api_client(charlie).get("/api/v1/custom-fields/region/").json()
    assert (row["kind"], row["types"], [one["key"] for one in row["options"]]) == ("choice", ["data"], ["eu", "us"])
    assert [one["key"] for one in api_client(charlie).get("/api/v1/incident-types/").json()["results"]] == ["disruption", "security", "data", "supplier"]
    with CaptureQueriesContext(connection) as few:
        api_client(charlie).get("/api/v1/custom-fields/")
    make_field("more", "More", "choice", options={"a": "A"})
    with CaptureQueriesContext(connection) as many:
        api_client(charlie).get("/api/v1/custom-fields/")
    assert len(many) == len(few)


# The admin ------------------------------------------------------------------------------------------


@pytest.fixture
def operator(client):
    client.force_login(make_user("root", role="admin", is_staff=True, is_superuser=True))
    return client


def form_of(field=None, options=(), **fields):
    data = {"name": "Region", "kind": "choice", "position": "1", "is_active": "on", **fields}
    existing = [option for option in options if option.get("id")]
    data |= {"options-TOTAL_FORMS": len(options), "options-INITIAL_FORMS": len(existing)}
    for number, option in enumerate(options):
        data |= {f"options-{number}-{name}": value for name, value in ({"is_active": "on"} | option).items() if value is not None}
        data |= {f"options-{number}-field": field.pk} if field else {}
    return data


@db
def test_an_administrator_adds_a_field_with_options_in_order(operator):
    options = [{"label": "United States", "position": "2"}, {"label": "Europe", "key": "EU", "position": "1"}, {"label": "Elsewhere"}]
    answer = operator.post(reverse("admin:incidents_customfield_add"), form_of(key="where-it-was", options=options))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    field = CustomField.objects.get()
    assert field.key == "where_it_was"
    assert list(field.options.values_list("key", "position")) == [("eu", 1), ("united-states", 2), ("elsewhere", 3)]
    assert operator.get(reverse("admin:incidents_customfield_changelist")).status_code == 200


@db
@pytest.mark.parametrize(
    ("fields", "options", "said"),
    [
        ({"key": "Über"}, [{"label": "A"}], "Small letters"),
        ({"key": "a__b"}, [{"label": "A"}], "Small letters"),
        ({"key": "region"}, [], "has at least one option"),
        ({"key": "region"}, [{"label": "A", "key": "a"}, {"label": "B", "key": "a"}], "duplicate data"),
        ({"key": "region"}, [{"label": "A"}, {"label": "a!"}], "duplicate data"),
        ({"key": "region"}, [{"label": "日本"}], "Give it a key"),
    ],
)
def test_the_admin_says_what_to_mend(operator, fields, options, said):
    answer = operator.post(reverse("admin:incidents_customfield_add"), form_of(options=options, **fields))
    assert answer.status_code == 200 and said in answer.content.decode()
    assert not CustomField.objects.exists()


@db
def test_a_field_in_use_is_retired_not_lost(operator, region):
    incident = make_incident(field_values={"region": "eu"})
    address = reverse("admin:incidents_customfield_change", args=[region.pk])
    assert operator.post(reverse("admin:incidents_customfield_delete", args=[region.pk]), {"post": "yes"}).status_code == 403
    eu, us = region.options.all()
    rows = [{"id": eu.pk, "label": "EU", "position": "1", "DELETE": "on"}, {"id": us.pk, "label": "US", "position": "2"}]
    refused = operator.post(address, form_of(region, rows))
    assert "is what an incident says" in refused.content.decode()
    rows[0] = {"id": eu.pk, "label": "EU", "position": "1", "is_active": None}
    assert operator.post(address, form_of(region, [rows[0], rows[1] | {"DELETE": "on"}], is_active="")).status_code == 302
    assert [(one.key, one.is_active) for one in region.options.all()] == [("eu", False)]
    page = operator.get(incident.get_absolute_url()).content.decode()
    assert "<dt>Region</dt>" in page and "EU" in page
    assert "field-region" not in operator.get("/incidents/new/").content.decode()


@db
def test_a_field_that_nobody_used_may_go_and_its_kind_may_change(operator, region):
    assert "kind" in operator.get(reverse("admin:incidents_customfield_change", args=[region.pk])).context["adminform"].form.fields
    assert operator.post(reverse("admin:incidents_customfield_delete", args=[region.pk]), {"post": "yes"}).status_code == 302
    assert not CustomField.objects.exists()


@db
def test_seeding_leaves_types_as_administrators_have_them():
    from incidents import seeding

    IncidentType.objects.filter(key="data").update(name="Records", is_active=False)
    assert seeding.seed_all() == 0
    assert IncidentType.objects.get(key="data").name == "Records"


def test_days_of_moments_are_in_the_zone_they_are_told_in():
    assert stored.moment("2026-03-02T23:30:00Z") == datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert words(KINDS["moment"], "2026-03-02T23:30:00Z", ROME) == "3 Mar 2026, 00:30 CET"
