"""Texts that look like code of a template engine stay what they are: in an administrator's template, in what people type, and in all that is made of both."""

import re
from html import unescape

import pytest
from django.conf import settings

from incidents import jobs
from incidents.models import Incident, Job
from postmortems.models import Postmortem, Revision
from tests.factories import T0, api_client, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCT, SUM = str(7919 * 7907), str(7919 + 7907)  # what an engine would make of them; nothing else on a page is this number
HOSTILE = [
    "{{ 7919*7907 }}",
    "{{ 7919|add:7907 }}",
    "{% debug %}",
    "{{ settings.SECRET_KEY }}",
    "{{ incident.created_by.password }}",
    "{{ incident.title.__class__ }}",
    "{% load log %}{% include 'admin/login.html' %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "${7919*7907}",
    "<%= 7919*7907 %>",
    "#{7919*7907}",
]
TEMPLATE = """format: debrief-templates-1
templates:
  - key: hostile
    name: 'Hostile ${7919*7907}'
    use_when: '{% debug %} <%= 7919*7907 %>'
    audience: '#{7919*7907}'
    effort_hours: '1'
    meeting_minutes: 30
    wording_profile: standard
    depth: light
    sections:
      - key: story
        title: 'Story ${7919*7907}'
        kind: markdown
        required: false
        audience: internal
        guidance: '#{7919*7907} {% debug %}'
        questions: ['{% now "Y" %}']
        starting_text: |
          Known: {{ incident.reference }} is "{{ incident.title }}".

          {{ incident.summary }}

          @LINES@
"""


@pytest.fixture
def started(client):
    """A template with such texts by the API, an incident with such words by the form, and a post-mortem of both."""
    root = make_user("root", role="admin", is_staff=True, is_superuser=True)
    lines = [line for line in HOSTILE if "{{" not in line]
    text = TEMPLATE.replace("@LINES@", "\n\n          ".join(f"    {line}" for line in lines))
    taken = api_client(root).post("/api/v1/templates/import/", {"yaml": text, "offer": True}, format="json")
    assert taken.status_code == 200, taken.content
    client.force_login(root)
    words = {"title": "Title {{ incident.summary }} {{ 7919*7907 }}", "time_zone": "UTC", "started_at": "2026-03-02T14:00"}
    assert client.post("/incidents/new/", words).status_code == 302
    reference = Incident.objects.get().reference
    by_program, path = api_client(root), f"/api/v1/incidents/{reference}/"
    summary = "Summary:\n\n" + "\n\n".join(f"    {line}" for line in HOSTILE)  # as code, so that Markdown leaves them alone too
    changed = by_program.patch(path, {"summary": summary}, format="json", headers={"If-Match": by_program.get(path)["ETag"]})
    assert changed.status_code == 200, changed.content
    answer = client.post(f"/postmortems/start/{reference}/", {"template": "hostile", "title": ""})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    return client


@pytest.mark.parametrize("line", [line for line in HOSTILE if "{{" in line])
def test_a_template_with_what_is_no_placeholder_is_refused(line):
    """`{{ }}` is for the names of the fixed list; what is none is said, with its place."""
    root = api_client(make_user("root", role="admin"))
    answer = root.post("/api/v1/templates/import/", {"yaml": TEMPLATE.replace("@LINES@", line), "offer": True}, format="json")
    assert answer.status_code == 400
    assert "section story, field starting_text: There is no placeholder {{" in answer.json()["errors"]["yaml"][0]


def test_no_text_is_ever_evaluated(started):
    client, postmortem = started, Postmortem.objects.get()
    section = postmortem.sections.get(key="story")
    # A known name is replaced, once: what came in by it is not looked at again.
    assert f'{postmortem.incident.reference} is "Title {{{{ incident.summary }}}} {{{{ 7919*7907 }}}}"' in section.body
    for line in HOSTILE:
        assert line in section.body
    version = client.get(f"/postmortems/{postmortem.reference}/publish/").content.decode()
    sent = {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="(seen|version)" value="([^"]*)"', version)}
    answer = client.post(f"/postmortems/{postmortem.reference}/publish/", {**sent, "audience": "internal", "note": "{{ 7919*7907 }}", "reason": "A drill"})
    assert answer.status_code == 302, answer.content.decode()[-3000:]

    base, known = f"/postmortems/{postmortem.reference}/", f"/knowledge/{postmortem.reference}"
    pages = [
        "/",
        "/incidents/",
        postmortem.incident.get_absolute_url(),
        f"{postmortem.incident.get_absolute_url()}history/",
        "/postmortems/",
        base,
        f"{base}sections/story/",
        f"{base}process/",
    ]
    pages += ["/postmortems/templates/", "/postmortems/templates/hostile/", "/postmortems/templates/hostile/versions/", "/postmortems/templates/hostile.yaml"]
    pages += [f"{known}/", f"{known}.md", f"{known}.json", "/knowledge/", "/knowledge/?q=story", "/admin/postmortems/retrospectivetemplate/"]
    pages += [f"/api/v1/postmortems/{postmortem.reference}/revisions/1.html", f"/api/v1/postmortems/{postmortem.reference}/", "/api/v1/templates/hostile/"]
    literal = 0
    for path in pages:
        answer = client.get(path)
        assert answer.status_code == 200, path
        unevaluated(path, answer.content.decode())
        literal += "7919*7907" in answer.content.decode()
    assert literal > 12  # the words are there, as words
    shown = unescape(client.get(f"{known}/").content.decode())
    for line in HOSTILE:
        assert line in shown
    # Of the PDF: it is printed from a document that holds them as words too.
    from postmortems import publishing

    unevaluated("print", unescape(publishing.printable(Revision.objects.get())))
    assert Job.objects.get(kind="pdf").state == "done" or jobs.sweep()
    assert b"".join(client.get(f"{known}.pdf").streaming_content).startswith(b"%PDF")


def unevaluated(path, text):
    for made in (PRODUCT, SUM, settings.SECRET_KEY, "<class 'str'>", "django.core.context_processors", "pbkdf2_", "md5$"):
        assert made not in text, (path, made)


def test_what_people_type_is_never_evaluated_either(started):
    client, postmortem = started, Postmortem.objects.get()
    incident, base = postmortem.incident.reference, f"/postmortems/{postmortem.reference}/"
    words = " ".join(HOSTILE)
    api = api_client(make_user("rita"))
    item = api.post("/api/v1/action-items/", {"incident": incident, "title": "{{ 7919*7907 }} {% debug %}", "description": words}, format="json")
    entry = api.post(f"/api/v1/incidents/{incident}/timeline/", {"at": T0.isoformat(), "text": words, "actor": "{{ 7919*7907 }}"}, format="json")
    note = api.post(f"/api/v1{base}comments/", {"body": words, "section": "story"}, format="json")
    assert [one.status_code for one in (item, entry, note)] == [201, 201, 201], [one.content for one in (item, entry, note)]
    preview = client.post("/postmortems/preview/", {"body": words})
    assert preview.status_code == 200
    unevaluated("preview", preview.content.decode())
    for path in (f"/incidents/{incident}/", "/actions/", f"/actions/{item.json()['reference']}/", f"{base}comments/", f"{base}evidence/"):
        text = client.get(path).content.decode()
        unevaluated(path, text)
        assert "7919*7907" in text, path
