"""Factors in pages, API, documents, search, admin and seeds."""

import json
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents.lib.conflict import Conflict
from postmortems import factoring, migrations, overview, publishing, search, seeding
from postmortems.document import build
from postmortems.models import ActionItem, Factor, FactorGroup, FactorLeaf, FactorLink, Postmortem
from postmortems.rendering import html
from postmortems.rendering.changes import compare
from tests.factories import api_client, make_action_item, make_event, make_factor, make_incident, make_postmortem, make_service, make_user, make_written

pytestmark = pytest.mark.django_db


def face(postmortem, name="factor_list", *more):
    return reverse(f"postmortems:{name}", args=[postmortem.reference, *more])


def form_of(factor=None, **changes):
    fields = {name: getattr(factor, name, "") for name in ("statement", "mechanism", "kind", "stage", "evidence_link")}
    fields |= {"leaf": factor.leaf.key if factor and factor.leaf else "", "confidence": "medium"}
    return fields | ({"version": factor.version} if factor else {}) | changes


# Rows -----------------------------------------------------------------------------------------------


def test_seeding_leaves_what_an_administrator_changed():
    leaf = FactorLeaf.objects.get(key="change.code")
    FactorLeaf.objects.filter(pk=leaf.pk).update(name="Our word", is_active=False)
    FactorGroup.objects.filter(key="helper").update(name="Helped")
    FactorLeaf.objects.filter(key="helper.chance").delete()
    assert seeding.seed_factors() == 1 and seeding.seed_factors() == 0
    leaf.refresh_from_db()
    assert (leaf.name, leaf.is_active, FactorGroup.objects.get(key="helper").name) == ("Our word", False, "Helped")
    assert (FactorGroup.objects.count(), FactorLeaf.objects.count()) == (9, 46)


def test_a_factor_keeps_what_it_rests_on(alice, postmortem):
    event, item = make_event(postmortem.incident), make_action_item(incident=postmortem.incident)
    first = make_factor(postmortem)
    second = make_factor(postmortem, events=[event], actions=[item], links={first.pk: "worsened"})
    assert (list(second.events.all()), list(second.actions.all()), second.links.get().target) == ([event], [item], first)
    changed = factoring.change(actor=alice, factor=second, version=1, kind="amplifier", links={})
    assert (changed.version, changed.kind, changed.updated_by, changed.links.count(), changed.events.count()) == (2, "amplifier", alice, 0, 1)


def test_rows_of_others_are_refused(alice, postmortem):
    elsewhere = make_postmortem(alice)
    factor, stranger = make_factor(postmortem), make_factor(elsewhere)
    for wrong in (
        {"events": [make_event(elsewhere.incident)]},
        {"actions": [make_action_item(incident=elsewhere.incident)]},
        {"links": {stranger.pk: "enabled"}},
        {"links": {factor.pk: "enabled"}},
        {"links": {10**18: "enabled"}},
        {"evidence_link": "javascript:alert(1)"},
        {"statement": " \x00 "},
        {"kind": "root_cause"},
    ):
        with pytest.raises(ValidationError):
            factoring.change(actor=alice, factor=factor, version=1, **wrong)
    assert Factor.objects.get(pk=factor.pk).version == 1 and not FactorLink.objects.exists()


def test_a_stale_version_changes_and_removes_nothing(alice, bob, postmortem):
    factor = make_factor(postmortem)
    factoring.change(actor=bob, factor=factor, version=1, confidence="high")
    with pytest.raises(Conflict):
        factoring.change(actor=alice, factor=factor, version=1, confidence="low")
    with pytest.raises(Conflict):
        factoring.remove(actor=alice, factor=factor, version=1)
    factoring.remove(actor=alice, factor=factor, version=2)
    with pytest.raises(Conflict):
        factoring.change(actor=alice, factor=factor, version=2, confidence="low")


