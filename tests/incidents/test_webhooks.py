"""Webhooks over HTTP: who is let in, what is kept, what is answered, and that retries and bursts have one effect."""

import base64
import hmac
import io
import json
import threading
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from incidents import endpoints, storing
from incidents.models import AuditEvent, Delivery, Endpoint, EndpointSecret, ExternalRef, Incident, Job, TimelineEvent
from tests.factories import make_endpoint, post_hook, work
from tests.incidents.lib.test_signing import BODY, PLAIN, SECRET, VECTORS

pytestmark = pytest.mark.django_db

ALERT = {"timestamp": "2026-03-02T14:02:07Z", "message": "Error ratio above 4 %", "level": "critical", "alert_id": "A-17"}
MAPPING = {"alert_id": "incident_key", "level": "incident_severity"}
OPEN = [{"action": "open"}]


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


def sent(client, name, *, body=BODY, **changes):
    """Post a vector as its vendor does."""
    scheme, headers, names, secret = VECTORS[name]
    endpoint = make_endpoint(scheme, secret, header=names.header if names else "", timestamp_header=names.timestamp if names else "", **changes)
    return endpoint, client.post(endpoint.path, body, content_type="application/json", headers=headers)


@pytest.fixture
def at_the_vectors_time(monkeypatch):
    monkeypatch.setattr("incidents.webhooks.time.time", lambda: 1767225600.0)


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_are_taken(client, name, at_the_vectors_time):
    endpoint, answer = sent(client, name)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    delivery = Delivery.objects.get()
    assert (delivery.endpoint, delivery.channel, delivery.size) == (endpoint, "webhook", len(BODY))
    with storing.opened(delivery.stored_as) as file:
        assert file.read() == BODY
    work()
    endpoint.refresh_from_db()
    delivery.refresh_from_db()
    assert (endpoint.last_received_at is not None, endpoint.failures, delivery.state) == (True, 0, "held")  # it was let in, and waits in the inbox


@pytest.mark.parametrize("name", VECTORS)
def test_a_wrong_secret_stores_nothing_but_a_count(client, name, at_the_vectors_time):
    other = "whsec_" + base64.b64encode(b"x" * 32).decode() if "whsec" in VECTORS[name][3] else "another-secret"
    scheme, headers, names, _secret = VECTORS[name]
    endpoint = make_endpoint(scheme, other, header=names.header if names else "", timestamp_header=names.timestamp if names else "")
    answer = client.post(endpoint.path, BODY, content_type="application/json", headers=headers)
    assert answer.status_code == 401
    assert not Delivery.objects.exists()
    endpoint.refresh_from_db()
    assert (endpoint.failures, bool(endpoint.last_failure_at)) == (1, True)
    assert "wrong" in endpoint.last_failure


@pytest.mark.parametrize("off", [-301, 301, -299, 299])
def test_the_window(client, monkeypatch, off):
    monkeypatch.setattr("incidents.webhooks.time.time", lambda: 1767225600.0 + off)
    _endpoint, answer = sent(client, "slack")
    assert answer.status_code == (401 if abs(off) > 300 else 202)


def test_nobody_learns_why_they_are_refused(client):
    known, off, empty = make_endpoint(), make_endpoint(is_enabled=False), make_endpoint(secret="")
    paths = [known.path, off.path, empty.path, f"/api/v1/hooks/json/{uuid4()}/", f"/api/v1/hooks/pagerduty/{known.key}/", "/api/v1/hooks/json/no-uuid/"]
    answers = [client.post(path, BODY, content_type="application/json", headers={"X-Signature": "0" * 64}) for path in paths]
    answers.append(client.post(off.path, BODY, content_type="application/json", headers={"X-Signature": PLAIN}))
    answers.append(client.post(empty.path, BODY, content_type="application/json", headers={"X-Signature": hmac.digest(b"", BODY, "sha256").hex()}))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert answers[0].headers["Content-Type"] == "application/problem+json"
    assert not Delivery.objects.exists()


