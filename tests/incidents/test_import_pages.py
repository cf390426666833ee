"""The upload page, the answers it asks for, the originals, and who may."""

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.models import Delivery, Incident, TimelineEvent
from tests.factories import make_incident

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = b"time,message,user\n2026-03-02T14:00:00Z,Alert fired,bot\n2026-03-02T14:05:00Z,I am looking,ann\n"
CLOCKS = b"time,text\n14:02,Alert fired\n14:05,Ann looks into it\n"


def upload(client, address, *files, follow=True, **data):
    return client.post(address, {"file": [SimpleUploadedFile(name, content) for name, content in files], **data}, follow=follow)


def test_files_declare_an_incident_and_fill_its_timeline(client, bob):
    client.force_login(bob)
    response = upload(client, "/incidents/new/import/", ("checkout_outage.csv", EVENTS))
    incident = Incident.objects.get()
    assert response.redirect_chain == [(f"/incidents/{incident.reference}/import/", 302)]
    assert incident.title == "checkout outage"
    assert TimelineEvent.objects.count() == 2
    assert b"2 new" in response.content
    assert b"Alert fired" in client.get(incident.get_absolute_url()).content


def test_several_files_at_once(client, bob):
    client.force_login(bob)
    incident = make_incident()
    other = json.dumps({"timestamp": "2026-03-02T15:00:00Z", "message": "All clear"}).encode() + b"\n"
    upload(client, f"/incidents/{incident.reference}/import/", ("a.csv", EVENTS), ("b.jsonl", other * 1))
    assert sorted(Delivery.objects.values_list("file_name", "state")) == [("a.csv", "imported"), ("b.jsonl", "imported")]


def test_a_bad_file_among_good_ones_is_named_and_the_good_ones_are_taken(client, bob):
    client.force_login(bob)
    incident = make_incident()
    response = upload(client, f"/incidents/{incident.reference}/import/", ("a.csv", EVENTS), ("noise.bin", bytes(range(256)) * 10))
    assert response.status_code == 200
    assert b"noise.bin" in response.content
    assert Delivery.objects.get().file_name == "a.csv"


def test_the_upload_script_gets_the_card_of_its_file(client, bob):
    client.force_login(bob)
    response = client.post("/incidents/new/import/", {"file": SimpleUploadedFile("a.csv", EVENTS)}, headers={"X-Upload": "1"})
    assert response.status_code == 201
    answer = response.json()
    assert answer["import"] == f"/incidents/{Incident.objects.get().reference}/import/"
    assert f'id="delivery-{Delivery.objects.get().pk}"' in answer["html"]


def test_the_same_file_again_says_so(client, bob):
    client.force_login(bob)
    incident = make_incident()
    for _ in range(2):
        response = upload(client, f"/incidents/{incident.reference}/import/", ("a.csv", EVENTS))
    assert b"had been imported before" in response.content
    assert TimelineEvent.objects.count() == 2


def test_it_asks_for_the_date_and_imports_with_it(client, bob):
    client.force_login(bob)
    incident = make_incident()
    response = upload(client, f"/incidents/{incident.reference}/import/", ("notes.csv", CLOCKS))
    delivery = Delivery.objects.get()
    again = f"/incidents/{incident.reference}/deliveries/{delivery.pk}/again/"
    assert delivery.state == "needs_answer"
    assert b"The time has no date" in response.content
    assert client.post(again, {"date": "soon"}).status_code == 422
    assert client.post(again, {"date": "", "time_zone": ""}).status_code == 422
    client.post(again, {"date": "2026-03-02", "time_zone": "UTC"})
    assert TimelineEvent.objects.order_by("at").first().at.isoformat() == "2026-03-02T14:02:00+00:00"


def test_the_start_of_a_recording_is_asked_for_and_taken(client, bob):
    client.force_login(bob)
    incident = make_incident()
    words = b"WEBVTT\n\n00:00:05.000 --> 00:00:09.000\nAnn: the queue is full\n\n00:02:05.000 --> 00:02:09.000\nBen: restarting it\n"
    page = upload(client, f"/incidents/{incident.reference}/import/", ("call.vtt", words)).content.decode()
    assert Delivery.objects.get().report["needs"] == {"start": 2}
    assert "count from the start of the recording" in page and "Start of the recording" in page and "Read again with this" in page
    again = f"/incidents/{incident.reference}/deliveries/{Delivery.objects.get().pk}/again/"
    assert client.post(again, {"date": "2026-03-02", "clock": "25:99", "time_zone": "UTC"}).status_code == 422
    client.post(again, {"date": "2026-03-02", "clock": "14:02", "time_zone": "UTC"})
    assert [f"{event.at:%Y-%m-%d %H:%M:%S}" for event in incident.events.order_by("at")] == ["2026-03-02 14:02:05", "2026-03-02 14:04:05"]


def test_the_columns_are_shown_and_can_be_corrected(client, bob):
    client.force_login(bob)
    incident = make_incident()
    content = b"time,one,two\n2026-03-02T14:00:00Z,first words here,second words there\n2026-03-02T14:01:00Z,more of the one,more of the two\n"
    response = upload(client, f"/incidents/{incident.reference}/import/", ("t.csv", content))
    delivery = Delivery.objects.get()
    assert [column["name"] for column in delivery.report["columns"]] == ["time", "one", "two"]
    assert b"What the columns mean" in response.content
    client.post(f"/incidents/{incident.reference}/deliveries/{delivery.pk}/again/", {"columns": "1", "column-0": "time", "column-1": "-", "column-2": "text"})
    assert Delivery.objects.first().options["mapping"] == {"time": "time", "one": "", "two": "text"}
    assert "second words there" in {event.text for event in TimelineEvent.objects.committed(incident)}


