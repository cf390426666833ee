"""Saved mappings: saved by who imports, applied to files with the same columns and to no others, deleted by their author."""

import io
import json
import zipfile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from incidents import intake, mappings
from incidents.models import AuditEvent, Delivery, Mapping, TimelineEvent
from tests.factories import api_client, make_incident, make_user

pytestmark = pytest.mark.django_db(transaction=True)

ONE = b"one,two,three\n2026-03-02T14:00:00Z,first words here,second words there\n2026-03-02T14:01:00Z,more of the one,more of the two\n"
LATER = b"one,two,three\n2026-03-05T14:00:00Z,not these words,but these\n2026-03-05T14:01:00Z,nor these words,but those\n"
FIELDS = {"one": "time", "two": "", "three": "text"}


def save(actor, name="Pager log", source="table", fields=FIELDS):
    return mappings.save(actor=actor, name=name, source=source, fields=fields)


def received(content, name="t.csv", **options):
    return Delivery.objects.get(
        pk=intake.receive(actor=None, incident=make_incident(), file=io.BytesIO(content), name=name, channel="upload", options=options).pk
    )


def texts(delivery):
    return sorted(TimelineEvent.objects.filter(incident=delivery.incident_id).values_list("text", flat=True))


def test_the_page_saves_what_was_confirmed_and_the_next_file_is_read_with_it(client, bob):
    client.force_login(bob)
    incident = make_incident()
    client.post(f"/incidents/{incident.reference}/import/", {"file": [SimpleUploadedFile("t.csv", ONE)]})
    delivery = Delivery.objects.get()
    chosen = {"columns": "1", "column-0": "time", "column-1": "-", "column-2": "text", "save_as": "Pager log"}
    answer = client.post(f"/incidents/{incident.reference}/deliveries/{delivery.pk}/again/", chosen, follow=True)
    assert "The mapping “Pager log” is saved" in answer.content.decode()
    mapping = Mapping.objects.get()
    assert (mapping.name, mapping.source, mapping.fields, mapping.created_by) == ("Pager log", "table", FIELDS, bob)

    other = make_incident("Another")
    answer = client.post(f"/incidents/{other.reference}/import/", {"file": [SimpleUploadedFile("u.csv", LATER)]}, follow=True)
    assert "mapping “Pager log” applied" in answer.content.decode()
    later = Delivery.objects.get(incident=other)
    assert later.report["mapping"] == {"id": mapping.pk, "name": "Pager log"}
    assert [column["field"] for column in later.report["columns"]] == ["time", "", "text"]
    assert texts(later) == ["but these", "but those"]


def test_what_was_applied_can_be_changed_for_one_file(client, bob):
    save(bob)
    client.force_login(bob)
    delivery = received(LATER)
    client.post(
        f"/incidents/{delivery.incident.reference}/deliveries/{delivery.pk}/again/", {"columns": "1", "column-0": "time", "column-1": "text", "column-2": "-"}
    )
    again = Delivery.objects.first()
    assert again.report["mapping"] == {}
    assert "not these words" in TimelineEvent.objects.filter(delivery=again).values_list("text", flat=True)


@pytest.mark.parametrize(
    "content",
    [ONE.replace(b"one,two,three", b"one,two,four"), b"one,two\n2026-03-02T14:00:00Z,first words\n2026-03-02T14:00:02Z,last words\n", ONE.replace(b",", b";")],
    ids=["another name", "one fewer", "the same with semicolons"],
)
def test_only_exactly_the_same_columns_count(bob, content):
    save(bob)
    assert bool(received(content).report["mapping"]) is (b";" in content)


def test_json_lines_and_workbooks_have_mappings_too(bob):
    rows = [{"a": "2026-03-02T14:00:00Z", "b": "left out words", "c": "these words"}, {"a": "2026-03-02T14:00:09Z", "c": "others", "b": "left"}]
    save(bob, "Lines", "json", {"a": "time", "b": "", "c": "text"})
    assert texts(received("\n".join(map(json.dumps, rows)).encode(), "x.jsonl")) == ["others", "these words"]
    save(bob, "Sheet", "xlsx", {"one": "time", "two": "", "three": "text"})
    assert texts(received(sheet(ONE), "x.xlsx")) == ["more of the two", "second words there"]


