"""Templates over the API: versions, files, suggestions with reasons, moving a post-mortem."""

import pytest

from incidents.access import SYSTEM
from incidents.models import Severity
from postmortems import authoring
from postmortems.models import RetrospectiveTemplate, TemplateSection
from tests.factories import api_client, make_incident, make_postmortem, make_user

pytestmark = pytest.mark.django_db
TEMPLATES = "/api/v1/templates/"


@pytest.fixture
def template():
    return RetrospectiveTemplate.objects.get(key="quick_retro")


def renew(template):
    TemplateSection.objects.filter(template=template, key="q_line").update(guidance="One line.")
    return authoring.keep(actor=SYSTEM, template=template)


def test_versions_are_listed_and_read(alice, template):
    renew(template)
    api = api_client(alice)
    rows = api.get(f"{TEMPLATES}quick_retro/versions/").json()
    assert [(row["number"], row["origin"], row["changed"]) for row in rows] == [(2, "edited", "“In one line”: guidance."), (1, "builtin", "")]
    assert api.get(f"{TEMPLATES}quick_retro/versions/1/").json()["content"]["sections"][0]["key"] == "q_line"
    assert api.get(f"{TEMPLATES}quick_retro/versions/7/").status_code == 404
    assert api.get(f"{TEMPLATES}quick_retro/").json()["version"] == 2


def test_a_file_is_exported_and_imported_by_administrators(alice, charlie, template):
    text = api_client(alice).get(f"{TEMPLATES}quick_retro/export/").content.decode()
    assert text.startswith("format: debrief-templates-1")
    assert api_client(charlie).get(f"{TEMPLATES}quick_retro/export/").status_code == 404
    assert api_client(alice).post(f"{TEMPLATES}import/", {"yaml": text}, format="json").status_code == 403
    root = api_client(make_user("root", role="admin"))
    assert root.post(f"{TEMPLATES}import/", {"yaml": text}, format="json").json() == [{"key": "quick_retro", "version": 1, "outcome": "same", "changed": ""}]
    wrong = root.post(f"{TEMPLATES}import/", {"yaml": text.replace("kind: bullets", "kind: list")}, format="json")
    assert wrong.status_code in (400, 422) and "section q_round, field kind" in wrong.content.decode()
    new = root.post(f"{TEMPLATES}import/", {"yaml": text.replace("key: quick_retro", "key: own")}, format="json").json()
    assert new[0]["outcome"] == "new"
    assert root.get(f"{TEMPLATES}own/export/").status_code == 200  # switched off, for administrators only
    assert api_client(alice).get(f"{TEMPLATES}own/export/").status_code == 404


def test_a_suggestion_has_its_reasons_and_is_answered(alice, charlie):
    incident = make_incident(severity=Severity.objects.get(key="sev1"))
    address = f"/api/v1/incidents/{incident.reference}/template-suggestion/"
    api = api_client(alice)
    answer = api.get(address)
    found = answer.json()
    assert (found["template"], found["depth"], found["required_depth"], found["version"], answer["ETag"]) == (
        "standard_blameless",
        "standard",
        "standard",
        0,
        '"0"',
    )
    assert "SEV1 asks for a standard review at least; that is met." in found["reasons"]
    assert [rule["outcome"] for rule in found["rules"]] == ["holds_not", "holds_not"]
    assert api.patch(address, {"ticks": ["new"]}, format="json").status_code == 428
    deep = api.patch(address, {"ticks": ["new", "nearly", "accounts"]}, format="json", HTTP_IF_MATCH='"0"').json()
    assert (deep["template"], deep["learning_value"], deep["version"]) == ("learning_review", "deep", 1)
    assert api.patch(address, {"ticks": []}, format="json", HTTP_IF_MATCH='"0"').status_code == 412
    assert api.patch(address, {}, format="json", HTTP_IF_MATCH='"1"').status_code in (400, 422)
    none = api.patch(address, {"no_review_because": "Covered by the one before."}, format="json", HTTP_IF_MATCH='"1"').json()
    assert (none["decision"], none["reason"]) == ("none", "Covered by the one before.")
    assert api_client(charlie).get(address).status_code == 404


def test_a_private_incident_has_no_suggestion_for_outsiders(alice, bob):
    incident = make_incident(is_private=True, members=[alice])
    assert api_client(bob).get(f"/api/v1/incidents/{incident.reference}/template-suggestion/").status_code == 404


def test_a_post_mortem_is_compared_and_moved(alice, charlie, template):
    postmortem = make_postmortem(alice, "quick_retro")
    renew(template)
    address = f"/api/v1/postmortems/{postmortem.reference}/template/"
    api = api_client(alice)
    steps = api.get(address).json()["steps"]
    assert [(step["key"], step["state"]) for step in steps if step["state"] != "same"] == [("q_line", "changed")]
    body = {"template_version": 2, "take": ["q_line"]}
    assert api.post(address, body, format="json", HTTP_IF_MATCH='"9"').status_code == 412
    assert api.post(address, {"template_version": 9}, format="json", HTTP_IF_MATCH='"1"').status_code in (400, 422)
    assert api.post(address, body, format="json", HTTP_IF_MATCH='"1"').json()["template_version"] == 2
    assert postmortem.sections.get(key="q_line").guidance == "One line."
    assert api_client(charlie).get(address).status_code == 404
