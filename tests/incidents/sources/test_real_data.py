"""The sources over real files of other people, where they are at hand; nothing of them is kept here."""

import csv
import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from incidents.sources import named
from incidents.sources.drafts import EventDraft, IncidentDraft
from tests.incidents.sources.reading import options_for, outcome_of, payload_of

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("DEBRIEF_SHARED_DATA", ROOT / "../shared/data")) / "payloads"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"there are no real files at {DATA}; set DEBRIEF_SHARED_DATA"),
]

# Folder -> the source that must recognise its files, and files that hold no events of it.
FOLDERS = {
    "slack-export": ("slack", ("export__", "data-i455")),
    "pagerduty": (
        "pagerduty",
        ("id-responses", "raw-users", "business_services", "subscribers", "events-v1", "responder_requests-cancel"),
    ),
    "chat-discord": ("discord", ()),
    "chat-messenger": ("messenger", ()),
    "chat-whatsapp": ("whatsapp", ()),
    "msteams": ("msteams", ()),
    "irc": ("irc", ()),
    "zoom": ("transcript", ()),
    "alertmanager": ("alertmanager", ("schematic",)),
    "aws": ("aws", ("autoscaling", "codepipeline-job", "config-event")),
    "aws-cloudwatch": ("aws", ()),
    "azure-monitor": ("azure_monitor", ()),
    "datadog": ("datadog", ("cassette", "status_page", "add_commander_to_an_incident_returns_ok_response-0")),
    "gcp-monitoring": ("gcp_monitoring", ()),
    "grafana-legacy": ("grafana", ()),
    "graylog": ("graylog", ()),
    "newrelic": ("newrelic", ()),
    "sentry": ("sentry", ()),
    "../datasets/cloud-status": ("google_status", ()),
    "../datasets/slack-status": ("slack_status", ()),
    "devlake-opsgenie": ("opsgenie", ("expected", "teams", "users")),
    "grafana-oncall": ("grafana_oncall", ("schematic", "integration-")),
    "incident.io": ("incident_io", ("attach", "statuses", "types", "attributes", "routes", "alert_sources", "options", "roles", "timestamps")),
    "opsgenie": ("opsgenie", ()),
    "rootly": ("rootly", ("alert_groups",)),
    "statuspage": ("statuspage", ("status.js",)),
    "devlake-azuredevops_go": ("azure_devops", ()),
    "devlake-bitbucket": ("bitbucket", ()),
    "devlake-circleci": ("circleci", ()),
    "devlake-jenkins": ("jenkins", ()),
    "kubernetes": ("kubernetes", ()),
    "launchdarkly": ("launchdarkly", ()),
    "nagios": ("nagios", ()),
    "pingdom": ("pingdom", ()),
    "syslog": ("syslog", ()),
    "github": ("github", ("repository_dispatch",)),
    "devlake-github": ("github", ()),
    "devlake-github_graphql": ("github", ()),
    "devlake-gitlab": ("gitlab", ()),
    "jira": ("jira", ()),
    "devlake-jira": ("jira", ()),
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_files_of_a_vendor_are_recognised_and_read(folder):
    source, without = FOLDERS[folder]
    for path in sorted((DATA / folder).glob("*")):
        if any(part in path.name for part in without):
            continue
        name, events, _, _, reason = outcome_of(path.resolve())
        assert (name, bool(events), reason) == (source, True, ""), path.name


def test_pagerduty_agrees_with_another_projects_reading():
    """DevLake read the same raw rows: numbers, titles, states and times are an oracle."""
    folder = DATA / "devlake-pagerduty"
    with (folder / "expected-_tool_pagerduty_incidents.csv").open(newline="") as file:
        expected = {row["url"]: row for row in csv.DictReader(file)}
    for name in ("_raw_pagerduty_incidents.csv", "_raw_pagerduty_incidents.jsonl"):
        items = list(named("pagerduty").read(payload_of((folder / name).read_bytes()), options_for()))
        incidents = {item.url: item for item in items if isinstance(item, IncidentDraft)}
        assert incidents.keys() == expected.keys()
        for url, row in expected.items():
            mine = {item.milestone: item for item in items if isinstance(item, EventDraft) and item.milestone and item.key.startswith(url.rpartition("/")[2])}
            assert row["summary"].endswith(incidents[url].title)
            assert incidents[url].severity == (row["priority"] or row["urgency"])
            assert mine["detected"].at == datetime.fromisoformat(row["created_date"])
            if row["status"] == "resolved":
                assert mine["resolved"].at == datetime.fromisoformat(row["updated_date"])
            else:
                assert "resolved" not in mine


def test_opsgenie_agrees_with_another_projects_reading():
    """DevLake read the same raw rows: titles, priorities, times and states are an oracle."""
    folder = DATA / "devlake-opsgenie"
    with (folder / "expected-_tool_opsgenie_incidents.csv").open(newline="") as file:
        expected = {row["id"]: row for row in csv.DictReader(file)}
    for name in ("_raw_opsgenie_incidents.csv", "_raw_opsgenie_incidents.jsonl"):
        items = list(named("opsgenie").read(payload_of((folder / name).read_bytes()), options_for()))
        incidents = {item.key: item for item in items if isinstance(item, IncidentDraft)}
        assert incidents.keys() == expected.keys()
        for key, row in expected.items():
            mine = {item.milestone: item for item in items if isinstance(item, EventDraft) and item.milestone and item.key.startswith(key)}
            about = incidents[key]
            assert (about.title, about.summary, about.severity, about.url) == (row["message"], row["description"], row["priority"], row["url"])
            assert mine["detected"].at == datetime.fromisoformat(row["created_date"])
            if row["status"] == "resolved":
                assert mine["resolved"].at == datetime.fromisoformat(row["updated_date"])
            else:
                assert "resolved" not in mine


def test_slack_loses_no_message():
    path = DATA / "slack-export" / "contrib__sample.json"
    _, events, _, rejected, _ = outcome_of(path.resolve())
    messages = json.loads(path.read_bytes())["messages"]

    assert events + rejected == sum(1 + len(each.get("slackdump_thread_replies") or ()) for each in messages)
