"""axe looks at every page of the product, in light and in dark; nothing serious is left. The pages come from the URL configuration itself, those of the
administration from what is registered there."""

import io
import json
import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from incidents.models import Tag
from postmortems.models import RetrospectiveTemplate, TemplateSection
from tests.factories import T0, make_action_item, make_endpoint, make_factor, make_user, make_written, post_hook

pytestmark = pytest.mark.django_db(transaction=True)

PARTS = 2  # so that two processes share them
SEVERE = {"serious", "critical"}
#: What depends on the colours; the rest is the same in the dark.
COLOURS = ["color-contrast", "link-in-text-block"]
#: Beside what the URLs name: the same page in another state.
STATES = [
    "/incidents/?q=nothing+like+it",
    "/postmortems/?q=nothing+like+it",
    "/knowledge/?q=words",
    "/knowledge/?q=nothing+like+it",
    "/actions/?status=all",
    "/no/such/page/",
]
#: The administration's bars are looked at on its first pages; they are the same on every other.
BARS_ASIDE = {"exclude": [[".topbar"], [".adminbar"], ["#nav-sidebar"]]}
#: Addresses that answer a GET with "not found" here, because what they are about has to be made by a step of its own.
NOT_HERE = {"mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_download_recovery_codes"}


@pytest.fixture
def world(db):
    """An administrator with one of everything: an incident, its imports, a post-mortem in review and published twice, a webhook with a delivery."""
    from incidents import intake
    from postmortems import drafting, publishing, reviewing
    from postmortems.models import ApprovalRule, Postmortem

    boss = make_user("boss", role="admin", is_staff=True, is_superuser=True)
    ana = make_user("ana", first_name="Ana")
    postmortem = make_written(boss, title="Checkout returns errors")
    rule = ApprovalRule.objects.create(name="Legal", reason="The law asks for it.", who="people")
    rule.people.add(ana)

    def fresh():
        return Postmortem.objects.get(pk=postmortem.pk)

    for note in ("First account", "Second account"):
        publishing.publish(actor=boss, postmortem=fresh(), note=note, reason="A drill")
    reviewing.submit(actor=boss, postmortem=fresh(), audience="internal", people=[make_user("rita")], note="Please", due_on=timezone.localdate())
    reviewing.decide(actor=ana, postmortem=fresh(), verdict="approved", note="Well told")
    section = postmortem.sections.get(key="impact")
    for body in ("Nobody could pay.", "Nobody could pay for an hour."):
        section = drafting.save_section(actor=boss, section=section, version=section.version, body=body, values={})
    with pytest.raises(drafting.SectionConflict):
        drafting.save_section(actor=boss, section=section, version=1, body="Somebody should have noticed it.", values={})
    intake.receive(
        actor=boss,
        incident=postmortem.incident,
        file=io.BytesIO(b"14:02 Alert fired\n14:05 Ann looks\n14:40 Rolled back\n"),
        name="notes.txt",
        channel="upload",
    )
    numbers = discuss(boss, fresh())
    endpoint = make_endpoint(name="Pager", mapping={"id": "incident_key"})
    post_hook(Client(), endpoint, {"timestamp": "2026-03-02T14:02:00Z", "message": "Error ratio above 4 %", "id": "a-1"})
    item = make_action_item(incident=postmortem.incident, postmortem=postmortem, owner=boss)
    return {"boss": boss, "postmortem": postmortem, "endpoint": endpoint, "item": item, "lost": section.versions.get(is_lost=True), "numbers": numbers}


def discuss(boss, postmortem):
    """One of everything that a retrospective brings: a meeting with an idea, a perspective, a factor, a comment."""
    from postmortems import calibrating, commenting, meetings, parking, participating, perspectives, surveying, talking

    meetings.plan(actor=boss, postmortem=postmortem, version=meetings.ensure(postmortem).version, starts_at=timezone.now(), minutes=60)
    idea = parking.park(actor=boss, postmortem=postmortem, text="Could the limit be seen on the dashboard?")
    told = perspectives.save_perspective(actor=boss, postmortem=postmortem, at=T0, user=boss, saw="The graph was flat.", believed="It was the network.")
    factor = make_factor(postmortem, events=postmortem.incident.events.all()[:1])
    commenting.comment(actor=boss, section=postmortem.sections.get(key="summary"), body="Is this all of it?")
    for role in ("facilitator", "participant"):
        participating.invite(actor=boss, postmortem=postmortem, role=role, user=boss, reason="Nobody else was free.")
    talk = talking.note(actor=boss, postmortem=postmortem, held_on=T0.date(), name="Support", notes="Tickets came in before the alert.")
    calibrating.share(actor=boss, postmortem=postmortem)
    surveying.open_for(postmortem, timezone.now())
    return {"parking/": idea.pk, "perspectives/": told.pk, "factors/": factor.pk, "talks/": talk.pk}


