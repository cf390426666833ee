"""Pages and API of the reconstruction: findings, pairs, clocks, evidence side by side, threads, and the view of an earlier moment."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from incidents import fusing, lifecycle, measuring
from incidents.models import Acceptance, Delivery, Fusion, Incident, Milestone, QualityReport, SourceClock, TimelineEvent
from tests.factories import T0, api_client, make_event, make_incident
from tests.incidents.test_fusing import LINK, skewed, tell

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def outage():
    incident = make_incident(time_zone="Europe/Paris")
    tell(incident, "alertmanager", 0, "Alert: DiskFull: Disk almost full on db-1", kind="alert", milestone="detected", salience=2)
    tell(incident, "pagerduty", 10, "Triggered: DiskFull: Disk almost full on db-1", kind="alert", milestone="detected", url=LINK)
    tell(incident, "slack", 11, f"Triggered #4521 {LINK}", kind="message", actor="PagerDuty")
    opener = tell(incident, "slack", 420, "is it the disk? @Maria Lopez", actor="Ana")
    tell(incident, "slack", 1000, "see the Zoom call", actor="Ana", revised="edited")
    tell(incident, "slack", 1100, "yes, it is", actor="Bo", thread=opener.external_key)
    tell(incident, "slack", 1200, "never mind", actor="Bo", revised="deleted")
    fusing.refresh(incident=incident)
    measuring.remeasure(incident=incident)
    incident.refresh_from_db()
    return incident


@pytest.fixture
def page(client, bob, outage):
    client.force_login(bob)

    def get(path="", **query):
        response = client.get(f"{outage.get_absolute_url()}{path}", query)
        assert response.status_code == 200
        return response.content.decode()

    return get


def shown(text):
    return re.findall(r'class="tl-row__text">([^<]*)', text)


def test_a_fused_entry_shows_all_its_evidence_one_click_away(page, outage):
    text = page()
    member = TimelineEvent.objects.get(source="slack", actor="PagerDuty")
    assert f"Triggered #4521 {LINK}" not in shown(text)
    assert re.search(rf'id="e{member.pk}" href="[^"]*timeline/{member.pk}/"[^>]*>Slack <span>15:00:11', text)
    entry = page(f"timeline/{member.pk}/")
    assert "The same fact as" in entry and "Both name Q1RX04AB" in entry and "Fused by rule" in entry
    assert f"Triggered #4521 {LINK}" in page(f"timeline/{member.fused_into_id}/")


def test_an_address_of_fused_evidence_leads_to_its_entry(page):
    member = TimelineEvent.objects.get(source="slack", actor="PagerDuty")
    assert shown(page(at=member.pk))[0].startswith("Triggered: DiskFull")


def test_a_person_fuses_what_no_rule_saw(client, page, outage):
    one, other = outage.events.filter(actor="Bo")
    text = page(f"timeline/{one.pk}/")
    assert f'<option value="{other.pk}">15:20:00 Slack: never mind' in text
    url = f"{outage.get_absolute_url()}timeline/{one.pk}/join/"
    assert client.post(url, {"other": other.pk}).status_code == 302
    other.refresh_from_db()
    assert other.fused_into_id == one.pk
    assert client.post(url, {"other": "x"}).status_code == 404
    assert client.post(url, {"other": make_event(make_incident()).pk}).status_code == 302  # told that it is none of this incident


def test_one_press_separates(client, page, outage):
    member = TimelineEvent.objects.get(source="slack", actor="PagerDuty")
    assert client.post(f"{outage.get_absolute_url()}timeline/{member.pk}/separate/").status_code == 302
    assert f"Triggered #4521 {LINK}" in shown(page())


def test_edits_deletions_and_threads_are_shown_as_such(page):
    text = page()
    assert ">edited</span>" in text and ">deleted</span>" in text and "tl-row--deleted" in text
    assert re.search(r'tl-row__reply">in answer to <a [^>]*>Ana: is it the disk', text)


def test_pairs_are_compared_fused_and_taken_apart(client, page, outage):
    text = page("fusions/")
    row = Fusion.objects.get(decision="proposed")
    assert "Alert: DiskFull" in text and "stands in both" in text and "Fuse all 1" in text
    url = f"{outage.get_absolute_url()}fusions/"
    assert client.post(url, {"do": "accept", "pair": row.pk}).status_code == 302
    assert len(shown(page())) == 5
    fragment = client.post(url, {"do": "dismiss", "pair": row.pk}, headers=HTMX).content.decode()
    assert "<html" not in fragment and "kept apart" in fragment
    client.post(url, {"do": "reopen", "pair": row.pk})
    assert client.post(url, {"do": "accept_all"}).status_code == 302
    assert Incident.objects.get(pk=outage.pk).open_duplicates == 0
    gone = client.post(url, {"do": "accept", "pair": "999999"}, follow=True).content.decode()
    assert "Nothing was changed" in gone and "0 pairs" not in gone


def test_findings_are_listed_counted_accepted_and_asked_again(client, page, outage):
    text = page("quality/")
    assert "Maria Lopez is named but never seen" in text and "A Zoom call left no record here" in text
    number = outage.open_findings
    assert f"{number} open" in page()
    url, key = f"{outage.get_absolute_url()}quality/", "person:maria lopez"
    assert client.post(url, {"do": "accept", "key": key, "reason": "She was on leave"}).status_code == 302
    measuring.remeasure(incident=outage)
    text = page("quality/")
    assert "She was on leave" in text and f"{number - 1} open" in page()
    client.post(url, {"do": "reopen", "key": key}, headers=HTMX)
    assert not Acceptance.objects.exists()
    assert client.post(url, {"do": "accept", "key": "nothing"}).status_code == 409
    assert client.post(url, {"do": "accept", "key": key, "reason": "She was on leave. " * 50}).status_code == 302  # shortened, not thrown away
    assert Acceptance.objects.get(key=key).reason.startswith("She was on leave. She")


def test_a_finding_can_be_mended_where_it_is_told(client, page, outage):
    text = page("quality/")
    milestone = Milestone.objects.get(incident=outage, kind__key="acknowledged")
    form = re.search(r'action="([^"]*milestones/acknowledged/)".*?name="version" value="(\d+)"', text, re.DOTALL)
    assert client.post(form[1], {"decision": "not_applicable", "version": form[2]}).status_code == 302
    milestone.refresh_from_db()
    assert milestone.decision == "not_applicable"
    assert "No evidence of “Acknowledged”" not in page("quality/")


def test_a_clock_is_moved_by_one_press(client, bob):
    incident = make_incident()
    skewed(incident, 184)
    client.force_login(bob)
    url = f"{incident.get_absolute_url()}clocks/"
    text = client.get(url).content.decode()
    assert "3 min 6 s ahead of" in text and "Move by −3 min 6 s" in text
    assert "is 3 min 6 s ahead of" in client.get(f"{incident.get_absolute_url()}quality/").content.decode()
    assert client.post(url, {"source": "slack", "offset": "-186", "version": 0}).status_code == 302
    assert incident.events.filter(source="slack").first().at == T0 - timedelta(seconds=2)
    assert client.post(url, {"source": "slack", "offset": "a bit", "version": 1}).status_code == 422
    assert client.post(url, {"source": "slack", "offset": "+1 h", "version": 0}, headers=HTMX).status_code == 409
    assert client.post(url, {"source": "slack", "offset": "0", "version": 1, "do": "forget"}).status_code == 302
    assert not SourceClock.objects.exists()


def test_the_page_as_known_at_a_moment_hides_what_came_later(page, outage, bob):
    lifecycle.add_entry(actor=bob, incident=outage, at=T0 + timedelta(minutes=1), text="We saw it too")
    late = tell(outage, "slack", 30, "It had begun at 13:50", recorded_at=T0 + timedelta(hours=2))
    lifecycle.curate(actor=bob, event=TimelineEvent.objects.get(actor="Ana", text__startswith="is it"), version=0, title="The right question")
    text = page(known="2026-03-02T15:07")
    assert shown(text) == ["Alert: DiskFull: Disk almost full on db-1", "Triggered: DiskFull: Disk almost full on db-1", "is it the disk? @Maria Lopez"]
    assert "As known at 15:07" in text and "5 later entries hidden" in text
    assert "Confirm" not in text and "Hide," not in text
    assert late.text in page(known="2026-03-02T17:00")
    assert "We saw it too" in page() and "The right question" in page()
    assert "As known at" in page(known="nonsense") and "later entr" not in page(known="nonsense")


def test_steps_lead_from_one_key_moment_to_the_next(page):
    text = page(known="2026-03-02T15:00:05")
    forward = re.search(r'rel="next" href="([^"]*)"', text)[1]
    assert "known=2026-03-02T14%3A00%3A10Z" in forward and 'rel="prev"' in text
    assert "2 later" not in text and "5 later entries hidden" in text


def test_milestones_are_those_of_the_moment(page, outage, bob):
    tell(outage, "pagerduty", 1500, "Resolved", kind="resolution", milestone="resolved")
    measuring.remeasure(incident=outage)
    for row in Milestone.objects.filter(incident=outage, kind__key="resolved").select_related("incident", "kind"):
        measuring.decide(actor=bob, milestone=row, version=row.version, decision="confirmed")
    card = re.compile(r'id="milestone-resolved">.*?</li>', re.DOTALL)
    assert "Confirmed" in card.search(page())[0]
    assert "No evidence" in card.search(page(known="2026-03-02T15:10"))[0]
    assert Milestone.objects.get(incident=outage, kind__key="resolved").decision == "confirmed"


def test_sources_that_differ_are_named_on_the_milestone(page, outage):
    tell(outage, "slack", 300, "We got an alert from customers", actor="Ana")
    measuring.remeasure(incident=outage)
    text = page()
    assert re.search(r"milestone__voices.*?Alertmanager</a> states 15:00:00.*?Slack</a> says 15:05:00", text, re.DOTALL)


def test_a_kind_that_a_person_gave_is_told_beside_the_rule(client, page, outage, bob):
    event = tell(outage, "slack", 700, "rolled back", rule="word: rolled back", kind="mitigation")
    assert "Mitigation, by word: rolled back" in page(f"timeline/{event.pk}/")
    lifecycle.curate(actor=bob, event=event, version=0, kind="decision")
    text = page(f"timeline/{event.pk}/")
    assert "Decision, as bob said" in text and "The evidence: Mitigation, by word: rolled back" in text


def test_repeats_are_one_line_with_how_often_and_until_when(page, outage):
    for number in range(12):
        tell(outage, "zabbix", 1300 + 60 * number, f"Replica lag at {90 + number} %", kind="alert")
    text = page()
    assert "12 times until 15:32:40" in text
    assert len(re.findall("Replica lag", text)) == 12


@pytest.mark.parametrize("path", ["", "quality/", "fusions/", "clocks/"])
def test_queries_do_not_grow(client, bob, django_assert_max_num_queries, path):
    counts = []
    for number in (4, 25):
        incident = make_incident()
        skewed(incident, 2, number)
        fusing.accept(actor=bob, incident=incident, pks=Fusion.objects.filter(incident=incident).values_list("pk", flat=True))
        client.force_login(bob)
        with django_assert_max_num_queries(14) as captured:
            assert client.get(f"{incident.get_absolute_url()}{path}").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", ["quality/", "fusions/", "clocks/"])
def test_who_may_see_and_do(client, bob, charlie, outage, path):
    private = make_incident(members=[charlie], is_private=True)
    client.force_login(bob)
    assert client.get(f"{private.get_absolute_url()}{path}").status_code == 404
    client.force_login(charlie)
    assert client.get(f"{private.get_absolute_url()}{path}").status_code == 200
    assert client.post(f"{outage.get_absolute_url()}{path}", {}).status_code == 403
    assert "<form" not in client.get(f"{outage.get_absolute_url()}{path}").content.decode().split("<main")[1]


def test_the_api_has_one_entry_for_each_fact_with_its_evidence(bob, outage):
    api, base = api_client(bob), f"/api/v1/incidents/{outage.reference}"
    rows = api.get(f"{base}/timeline/").json()["results"]
    assert [piece["source"] for piece in rows[1]["evidence"]] == ["slack"] and len(rows) == 6
    assert [row["revised"] for row in rows][-1] == "deleted"
    assert api.get(f"{base}/timeline/?q=4521").json()["results"][0]["id"] == rows[1]["id"]
    assert len(api.get(f"{base}/timeline/?known=2026-03-02T15:07").json()["results"]) == 3
    assert api.get(f"{base}/timeline/?known=never").status_code == 400
    detected = api.get(f"{base}/milestones/?known=2026-03-02T14:00:05Z").json()["milestones"][1]
    assert detected["kind"] == "detected" and [voice["source"] for voice in detected["voices"]] == ["alertmanager"] and not detected["conflict"]


def test_the_api_decides_what_the_pages_do(bob, outage):
    api, base = api_client(bob), f"/api/v1/incidents/{outage.reference}"
    pairs = api.get(f"{base}/fusions/").json()["results"]
    proposed = next(pair for pair in pairs if pair["decision"] == "proposed")
    assert api.patch(f"{base}/fusions/{proposed['id']}/", {"decision": "accepted"}, format="json").json()["decided_by"] == "bob"
    events = list(outage.events.filter(actor="Bo").values_list("pk", flat=True))
    assert api.post(f"{base}/fusions/", {"events": events}, format="json").status_code == 201
    assert api.post(f"{base}/fusions/", {"events": [1, 2**62]}, format="json").status_code == 400
    report = api.get(f"{base}/quality/").json()
    key = next(finding["key"] for finding in report["findings"] if finding["kind"] == "person")
    after = api.patch(f"{base}/quality/", {"key": key, "reason": "On leave"}, format="json").json()
    assert after["open"] == report["open"] - 1
    assert api.patch(f"{base}/quality/", {"key": key, "accepted": False}, format="json").json()["open"] == report["open"]
    assert api.put(f"{base}/clocks/slack/", {"offset": 60}, format="json").status_code == 428
    assert api.put(f"{base}/clocks/slack/", {"offset": 60}, format="json", HTTP_IF_MATCH='"0"')["ETag"] == '"1"'
    assert api.put(f"{base}/clocks/slack/", {"offset": 60}, format="json", HTTP_IF_MATCH='"0"').status_code == 412
    assert api.get(f"{base}/clocks/").json()["clocks"][0]["offset"] == 60
    assert api.delete(f"{base}/clocks/slack/", HTTP_IF_MATCH='"1"').status_code == 204


def test_the_api_list_takes_the_same_queries_for_more_evidence(bob, outage, django_assert_max_num_queries):
    api, base = api_client(bob), f"/api/v1/incidents/{outage.reference}/timeline/"
    api.get(base)
    with django_assert_max_num_queries(9) as few:
        api.get(base)
    for number in range(10):
        pair = [make_event(outage, 50 + number, source=source) for source in ("a", "b")]
        fusing.join(actor=bob, incident=outage, events=[event.pk for event in pair])
    with django_assert_max_num_queries(9) as many:
        assert len(api.get(base).json()["results"]) == 16
    assert len(few) == len(many)


def test_times_that_the_clocks_showed_twice_are_pointed_out(client, bob):
    incident = make_incident(time_zone="Europe/Paris")
    fold = make_event(incident, at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC), zone="Europe/Paris", time_text="02:30")
    make_event(incident, at=datetime(2026, 10, 25, 0, 40, tzinfo=UTC), zone="Europe/Paris", time_text="2026-10-25T02:40:00+02:00")
    make_event(incident, at=datetime(2026, 10, 25, 9, 30, tzinfo=UTC), zone="Europe/Paris", time_text="10:30")
    gap = make_event(incident, at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC), zone="Europe/Paris", time_text="02:30")
    make_event(incident, at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC), zone="Europe/Paris", time_text="03:30")
    measuring.remeasure(incident=incident)
    doubtful = [finding for finding in QualityReport.objects.get(incident=incident).findings if finding["key"].startswith("dst")]
    assert [(finding["title"], finding["events"]) for finding in doubtful] == [("A time that never was", [gap.pk]), ("A time that came twice", [fold.pk])]
    client.force_login(bob)
    assert f"timeline/{fold.pk}/edit/" in client.get(f"{incident.get_absolute_url()}quality/").content.decode()


def test_rows_that_were_rejected_are_asked_about_once_for_the_last_reading(client, bob):
    incident = make_incident()
    for number in (5, 2):
        Delivery.objects.create(
            incident=incident, channel="upload", file_name="a.csv", sha256="a" * 64, size=1, stored_as="x", state="imported", report={"rejected_total": number}
        )
    make_event(incident)
    measuring.remeasure(incident=incident)
    client.force_login(bob)
    text = client.get(f"{incident.get_absolute_url()}quality/").content.decode()
    assert "2 rows of a.csv could not be read" in text and "5 rows" not in text