def test_rotation_takes_both_for_a_while(client, alice, monkeypatch):
    endpoint = make_endpoint()
    new = endpoints.rotate(actor=alice, endpoint=endpoint)
    assert new and new not in str(EndpointSecret.objects.values_list("sealed", flat=True))
    for number, secret in enumerate(["test-secret", new]):
        assert post_hook(client, endpoint, {"n": number}, secret=secret).status_code == 202
    EndpointSecret.objects.exclude(expires_at=None).update(expires_at="2020-01-01T00:00:00Z")
    assert post_hook(client, endpoint, {"n": 3}, secret="test-secret").status_code == 401
    assert post_hook(client, endpoint, {"n": 3}, secret=new).status_code == 202


def test_an_event_opens_an_incident_by_rule(client):
    endpoint = make_endpoint(rules=OPEN, mapping=MAPPING)
    assert post_hook(client, endpoint, ALERT).status_code == 202
    work()
    incident = Incident.objects.get()
    assert incident.title == "Error ratio above 4 %"
    delivery = incident.deliveries.get()
    assert (delivery.state, delivery.facts["key"], delivery.decision["action"]) == ("imported", "A-17", "opened")
    assert delivery.decision["why"] == f"Opened {incident.reference}: rule 1 says so (always)."
    assert list(TimelineEvent.objects.committed(incident).values_list("text", flat=True)) == ["Error ratio above 4 %"]
    assert ExternalRef.objects.get().incident == incident