def test_moving_keeps_the_order_of_the_others(alice, postmortem):
    a, b, c = (make_factor(postmortem, f"{name} went to all regions at once, which meant much.") for name in "ABC")
    factoring.move(actor=alice, factor=c, place=1)
    assert list(postmortem.factors.all()) == [c, a, b]
    assert factoring.move(actor=alice, factor=c, place=99) == 3
    assert list(postmortem.factors.all()) == [a, b, c]


def test_the_completeness_of_the_section_counts_factors(alice, postmortem):
    def check():
        return overview.completeness_of(postmortem).of("factors")

    assert check().state == "missing"
    make_factor(postmortem, from_account=True)
    assert "1 of at least 3 factors." in check().gaps and "1 factor is not linked to a timeline entry." in check().gaps
    event = make_event(postmortem.incident)
    Factor.objects.get().events.add(event)
    make_factor(postmortem, leaf="tools.no_guard", events=[event])
    make_factor(postmortem, leaf="helper.slack", kind="mitigator", events=[event])
    assert check().state == "done"


# Pages ----------------------------------------------------------------------------------------------


def test_a_factor_is_added_changed_and_removed(alices, alice, postmortem):
    event = make_event(postmortem.incident, text="<b>Errors</b> everywhere")
    item = make_action_item(incident=postmortem.incident)
    assert "Add the first factor" in alices.get(face(postmortem)).content.decode()
    page = alices.get(face(postmortem, "factor_add")).content.decode()
    assert "Change and delivery" in page and "<b>Errors</b>" not in page
    form = form_of(
        statement="Settings went everywhere", leaf="change.config", kind="enabler", stage="latent", events=[event.pk], actions=[item.pk], from_account="on"
    )
    assert alices.post(face(postmortem, "factor_add"), form).status_code == 302
    factor = postmortem.factors.get()
    assert (factor.leaf.key, factor.from_account, factor.created_by, list(factor.events.all())) == ("change.config", True, alice, [event])
    listed = alices.get(face(postmortem)).content.decode()
    assert "Settings went everywhere" in listed and "3 of at least 8 words" in listed and item.reference in listed
    other = make_factor(postmortem)
    saved = alices.post(face(postmortem, "factor", factor.pk), form_of(factor, **{f"link-{other.pk}": "hid", "statement": "Another wording of it"}))
    assert saved.url.endswith(f"#factor-{factor.pk}")
    factor.refresh_from_db()
    assert (factor.statement, factor.links.get().relation, factor.events.count()) == ("Another wording of it", "hid", 0)
    assert "<svg" in alices.get(face(postmortem)).content.decode()
    assert alices.post(face(postmortem, "factor_remove", factor.pk), {"version": 1}).url == factor.get_absolute_url()
    alices.post(face(postmortem, "factor_remove", factor.pk), {"version": 2})
    assert list(postmortem.factors.all()) == [other]


def test_what_is_wrong_is_said(alices, postmortem):
    factor, stranger = make_factor(postmortem), make_event(make_incident())
    for changes in (
        {"statement": ""},
        {"statement": "x" * 1001},
        {"leaf": "no.such"},
        {"kind": "root_cause"},
        {"events": [stranger.pk]},
        {"events": ["x", "9" * 40]},
        {"actions": ["-1"]},
        {"evidence_link": "javascript:alert(1)"},
    ):
        answer = alices.post(face(postmortem, "factor", factor.pk), form_of(factor, **changes))
        assert answer.status_code == 422, changes
    assert alices.post(face(postmortem, "factor_move", factor.pk), {"place": "x"}).status_code == 422
    assert alices.get(face(postmortem, "factor", 10**30)).status_code == 404


