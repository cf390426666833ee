"""What the API does with what no client should send: JSON made to hurt, sizes, moments at the ends of the calendar, slips of the pen."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.models import Incident, TimelineEvent
from tests.factories import T0, api_client, make_event, make_incident

pytestmark = pytest.mark.django_db

HURTING = {
    "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    "65 levels": b'{"title":"x","fields":' + b"[" * 64 + b"]" * 64 + b"}",
    "half a character": b'{"title":"x","severity":"\\ud800"}',
    "half a character in a key": b'{"title":"x","fields":{"\\udfff":1}}',
    "NaN": b'{"title":NaN}',
    "too large a number": b'{"title":1e999}',
    "too many digits": b'{"title":' + b"9" * 5_000 + b"}",
    "a key twice": b'{"title":"a","title":"b"}',
    "UTF-16": '{"title":"x"}'.encode("utf-16"),
    "no UTF-8": b'{"title":"\xff"}',
    "cut off": b'{"title":',
}


@pytest.fixture
def api(alice):
    return api_client(alice)


@pytest.mark.parametrize("body", HURTING.values(), ids=HURTING)
def test_json_that_hurts_is_refused_with_its_reason(api, body):
    answer = api.generic("POST", "/api/v1/incidents/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 30
    assert not Incident.objects.exists()


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "utf-16", "nonsense"])
def test_json_is_utf_8_whatever_it_calls_itself(api, charset):
    body = b"\xef\xbb\xbf" + '{"title":"Störung"}'.encode()
    answer = api.generic("POST", "/api/v1/incidents/", body, content_type=f"application/json; charset={charset}")
    assert (answer.status_code, answer.json()["title"]) == (201, "Störung")


def test_what_is_too_large_says_so(api, settings):
    answer = api.post("/api/v1/incidents/", {"title": "x", "summary": "a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}, format="json")
    assert answer.status_code == 413
    assert str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE) in answer.json()["detail"]


def test_a_body_in_chunks_is_refused_and_never_taken_for_an_empty_one(api):
    """Without Content-Length nothing is read: the change was answered with 200 and lost."""
    made = api.post("/api/v1/incidents/", {"title": "before"}, format="json").json()
    sent = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "HTTP_IF_MATCH": '"1"'}
    answer = api.generic("PATCH", f"/api/v1/incidents/{made['reference']}/", b'{"title":"after"}', content_type="application/json", **sent)
    assert (answer.status_code, answer["Content-Type"]) == (411, "application/problem+json")
    assert "Content-Length" in answer.json()["detail"]
    assert Incident.objects.get().version == 1


def test_too_many_files_and_fields_say_so(api):
    url = f"/api/v1/incidents/{make_incident().reference}/imports/"
    files = api.post(url, {"files": [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(11)]}, format="multipart")
    fields = api.post(url, {str(n): "x" for n in range(1_100)}, format="multipart")
    assert (files.status_code, files.json()["detail"]) == (400, "A request has at most 10 files.")
    assert (fields.status_code, fields.json()["detail"]) == (400, "A form has at most 1000 fields.")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
def test_what_is_told_by_hand_lies_in_the_years_of_imports(api, moment):
    """An entry of the year 1 made every page that turns it to another zone, or looks a day back, a server error."""
    base = f"/api/v1/incidents/{api.post('/api/v1/incidents/', {'title': 'x'}, format='json').json()['reference']}"
    event = make_event(Incident.objects.get())
    added = api.post(f"{base}/timeline/", {"at": moment, "text": "x"}, format="json")
    corrected = api.patch(f"{base}/timeline/{event.pk}/", {"corrected_at": moment}, format="json", headers={"If-Match": '"0"'})
    version = api.get(f"{base}/milestones/detected/")["ETag"]
    decided = api.patch(f"{base}/milestones/detected/", {"decision": "overridden", "at": moment}, format="json", headers={"If-Match": version})
    told = api.post("/api/v1/near-misses/", {"kind": "near_miss", "title": "x", "noticed": "a", "stopped": "b", "at": moment}, format="json")
    assert [answer.status_code for answer in (added, corrected, decided, told)] == [400] * 4
    assert set(TimelineEvent.objects.values_list("at", flat=True)) == {T0}


def test_a_mapping_comes_along_with_the_file(api):
    url = f"/api/v1/incidents/{make_incident().reference}/imports/"
    file = SimpleUploadedFile("a.csv", b"when;what\n2026-03-02T14:02:00Z;Slow\n2026-03-02T14:05:00Z;Slower\n")
    sent = api.post(url, {"files": [file], "mapping": json.dumps({"when": "time", "what": "text"})}, format="multipart")
    assert sent.status_code == 202, sent.json()
    assert sent.json()[0]["options"]["mapping"] == {"when": "time", "what": "text"}
    broken = api.post(url, {"text": "x", "mapping": "when"}, format="multipart")
    assert list(broken.json()["errors"]) == ["mapping"]
    assert api.post(url, ["x"], format="json").status_code == 400


def test_a_mapping_is_cleaned_before_it_is_kept(api):
    url = f"/api/v1/incidents/{make_incident().reference}/imports/"
    sent = api.post(url, {"text": "a,b\n1,2", "mapping": {"a\x00": "te\x07xt"}}, format="json")
    assert (sent.status_code, sent.json()[0]["options"]["mapping"]) == (202, {"a": "text"})


@pytest.mark.parametrize(
    "path", ["incidents/?sevrity=sev1", "incidents/?ordering=lead__password", "incidents/?title__regex=a", "postmortems/?state=draft", "search/?query=x"]
)
def test_a_filter_that_is_none_is_named_and_never_everything(api, path):
    answer = api.get(f"/api/v1/{path}")
    assert answer.status_code == 400
    assert "There is no filter of this name. Known: " in answer.json()["errors"][path.partition("?")[2].partition("=")[0]][0]


def test_a_timeline_refuses_a_filter_that_is_none(api):
    base = f"/api/v1/incidents/{make_incident().reference}/timeline/"
    assert api.get(f"{base}?kinds=alert").status_code == 400
    assert api.get(f"{base}?kind=alert&kind=page&source=slack&actor=a&q=b&hidden=1&page_size=5&cursor=").status_code == 200


@pytest.mark.parametrize(("said", "status"), [("true", 200), ("1", 200), ("false", 200), ("", 200), ("x", 400), ("yes", 400)])
def test_overdue_is_true_or_false(api, said, status):
    assert api.get(f"/api/v1/action-items/?overdue={said}").status_code == status
