"""Versions of templates: seeding by version, edits in the admin, older versions, files on disk and on the page."""

import hashlib
import json
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from incidents.access import SYSTEM
from incidents.lib.conflict import Conflict
from postmortems import authoring, seeding, template_yaml
from postmortems.models import RetrospectiveTemplate, TemplateRule, TemplateSection
from postmortems.template_content import SectionContent
from tests.factories import make_incident, make_postmortem, make_user

pytestmark = pytest.mark.django_db

#: Version and digest of every built-in text. When this fails, a text was changed: raise its `version` in the file, then write both here.
BUILTIN = {
    "standard_blameless": (2, "1124e168b90d"),
    "sre_style": (2, "58220cab1886"),
    "learning_review": (2, "75b4e37c3b58"),
    "customer_summary": (1, "31c285acee18"),
    "security_incident": (2, "00ffea07d380"),
    "near_miss": (2, "52ff5c3f6166"),
    "quick_retro": (2, "d0a770c24030"),
    "coe_style": (2, "da7497072216"),
}


@pytest.fixture
def template():
    return RetrospectiveTemplate.objects.get(key="quick_retro")


@pytest.fixture
def root(client):
    user = make_user("root", role="admin", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def edit(template, actor=SYSTEM, **texts):
    """Change the first section as the admin's form would, and keep the version."""
    TemplateSection.objects.filter(pk=template.sections.first().pk).update(**texts)
    return authoring.keep(actor=actor, template=template, note="Because.")


def shipped(monkeypatch, template, version, **texts):
    """Let the release hold another text of this template."""
    _version, content = seeding.builtins()[template.key]
    first, *rest = content.sections
    fresh = replace(content, sections=(replace(first, **texts), *rest))
    found = {**seeding.builtins(), template.key: (version, fresh)}
    monkeypatch.setattr(seeding, "builtins", lambda: found)


def admin_form(client, template, **changes):
    """Post the admin's form of a template as a browser sends it, with changes."""
    page = client.get(reverse("admin:postmortems_retrospectivetemplate_change", args=[template.pk]))
    formset = page.context["inline_admin_formsets"][0].formset
    form = dict(page.context["adminform"].form.initial) | {f"sections-{name}": value for name, value in formset.management_form.initial.items()}
    form["sections-TOTAL_FORMS"] = len(formset.initial_forms)
    for one in formset.initial_forms:
        form |= {f"{one.prefix}-{name}": value for name, value in one.initial.items()} | {f"{one.prefix}-id": one.instance.pk}
    form |= changes
    return client.post(page.request["PATH_INFO"], {name: value for name, value in form.items() if value not in (None, False)})


# Seeding --------------------------------------------------------------------------------------------


def test_a_text_that_changes_gets_a_higher_version():
    found = {
        key: (version, hashlib.sha256(json.dumps(content.as_json(), sort_keys=True).encode()).hexdigest()[:12])
        for key, (version, content) in seeding.builtins().items()
    }
    assert found == BUILTIN


def test_seeding_makes_version_one(template):
    version = template.versions.get()
    assert (version.number, version.origin, template.version, template.builtin_version) == (1, "builtin", 1, 2)
    assert authoring.is_untouched(template)


def test_a_built_in_that_nobody_edited_moves_on_with_a_higher_version(monkeypatch, template):
    shipped(monkeypatch, template, 2, title="In a word")
    assert seeding.seed_templates() == 0  # the same version
    shipped(monkeypatch, template, 3, title="In a word")
    assert seeding.seed_templates() == 1
    template.refresh_from_db()
    assert (template.version, template.builtin_version) == (2, 3)
    assert template.sections.first().title == "In a word"
    assert template.versions.first().changed == "“In a word”: title."
    assert seeding.seed_templates() == 0


def test_an_administrators_words_survive_and_the_newer_text_is_offered(monkeypatch, template, root, client):
    edit(template, guidance="Ours.")
    shipped(monkeypatch, template, 3, title="In a word")
    assert seeding.seed_templates() == 0
    assert template.sections.first().guidance == "Ours."
    address = reverse("postmortems:template_versions", args=[template.key])
    assert "A newer built-in text exists" in client.get(address).content.decode()
    assert "A newer built-in text" in client.get(reverse("admin:postmortems_retrospectivetemplate_change", args=[template.pk])).content.decode()
    client.post(reverse("postmortems:template_builtin", args=[template.key]), {"decision": "keep"})
    assert "A newer built-in text exists" not in client.get(address).content.decode()
    assert template.sections.first().guidance == "Ours."


def test_the_newer_built_in_text_can_be_taken(monkeypatch, template, root, client):
    edit(template, guidance="Ours.")
    shipped(monkeypatch, template, 3, title="In a word")
    client.post(reverse("postmortems:template_builtin", args=[template.key]), {"decision": "take"})
    template.refresh_from_db()
    assert (template.version, template.builtin_version, template.sections.first().title) == (3, 3, "In a word")
    assert authoring.content_in(template.versions.get(number=2)).sections[0].guidance == "Ours."
    assert authoring.is_untouched(template)


def test_a_deleted_rule_stays_deleted():
    TemplateRule.objects.all().delete()
    seeding.seed_templates()
    assert not TemplateRule.objects.exists()


# Editing --------------------------------------------------------------------------------------------


def test_saving_in_the_admin_keeps_a_version_with_what_changed(root, client, template):
    answer = admin_form(client, template, **{"sections-0-guidance": "Say it plainly.", "note": "Shorter is better."})
    assert answer.status_code == 302
    version = template.versions.first()
    assert (version.number, version.origin, version.saved_by, version.note) == (2, "edited", root, "Shorter is better.")
    assert version.changed == "“In one line”: guidance."
    admin_form(client, template)
    assert template.versions.count() == 2  # nothing changed, no version


def test_the_admin_names_an_unknown_placeholder_and_the_nearest_one(root, client, template):
    answer = admin_form(client, template, **{"sections-0-starting_text": "On {{ incident.servces }} {{ incident.title }}"})
    assert answer.status_code == 200
    assert "There is no placeholder {{ incident.servces }}. Did you mean {{ incident.services }}?" in answer.content.decode()
    assert template.versions.count() == 1


def test_the_admin_refuses_a_line_that_is_no_field(root, client, template):
    assert "“How many?” is no field" in admin_form(client, template, **{"sections-0-fields": "users_n\nHow many?"}).content.decode()


def test_two_administrators_at_once_lose_nothing(root, client, template):
    answer = admin_form(client, template, seen_version="0", **{"sections-0-guidance": "Mine."})
    assert "Somebody saved version 1 while you were editing" in answer.content.decode()
    assert template.versions.count() == 1


def test_an_empty_position_comes_last_and_numbers_are_closed_up(root, client, template):
    admin_form(client, template, **{"sections-0-position": ""})
    assert list(template.sections.values_list("key", "position"))[-1] == ("q_line", 5)


def test_an_older_version_is_restored_as_a_new_one(template):
    edit(template, title="Other")
    authoring.restore(actor=SYSTEM, template=template, number=1, version=2)
    template.refresh_from_db()
    assert (template.version, template.sections.first().title) == (3, "In one line")
    with pytest.raises(Conflict):
        authoring.restore(actor=SYSTEM, template=template, number=1, version=2)


def test_a_template_in_use_is_kept_with_its_versions(root, client, alice, template):
    own = authoring.duplicate(actor=root, template=template)
    address = reverse("admin:postmortems_retrospectivetemplate_delete", args=[own.pk])
    make_postmortem(alice, own.key)
    assert client.post(address, {"post": "yes"}).status_code == 403


# Pages ----------------------------------------------------------------------------------------------


def test_the_versions_page_shows_what_one_changed(client, alice, template):
    edit(template, title="In a few words")
    client.force_login(alice)
    address = reverse("postmortems:template_versions", args=[template.key])
    assert "<ins>a few words</ins>" in client.get(address).content.decode().replace("<del>one line</del>", "")
    assert "The first version: 5 sections." in client.get(address, {"v": "1"}).content.decode()
    assert client.get(address, {"v": "9"}).status_code == client.get(address, {"v": "x"}).status_code == 404


def test_a_template_is_previewed_with_the_example_and_with_a_real_incident(client, alice, template):
    TemplateSection.objects.filter(template=template, key="q_line").update(starting_text="{{ incident.title }} on {{ incident.services }}")
    client.force_login(alice)
    address = reverse("postmortems:template_preview", args=[template.key])
    assert "Orders are confirmed twice after a queue was moved on Orders, Payments" in client.get(address).content.decode()
    incident = make_incident("Till is slow")
    assert "Till is slow on –" in client.get(address, {"incident": incident.reference}).content.decode()
    hidden = make_incident("A secret", is_private=True)
    answer = client.get(address, {"incident": hidden.reference})
    assert answer.status_code == 422 and "A secret" not in answer.content.decode()


@pytest.mark.parametrize("name", ["template_list", "templates_file"])
def test_lists_are_for_writers(client, charlie, alice, name):
    client.force_login(charlie)
    assert client.get(reverse(f"postmortems:{name}")).status_code == 404
    client.force_login(alice)
    assert client.get(reverse(f"postmortems:{name}")).status_code == 200


def test_changing_templates_is_for_administrators(client, alice, charlie, template):
    for person, expected in ((alice, 403), (charlie, 404)):
        client.force_login(person)
        for name in ("template_restore", "template_builtin", "template_duplicate"):
            assert client.post(reverse(f"postmortems:{name}", args=[template.key])).status_code == expected
    client.force_login(alice)
    assert client.get(reverse("postmortems:template_import")).status_code == 403
    assert client.get(reverse("postmortems:template_rules")).status_code == 403


# Files ----------------------------------------------------------------------------------------------


def test_export_and_import_give_the_same_template(client, root, template):
    text = client.get(reverse("postmortems:template_file", args=[template.key])).content.decode()
    answer = client.post(reverse("postmortems:template_import"), {"text": text, "check": "1"})
    assert "Says this already" in answer.content.decode()
    client.post(reverse("postmortems:template_import"), {"text": text})
    assert template.versions.count() == 1


def test_importing_a_changed_template_makes_a_version_and_a_new_one_a_template(client, root, template):
    content = authoring.content_of(template)
    changed = replace(content, sections=(*content.sections, SectionContent("weather", "What else was going on")))
    new = replace(content, key="own", name="Our own")
    answer = client.post(reverse("postmortems:template_import"), {"text": template_yaml.write([changed, new]), "check": "1"})
    assert "“What else was going on” added" in answer.content.decode() and not RetrospectiveTemplate.objects.filter(key="own").exists()
    client.post(reverse("postmortems:template_import"), {"text": template_yaml.write([changed, new])})
    own = RetrospectiveTemplate.objects.get(key="own")
    assert not own.is_active and own.version == 1
    version = template.versions.first()
    assert (version.number, version.origin, version.saved_by) == (2, "imported", root)


def test_a_wrong_file_imports_nothing_and_says_where(client, root, template):
    text = client.get(reverse("postmortems:template_file", args=[template.key])).content.decode().replace("kind: bullets", "kind: bullet")
    answer = client.post(reverse("postmortems:template_import"), {"text": text})
    assert answer.status_code == 422
    assert "pasted text, template quick_retro, section q_round, field kind: There is no kind “bullet”. Did you mean “bullets”?" in answer.content.decode()


def test_the_commands_export_and_import(tmp_path, capsys, template):
    path = tmp_path / "templates.yaml"
    call_command("export_template", "quick_retro", output=str(path))
    path.write_text(path.read_text().replace("key: quick_retro", "key: quicker"))
    call_command("import_template", str(path), check=True)
    assert "quicker: would be new" in capsys.readouterr().out
    call_command("import_template", str(path), offer=True)
    assert RetrospectiveTemplate.objects.get(key="quicker").is_active
    call_command("export_template")
    assert "key: standard_blameless" in capsys.readouterr().out
    path.write_text("a: *b")
    with pytest.raises(CommandError, match="templates.yaml"):
        call_command("import_template", str(path))
    with pytest.raises(CommandError, match="There is no template nothing"):
        call_command("export_template", "nothing")
