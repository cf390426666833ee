"""Webhooks as an administrator sets them up: an endpoint, a delivery from a program, an incident from it, then a rule."""

import json
import re
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from incidents.models import Incident
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def send(url, secret, **fields):
    body = {"timestamp": "2026-03-02T14:02:07Z", "message": "Error ratio of checkout above 4 %", "alert": {"id": "A-17", "level": "critical"}, **fields}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
    with urlopen(Request(url, json.dumps(body).encode(), headers)) as answer:
        return answer.status


def test_from_an_address_to_an_incident_and_a_rule(page, sign_in, live_server, settings, no_sideways_scroll):
    settings.BASE_URL = live_server.url
    sign_in(page, make_user("admin", role="admin")).goto("/settings/")
    page.get_by_role("link", name="Webhooks").click()
    expect(page.get_by_text("No webhooks yet")).to_be_visible()
    page.get_by_role("link", name="New webhook").click()
    page.get_by_label("Tool").select_option("json")
    page.get_by_label("Name", exact=True).fill("Monitor of payments")
    no_sideways_scroll(page)
    page.get_by_role("button", name="Make the address").click()
    secret, url = page.get_by_label("The secret").input_value(), page.get_by_label("The address").input_value()
    assert send(url, secret) == 202
    page.get_by_role("link", name="Webhooks").click()
    expect(page.get_by_role("row", name=re.compile("Monitor of payments"))).to_contain_text("1")
    page.get_by_role("link", name="Monitor of payments").click()
    expect(page.get_by_text("Kept in the inbox: there are no rules")).to_be_visible()
    expect(page.get_by_label("The secret")).to_have_count(0)

    page.get_by_role("link", name="Keys").click()
    page.get_by_label("alert.id").select_option("incident_key")
    expect(page.locator("#preview")).to_contain_text("A-17")
    page.get_by_label("alert.level").select_option("incident_severity")
    expect(page.locator("#preview")).to_contain_text("critical")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. Deliveries are read so from now on")).to_be_visible()

    page.get_by_role("link", name="Monitor of payments").click()
    page.get_by_role("link", name="Error ratio of checkout above 4 %").click()
    page.get_by_role("button", name="Route again").click()
    expect(page.get_by_text("A-17").first).to_be_visible()
    page.get_by_role("button", name="Open an incident from it").click()
    expect(page.get_by_role("heading", name="Error ratio of checkout above 4 %", level=1)).to_be_visible()
    expect(page.get_by_text("by hand, admin.")).to_be_visible()
    assert send(url, secret, timestamp="2026-03-02T14:09:00Z", message="Error ratio of checkout above 9 %") == 202
    page.reload()
    expect(page.get_by_text("Error ratio of checkout above 9 %").first).to_be_visible()
    expect(page.get_by_text("it has the key of")).to_be_visible()

    assert send(url, secret, message="Queue too long", alert={"id": "B-3", "level": "critical"}) == 202
    page.goto("/settings/webhooks/")
    page.get_by_role("link", name="Monitor of payments").click()
    page.get_by_role("link", name="Rules").click()
    rule = page.get_by_role("group", name="Rule 1")
    rule.get_by_label("Condition 1: what").select_option("severity")
    rule.get_by_label("Value").first.fill("critical")
    rule.get_by_label("Then").select_option("open")
    page.get_by_role("button", name="Try with the last deliveries").click()
    expect(page.get_by_text("Would open an incident: rule 1 says so (severity is “critical”).")).to_be_visible()
    assert Incident.objects.count() == 1
    no_sideways_scroll(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The rules are saved")).to_be_visible()
    page.get_by_role("link", name="Monitor of payments").click()
    page.get_by_role("button", name="Route again what has no incident").click()
    expect(page.get_by_text(re.compile(r"Opened INC-\d+: rule 1 says so"))).to_be_visible()
    assert Incident.objects.count() == 2
    page.set_viewport_size({"width": 390, "height": 844})
    no_sideways_scroll(page)


def test_rules_without_javascript(browser, browser_context_args, live_server, sign_in):
    from tests.factories import make_endpoint

    endpoint = make_endpoint()
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = sign_in(context.new_page(), make_user("admin", role="admin"))
    page.goto(f"/settings/webhooks/{endpoint.pk}/rules/")
    rule = page.get_by_role("group", name="Rule 1")
    rule.get_by_label("Condition 1: what").select_option("label")
    rule.get_by_label("Name of the label, if it is one").first.fill("env")
    rule.get_by_label("Value").first.fill("production")
    rule.get_by_label("Then").select_option("ignore")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The rules are saved")).to_be_visible()
    expect(page.get_by_role("group", name="Rule 2")).to_be_visible()
    endpoint.refresh_from_db()
    assert endpoint.rules[0]["conditions"] == [{"field": "label", "operator": "is", "value": "production", "label": "env"}]
    context.close()