def test_editing_shows_both_when_somebody_was_faster(alices, bob, postmortem):
    factor = make_factor(postmortem)
    factoring.change(actor=bob, factor=factor, version=1, statement="Bob's words", stage="latent", events=[make_event(postmortem.incident)])
    page = alices.post(face(postmortem, "factor", factor.pk), form_of(factor, statement="Alice's words"))
    assert page.status_code == 409
    assert ("The condition and its effect", "Bob's words", "Alice's words") in page.context["changes"]
    assert ("When it took part", "Long before", "Onset") in page.context["changes"] and ("Timeline entries", "1 chosen", "0 chosen") in page.context["changes"]
    assert alices.post(face(postmortem, "factor", factor.pk), form_of(factor, statement="Alice's words", version=2)).status_code == 302


def test_an_action_is_linked_from_its_own_page(alices, alice, postmortem):
    factor = make_factor(postmortem)
    item = make_action_item(incident=postmortem.incident, postmortem=postmortem, owner=alice)
    page = alices.get(item.get_absolute_url()).content.decode()
    assert "Which factor does it act on?" in page and "Relies on people remembering" in page
    form = {"title": item.title, "kind": "detect", "strength": "weak", "priority": "high", "status": "open", "version": 1, "factors": [factor.pk]}
    assert alices.post(item.get_absolute_url(), form).status_code == 302
    item.refresh_from_db()
    assert (list(item.factors.all()), item.strength) == ([factor], "weak")
    stranger = make_factor(make_postmortem(alice))
    assert alices.post(item.get_absolute_url(), form | {"version": 2, "factors": [stranger.pk]}).status_code == 422


def test_open_items_that_mean_the_same_are_shown_to_who_may_see_them(alices, alice, bob):
    service = make_service()
    hidden = make_incident(is_private=True, members=[bob])
    here, there = make_incident(), make_incident()
    for incident in (here, there, hidden):
        incident.services.add(service)
        make_action_item("Alert on the age of the oldest job", incident)
    page = alices.get(ActionItem.objects.get(incident=here).get_absolute_url())
    assert [item.incident for item in page.context["similar"]] == [there]


def test_the_trigger_is_chosen_once_for_the_review(alices, postmortem):
    assert alices.post(face(postmortem, "factor_trigger"), {"trigger": "code_release", "version": 1}).status_code == 302
    late = alices.post(face(postmortem, "factor_trigger"), {"trigger": "slow_decay", "version": 1})
    assert late.status_code == 409 and "its trigger is now: Code release" in late.content.decode()
    assert alices.post(face(postmortem, "factor_trigger"), {"trigger": "root_cause", "version": 2}).status_code == 422
    assert Postmortem.objects.get(pk=postmortem.pk).trigger == "code_release"


def test_moving_answers_htmx_with_the_list(alices, postmortem):
    first, second = make_factor(postmortem), make_factor(postmortem)
    answer = alices.post(face(postmortem, "factor_move", second.pk), {"place": 1}, headers={"HX-Request": "true"})
    assert "Moved to place 1." in answer.content.decode() and "<html" not in answer.content.decode()
    assert alices.post(face(postmortem, "factor_move", first.pk), {"place": 1}).status_code == 302
    assert postmortem.factors.first() == first


def test_suggestions_are_escaped_and_nothing_is_stored(alices, postmortem):
    answer = alices.post(face(postmortem, "factor_suggest"), {"statement": "The certificate expired <b>"}).content.decode()
    assert "Time, expiry and ordering" in answer and "“certificate”" in answer
    assert alices.post(face(postmortem, "factor_suggest")).status_code == 200


def test_the_section_shows_the_factors_and_keeps_its_prose(alices, postmortem):
    make_factor(postmortem)
    section = postmortem.sections.get(key="factors")
    type(section).objects.filter(pk=section.pk).update(body="Prose from before.")
    page = alices.get(reverse("postmortems:section", args=[postmortem.reference, "factors"])).content.decode()
    assert "Prose from before." in page and "Settings went to all regions" in page


