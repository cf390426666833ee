"""Pages of the timeline and its milestones: windows, filters, evidence, curation in place and without scripts."""

import html
import re
from datetime import timedelta

import pytest

from incidents import lifecycle, measuring
from incidents.models import Delivery, Milestone, TimelineEvent
from tests.factories import T0, make_event, make_incident

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def outage():
    incident = make_incident(time_zone="Europe/Paris")
    make_event(incident, 0, "Error rate high", kind="alert", source="alertmanager", milestone="detected", salience=2)
    make_event(incident, 2, "Ana acknowledged", kind="acknowledgement", source="pagerduty", actor="Ana", milestone="acknowledged")
    make_event(incident, 5, "What a day", source="slack", actor="Bo", precision="minute", zone="Europe/Paris", zone_assumed=True)
    measuring.remeasure(incident=incident)
    return incident


@pytest.fixture
def page(client, bob, outage):
    client.force_login(bob)

    def get(query="", **headers):
        return client.get(f"{outage.get_absolute_url()}?{query}", **headers).content.decode()

    return get


def shown(text):
    return re.findall(r'class="tl-row__text">([^<]*)', text)


def test_the_timeline_shows_kind_source_and_honest_times(page):
    text = page()
    assert shown(text) == ["Error rate high", "Ana acknowledged", "What a day"]
    assert ">15:00:00<" in text and ">15:05<" in text  # Paris; to the minute as stated
    assert "zone?" in text and "tl-row--key" in text and ">PagerDuty<" in text
    assert "Monday 2 March 2026" in text


def test_the_zone_can_be_switched(page):
    assert ">14:00:00<" in page("zone=utc")


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("kind=alert", ["Error rate high"]),
        ("source=slack", ["What a day"]),
        ("actor=ana", ["Ana acknowledged"]),
        ("q=DAY", ["What a day"]),
        ("key=1", ["Error rate high"]),
        ("day=2026-03-03", []),
        ("kind=nonsense", ["Error rate high", "Ana acknowledged", "What a day"]),
        ("after=nonsense&at=99999999999999", ["Error rate high", "Ana acknowledged", "What a day"]),
    ],
)
def test_filters(page, query, texts):
    assert shown(page(query)) == texts


