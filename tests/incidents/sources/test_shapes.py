"""One object with long lists in it stays one; lists of objects are still read a part at a time."""

import json
from datetime import UTC, datetime

from tests.incidents.sources.reading import PAYLOADS, read


def test_a_large_issue_is_not_taken_apart():
    issue = json.loads((PAYLOADS / "jira/issue_cloud.json").read_text())
    comment = issue["fields"]["comment"]["comments"][0]
    issue["fields"]["comment"]["comments"] = [{**comment, "id": str(number)} for number in range(700)]
    data = json.dumps(issue).encode()
    assert len(data) > 256 * 1024

    events, incidents, rejected = read("jira", data)

    assert incidents[0].key == "OPS-41" and not rejected
    assert len([event for event in events if event.key.startswith("comment:")]) == 700
    assert events[0].key == "OPS-41:created"


def test_rows_of_a_table_and_bodies_in_envelopes_are_unwrapped():
    hook = {"webhookEvent": "jira:issue_deleted", "timestamp": 1772470000000, "issue": {"key": "OPS-41", "self": "", "fields": {"summary": "Down"}}}
    logged = json.dumps({"headers": {"X-Atlassian-Webhook-Identifier": "1"}, "body": json.dumps(hook)}).encode()

    assert read("jira", logged)[0][0].where == "body"
    quoted = json.dumps(hook).replace('"', '""')
    assert read("jira", f'id,data,url\n1,"{quoted}",x\n'.encode())[0][0].where == "line 2"
    assert read("jira", f'id,received_at,Payload\n1,2026-03-02,"{quoted}"\n'.encode())[0][0].where == "line 2"


def test_a_list_is_no_text_where_something_else_may_be():
    alarm = {"alarm": {"uid": "A1", "caption": "Disk full"}, "when": "2026-03-02T14:02:00Z", "more": {"points": [1, 2, {"x": None}]}}

    assert read("json", json.dumps(alarm).encode())[0][0].text == "Disk full"


def test_a_webhook_of_github_without_a_time_happened_when_it_came():
    hook = {"action": "added", "member": {"login": "octo"}, "repository": {"full_name": "acme/shop"}, "sender": {"login": "ines"}}
    came = datetime(2026, 3, 2, 14, 2, 11, tzinfo=UTC)

    events, _, rejected = read("github", json.dumps(hook).encode(), received=came)

    assert [(event.text, event.at, event.actor) for event in events] == [("Member added: octo", came, "ines")] and not rejected


def test_what_gitlab_and_bitbucket_do_not_date_happened_when_it_came():
    came = datetime(2026, 3, 2, 14, 2, 11, tzinfo=UTC)
    flag = {
        "object_kind": "feature_flag",
        "project": {"path_with_namespace": "acme/shop"},
        "user": {"name": "Ada Byron"},
        "object_attributes": {"id": 6, "name": "new-cart", "active": False},
    }
    branch = {
        "object_kind": "push",
        "before": "9" * 40,
        "after": "0" * 40,
        "ref": "refs/heads/hotfix",
        "user_name": "Ada Byron",
        "project_id": 15,
        "commits": [],
    }
    tag = {
        "push": {"changes": [{"new": None, "old": {"type": "tag", "name": "v1", "target": {"hash": "9" * 40}}, "closed": True}]},
        "repository": {"full_name": "acme/shop", "type": "repository"},
        "actor": {"display_name": "Ada Byron"},
    }

    for source, hook, text in (
        ("gitlab", flag, "Feature flag turned off: new-cart"),
        ("gitlab", branch, "Branch hotfix was deleted"),
        ("bitbucket", tag, "Tag v1 of acme/shop was deleted"),
    ):
        events, _, rejected = read(source, json.dumps(hook).encode(), received=came)

        assert [(event.text, event.at, event.actor, event.kind) for event in events] == [(text, came, "Ada Byron", "change")] and not rejected