def test_who_may_not_see_finds_nothing(client, alice, bob, charlie):
    private = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice]))
    open_one = make_postmortem(alice)
    for postmortem, person in ((private, bob), (open_one, charlie)):
        factor = make_factor(postmortem)
        client.force_login(person)
        for name, more in (("factor_list", ()), ("factor_add", ()), ("factor", (factor.pk,))):
            assert client.get(face(postmortem, name, *more)).status_code == 404
        for name, more in (
            ("factor_add", ()),
            ("factor", (factor.pk,)),
            ("factor_move", (factor.pk,)),
            ("factor_remove", (factor.pk,)),
            ("factor_suggest", ()),
            ("factor_trigger", ()),
        ):
            assert client.post(face(postmortem, name, *more), {"version": 1, "place": 1}).status_code == 404
        api = api_client(person)
        assert api.get(f"/api/v1/postmortems/{postmortem.reference}/factors/").status_code == 404
        assert api.get(f"/api/v1/postmortems/{postmortem.reference}/factors/{factor.pk}/").status_code == 404
        assert api.get(f"/api/v1/postmortems/{postmortem.reference}/trigger/").status_code == 404
    client.force_login(alice)
    assert client.get(face(private, "factor", open_one.factors.get().pk)).status_code == 404


def test_the_pages_take_the_same_queries_however_long(alices, alice, postmortem):
    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            alices.get(address)
        return len(captured)

    def one_more():
        event, item = make_event(postmortem.incident), make_action_item(incident=postmortem.incident, postmortem=postmortem)
        before = postmortem.factors.first()
        make_factor(postmortem, events=[event], actions=[item], links={before.pk: "enabled"} if before else {})

    one_more()
    one_more()
    section = reverse("postmortems:section", args=[postmortem.reference, "factors"])
    addresses = [face(postmortem), face(postmortem, "factor", postmortem.factors.first().pk), section, postmortem.get_absolute_url()]
    for address in addresses:
        queries(address)
    few = [queries(address) for address in addresses]
    for _ in range(8):
        one_more()
    assert [queries(address) for address in addresses] == few
    assert max(few) <= 32


# Documents and search --------------------------------------------------------------------------------


@pytest.fixture
def written(alice):
    postmortem = make_written(alice)
    event = postmortem.incident.events.get(actor="Maria Lopez")
    first = make_factor(postmortem, "Maria Lopez and alice saw no limit, because settings went to all regions at once.", events=[event], from_account=True)
    make_factor(postmortem, kind="mitigator", leaf="helper.slack", links={first.pk: "reduced"}, actions=[postmortem.action_items.get()])
    Postmortem.objects.filter(pk=postmortem.pk).update(trigger="code_release")
    postmortem.refresh_from_db()
    return postmortem


def test_a_document_freezes_factors_with_their_evidence(written):
    document = build(written, "internal", timezone.now())
    first, second = document["factors"]
    assert document["trigger"] == {"key": "code_release", "name": "Code release"}
    assert first["evidence"][0]["actor"] == "Maria Lopez" and first["from_account"] and first["leaf"]["group"] == "change"
    assert second["links"] == [{"to": 1, "relation": "reduced", "relation_name": "lessened"}] and second["polarity"] == "reduced"
    assert json.loads(json.dumps(document)) == document
    page = html.body(document)
    assert page.count("<svg") == 2 and "Maria Lopez and alice" in page


def test_outsiders_get_factors_without_evidence_and_names(written):
    document = build(written, "stakeholder", timezone.now())
    text = json.dumps(document["factors"])
    assert "Maria" not in text and "alice" not in text.lower() and "A responder and incident commander saw no limit" in text
    assert all(not row["evidence"] and not row["from_account"] and not row["evidence_link"] for row in document["factors"])
    assert build(written, "public", timezone.now())["factors"] == []


def test_documents_from_before_factors_still_read(written):
    document = build(written, "internal", timezone.now())
    old = {key: value for key, value in document.items() if key not in ("factors", "trigger")}
    assert "doc__factors" not in html.body(old)
    changes = compare(old, document)
    assert len(changes.factors) == 2 and changes.facts[0].name == "Trigger"


