import re

import pytest
from django.urls import reverse

from incidents.models import Curation, Milestone, MilestoneKind, TimelineEvent
from postmortems import evidence, publishing
from postmortems.document import build
from postmortems.models import Audience, Section
from postmortems.rendering import html
from postmortems.rendering.markdown import markdown
from tests.factories import T0, api_client, make_event, make_incident, make_postmortem, make_written

pytestmark = pytest.mark.django_db


def write(postmortem, body, key="summary"):
    Section.objects.filter(postmortem=postmortem, key=key).update(body=body)


def url(postmortem, name="evidence"):
    return reverse(f"postmortems:{name}", args=[postmortem.reference])


# What is missing ---------------------------------------------------------------------------------------------


def test_claims_key_evidence_and_dead_marks(alice, postmortem):
    used = make_event(postmortem.incident, 1, "Alert fired", salience=2)
    left = make_event(postmortem.incident, 2, "Rolled back", salience=2)
    make_event(postmortem.incident, 3, "hello")
    hidden = make_event(postmortem.incident, 4, "hidden", salience=2)
    Curation.objects.create(event=hidden, is_hidden=True)
    other = make_event(make_incident(), 1, "elsewhere")
    write(postmortem, f"It failed at 14:01 [[E{used.pk}]]. It took an hour and 5 minutes. Hm [[E{other.pk}]] [[E{hidden.pk}]].")
    review = evidence.review(postmortem)
    assert [claim.sentence for claim in review.claims] == ["It took an hour and 5 minutes."]
    assert [one.entry for one in review.unused] == [left]
    assert [one.mark for one in review.broken] == [f"[[E{other.pk}]]", f"[[E{hidden.pk}]]"]
    assert review.cited == 1


def test_what_decides_a_milestone_is_key_evidence(alice, postmortem):
    plain = make_event(postmortem.incident, 1, "First page")
    kind = MilestoneKind.objects.get(key="detected")
    Milestone.objects.create(incident=postmortem.incident, kind=kind, decision="confirmed", at=plain.at, event=plain)
    (one,) = evidence.review(postmortem).unused
    assert one.entry == plain and one.milestones == [kind.name]


def test_an_entry_joined_with_another_counts_as_that(alice, postmortem):
    leader = make_event(postmortem.incident, 1, "Alert fired", salience=2)
    joined = make_event(postmortem.incident, 1, "Alert fired", fused_into=leader)
    write(postmortem, f"It failed [[E{joined.pk}]].")
    review = evidence.review(postmortem)
    assert not review.unused and not review.broken


def test_the_page_lists_it_and_the_publish_page_counts_it(alices, alice, postmortem):
    make_event(postmortem.incident, 1, "Alert <b>fired</b>", salience=2)
    write(postmortem, "It failed at 14:01 because of it. [[E999999]]\n\nThe pool was full at 14:05.")
    page = alices.get(url(postmortem)).content.decode()
    assert "The pool was full at 14:05." in page and "Alert &lt;b&gt;fired" in page and "Citations that lead nowhere" in page and "[[E999999]]" in page
    page = alices.get(url(postmortem, "publish")).content.decode()
    assert re.search(r"\d+ sentences? without evidence", page) and "1 key entry nobody cites" in page and "1 citation that leads nowhere" in page


def test_entries_are_found_by_words_and_by_the_clock_of_the_incident(alices, alice):
    postmortem = make_postmortem(alice, time_zone="Europe/Paris")
    first = make_event(postmortem.incident, 2, "Alert fired", actor="Alertmanager")
    second = make_event(postmortem.incident, 30, "Rolled back", salience=2)
    Curation.objects.create(event=first, title="The first alert")

    def found(query):
        return [row["id"] for row in alices.get(url(postmortem, "evidence_entries"), {"q": query}).json()["entries"]]

    assert found("") == [second.pk, first.pk]
    assert found("15:") == [first.pk, second.pk]
    assert found("15:02") == found("15:0 alert") == found("first") == found("alertmanager") == [first.pk]
    assert found("14:02") == found("99:99") == []
    row = alices.get(url(postmortem, "evidence_entries"), {"q": "rolled"}).json()["entries"][0]
    assert row["mark"] == f"[[E{second.pk}]]" and row["clock"].startswith("15:30") and row["key"]


@pytest.mark.parametrize("name", ["evidence", "evidence_entries"])
def test_viewers_and_outsiders_find_nothing(client, alice, bob, charlie, name):
    postmortem = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice, charlie]))
    for person in (bob, charlie):
        client.force_login(person)
        assert client.get(url(postmortem, name)).status_code == 404


def test_the_api_says_the_same(alice, charlie, postmortem):
    event = make_event(postmortem.incident, 1, "Alert fired", salience=2)
    write(postmortem, "It failed at 14:01.")
    api, path = api_client(alice), f"/api/v1/postmortems/{postmortem.reference}/evidence/"
    body = api.get(path).json()
    assert body["claims"][0]["signs"] == ["time", "effect"] and body["unused"][0]["entry"]["mark"] == f"[[E{event.pk}]]"
    assert [row["id"] for row in api.get(f"{path}entries/", {"q": "alert"}).json()] == [event.pk]
    assert api_client(charlie).get(path).status_code == 404


