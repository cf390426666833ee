"""Search on the engine of the run: the same questions give the same answers on SQLite and PostgreSQL."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.models import Severity, Tag
from postmortems import search
from postmortems.models import Postmortem, Revision, SearchEntry
from postmortems.search import index
from tests.factories import T0, make_incident, make_service

pytestmark = pytest.mark.django_db


def make_published(title="Checkout returns errors", body="", timeline=(), actions=(), **incident):
    subject = make_incident(title=title, **incident)
    postmortem = Postmortem.objects.create(incident=subject, title=title, status="published", published_at=T0)
    document = {
        "title": title,
        "sections": [{"title": "Summary", "body": body}],
        "timeline": [{"actor": "", "text": text} for text in timeline],
        "actions": [{"title": text} for text in actions],
    }
    revision = Revision.objects.create(postmortem=postmortem, number=1, document=document, sha256="0" * 64, html="", published_at=T0)
    index.add(revision)
    return postmortem


def found(actor, text, **filters):
    return [Postmortem.objects.get(pk=hit.subject.postmortem_id).title for hit in search.find(actor, text, search.Filters(**filters)).hits]


def test_every_part_is_searched(alice):
    make_published(title="Ledger drift", body="The **replica** lagged", timeline=["paged the database team"], actions=["Add a quota"])
    for word in ("ledger", "replica", "paged", "quota", "lagging", "databases"):
        assert found(alice, word) == ["Ledger drift"], word


def test_the_title_weighs_most(alice):
    make_published(title="Slow pages", body="The kafka brokers were full, kafka lagged")
    make_published(title="Kafka out of space", body="Disks were full")
    assert found(alice, "kafka") == ["Kafka out of space", "Slow pages"]


def test_phrases_exclusions_and_alternatives(alice):
    make_published(title="One", body="connection pool exhausted")
    make_published(title="Two", body="the pool of each connection was cold")
    assert found(alice, '"connection pool"') == ["One"]
    assert found(alice, "pool -exhausted") == ["Two"]
    assert found(alice, "-exhausted") == ["Two"]
    assert sorted(found(alice, "exhausted OR cold")) == ["One", "Two"]
    assert found(alice, "pool nothing") == []


def test_hits_are_marked_and_everything_else_escaped(alice):
    make_published(title="Pool <b>full</b>", body="a pool & a `<script>alert(1)</script>` lake")
    hit = search.find(alice, "pool").hits[0]
    assert "<mark>Pool</mark> &lt;b&gt;" in hit.title
    assert "<mark>pool</mark> &amp; a" in hit.snippet
    assert "<script" not in hit.snippet


def test_filters_narrow_by_the_incident(alice):
    first = make_published(title="First", body="latency")
    second = make_published(title="Second", body="latency", started_at=T0 + timedelta(days=40))
    first.incident.services.add(make_service("search"))
    second.incident.tags.add(Tag.objects.create(name="dns"))
    second.incident.severity = Severity.objects.get(key="sev1")
    second.incident.save()
    assert found(alice, "latency", service="search") == ["First"]
    assert found(alice, "latency", tag="dns") == ["Second"]
    assert found(alice, "", severity="sev1") == ["Second"]
    assert found(alice, "latency", since=date(2026, 4, 1)) == ["Second"]
    assert found(alice, "latency", until=date(2026, 3, 2)) == ["First"]


def test_a_private_incident_leaves_no_trace(alice, bob):
    make_published(title="Open one", body="latency")
    make_published(title="Secret one", body="latency canary", is_private=True, members=[bob])
    assert found(alice, "latency") == ["Open one"]
    assert search.find(alice, "latency").total == 1
    assert search.find(alice, "canary").total == 0
    assert search.find(alice, "").total == 1
    assert sorted(found(bob, "latency")) == ["Open one", "Secret one"]


def test_made_private_it_is_gone_at_once(alice):
    postmortem = make_published(body="latency")
    postmortem.incident.is_private = True
    postmortem.incident.save()
    assert found(alice, "latency") == []


def test_a_new_revision_replaces_the_old_words(alice):
    postmortem = make_published(title="Drift", body="latency")
    document = postmortem.revisions.get().document | {"sections": [{"title": "Summary", "body": "throughput"}]}
    index.add(Revision.objects.create(postmortem=postmortem, number=2, document=document, sha256="1" * 64, html="", published_at=T0))
    assert found(alice, "latency") == []
    assert found(alice, "throughput") == ["Drift"]


def test_pages_do_not_overlap(alice):
    for number in range(7):
        make_published(title=f"Case {number}", body="latency")
    pages = [[hit.subject.postmortem_id for hit in search.find(alice, "latency", offset=offset, limit=3).hits] for offset in (0, 3, 6)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert len({pk for page in pages for pk in page}) == 7


def test_the_number_of_queries_does_not_grow(alice):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert all(hit.subject.services and hit.subject.reference for hit in search.find(alice, "latency").hits)
        return len(queries)

    make_published(body="latency").incident.services.add(make_service("one"))
    few = count()
    for number in range(5):
        make_published(body="latency").incident.services.add(make_service(f"many-{number}"))
    assert count() == few


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_query_is_an_error(alice, text):
    assert found(alice, text) == []


def test_rebuild_restores_the_index(alice):
    make_published(title="Drift", body="latency")
    SearchEntry.objects.all().delete()
    assert list(index.rebuild()) == [True]
    assert found(alice, "latency") == ["Drift"]