def test_a_retry_is_a_duplicate(client):
    endpoint = make_endpoint(rules=OPEN, mapping=MAPPING)
    answers = [post_hook(client, endpoint, ALERT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 200, 200]
    assert answers[1].json() == {"status": "duplicate"}
    work()
    assert (Delivery.objects.count(), Incident.objects.count()) == (1, 1)
    other = make_endpoint(rules=OPEN, mapping=MAPPING)
    assert post_hook(client, other, ALERT).status_code == 202  # each endpoint has its own memory


DOWN = {"heartbeat": {"monitorID": 7, "status": 0, "msg": "timeout"}, "monitor": {"id": 7, "name": "Shop"}, "msg": "[Shop] Down"}  # it states no time
UP = {"heartbeat": {"monitorID": 7, "status": 1, "msg": "200 - OK"}, "monitor": {"id": 7, "name": "Shop"}, "msg": "[Shop] Up"}


def earlier(minutes):
    """Let everything that came have come so much earlier: as its row says, and as what it holds is read."""
    for delivery in Delivery.objects.all():
        delivery.received_at -= timedelta(minutes=minutes)
        received = datetime.fromisoformat(delivery.options["received"]) - timedelta(minutes=minutes)
        delivery.options |= {"received": received.isoformat()}
        delivery.save(update_fields=["received_at", "options"])


def test_what_states_no_time_is_a_retry_for_minutes_and_news_after_that(client):
    endpoint = make_endpoint(source="uptime_kuma", rules=OPEN)
    answers = []
    for minutes in (4, 2, 1, 1):
        answers.append(post_hook(client, endpoint, DOWN).status_code)
        earlier(minutes)
        work()
    assert answers == [202, 200, 202, 200]
    assert list(TimelineEvent.objects.values_list("text", flat=True)) == ["Shop is down: timeout"] * 2
    assert set(Delivery.objects.values_list("facts__is_untimed", flat=True)) == {True}


def test_what_states_no_time_is_news_once_its_incident_was_told_otherwise(client):
    endpoint = make_endpoint(source="uptime_kuma", rules=OPEN)
    for body, expected in ((DOWN, 202), (UP, 202), (UP, 200), (DOWN, 202), (DOWN, 200), (UP, 202)):
        assert post_hook(client, endpoint, body).status_code == expected
        work()
        earlier(1)
    assert Delivery.objects.count() == 4


def test_what_states_a_time_is_a_duplicate_whenever_it_comes(client):
    endpoint = make_endpoint(rules=OPEN, mapping=MAPPING)
    assert post_hook(client, endpoint, ALERT).status_code == 202
    work()
    earlier(10_000)
    assert post_hook(client, endpoint, ALERT).status_code == 200


def test_any_json_without_a_time_is_news_again_later(client):
    endpoint = make_endpoint(rules=OPEN)
    for minutes in (6, 1):
        assert post_hook(client, endpoint, {"status": "Down", "message": "The queue is full"}).status_code == 202
        earlier(minutes)
        work()
    assert TimelineEvent.objects.count() == 2


def test_the_vendors_id_tells_a_retry(client):
    endpoint = make_endpoint("github", source="json")
    for number, expected in ((1, 202), (1, 200), (2, 202)):
        body = json.dumps({"number": number}).encode()
        headers = {"X-Hub-Signature-256": f"sha256={hmac.digest(SECRET.encode(), body, 'sha256').hex()}", "X-GitHub-Delivery": f"id-{number}"}
        assert client.post(endpoint.path, body, content_type="application/json", headers=headers).status_code == expected
    assert set(Delivery.objects.values_list("dedupe_key", flat=True)) == {"x-github-delivery:id-1", "x-github-delivery:id-2"}


def test_bad_json_is_kept_and_told(client):
    endpoint = make_endpoint()
    for body in (b"{", b"\xff\xfe", b"NaN", b'{"a":1,"a":2}', b"[" * 100_000, b"1" * 5000, b"[1e999]", b"[" + b"0," * 200_001 + b"0]"):
        answer = post_hook(client, endpoint, body)
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json"), body[:20]
        assert post_hook(client, endpoint, body).status_code == 400
    assert list(Delivery.objects.values_list("state", flat=True)) == ["refused"] * 8
    delivery = Delivery.objects.order_by("pk").first()
    assert "no JSON" in delivery.report["error"]
    with storing.opened(delivery.stored_as) as file:
        assert file.read() == b"{"
    endpoint.refresh_from_db()
    assert (endpoint.failures, "no JSON" in endpoint.last_failure) == (8, True)


def test_size_comes_first(client):
    endpoint = make_endpoint()
    big = b" " * (2 * 1024 * 1024 + 1)
    for path in (endpoint.path, f"/api/v1/hooks/json/{uuid4()}/"):
        answer = client.post(path, big, content_type="image/png")
        assert answer.status_code == 413
    assert post_hook(client, endpoint, b" " * (2 * 1024 * 1024 - 2) + b"{}").status_code == 202


def test_method_and_content_type(client):
    endpoint = make_endpoint()
    assert (client.get(endpoint.path).status_code, client.get(endpoint.path).headers["Allow"]) == (405, "POST")
    assert client.put(endpoint.path, b"{}", content_type="application/json").status_code == 405
    for kind in ("image/png", "text/html", "multipart/form-data; boundary=x", "application/xml"):
        assert post_hook(client, endpoint, b"{}", content_type=kind).status_code == 415
    assert post_hook(client, endpoint, b"{}", **{"Content-Encoding": "gzip"}).status_code == 415
    assert client.post(endpoint.path, b"", content_type="application/json").status_code == 400
    assert client.post(endpoint.path, b"{}", content_type="application/json", CONTENT_LENGTH="1").status_code == 401
    cut = {"CONTENT_LENGTH": "9", "wsgi.input": io.BytesIO(b"{}")}
    assert client.post(endpoint.path, b"{}", content_type="application/json", **cut).status_code == 400
    assert client.post(endpoint.path, b"{}", content_type="application/json", CONTENT_LENGTH="x").status_code == 400
    for kind in ("application/json; charset=utf-8", "application/cloudevents+json", "APPLICATION/JSON"):
        assert post_hook(client, endpoint, {"kind": kind}, content_type=kind).status_code == 202
    assert not Delivery.objects.exclude(endpoint=endpoint).exists()


def test_a_form_with_a_payload(client):
    endpoint = make_endpoint(rules=OPEN, mapping=MAPPING)
    body = urlencode({"payload": json.dumps(ALERT)}).encode()
    assert post_hook(client, endpoint, body, content_type="application/x-www-form-urlencoded").status_code == 202
    work()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.incident.title) == ("imported", "Error ratio above 4 %")
    with storing.opened(delivery.stored_as) as file:
        assert file.read() == body  # the signature can be checked again
    for wrong in (b"a=", b"payload=", b"payload=%7B", b"\xff=1"):
        assert post_hook(client, endpoint, wrong, content_type="application/x-www-form-urlencoded").status_code == 400


