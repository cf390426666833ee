import pytest

from postmortems import commenting, drafting
from tests.factories import api_client, make_postmortem

pytestmark = pytest.mark.django_db


def test_a_thread_over_the_api(alice, bob, charlie):
    postmortem = make_postmortem(alice)
    drafting.save_section(actor=alice, section=postmortem.sections.get(key="summary"), version=1, body="Nobody could pay for an hour.", values={})
    url, api, other = f"/api/v1/postmortems/{postmortem.reference}/comments/", api_client(alice), api_client(bob)
    answer = api.post(url, {"section": "summary", "quote": "an hour", "body": "@bob: rather 40 minutes?"}, format="json")
    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    said = f"{url}{answer.json()['id']}/"
    assert other.get(url, {"state": "mentions"}).json()["count"] == 1
    assert other.post(f"{said}replies/", {"body": "40, yes."}, format="json").status_code == 201
    (row,) = api.get(url).json()["results"]
    assert (row["section"], row["quote"], row["start"], row["end"]) == ("summary", "an hour", 21, 28)
    assert [(one["author"], one["body"]) for one in row["comments"]] == [("alice", "@bob: rather 40 minutes?"), ("bob", "40, yes.")]
    assert api.patch(said, {"body": "Rather 40?"}, format="json").status_code == 428
    assert api.patch(said, {"body": "Rather 40?"}, format="json", headers={"If-Match": '"1"'}).json()["version"] == 2
    stale = api.patch(said, {"body": "Rather 41?"}, format="json", headers={"If-Match": '"1"'})
    assert stale.status_code == 412 and stale.json()["current"]["body"] == "Rather 40?"
    assert other.patch(said, {"body": "Mine"}, format="json", headers={"If-Match": '"2"'}).status_code == 403
    assert api.post(f"{said}resolve/").status_code == 204
    assert api.get(url).json()["count"] == 0 and api.get(url, {"state": "resolved"}).json()["count"] == 1
    assert api.post(f"{said}reopen/").status_code == api.delete(said).status_code == 204
    assert api.get(url).json()["results"][0]["comments"][0]["body"] == ""


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"section": "none", "body": "x"},
        {"section": "summary", "body": "  "},
        {"section": "summary", "body": "x", "quote": "not there"},
        {"section": "summary", "body": "@charlie?"},
        {"section": "summary", "body": "x", "near": -1},
    ],
)
def test_what_is_not_acceptable_is_a_problem(alice, charlie, body):
    postmortem = make_postmortem(alice)
    answer = api_client(alice).post(f"/api/v1/postmortems/{postmortem.reference}/comments/", body, format="json")
    assert answer.status_code == 400 and answer.json()["errors"]


def test_viewers_find_nothing(alice, charlie):
    postmortem = make_postmortem(alice)
    said = commenting.comment(actor=alice, section=postmortem.sections.first(), body="Hm")
    url, api = f"/api/v1/postmortems/{postmortem.reference}/comments/", api_client(charlie)
    assert {api.get(url).status_code, api.get(f"{url}{said.pk}/").status_code, api.post(f"{url}{said.pk}/resolve/").status_code} == {404}