def test_a_list_of_factors_is_a_document_of_its_own_without_a_section_for_it(alice):
    postmortem = make_postmortem(alice, "customer_summary")
    make_factor(postmortem)
    assert "doc__factors" in html.body(build(postmortem, "internal", timezone.now()))
    assert build(postmortem, "stakeholder", timezone.now())["factors"] == []


def test_the_knowledge_base_is_narrowed_by_published_factors(client, alice, charlie, written):
    publishing.publish(actor=alice, postmortem=written, audience="internal")
    late = make_factor(written, leaf="technical.capacity")
    for key, number in (("change.exposure", 1), ("change", 1), ("helper", 1), ("technical.capacity", 0), ("knowledge", 0)):
        assert search.find(charlie, "", search.Filters(factor=key)).total == number, key
    assert search.find(charlie, "regions", search.Filters(factor="change")).total == 1
    client.force_login(charlie)
    page = client.get("/knowledge/", {"factor": "change.exposure"})
    assert page.status_code == 200 and page.context["results"].total == 1
    assert client.get("/knowledge/", {"factor": late.leaf.key}).status_code == 422
    assert api_client(charlie).get("/api/v1/search/", {"factor": "change"}).json()["count"] == 1


# API and admin ---------------------------------------------------------------------------------------


def test_the_api_adds_changes_moves_and_removes(alice, postmortem):
    api, base = api_client(alice), f"/api/v1/postmortems/{postmortem.reference}/factors/"
    event, item = make_event(postmortem.incident), make_action_item(incident=postmortem.incident)
    first = make_factor(postmortem)
    body = {"statement": "Settings went everywhere", "leaf": "change.config", "kind": "enabler", "events": [event.pk], "actions": [item.reference]}
    made = api.post(base, body | {"links": [{"to": first.pk, "relation": "enabled"}]}, format="json")
    assert made.status_code == 201 and made["ETag"] == '"1"'
    row = made.json()
    assert (row["polarity"], row["links"], row["actions"], row["leaf"]) == (
        "contributed",
        [{"to": first.pk, "relation": "enabled"}],
        [item.reference],
        "change.config",
    )
    assert row["gaps"]
    one = f"{base}{row['id']}/"
    assert api.patch(one, {"kind": "mitigator"}, format="json").status_code == 428
    changed = api.patch(one, {"kind": "mitigator", "place": 1, "links": []}, format="json", headers={"If-Match": '"1"'})
    assert changed.status_code == 200 and changed["ETag"] == '"2"' and changed.json()["position"] == 0 and changed.json()["events"] == [event.pk]
    lost = api.patch(one, {"kind": "trigger"}, format="json", headers={"If-Match": '"1"'})
    assert lost.status_code == 412 and lost.json()["current"]["kind"] == "mitigator"
    assert [found["id"] for found in api.get(base).json()] == [row["id"], first.pk]
    assert api.delete(one, headers={"If-Match": '"1"'}).status_code == 412
    assert api.delete(one, headers={"If-Match": '"2"'}).status_code == 204
    assert api.get(one).status_code == 404


def test_the_api_says_what_is_wrong(alice, postmortem):
    api, base = api_client(alice), f"/api/v1/postmortems/{postmortem.reference}/factors/"
    good = {"statement": GOOD_STATEMENT}
    stranger = make_event(make_incident())
    for wrong in (
        {"statement": "\x00"},
        {"statement": ["a"]},
        {"leaf": "no.such\x00"},
        {"kind": "root_cause"},
        {"events": [stranger.pk]},
        {"events": ["x"]},
        {"actions": ["ACT-999999999999"]},
        {"actions": ["INC-1"]},
        {"links": [{"to": 2**62, "relation": "enabled"}]},
        {"links": [{"to": "x"}]},
        {"evidence_link": "javascript:alert(1)"},
    ):
        answer = api.post(base, good | wrong, format="json")
        assert answer.status_code == 400 and "title" in answer.json(), wrong
    assert not postmortem.factors.exists()