def test_a_form_of_fields_is_an_object(client):
    form = "application/x-www-form-urlencoded"
    endpoint = make_endpoint(source="auto", rules=OPEN)
    body = urlencode({"Token": "t", "Name": "Shop", "Method": "Website", "StatusCode": "503", "Status": "Down", "Tags": "", "URL": "https://shop.example"})
    assert post_hook(client, endpoint, body.encode(), content_type=form).status_code == 202
    work()
    assert Delivery.objects.get().incident.events.get().text == "Shop is down: 503"
    assert post_hook(client, endpoint, json.dumps(ALERT).encode(), content_type=form).status_code == 202  # of a sender that does not say what it sends
    work()
    assert TimelineEvent.objects.filter(text="Error ratio above 4 %").exists()


def test_text_where_a_tool_sends_it(client):
    lines = b"2026-03-02 14:02 UTC - alert fired\n2026-03-02 14:05 UTC - Ann looks\n"
    assert post_hook(client, make_endpoint(source="auto", rules=OPEN), lines, content_type="text/plain").status_code == 202
    work()
    assert Incident.objects.get().events.count() == 2
    assert post_hook(client, make_endpoint(source="pagerduty"), lines, content_type="text/plain").status_code == 400


def test_there_is_no_session_no_cookie_and_no_csrf():
    client = Client(enforce_csrf_checks=True)
    endpoint = make_endpoint()
    answer = post_hook(client, endpoint, ALERT)
    assert (answer.status_code, answer.cookies.items()) == (202, {}.items())
    assert post_hook(client, endpoint, ALERT).status_code == 200
    bare = client.post(endpoint.path.rstrip("/"), BODY, content_type="application/json", headers={"X-Signature": PLAIN})
    assert bare.status_code == 202  # without the last slash it is no redirect