def addresses(world):
    """Every address of the product that is no API and no file, filled in: (name of the pattern, address)."""
    postmortem, incident = world["postmortem"], world["postmortem"].incident
    references = {"incidents": incident.reference, "actions": world["item"].reference}
    delivery = incident.deliveries.latest("pk").pk
    hook = world["endpoint"].deliveries.latest("pk").pk
    found = []

    def walk(patterns, prefix):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if not isinstance(pattern, URLPattern):
                if not path.startswith(("admin", "api")):
                    walk(pattern.url_patterns, path)
                continue
            first = path.split("/")[0]
            reference = incident.reference if "start/" in path or "actions/new" in path else references.get(first, postmortem.reference)
            filled = path.replace("<str:reference>", reference)
            if "settings/webhooks" in path:
                filled = filled.replace("<int:pk>", str(world["endpoint"].pk)).replace("<int:number>", str(hook))
            for place, number in world["numbers"].items():
                filled = filled.replace(f"{place}<int:pk>", f"{place}{number}")
            if "deliveries" in path:
                filled = filled.replace("<int:pk>", str(delivery))
            filled = filled.replace("<int:pk>", str(incident.events.first().pk))
            filled = filled.replace("milestones/<slug:key>", "milestones/detected").replace("templates/<slug:key>", "templates/standard_blameless")
            for name, value in {
                "<slug:key>": "impact",
                "<int:number>": "1",
                "<int:old>": "1",
                "<int:new>": "2",
                "<int:version_id>": str(world["lost"].pk),
            }.items():
                filled = filled.replace(name, value)
            if not re.search(r"[<(^$\\]", filled):
                found.append((pattern.name or "", "/" + filled))

    walk(get_resolver().url_patterns, "")
    return found


def pages(world):
    """Those that a GET shows as a page."""
    client = Client()
    client.force_login(world["boss"], "allauth.account.auth_backends.AuthenticationBackend")
    shown, lost = [], []
    for name, address in addresses(world):
        answer = client.get(address)
        if answer.status_code == 404 and name not in NOT_HERE:
            lost.append(f"{name}: {address}")
        html = answer.get("Content-Type", "").startswith("text/html")
        if answer.status_code in {200, 202} and html and b"<html" in answer.content:
            shown.append(address)
    assert not lost, f"not found; say in this test how these addresses are filled: {lost}"
    return shown


def admin_pages(boss):
    """Of every model its list, found by a word where it can be, and a row of it, else the form for a new one; the pages that are alike for all, once."""
    request = RequestFactory().get("/admin/")
    request.user = boss
    yield from ["/admin/", "/admin/postmortems/", reverse("admin:incidents_user_add"), reverse("admin:auth_user_password_change", args=[boss.pk])]
    for model, one in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist") + ("?q=e" if one.get_search_fields(request) else "")
        if row := one.get_queryset(request).last():
            yield reverse(f"{name}_change", args=[row.pk])
        elif one.has_add_permission(request):
            yield reverse(f"{name}_add")
    tag = Tag.objects.last()
    yield from [reverse(f"admin:incidents_tag_{what}", args=[tag.pk]) for what in ("history", "delete")]


def faults(page, where=None, **options):
    """What axe finds on the page as it is shown now; its script is there already."""
    found = page.evaluate(
        "([where, options]) => axe.run(where || document, options)", [where, {"resultTypes": ["violations"], "preload": False, "iframes": False, **options}]
    )
    return [
        f"{page.url} {one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]} {json.dumps([why['message'] for why in node['any'][:1]])}"
        for one in found["violations"]
        if one["impact"] in SEVERE
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_has_a_serious_fault(page, sign_in, world, expected_errors, part):
    expected_errors += ["404"]
    signed_out = ["/account/login/", "/account/password/reset/"]
    wrong = []
    for address in signed_out[part::PARTS]:
        page.goto(address)
        wrong += look(page)
    sign_in(page, world["boss"])
    shown = pages(world)
    assert len(shown) > 40
    for address in [*shown, *STATES][part::PARTS]:
        page.goto(address)
        wrong += look(page)
    assert not wrong, "\n".join(wrong)


def look(page, where=None):
    page.evaluate(AXE_SCRIPT)
    # What is folded away is looked at too; without motion, so that no colour is caught halfway.
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = faults(page, where)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += faults(page, where, runOnly=COLOURS)
    # Dialogs last: opened without their buttons they lie over the page.
    if page.evaluate("() => { const all = [...document.querySelectorAll('dialog')]; all.forEach((one) => one.setAttribute('open', '')); return all.length; }"):
        found += faults(page, "dialog")
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_of_the_administration_has_a_serious_fault(page, sign_in, world, part):
    sign_in(page, world["boss"])
    Tag.objects.create(name="database")
    # The one that is looked at: two sections have the faults of twenty, in a tenth of the time.
    small = RetrospectiveTemplate.objects.create(key="small", name="Small", position=99)
    for place, key in enumerate(("before", "after")):
        TemplateSection.objects.create(template=small, key=key, title=key.title(), position=place)
    shown = list(admin_pages(world["boss"]))
    assert len(shown) > 50
    wrong = []
    for number, address in enumerate(shown[part::PARTS]):
        page.goto(address)
        wrong += look(page, BARS_ASIDE if number > 1 else None)
    if part == 0:
        # What is asked before several are deleted is the answer to a form.
        page.goto(reverse("admin:incidents_tag_changelist"))
        page.get_by_label("Action:").select_option("delete_selected")
        page.locator(".action-select").first.check()
        page.get_by_role("button", name="Go").click()
        page.get_by_text("Are you sure").wait_for()
        wrong += look(page, BARS_ASIDE)
    assert not wrong, "\n".join(wrong)
