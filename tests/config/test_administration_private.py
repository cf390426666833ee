"""A private incident is nowhere in the administration for staff who are not on it: every registered list, page, filter, popup and choice is asked."""

import io
import re
from html import unescape

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import ForeignKey, ManyToManyField
from django.urls import reverse

from incidents import intake, lifecycle
from incidents.models import Incident, Job, Service, Tag
from postmortems import action_items, publishing
from postmortems.models import Postmortem, Revision
from tests.factories import make_endpoint, make_event, make_factor, make_field, make_postmortem, make_service, make_user, post_hook, work

pytestmark = pytest.mark.django_db
MARKER = "zirkonite"
#: What a page says of a search for the marker.
REPEATED = re.compile(rf'value="{MARKER}"|q(?:=|%3D|%253D){MARKER}')
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def secret(client):
    """A private incident of Mia's with everything that an incident can have, all of it with the marker in its words; and one that everybody sees."""
    mia = make_user("mia", role="admin", is_staff=True, is_superuser=True)
    service = make_service("checkout")
    open_one = lifecycle.declare(actor=mia, title="Everybody sees this", tags=["open-tag"], services=[service])
    incident = lifecycle.declare(actor=mia, title=f"{MARKER} leak", summary=f"{MARKER} was taken", tags=[f"{MARKER}-tag"], services=[service], is_private=True)
    make_field("vendor", "Vendor")
    Incident.objects.filter(pk=incident.pk).update(field_values={"vendor": MARKER})
    make_event(incident, text=f"{MARKER} entry")
    delivery = intake.receive(actor=mia, incident=incident, file=io.BytesIO(b"- 2026-03-02 14:02 Alert\n"), name=f"{MARKER}.md", channel="upload")
    endpoint = make_endpoint(rules=[])
    post_hook(client, endpoint, {"message": f"{MARKER} alert", "status": "down"})
    work()
    endpoint.deliveries.update(incident=incident, file_name=f"{MARKER}.json")
    postmortem = make_postmortem(mia, incident=incident, template="quick_retro")
    Postmortem.objects.filter(pk=postmortem.pk).update(title=f"{MARKER} retro")
    make_factor(postmortem, f"{MARKER} was kept in a place that everybody could read.")
    action_items.add(actor=mia, incident=incident, postmortem=postmortem, title=f"{MARKER} action", owner=mia)
    revision = publishing.publish(actor=mia, postmortem=Postmortem.objects.get(pk=postmortem.pk), note=f"{MARKER} note")
    Revision.objects.filter(pk=revision.pk).update(pdf_error=f"{MARKER} cannot be printed")
    Job.objects.filter(object_id__in=[delivery.pk, revision.pk]).update(state="dead", error=f"ValueError: {MARKER}")
    client.force_login(mia)
    tag = Tag.objects.get(name=f"{MARKER}-tag")
    client.post(reverse("admin:incidents_tag_change", args=[tag.pk]), {"name": f"{MARKER}-tag", "incidents": []})  # leaves a line in its history
    assert LogEntry.objects.filter(object_repr__contains=MARKER).exists()
    return incident, open_one


def lists_of(model, text=""):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + text


def pages_of(client, model):
    """The list as it is, searched, as a popup, and narrowed by every link it offers; and the pages of its first and its latest rows."""
    first = lists_of(model)
    links = re.findall(r'href="(\?[^"]*)"', client.get(lists_of(model, "?_facets=True"), follow=True).content.decode())
    paths = [lists_of(model, unescape(link)) for link in links if "o=" not in link]  # but for the order
    paths += [first, lists_of(model, f"?q={MARKER}"), lists_of(model, "?all="), lists_of(model, "?_facets=True"), lists_of(model, "?_popup=1&_to_field=id")]
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
    for pk in {*keys[:1], *keys[-4:]}:  # what is of the private incident came last
        paths += [reverse(f"{name}_{page}", args=[pk]) for page in ("change", "history", "delete")]
    return [*dict.fromkeys(paths), reverse(f"{name}_add")]


def choices_of(model):
    """What Django's autocompletion would answer for each relation of the model."""
    for field in model._meta.get_fields():
        if isinstance(field, ForeignKey | ManyToManyField):
            asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name, "term": MARKER[:4]}
            yield reverse("admin:autocomplete"), asked


def telling(client):
    """Return the addresses of the administration that say the marker."""
    found = []
    asked = [(path, {}) for path in (reverse("admin:index"), reverse("admin:app_list", args=["incidents"]), reverse("admin:app_list", args=["postmortems"]))]
    for model in MODELS:
        asked += [(path, {}) for path in pages_of(client, model)] + list(choices_of(model))
        asked += [(path, data) for path, data in choices_of_relations(model)]
    for path, data in asked:
        answer = client.get(path, data, follow=True)
        assert answer.status_code < 500, path
        if MARKER in REPEATED.sub("", answer.content.decode()):
            found.append(path)
    for model in MODELS:
        keys = list(model._base_manager.values_list("pk", flat=True))
        answer = client.post(lists_of(model), {"action": "delete_selected", "_selected_action": keys}, follow=True)
        if MARKER in answer.content.decode():
            found.append(f"deleting {model._meta.label}")
    return found


def choices_of_relations(model):
    """The same for relations of models that have no page of their own, such as an incident's tags."""
    for related in model._meta.related_objects:
        if related.related_model not in admin.site._registry and related.field.name:
            meta = related.related_model._meta
            yield (
                reverse("admin:autocomplete"),
                {"app_label": meta.app_label, "model_name": meta.model_name, "field_name": related.field.name, "term": MARKER[:4]},
            )


def test_staff_who_are_not_on_a_private_incident_find_it_nowhere(client, secret):
    for model in (Tag, Postmortem, Job, Revision):  # what there is to find
        assert MARKER in client.get(lists_of(model)).content.decode()
    client.force_login(make_user("otto", role="admin", is_staff=True, is_superuser=True))
    assert telling(client) == []


def test_nor_does_a_number_tell_of_it(client, secret):
    incident, open_one = secret
    client.force_login(make_user("otto", role="admin", is_staff=True, is_superuser=True))

    def counted(model):
        return re.search(r'paginator">\s*(?:<[^>]*>\s*)*([\d,]+)', client.get(lists_of(model)).content.decode())[1]

    assert counted(Tag) == "1"
    assert "1 service" in client.get(lists_of(Service)).content.decode()
    asked = client.get(reverse("admin:incidents_service_delete", args=[Service.objects.get().pk])).content.decode()
    assert "incident" not in asked.split("<main")[1].split("</main>")[0].lower().replace("/incidents/", "").replace("people and incidents", "")


def test_a_tag_and_a_service_can_still_be_deleted(client, secret):
    for model in (Tag, Service):
        row = model.objects.first()
        if model is Tag:
            row = Tag.objects.get(name="open-tag")
        client.post(reverse(f"admin:incidents_{model._meta.model_name}_delete", args=[row.pk]), {"post": "yes"})
        assert not model.objects.filter(pk=row.pk).exists()
    assert Incident.objects.count() == 2


def test_a_tag_that_no_incident_has_is_everybodys(client, secret):
    Tag.objects.create(name="spare")
    client.force_login(make_user("otto", role="admin", is_staff=True, is_superuser=True))
    page = client.get(lists_of(Tag)).content.decode()
    assert "spare" in page and "open-tag" in page
