"""The page of a review, the home panel, the publish page, the API, the admin: what each shows, to whom, and what they refuse."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from postmortems import home, reviewing
from postmortems.approvals import Approvals
from postmortems.models import ApprovalRule, Decision, Postmortem, Review
from tests.factories import api_client, make_incident, make_postmortem, make_user, make_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def legal(ana):
    rule = ApprovalRule.objects.create(name="Legal", reason="The law asks for it.", who="people")
    rule.people.add(ana)
    return rule


def page_of(postmortem):
    return reverse("postmortems:review", args=[postmortem.reference])


def fresh(postmortem):
    return Postmortem.objects.get(pk=postmortem.pk)


def submit(postmortem, actor, *people):
    return reviewing.submit(actor=actor, postmortem=fresh(postmortem), audience="internal", people=people, note="All of it")


def approve(postmortem, actor, **fields):
    return reviewing.decide(actor=actor, postmortem=fresh(postmortem), verdict="approved", **fields)


def text(answer):
    return " ".join(answer.content.decode().split())


def test_a_review_by_its_forms(client, pm, alice, ana, legal):
    client.force_login(alice)
    shown = text(client.get(page_of(pm)))
    assert "Needed because every post-mortem needs it." in shown and "May be given by Ana." in shown
    assert client.post(page_of(pm), {"act": "submit", "submit-audience": "internal", "submit-version": "1"}).status_code == 302
    client.force_login(ana)
    found = client.get(page_of(pm))
    form = found.context["forms"]["decide"]
    sent = {"act": "decide", "decide-seen": form["seen"].value(), "decide-verdict": "changes_requested"}
    assert "Say what should change" in text(client.post(page_of(pm), sent))
    assert client.post(page_of(pm), sent | {"decide-verdict": "approved"}).status_code == 302
    assert fresh(pm).status == "approved"
    section = pm.sections.get(key="impact")
    from postmortems import drafting

    drafting.save_section(actor=alice, section=section, version=section.version, body="Nobody could pay", values={})
    shown = text(client.get(page_of(pm)))
    assert "Ana approved version 1; Impact has changed since: " in shown
    difference = reverse("postmortems:review_changes", args=[pm.reference, "impact", 1])
    assert difference in shown
    assert "Nobody could pay" in text(client.get(difference))
    late = client.post(page_of(pm), sent | {"decide-verdict": "approved", "decide-note": "Fine by me"})
    assert late.status_code == 409 and "It changed while you were reading" in text(late) and "Fine by me" in text(late)
    assert client.post(page_of(pm), sent | {"decide-verdict": "approved", "decide-seen": late.context["forms"]["decide"]["seen"].value()}).status_code == 302


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 422),
        ({"act": "publish"}, 422),
        ({"act": "submit"}, 422),
        ({"act": "submit", "submit-audience": "mars", "submit-version": "x"}, 422),
        ({"act": "submit", "submit-audience": "internal", "submit-version": "1", "submit-people": ["9999", "x"]}, 422),
        ({"act": "submit", "submit-audience": "internal", "submit-version": "99"}, 409),
        ({"act": "decide", "decide-verdict": "approved", "decide-seen": "x"}, 403),
        ({"act": "withdraw", "withdraw-version": "1"}, 422),
        ({"act": "archive", "archive-version": "1"}, 422),
        ({"act": "ask", "ask-version": "1", "ask-user": "1\x00"}, 422),
        ({"act": "hand_over", "hand_over-version": "1", "hand_over-before": "0", "hand_over-user": "0", "hand_over-reason": "r"}, 422),
    ],
)
def test_bad_input_is_answered_with_the_page(client, pm, alice, sent, status):
    client.force_login(alice)
    if status == 403:
        submit(pm, alice, make_user("rita"))
    assert client.post(page_of(pm), sent).status_code == status
    assert not Decision.objects.exists()


def test_hostile_words_are_shown_as_words(client, pm, alice, ana):
    ApprovalRule.objects.create(name="<script>alert(1)</script>", reason="<b>bold</b>", who="lead")
    reviewing.submit(actor=alice, postmortem=fresh(pm), audience="internal", people=[ana], note="<img src=x onerror=alert(2)>\x00\u202e")
    reviewing.decide(actor=ana, postmortem=fresh(pm), verdict="changes_requested", note="{{ settings.SECRET_KEY }}<script>")
    client.force_login(alice)
    shown = client.get(page_of(pm)).content.decode()
    assert "<script>alert" not in shown and "<img src=x" not in shown and "<b>bold" not in shown and "\x00" not in shown
    assert "{{ settings.SECRET_KEY }}&lt;script&gt;" in shown


def test_viewers_and_outsiders_find_no_page(client, pm, alice, charlie):
    Postmortem.objects.filter(pk=pm.pk).update(published_at=timezone.now())
    secret = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice]))
    for who, postmortem in ((charlie, pm), (make_user("mallory", role="admin"), secret)):
        client.force_login(who)
        api = api_client(who)
        difference = reverse("postmortems:review_changes", args=[postmortem.reference, "summary", 1])
        assert [client.get(address).status_code for address in (page_of(postmortem), difference)] == [404, 404]
        assert client.post(page_of(postmortem), {"act": "submit"}).status_code == 404
        for name in ("reviews", "approvals", "transitions"):
            assert api.get(f"/api/v1/postmortems/{postmortem.reference}/{name}/").status_code == 404
        assert api.post(f"/api/v1/postmortems/{postmortem.reference}/reviews/", {"decision": "approved"}, format="json").status_code == 404


def test_a_difference_that_is_none_is_not_found(client, pm, alice):
    client.force_login(alice)
    for key, number in (("nonsense", 1), ("impact", 77)):
        assert client.get(reverse("postmortems:review_changes", args=[pm.reference, key, number])).status_code == 404


def test_the_page_says_that_nobody_can_give_it(client, pm, alice, legal, ana):
    legal.people.set([alice, make_user("vera", role="viewer", first_name="Vera")])
    client.force_login(alice)
    shown = text(client.get(page_of(pm)))
    assert "Nobody can give it yet. alice owns the document and does not approve it. Vera cannot read it" in shown


def test_home_says_what_waits_for_me(pm, alice, ana, client):
    assert home.my_reviews(ana) is None
    review = submit(pm, alice, ana)
    Review.objects.filter(pk=review.pk).update(due_on=timezone.localdate() - timedelta(days=2))
    client.force_login(ana)
    shown = text(client.get("/"))
    assert "Waiting for your review" in shown and "Overdue" in shown and page_of(pm) in shown
    Decision.objects.create(
        postmortem=pm, review=review, user=ana, verdict="approved", covered={"impact": {"version": 1, "digest": ""}}, decided_at=timezone.now()
    )
    assert home.my_reviews(ana) is None
    pm.sections.filter(key="impact").update(version=2)
    assert home.my_reviews(ana).context["rows"][0]["changed"]
    assert home.my_reviews(alice) is None
    pm.incident.is_private = True
    pm.incident.save()
    assert home.my_reviews(ana) is None


def test_home_takes_the_same_queries_however_many(alice, ana):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            home.my_reviews(ana)
        return len(captured)

    submit(make_written(alice), alice, ana)
    few = queries()
    for _ in range(8):
        submit(make_written(make_user(f"owner{Postmortem.objects.count()}")), alice, ana)
    assert queries() == few <= 6


def test_the_page_takes_the_same_queries_however_long_its_history(client, alice, ana, pm):
    submit(pm, alice, ana)
    client.force_login(alice)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(page_of(pm))
        return len(captured)

    approve(pm, ana)
    queries()
    few = queries()
    for number in range(8):
        reviewing.invite(actor=alice, postmortem=fresh(pm), user=make_user(f"u{number}"))
        approve(pm, ana, note="Again")
    assert queries() == few <= 60


def test_the_publish_page_says_what_is_missing(client, pm, alice, legal):
    address = reverse("postmortems:publish", args=[pm.reference])
    client.force_login(alice)
    shown = text(client.get(address))
    assert "An approval is missing" in shown and "Publish revision 1</button>" not in shown
    refused = client.post(address, {"audience": "internal", "version": fresh(pm).version, "reason": "x"})
    assert refused.status_code == 422 and "Legal: not given." in text(refused)
    boss = make_user("boss", role="admin")
    client.force_login(boss)
    assert client.post(address, {"audience": "internal", "version": fresh(pm).version}).status_code == 422
    assert client.post(address, {"audience": "internal", "version": fresh(pm).version, "reason": "The regulator waits"}).status_code == 302
    shown = text(client.get(page_of(pm)))
    assert "Without all approvals: The regulator waits" in shown


def test_the_list_filters_by_state(client, pm, alice, ana):
    submit(pm, alice, ana)
    client.force_login(alice)
    listed = reverse("postmortems:postmortem_list")
    assert [one.pk for one in client.get(listed, {"status": "in_review"}).context["postmortems"]] == [pm.pk]
    assert client.get(listed, {"status": "approved"}).context["postmortems"] == []
    assert api_client(alice).get("/api/v1/postmortems/?status=in_review").json()["count"] == 1


# The API ---------------------------------------------------------------------------------------------


def test_a_review_by_the_api(pm, alice, ana, legal):
    base = f"/api/v1/postmortems/{pm.reference}/"
    owner, reviewer = api_client(alice), api_client(ana)

    def etag(client):
        return {"If-Match": client.get(base)["ETag"]}

    assert owner.post(f"{base}transitions/", {"transition": "submit"}, format="json").status_code == 428
    sent = owner.post(f"{base}transitions/", {"transition": "submit", "due_on": "2026-03-09"}, format="json", headers=etag(owner))
    assert (sent.status_code, sent.json()["after"]) == (201, "in_review")
    assert sent["ETag"] == etag(owner)["If-Match"]
    [needed] = owner.get(f"{base}approvals/").json()
    assert (needed["rule"], needed["is_met"], needed["may_be_given_by"]) == ("Legal", False, ["Ana"])
    assert owner.get(f"{base}approvals/?audience=mars").status_code == 400
    assert owner.post(f"{base}publish/", {}, format="json", headers=etag(owner)).status_code == 409
    assert reviewer.post(f"{base}reviews/", {"decision": "approved"}, format="json", headers={"If-Match": '"1"'}).status_code == 412
    assert reviewer.post(f"{base}reviews/", {"decision": "changes_requested"}, format="json", headers=etag(owner)).status_code == 400
    stale = {"decision": "approved", "versions": {"impact": 7}}
    assert reviewer.post(f"{base}reviews/", stale, format="json", headers=etag(owner)).status_code == 412
    given = reviewer.post(f"{base}reviews/", {"decision": "approved", "versions": {"impact": 1}}, format="json", headers=etag(owner))
    assert (given.status_code, given.json()["sections"]["impact"], given.json()["lapsed"]) == (201, 1, [])
    assert owner.patch(f"{base}sections/impact/", {"body": "Anew"}, format="json", headers={"If-Match": '"1"'}).status_code == 200
    assert reviewer.get(f"{base}reviews/").json()[0]["lapsed"] == ["impact"]
    assert [row["transition"] for row in owner.get(f"{base}transitions/").json()] == ["lapse", "approve", "submit"]
    assert owner.post(f"{base}reviews/", {"decision": "approved"}, format="json", headers=etag(owner)).status_code == 403
    assert owner.post(f"{base}transitions/", {"transition": "approve"}, format="json", headers=etag(owner)).status_code == 400
    assert owner.post(f"{base}transitions/", {"transition": "restore"}, format="json", headers=etag(owner)).status_code == 409
    assert owner.patch(base, {"status": "published"}, format="json", headers=etag(owner)).status_code == 400
    assert owner.patch(base, {"status": "in_review"}, format="json", headers=etag(owner)).status_code == 200  # as it is


def test_reading_the_decisions_takes_the_same_queries(pm, alice, ana):
    submit(pm, alice, ana)
    client = api_client(alice)
    address = f"/api/v1/postmortems/{pm.reference}/reviews/"

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    approve(pm, ana)
    queries()
    few = queries()
    for _ in range(6):
        approve(pm, ana)
    assert queries() == few


# The admin -------------------------------------------------------------------------------------------


def test_an_administrator_writes_a_rule_and_tries_it(client, pm, alice, ana):
    boss = make_user("boss", role="admin", is_staff=True, is_superuser=True)
    secret = make_postmortem(alice, incident=make_incident("xylophone", is_private=True, members=[alice]))
    client.force_login(boss)
    form = {
        "name": "Legal",
        "reason": "The law",
        "is_active": "on",
        "position": "0",
        "audience": "internal",
        "who": "people",
        "people": [ana.pk],
        "needed": "1",
    }
    add = reverse("admin:postmortems_approvalrule_add")
    assert "no key or kind" in text(client.post(add, form | {"sections": "Ünknown section!"}))
    slip = client.post(add, form | {"name": "Slip", "sections": "impakt"}, follow=True)
    assert "No template has a section of the key or kind “impakt”" in text(slip)
    ApprovalRule.objects.all().delete()
    assert "No template has" not in text(client.post(add, form | {"sections": "impact"}, follow=True))
    shown = text(client.get(reverse("admin:postmortems_approvalrule_change", args=[ApprovalRule.objects.get().pk])))
    assert f"{pm.title}</a>: needed, because it has the section that this signs off." in shown
    assert secret.title not in shown
    assert Approvals(fresh(pm)).required[0].answer.sections == ("impact",)