def test_many_entries_take_no_more_queries(alices, postmortem, django_assert_max_num_queries):
    def entries(number):
        events = [make_event(postmortem.incident, minute, f"Event {minute}", salience=2) for minute in range(number)]
        write(postmortem, " ".join(f"It failed at 14:01. Cited [[E{event.pk}]]." for event in events[::2]))

    entries(3)
    with django_assert_max_num_queries(40) as few:
        alices.get(url(postmortem))
    TimelineEvent.objects.all().delete()
    entries(30)
    with django_assert_max_num_queries(len(few)):
        alices.get(url(postmortem))


# Rendered and frozen -------------------------------------------------------------------------------------------


def test_the_preview_shows_what_is_cited(alices, postmortem):
    event = make_event(postmortem.incident, 1, 'Alert "fired" <script>', salience=2, actor="Alertmanager")
    body = {"body": f"It failed [[E{event.pk}]] and [[E999999]] and `[[E{event.pk}]]`."}
    page = alices.post(reverse("postmortems:preview") + f"?of={postmortem.reference}", body).content.decode()
    assert (
        page.count('class="cite__note"') == 1 and "Alert &quot;fired&quot; &lt;script&gt;" in page and "[?]" in page and f"<code>[[E{event.pk}]]</code>" in page
    )


def test_the_preview_of_a_hidden_postmortem_is_404(client, alice, bob):
    postmortem = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice]))
    client.force_login(bob)
    assert client.post(reverse("postmortems:preview") + f"?of={postmortem.reference}", {"body": "x"}).status_code == 404


def test_a_revision_keeps_what_it_cited(alice, postmortem):
    event = make_event(postmortem.incident, 1, "Alert fired", salience=2, actor="Alertmanager")
    later = make_event(postmortem.incident, 9, "Rolled back")
    write(postmortem, f"It failed [[E{later.pk}]], as the alert said [[E{event.pk}]] [[E{later.pk}]].")
    revision = publishing.publish(actor=alice, postmortem=postmortem)
    assert [(row["number"], row["text"]) for row in revision.document["evidence"]] == [(1, "Rolled back"), (2, "Alert fired")]
    before = revision.html
    event.delete()
    TimelineEvent.objects.filter(pk=later.pk).update(text="Something else", at=T0)
    revision.refresh_from_db()
    assert revision.html == before == html.body(revision.document)
    assert re.findall(r'href="#s-e(\d)"', before) == ["1", "2", "1"] and "[[E" not in before
    assert 'id="s-e1"' in before and "Evidence cited" in before and "Alert fired" in before
    assert publishing.verify(postmortem) == []
    printed = html.printable(revision.document, url="", base_url="https://debrief.example")
    assert '<a href="#s-e2" class="cite__mark">[2]</a>' in printed and "cite__note" not in printed


def test_a_mark_that_leads_nowhere_is_left_out_of_what_is_published(alice, postmortem):
    write(postmortem, "It failed [[E999999]].")
    document = build(postmortem, Audience.INTERNAL, T0)
    assert document["evidence"] == [] and "<p>It failed.</p>" in html.body(document)
    assert "It failed.\n" in markdown(document)


def test_outside_evidence_goes_with_the_timeline_and_without_names(alice):
    postmortem = make_written(alice)
    event = TimelineEvent.objects.get(text__contains="rolled it back")
    write(postmortem, f"It was stopped [[E{event.pk}]].")
    summary = postmortem.sections.get(key="summary")
    Section.objects.filter(pk=summary.pk).update(audience="public")
    outside = build(postmortem, Audience.PUBLIC, T0)
    assert outside["evidence"] == [] and "It was stopped.</p>" in html.body(outside)
    Section.objects.filter(postmortem=postmortem, kind="timeline").update(audience="public")
    (row,) = build(postmortem, Audience.PUBLIC, T0)["evidence"]
    assert "Maria" not in str(row) and "alice" not in str(row) and row["source_name"] == ""
    assert build(postmortem, Audience.INTERNAL, T0)["evidence"][0]["actor"] == "Maria Lopez"


def test_the_markdown_export_has_footnotes(alice, postmortem):
    event = make_event(postmortem.incident, 1, "Alert *fired*", actor="Alertmanager")
    write(postmortem, f"It failed [[E{event.pk}]].\n\n```\n[[E{event.pk}]]\n```")
    text = markdown(build(postmortem, Audience.INTERNAL, T0))
    assert "It failed[^1]." in text and f"```\n[[E{event.pk}]]\n```" in text
    assert re.search(r"^\[\^1\]: .*Alertmanager.*: Alert \\\*fired\\\*$", text, re.MULTILINE)