def test_over_plain_http_it_is_refused_not_redirected(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    endpoint = make_endpoint()
    assert post_hook(client, endpoint, ALERT).status_code == 403
    assert not Delivery.objects.exists()


def test_the_token_in_the_address(client):
    endpoint = make_endpoint("path", "a-token-of-many-letters", source="json")
    assert client.post(f"{endpoint.path}a-token-of-many-letters/", BODY, content_type="application/json").status_code == 202
    for tail in ("", "a-token-of-many-letterS/", "x/"):
        assert client.post(f"{endpoint.path}{tail}", BODY, content_type="application/json").status_code == 401


def test_slack_asks_for_its_challenge_after_the_signature(client, at_the_vectors_time):
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB"}).encode()
    endpoint = make_endpoint("slack", source="slack")
    headers = {"X-Slack-Request-Timestamp": "1767225600", "X-Slack-Signature": "v0=" + "0" * 64}
    assert client.post(endpoint.path, body, content_type="application/json", headers=headers).status_code == 401
    headers["X-Slack-Signature"] = "v0=" + hmac.digest(SECRET.encode(), b"v0:1767225600:" + body, "sha256").hex()
    answer = client.post(endpoint.path, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1aB"})
    assert (Delivery.objects.get().state, Delivery.objects.get().decision["action"]) == ("ignored", "handshake")


def test_aws_is_never_called_back(client):
    endpoint = make_endpoint("path", "a-token-of-many-letters", source="auto")
    link = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"
    for url, offered in ((link, link), ("https://sns.eu-west-1.amazonaws.com.evil.example/", ""), ("http://169.254.169.254/", ""), (7, "")):
        body = json.dumps({"Type": "SubscriptionConfirmation", "MessageId": str(uuid4()), "SubscribeURL": url}).encode()
        answer = client.post(f"{endpoint.path}a-token-of-many-letters/", body, content_type="text/plain; charset=UTF-8")
        assert answer.status_code == 200
        assert Delivery.objects.order_by("-pk").first().decision["link"] == offered


@pytest.mark.parametrize(("headers", "body"), [({"X-GitHub-Event": "ping"}, {"zen": "Keep it"}), ({}, {"event": {"id": "1", "event_type": "pagey.ping"}})])
def test_pings_are_answered_and_shown(client, headers, body):
    assert post_hook(client, make_endpoint(), body, **headers).status_code == 200
    assert "the address works" in Delivery.objects.get().decision["why"]


def test_refusals_are_limited_by_endpoint_and_address(client, monkeypatch):
    monkeypatch.setattr("incidents.webhooks.minute", lambda: 7)
    endpoint = make_endpoint()
    bad = {"content_type": "application/json", "headers": {"X-Signature": "0" * 64}}
    statuses = [client.post(endpoint.path, BODY, **bad).status_code for _ in range(62)]
    assert statuses == [401] * 60 + [429] * 2
    endpoint.refresh_from_db()
    assert endpoint.failures == 60
    assert AuditEvent.objects.filter(verb="webhook refused").count() == 1
    assert client.post(endpoint.path, BODY, REMOTE_ADDR="192.0.2.7", **bad).status_code == 401
    assert post_hook(client, endpoint, ALERT).status_code == 202  # who signs rightly is never kept out by others
    unknown = f"/api/v1/hooks/json/{uuid4()}/"
    assert [client.post(unknown, BODY, **bad).status_code for _ in range(61)][-1] == 429


def test_no_secret_is_told_or_stored_open(client, caplog):
    endpoint = make_endpoint("bearer", "canary-secret-of-ours")
    client.post(endpoint.path, BODY, content_type="application/json", headers={"Authorization": "Bearer canary-of-theirs"})
    tokened = make_endpoint("path", "canary-token-of-many-letters")
    for body, tail, status in ((b"{", "canary-token-of-many-letters", 400), (b"{}", "canary-guess", 401)):
        assert client.post(f"{tokened.path}{tail}/", body, content_type="application/json").status_code == status
    told = caplog.text + str(list(AuditEvent.objects.values())) + str(list(Endpoint.objects.values())) + str(list(EndpointSecret.objects.values()))
    assert "canary" not in told


def test_a_lost_field_key_refuses_and_says_so(client, settings):
    endpoint = make_endpoint()
    settings.FIELD_KEYS = ["another key than the one that sealed it"]
    assert post_hook(client, endpoint, ALERT).status_code == 401
    endpoint.refresh_from_db()
    assert "field keys" in endpoint.last_failure


def test_the_answer_comes_before_the_work(client):
    endpoint = make_endpoint(rules=OPEN, mapping=MAPPING)
    for number in range(5):
        assert post_hook(client, endpoint, {**ALERT, "message": f"Alert {number}"}).status_code == 202
    assert Incident.objects.count() == 0
    assert Job.objects.filter(kind="route", state="waiting").count() == 5
    work()
    assert (Incident.objects.count(), Incident.objects.get().events.count()) == (1, 5)


def test_a_request_costs_few_queries(client, django_assert_max_num_queries):
    endpoint = make_endpoint()
    post_hook(client, endpoint, ALERT)
    with django_assert_max_num_queries(14):
        assert post_hook(client, endpoint, {**ALERT, "message": "Another"}).status_code == 202
    with django_assert_max_num_queries(3):
        assert post_hook(client, endpoint, ALERT).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["the same delivery", "the same key"])
def test_fifty_at_once_have_one_effect(kind):
    endpoint = make_endpoint(rules=OPEN, mapping=MAPPING)
    statuses, start = [], threading.Barrier(10)

    def run(first):
        client = Client()
        try:
            start.wait()
            for number in range(first, first + 5):
                body = ALERT if kind == "the same delivery" else {**ALERT, "message": f"Alert {number}"}
                statuses.append(post_hook(client, endpoint, body).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number * 5,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = 1 if kind == "the same delivery" else 50
    assert sorted(statuses) == [200] * (50 - expected) + [202] * expected
    assert (Delivery.objects.count(), Incident.objects.count(), ExternalRef.objects.count()) == (expected, 1, 1)
    assert TimelineEvent.objects.committed(Incident.objects.get()).count() == expected
    assert set(Delivery.objects.values_list("state", flat=True)) == {"imported"}


class AnyBody(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(body=st.binary(max_size=300), kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", "", "x"]), headers=st.dictionaries(
        st.sampled_from(["X-Signature", "Authorization", "X-GitHub-Event", "webhook-id", "X-GitHub-Delivery"]), st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40)))  # fmt: skip
    def test_no_request_is_a_server_error(self, body, kind, headers):
        endpoint = make_endpoint(name=str(uuid4()))
        signed = {**headers, "X-Signature": hmac.digest(b"test-secret", body, "sha256").hex()}
        for given_headers in (headers, signed):
            assert self.client.post(endpoint.path, body, content_type=kind, headers=given_headers).status_code < 500