def sheet(table):
    rows = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in line.split(",")) + "</row>" for line in table.decode().splitlines()
    )
    main, office = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="A" r:id="r1"/></sheets></workbook>')
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="x"><Relationship Id="r1" Type="{office}/worksheet" Target="a.xml"/></Relationships>'
        )
        archive.writestr("xl/a.xml", f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>')
    return out.getvalue()


def test_the_command_applies_it_in_a_dry_run_and_in_earnest(bob, tmp_path, capsys):
    save(bob)
    path = tmp_path / "t.csv"
    path.write_bytes(LATER)
    call_command("import_timeline", str(path), "--dry-run", "--json")
    assert [entry["text"] for entry in json.loads(capsys.readouterr().out)["timeline"]] == ["but these", "but those"]
    call_command("import_timeline", str(path), "--new", "A title", "--json")
    assert sorted(TimelineEvent.objects.values_list("text", flat=True)) == ["but these", "but those"]


def test_a_mapping_makes_a_file_readable_that_nothing_could_be_guessed_of(bob):
    content = b"a,b,c\nx,1772460000,1\ny,1772460060,2\n"
    assert received(content).state == "refused"
    save(bob, fields={"a": "text", "b": "time", "c": ""})
    assert texts(received(content)) == ["x", "y"]


def test_the_newest_of_several_for_the_same_columns_is_taken(bob, alice):
    save(bob)
    save(alice, "Another view", fields={"one": "time", "two": "text", "three": ""})
    assert received(LATER).report["mapping"]["name"] == "Another view"


def test_a_name_is_taken_once_and_ones_own_is_replaced(bob, alice):
    first = save(bob)
    assert save(bob, fields={**FIELDS, "two": "actor"}).pk == first.pk
    for actor, fields in ((alice, FIELDS), (bob, {"x": "time", "y": "text"})):
        with pytest.raises(ValidationError, match="already"):
            save(actor, fields=fields)


@pytest.mark.parametrize(
    ("change", "about"),
    [
        ({"name": "  "}, "name"),
        ({"source": "slack"}, "no columns"),
        ({"source": "telepathy"}, "no columns"),
        ({"fields": {}}, "columns"),
        ({"fields": {"a": "colour", "b": "text"}}, "no field"),
        ({"fields": {"a": "time", "b": ""}}, "which the text"),
        ({"fields": {"a": "text", "b": "title"}}, "which column holds the time"),
    ],
)
def test_what_is_no_mapping_is_refused(bob, change, about):
    with pytest.raises(ValidationError, match=about):
        save(bob, **change)


def test_readers_neither_save_nor_see_them_and_only_the_author_or_an_administrator_deletes(client, bob, charlie, alice):
    mapping = save(bob)
    with pytest.raises(PermissionDenied):
        save(charlie, "Mine")
    for user, status in ((charlie, 403), (alice, 403), (bob, 302)):
        client.force_login(user)
        assert client.post(f"/settings/mappings/{mapping.pk}/delete/").status_code == status
    assert not Mapping.objects.exists()
    admin = make_user("root", role="admin")
    mappings.delete(actor=admin, mapping=save(bob))
    assert AuditEvent.objects.filter(verb="mapping deleted").count() == 2


def test_the_list_shows_what_each_holds_and_asks_no_more_for_more(client, bob, django_assert_max_num_queries):
    client.force_login(bob)
    assert "None yet" in client.get("/settings/mappings/").content.decode()
    for number in range(5):
        save(make_user(f"u{number}"), f"Mapping {number}", fields={**FIELDS, f"extra {number}": "actor"})
    with django_assert_max_num_queries(8):
        page = client.get("/settings/mappings/").content.decode()
    assert "Mapping 4" in page and "extra 4" in page and "Not used: two" in page and "Delete" not in page


def test_a_name_that_is_taken_is_said_on_the_form(client, bob, alice):
    save(alice)
    client.force_login(bob)
    delivery = received(ONE)
    chosen = {"columns": "1", "column-0": "time", "column-1": "-", "column-2": "text", "save_as": "Pager log"}
    answer = client.post(f"/incidents/{delivery.incident.reference}/deliveries/{delivery.pk}/again/", chosen)
    assert answer.status_code == 422
    assert "There is a mapping “Pager log” already" in answer.content.decode()


def test_the_api_saves_lists_reads_and_deletes(bob, alice, charlie):
    body = {"name": "Pager log", "source": "table", "fields": FIELDS}
    made = api_client(bob).post("/api/v1/mappings/", body, format="json")
    assert made.status_code == 201 and made.json()["fields"] == FIELDS and made.json()["created_by"] == "bob"
    address = f"/api/v1/mappings/{made.json()['id']}/"
    assert api_client(alice).get("/api/v1/mappings/").json()["results"][0]["name"] == "Pager log"
    assert api_client(alice).get(address).json()["source"] == "table"
    assert api_client(alice).post("/api/v1/mappings/", {**body, "fields": {"a": "time"}}, format="json").status_code == 400
    assert [api_client(user).delete(address).status_code for user in (charlie, alice, bob)] == [403, 403, 204]
    assert api_client(charlie).get("/api/v1/mappings/").status_code == 403
    assert api_client(bob, scope="read").post("/api/v1/mappings/", body, format="json").status_code == 403