def test_windows_follow_each_other_without_gap_or_repetition(client, bob, outage):
    for number in range(230):  # many in one second: the order in the source decides
        make_event(outage, 10 + number // 60, f"entry {number}")
    client.force_login(bob)
    url, texts = outage.get_absolute_url(), []
    while url:
        text = client.get(url).content.decode()
        texts += shown(text)
        more = re.search(r'class="tl-more".*?<a class="btn" href="([^"#]*)', text)
        url = html.unescape(more[1]) if more else None
    assert texts[3:] == [f"entry {number}" for number in range(230)]


def test_the_next_window_comes_as_a_fragment(client, bob, outage):
    for number in range(120):
        make_event(outage, 10, f"entry {number}")
    client.force_login(bob)
    more = re.search(r'class="tl-more" hx-get="([^"]*)"', client.get(outage.get_absolute_url()).content.decode())[1]
    fragment = client.get(html.unescape(more), headers=HTMX).content.decode()
    assert "<html" not in fragment and "entry 119" in fragment
    assert "tl-day__head" not in fragment  # the day goes on


def test_html_in_evidence_is_shown_as_text(client, bob, outage):
    event = make_event(outage, 6, "<script>alert(1)</script>", raw='{"a": "<b>"}', url="javascript:alert(1)")
    client.force_login(bob)
    for path in ("", f"timeline/{event.pk}/"):
        text = client.get(outage.get_absolute_url() + path).content.decode()
        assert "<script>alert(1)" not in text and "javascript:" not in text
        assert "&lt;script&gt;" in text


def test_the_evidence_of_an_entry_is_whole(client, bob, outage):
    delivery = Delivery.objects.create(incident=outage, channel="upload", file_name="export.zip", sha256="ab" * 32, size=9, stored_as="x", state="imported")
    event = make_event(outage, 6, "x" * 2000, delivery=delivery, where="log_entries[3]", raw='{"at":1}', time_text="3:06 pm", rule="words")
    client.force_login(bob)
    assert "x" * 601 not in client.get(outage.get_absolute_url()).content.decode()
    text = client.get(f"{outage.get_absolute_url()}timeline/{event.pk}/").content.decode()
    for part in ("x" * 2000, "export.zip", "log_entries[3]", "ab" * 32, "3:06 pm", "&quot;at&quot;: 1"):
        assert part in text
    assert client.get(f"{outage.get_absolute_url()}timeline/{make_event(make_incident()).pk}/").status_code == 404


def mark(client, incident, event, name, version, **options):
    return client.post(f"{incident.get_absolute_url()}timeline/{event.pk}/mark/?mark={name}&version={version}", **options)


def test_hiding_works_in_place_and_as_a_plain_form(client, bob, outage):
    client.force_login(bob)
    event = outage.events.get(kind="alert")
    response = mark(client, outage, event, "hide", 0, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 200 and "tl-row--hidden" in text
    assert 'id="milestones" hx-swap-oob="true"' in text  # its proposal is gone
    assert "Error rate high" not in client.get(outage.get_absolute_url()).content.decode()
    assert "Error rate high" in client.get(f"{outage.get_absolute_url()}?hidden=1").content.decode()
    assert mark(client, outage, event, "show", 1).status_code == 302
    assert "Error rate high" in client.get(outage.get_absolute_url()).content.decode()


def test_a_mark_on_an_outdated_row_changes_nothing_and_says_so(client, alice, bob, outage):
    event = outage.events.get(kind="alert")
    lifecycle.curate(actor=alice, event=event, version=0, title="Alice was here")
    client.force_login(bob)
    response = mark(client, outage, event, "hide", 0, headers=HTMX)
    assert response.status_code == 409
    assert "Alice was here" in response.content.decode() and "Somebody else changed" in response.content.decode()
    assert mark(client, outage, event, "hide", 0).status_code == 409
    event.curation.refresh_from_db()
    assert not event.curation.is_hidden


def curation(**fields):
    return {"title": "", "kind": "", "salience": "", "corrected_at": "", "note": "", "version": 0, **fields}


def test_a_correction_is_read_in_the_incidents_zone_and_recomputes(client, bob, outage):
    for row in Milestone.objects.filter(incident=outage, kind__key__in=["detected", "acknowledged"]).select_related("kind", "incident"):
        measuring.decide(actor=bob, milestone=row, version=row.version, decision="confirmed")
    client.force_login(bob)
    assert ">2 min<" in client.get(outage.get_absolute_url()).content.decode()
    event = outage.events.get(kind="acknowledgement")
    response = client.post(f"{outage.get_absolute_url()}timeline/{event.pk}/edit/", curation(corrected_at="2026-03-02T15:10:00", title="Ana took it"))
    assert response.status_code == 302
    event.refresh_from_db()
    assert event.at == T0 + timedelta(minutes=10) and event.occurred_at == T0 + timedelta(minutes=2)
    text = client.get(outage.get_absolute_url()).content.decode()
    assert ">10 min<" in text and "Ana took it" in text and "Ana acknowledged" in text


@pytest.mark.parametrize(
    "wrong", [{"corrected_at": "yesterday"}, {"corrected_at": "2026-03-29T02:30:00"}, {"corrected_at": "2999-01-01T00:00"}, {"kind": "zzz"}]
)
def test_a_curation_that_cannot_be_is_refused(client, bob, outage, wrong):
    client.force_login(bob)
    response = client.post(f"{outage.get_absolute_url()}timeline/{outage.events.first().pk}/edit/", curation(**wrong))
    assert response.status_code == 422


def test_two_people_correcting_one_entry_see_both_words(client, alice, bob, outage):
    event = outage.events.first()
    lifecycle.curate(actor=alice, event=event, version=0, title="Alice's title")
    client.force_login(bob)
    for headers in ({}, HTMX):
        response = client.post(f"{outage.get_absolute_url()}timeline/{event.pk}/edit/", curation(title="Bob's title"), headers=headers)
        assert response.status_code == 409
        assert "Alice&#x27;s title" in response.content.decode() and "Bob&#x27;s title" in response.content.decode()


def test_an_entry_is_added_at_its_place(client, bob, outage):
    client.force_login(bob)
    after = outage.events.get(kind="alert")
    form = client.get(f"{outage.get_absolute_url()}timeline/new/?after={after.pk}").content.decode()
    assert 'value="2026-03-02T15:00:00"' in form
    response = client.post(f"{outage.get_absolute_url()}timeline/new/", {"at": "2026-03-02T15:01:00", "text": "Called the vendor", "kind": "action"})
    entry = TimelineEvent.objects.get(source="manual", kind="action")
    assert entry.at == T0 + timedelta(minutes=1)
    assert shown(client.get(outage.get_absolute_url()).content.decode())[1] == "Called the vendor"
    assert f"at={entry.pk}" in response.url
    assert client.post(f"{outage.get_absolute_url()}timeline/new/", {"at": "", "text": "", "kind": "action"}).status_code == 422


def decide(client, incident, key, headers=None, **fields):
    row = Milestone.objects.get(incident=incident, kind__key=key)
    return client.post(f"{incident.get_absolute_url()}milestones/{key}/", {"version": row.version, **fields}, headers=headers or {})


def test_milestones_are_decided_on_the_page(client, bob, outage):
    client.force_login(bob)
    text = client.get(outage.get_absolute_url()).content.decode()
    assert "Confirm all 3" in text and "states the detection" in text
    assert decide(client, outage, "detected", decision="confirmed").status_code == 302
    assert decide(client, outage, "acknowledged", headers=HTMX, decision="overridden", at="2026-03-02T15:03:00").status_code == 200
    assert decide(client, outage, "mitigated", decision="not_applicable").status_code == 302
    text = client.get(outage.get_absolute_url()).content.decode()
    assert ">3 min<" in text and "Set by hand" in text and "does not apply" in text


@pytest.mark.parametrize("fields", [{"decision": "overridden"}, {"decision": "overridden", "at": "2999-01-01T00:00"}, {"decision": "zzz"}])
def test_a_decision_that_cannot_be_is_refused_with_its_reason(client, bob, outage, fields):
    client.force_login(bob)
    response = decide(client, outage, "resolved", **fields)
    assert response.status_code == 422 and "Resolved:" in response.content.decode()


def test_a_milestone_that_changed_meanwhile_is_shown_as_it_is(client, alice, bob, outage):
    row = Milestone.objects.get(incident=outage, kind__key="detected")
    measuring.decide(actor=alice, milestone=row, version=row.version, decision="overridden", at=T0 + timedelta(minutes=1))
    client.force_login(bob)
    response = client.post(f"{outage.get_absolute_url()}milestones/detected/", {"version": row.version, "decision": "overridden", "at": "2026-03-02T15:04:00"})
    assert response.status_code == 409
    assert "it is now 15:01:00" in response.content.decode() and "You asked for 15:04:00" in response.content.decode()


def test_all_that_was_shown_is_confirmed_at_once(client, bob, outage):
    client.force_login(bob)
    rows = Milestone.objects.filter(incident=outage, proposed_at__isnull=False)
    endless = {"version-" + "9" * 300: "1", f"version-{rows[0].pk}": "9" * 5_000}
    assert client.post(f"{outage.get_absolute_url()}milestones/confirm/", endless).status_code == 302
    assert client.post(f"{outage.get_absolute_url()}milestones/confirm/", {f"version-{row.pk}": row.version for row in rows}).status_code == 302
    assert Milestone.objects.filter(incident=outage, decision="confirmed").count() == 3
