"""From raw exports to a published, searchable PDF by API alone."""

import json
import os
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from postmortems.demo.exports import pagerduty, slack
from tests.factories import api_client

pytestmark = pytest.mark.django_db(transaction=True)

DATA = Path(os.environ.get("DEBRIEF_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
START = datetime(2026, 3, 2, 14, 0, tzinfo=ZoneInfo("Europe/London"))
CASE = {
    "key": "queue",
    "services": ["checkout"],
    "pages": [
        [2, "trigger", "", "Queue is full"],
        [2, "notify", "Tom Okafor", "Notified by push"],
        [6, "acknowledge", "Tom Okafor", "Acknowledged"],
        [49, "resolve", "Tom Okafor", "Resolved"],
    ],
    "chat": [[3, "tom", "Orders hang in the queue"], [15, "tom", "Rolled back the worker to 1.9"], [31, "tom", "Orders flow again, customers confirm"]],
}


def own_exports():
    return {"slack.zip": slack(CASE, {"tom": "Tom Okafor"}, START), "pagerduty.json": pagerduty(CASE, START)}


def real_exports():
    files = [DATA / "payloads/slack-export/source_export.zip", DATA / "payloads/pagerduty/get-incidents-id-log_entries.json"]
    if not all(file.exists() for file in files):
        pytest.skip("The real exports are not on this machine; set DEBRIEF_SHARED_DATA to their folder.")
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.parametrize("exports", [own_exports, real_exports])
def test_from_exports_to_a_pdf(alice, exports):
    api = api_client(alice)
    incident = api.post("/api/v1/incidents/", {"title": "Orders hang in the queue", "severity": "sev2"}, format="json").json()["reference"]
    files = [SimpleUploadedFile(name, content) for name, content in exports().items()]
    sent = api.post(f"/api/v1/incidents/{incident}/imports/", {"files": files}, format="multipart")
    assert sent.status_code == 202, sent.json()
    imports = api.get(f"/api/v1/incidents/{incident}/imports/").json()["results"]
    assert {row["source"]: row["state"] for row in imports} == {"slack": "imported", "pagerduty": "imported"}

    events = api.get(f"/api/v1/incidents/{incident}/timeline/?page_size=1000").json()["results"]
    assert len(events) == sum(row["report"]["events"]["created"] for row in imports) > 2
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)

    again = api.post(f"/api/v1/incidents/{incident}/imports/", {"files": [SimpleUploadedFile(n, c) for n, c in exports().items()]}, format="multipart")
    assert again.status_code == 202
    assert len(api.get(f"/api/v1/incidents/{incident}/timeline/?page_size=1000").json()["results"]) == len(events)

    milestones = {row["kind"]: row for row in api.get(f"/api/v1/incidents/{incident}/milestones/").json()["milestones"]}
    for kind, row in milestones.items():
        decision = {"decision": "confirmed"} if row["proposed_at"] else {"decision": "overridden", "at": events[0]["at"]}
        url = f"/api/v1/incidents/{incident}/milestones/{kind}/"
        answer = api.patch(url, decision, format="json", headers={"If-Match": f'"{row["version"]}"'})
        assert answer.status_code == 200, answer.json()

    started = api.post("/api/v1/postmortems/", {"incident": incident, "template": "standard_blameless"}, format="json")
    assert started.status_code == 201, started.json()
    postmortem = started.json()["reference"]
    section = api.get(f"/api/v1/postmortems/{postmortem}/sections/summary/")
    text = {"body": "A worker release stopped reading the **flamingo** queue. Rolling it back let orders flow again."}
    saved = api.patch(f"/api/v1/postmortems/{postmortem}/sections/summary/", text, format="json", headers={"If-Match": section["ETag"]})
    assert saved.status_code == 200, saved.json()
    item = {"postmortem": postmortem, "title": "Alert on the age of the oldest order", "owner": "alice", "due_on": "2026-12-24", "kind": "detect"}
    assert api.post("/api/v1/action-items/", item, format="json").status_code == 201

    tag = api.get(f"/api/v1/postmortems/{postmortem}/")["ETag"]
    published = api.post(f"/api/v1/postmortems/{postmortem}/publish/", {"audience": "internal"}, format="json", headers={"If-Match": tag})
    assert published.status_code == 201, published.json()
    assert api.post(f"/api/v1/postmortems/{postmortem}/publish/", {}, format="json", headers={"If-Match": tag}).status_code == 412

    files = {suffix: api.get(f"/api/v1/postmortems/{postmortem}/revisions/1.{suffix}") for suffix in ("pdf", "html", "md", "json")}
    assert {suffix: answer.status_code for suffix, answer in files.items()} == dict.fromkeys(files, 200)
    with pikepdf.open(BytesIO(b"".join(files["pdf"].streaming_content))) as pdf:
        assert "/StructTreeRoot" in pdf.Root
        assert len(pdf.pages) >= 3
    assert "flamingo" in files["md"].content.decode()
    assert "flamingo" in files["html"].content.decode()
    assert json.loads(files["json"].content)["document"]["title"] == "Orders hang in the queue"

    found = api.get("/api/v1/search/?q=flamingo").json()
    assert [hit["reference"] for hit in found["results"]] == [postmortem]
    assert "<mark>flamingo</mark>" in found["results"][0]["snippet"]
    assert api.get("/api/v1/search/?q=flamingo+-rolling").json()["count"] == 0