GOOD_STATEMENT = "Settings went to all regions at once, which meant that the first sign came from everywhere."


def test_the_catalogue_and_the_trigger_over_the_api(alice, charlie, postmortem):
    catalogue = api_client(charlie).get("/api/v1/factor-taxonomy/").json()
    assert len(catalogue["groups"]) == 9 and len(catalogue["triggers"]) == 16
    assert catalogue["groups"][0]["leaves"][0]["key"] == "change.code"
    api, address = api_client(alice), f"/api/v1/postmortems/{postmortem.reference}/trigger/"
    assert api.put(address, {"trigger": "slow_decay"}, format="json", headers={"If-Match": '"1"'}).json() == {"trigger": "slow_decay"}
    assert api.put(address, {"trigger": ""}, format="json", headers={"If-Match": '"1"'}).status_code == 412
    assert api.get(f"/api/v1/postmortems/{postmortem.reference}/").json()["trigger"] == "slow_decay"


def test_earlier_words_for_types_of_actions_are_still_taken(alice):
    api, incident = api_client(alice), make_incident()
    for old, new in (("mitigate", "contain"), ("process", "arrange"), ("detect", "detect")):
        made = api.post("/api/v1/action-items/", {"incident": incident.reference, "title": f"{old} it", "kind": old}, format="json")
        assert made.status_code == 201 and made.json()["kind"] == new and made.json()["strength"] == ""
        found = api.get("/api/v1/action-items/", {"kind": old}).json()["results"]
        assert [row["title"] for row in found] == [f"{old} it"]
    assert api.post("/api/v1/action-items/", {"incident": incident.reference, "title": "x", "kind": ["a"]}, format="json").status_code == 400


def test_migrating_keeps_what_earlier_types_meant():
    name = next(Path(migrations.__path__[0]).glob("*_factors.py")).stem
    migration = import_module(f"postmortems.migrations.{name}")
    items = {kind: make_action_item(kind=kind) for kind in ("prevent", "mitigate", "process")}
    migration.rename_kinds(apps, None)
    assert [ActionItem.objects.get(pk=item.pk).kind for item in items.values()] == ["prevent", "contain", "arrange"]
    migration.restore_kinds(apps, None)
    assert [ActionItem.objects.get(pk=item.pk).kind for item in items.values()] == list(items)


def test_an_administrator_adds_and_switches_off_kinds(client, postmortem):
    admin = make_user("root", role="admin", is_staff=True, is_superuser=True)
    client.force_login(admin)
    group = FactorGroup.objects.get(key="tools")
    page = client.get(reverse("admin:postmortems_factorgroup_change", args=[group.pk]))
    assert page.status_code == 200 and client.get(reverse("admin:postmortems_factorgroup_changelist")).status_code == 200
    FactorLeaf(group=group, key="tools.our_own", name="Ours").full_clean()
    with pytest.raises(ValidationError, match="begins with the key"):
        FactorLeaf(group=group, key="change.our_own", name="Ours").full_clean()
    renamed = FactorLeaf.objects.get(key="tools.no_guard")
    renamed.key = "tools.other"
    with pytest.raises(ValidationError, match="kept for good"):
        renamed.full_clean()
    make_factor(postmortem, leaf="tools.no_guard")
    FactorLeaf.objects.filter(key="tools.no_guard").update(is_active=False)
    client.force_login(make_user("dora", role="responder"))
    assert "tools.no_guard" not in dict(client.get(face(postmortem, "factor_add")).context["form"].leaf_details)
    assert "tools.no_guard" in dict(client.get(face(postmortem, "factor", postmortem.factors.get().pk)).context["form"].leaf_details)