def test_a_table_that_is_not_understood_is_kept_and_asks_what_its_columns_mean(client, bob):
    client.force_login(bob)
    incident = make_incident()
    upload(client, f"/incidents/{incident.reference}/import/", ("t.csv", b"a,b\nx,y\nz,w\n"))
    for delivery in Delivery.objects.all():
        assert delivery.state == "refused"
        assert delivery.report["columns"]


def test_reading_again_changes_nothing(client, bob):
    client.force_login(bob)
    incident = make_incident()
    upload(client, f"/incidents/{incident.reference}/import/", ("a.csv", EVENTS))
    delivery = Delivery.objects.get()
    assert client.post(f"/incidents/{incident.reference}/deliveries/{delivery.pk}/again/").status_code == 302
    assert Delivery.objects.first().report["events"] == {"created": 0, "updated": 0, "duplicate": 2, "skipped": 0}


def test_the_original_comes_back_byte_for_byte_and_only_as_a_download(client, bob):
    client.force_login(bob)
    incident = make_incident()
    upload(client, f"/incidents/{incident.reference}/import/", ("<b>.csv", EVENTS))
    response = client.get(f"/incidents/{incident.reference}/deliveries/{Delivery.objects.get().pk}/file/")
    assert b"".join(response.streaming_content) == EVENTS
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "application/octet-stream"
    assert "sandbox" in response["Content-Security-Policy"]


# Strangers' files ---------------------------------------------------------------------------------


def bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("general/2026-03-02.json", b"[" + b" " * 60_000_000 + b"]")
    return buffer.getvalue()


def climbing():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../etc/2026-03-02.json", b"[]")
    return buffer.getvalue()


HOSTILE = {
    "empty": lambda: b"",
    "binary": lambda: bytes(range(256)) * 4000,
    "a zip bomb": bomb,
    "a path that climbs": climbing,
    "a broken zip": lambda: b"PK\x03\x04" + b"\x00" * 1000,
    "deep json": lambda: b"[" * 100_000,
    "nulls": lambda: b"\x00" * 100_000,
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + b"\x01" * 1000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_upload_gets_a_reason(client, bob, name):
    client.force_login(bob)
    response = upload(client, "/incidents/new/import/", ("strange.zip", HOSTILE[name]()))
    assert response.status_code == 422
    assert b"field__error" in response.content
    assert not Incident.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    "content", [b"x" * 3_000_000, b'{"message": "' + b"y" * 3_000_000 + b'"}\n', b"time,text\n2026-03-02T14:00:00Z," + b"z" * 2_000_000 + b"\n"]
)
def test_a_huge_line_is_no_error_of_ours(client, bob, content):
    client.force_login(bob)
    response = upload(client, "/incidents/new/import/", ("huge.txt", content))
    assert response.status_code in (200, 422)
    assert not Delivery.objects.filter(state__in=["received", "importing"]).exists()


def test_nothing_at_all_is_asked_for(client, bob):
    client.force_login(bob)
    response = client.post("/incidents/new/import/", {})
    assert response.status_code == 422
    assert b"Choose a file or paste" in response.content


# Who may ------------------------------------------------------------------------------------------


def test_a_viewer_sees_what_came_in_and_imports_nothing(client, bob, charlie):
    incident = make_incident()
    client.force_login(bob)
    upload(client, f"/incidents/{incident.reference}/import/", ("a.csv", EVENTS))
    address = f"/incidents/{incident.reference}/deliveries/{Delivery.objects.get().pk}/"
    client.force_login(charlie)
    assert client.get("/incidents/new/import/").status_code == 403
    assert client.get(f"/incidents/{incident.reference}/import/").status_code == 403
    assert client.post(f"{address}again/").status_code == 403
    assert client.get(address).status_code == 200
    assert client.get(f"{address}file/").status_code == 200
    assert Delivery.objects.count() == 1


def test_a_private_incident_is_not_there_for_others(client, alice, bob):
    incident = make_incident(is_private=True, members=[bob])
    client.force_login(bob)
    upload(client, f"/incidents/{incident.reference}/import/", ("a.csv", EVENTS))
    address = f"/incidents/{incident.reference}/deliveries/{Delivery.objects.get().pk}/"
    client.force_login(alice)
    for each in (address, f"{address}file/", f"/incidents/{incident.reference}/import/"):
        assert client.get(each).status_code == 404
    assert client.post(f"{address}again/").status_code == 404
    assert upload(client, f"/incidents/{incident.reference}/import/", ("b.csv", EVENTS)).status_code == 404


def test_a_private_incident_can_be_made_from_files(client, alice, bob):
    client.force_login(bob)
    upload(client, "/incidents/new/import/", ("a.csv", EVENTS), is_private="on")
    incident = Incident.objects.get()
    assert incident.is_private
    client.force_login(alice)
    assert client.get(incident.get_absolute_url()).status_code == 404


def test_a_delivery_is_found_only_under_its_own_incident(client, bob):
    one, other = make_incident(), make_incident()
    client.force_login(bob)
    upload(client, f"/incidents/{one.reference}/import/", ("a.csv", EVENTS))
    assert client.get(f"/incidents/{other.reference}/deliveries/{Delivery.objects.get().pk}/file/").status_code == 404


def test_signing_in_comes_first(client):
    assert client.get("/incidents/new/import/").status_code == 302
