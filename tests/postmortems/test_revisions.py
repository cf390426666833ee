"""Pages and files of what was published: who reads them, and what they say."""

import json

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from incidents import jobs
from incidents.access import SYSTEM
from incidents.models import AuditEvent, Job
from postmortems import publishing
from postmortems.models import Postmortem, Section
from tests.factories import api_client, make_user, make_written

pytestmark = pytest.mark.django_db


def publish(postmortem, **options):
    return publishing.publish(actor=SYSTEM, postmortem=Postmortem.objects.get(pk=postmortem.pk), **options)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def published(alice):
    """Two revisions of one post-mortem."""
    postmortem = make_written(alice)
    publish(postmortem)
    Section.objects.filter(postmortem=postmortem, key="summary").update(body="Words that came **later**.")
    publish(postmortem, note="Corrected the summary")
    return postmortem


def paths(postmortem):
    base = f"/knowledge/{postmortem.reference}"
    return [
        f"{base}/",
        f"{base}/r/1/",
        f"{base}/r/2/",
        f"{base}.pdf",
        f"{base}.md",
        f"{base}.json",
        f"{base}/r/1.pdf",
        f"{base}/r/1.md",
        f"{base}/r/1.json",
        f"{base}/diff/1/2/",
    ]


def test_a_viewer_reads_all_of_what_is_published(published, charlie):
    client = client_of(charlie)
    for path in paths(published):
        response = client.get(path)
        assert response.status_code == (202 if path.endswith("pdf") else 200), path
        assert response["Cache-Control"] == "private, no-store"


def test_nobody_reads_without_signing_in(published):
    for path in paths(published):
        assert Client().get(path)["Location"].startswith("/account/login/")


def test_a_draft_is_not_there_even_for_who_writes_it(alice):
    postmortem = make_written(alice)
    for path in paths(postmortem):
        assert client_of(alice).get(path).status_code == 404


def test_what_is_private_looks_like_what_is_not_there(published, alice, charlie):
    published.incident.is_private = True
    published.incident.save()
    outsider, member = client_of(make_user("mallory", role="admin")), client_of(alice)
    for hidden, unknown in zip(paths(published), paths(Postmortem(pk=987_654)), strict=True):
        first, second = outsider.get(hidden), outsider.get(unknown)
        assert (first.status_code, second.status_code) == (404, 404)
        assert first.content == second.content
        assert member.get(hidden).status_code in (200, 202)


@pytest.mark.parametrize(
    "path",
    [
        "/knowledge/PM-0/",
        "/knowledge/INC-1/",
        "/knowledge/PM-99999999999999999999/",
        "/knowledge/pm-x/",
        "/knowledge/PM-1/r/0/",
        "/knowledge/PM-1/r/99999999999999999999/",
        "/knowledge/PM-1.exe/",
        "/knowledge/PM-1/diff/1/77/",
    ],
)
def test_what_does_not_exist_is_404(published, charlie, path):
    assert client_of(charlie).get(path.replace("PM-1", published.reference)).status_code == 404


def test_an_old_revision_points_to_the_newest(published, charlie):
    client = client_of(charlie)
    old, new = client.get(f"/knowledge/{published.reference}/r/1/").content.decode(), client.get(f"/knowledge/{published.reference}/").content.decode()
    assert "A newer revision exists" in old
    assert "Words of summary." in old
    assert "A newer revision exists" not in new
    assert "Words that came <strong>later</strong>." in new
    assert "Corrected the summary" in new


def test_the_page_does_not_grow_in_queries(published, charlie, django_assert_max_num_queries):
    client = client_of(charlie)
    client.get(f"/knowledge/{published.reference}/")
    with django_assert_max_num_queries(12):
        client.get(f"/knowledge/{published.reference}/")


def test_markdown_and_json_say_the_same(published, charlie):
    client = client_of(charlie)
    data = client.get(f"/knowledge/{published.reference}.json").json()
    revision = published.revisions.first()
    assert data == {"document": json.loads(json.dumps(revision.document)), "sha256": revision.sha256, "previous_sha256": revision.previous_sha256}
    assert publishing.digest(data["document"], data["previous_sha256"]) == data["sha256"]
    assert "Words that came **later**." in client.get(f"/knowledge/{published.reference}.md").content.decode()


def test_the_pdf_is_told_to_be_in_the_making_and_then_there(published, charlie):
    client = client_of(charlie)
    path = f"/knowledge/{published.reference}/r/1.pdf"
    waiting = client.get(path)
    assert waiting.status_code == 202
    assert waiting["Retry-After"] == "3"
    publishing.render_pdf(published.revisions.get(number=1).pk)
    ready = client.get(path)
    assert ready["Content-Type"] == "application/pdf"
    assert ready["Content-Disposition"] == f'inline; filename="{published.reference}-r1.pdf"'
    assert b"".join(ready.streaming_content).startswith(b"%PDF-1.7")


SLOW = "It took longer than a minute."


def give_up(postmortem, error=SLOW):
    """As a worker leaves it whose last attempt failed."""
    revision = postmortem.revisions.get(number=1)
    postmortem.revisions.filter(number=1).update(pdf_error=error)
    Job.objects.filter(kind="pdf", object_id=revision.pk).update(state=Job.State.DEAD, error=error)
    return revision


def test_a_pdf_that_was_given_up_says_why_and_can_be_tried_again(published, charlie):
    revision, path = give_up(published), f"/knowledge/{published.reference}/r/1.pdf"
    told = client_of(charlie).get(path)
    assert told.status_code == 409
    assert SLOW in told.content.decode()
    assert "Refresh" not in told
    assert "Try again" not in told.content.decode()
    assert client_of(charlie).post(f"/knowledge/{published.reference}/r/1/print/").status_code == 403

    fay = client_of(make_user("fay", role="facilitator"))
    assert "Try again" in fay.get(path).content.decode()
    assert "Could not be made" in fay.get(f"/knowledge/{published.reference}/r/1/").content.decode()
    for _ in range(2):  # pressed twice
        assert fay.post(f"/knowledge/{published.reference}/r/1/print/").url == path
    assert fay.get(path).status_code == 202
    job = Job.objects.get(kind="pdf", object_id=revision.pk)
    assert (job.state, job.attempts) == ("waiting", 0)
    assert AuditEvent.objects.filter(verb="postmortem.printed_again", subject=published.reference).count() == 1
    jobs.run(job.pk)
    assert b"".join(fay.get(path).streaming_content).startswith(b"%PDF")


def test_an_attempt_that_failed_is_no_end_while_others_follow(published, charlie):
    published.revisions.filter(number=1).update(pdf_error="The file could not be written.")
    assert client_of(charlie).get(f"/knowledge/{published.reference}/r/1.pdf").status_code == 202


def test_a_file_that_was_lost_can_be_made_again(published):
    revision, path = published.revisions.get(number=1), f"/knowledge/{published.reference}/r/1.pdf"
    jobs.run(Job.objects.get(kind="pdf", object_id=revision.pk).pk)
    revision.refresh_from_db()
    default_storage.delete(revision.pdf_stored_as)
    fay = client_of(make_user("fay", role="facilitator"))
    assert publishing.LOST in fay.get(path).content.decode()
    fay.post(f"/knowledge/{published.reference}/r/1/print/")
    jobs.run(Job.objects.get(kind="pdf", object_id=revision.pk, state="waiting").pk)
    assert fay.get(path).status_code == 200


def test_the_api_gives_the_reason_as_a_problem_and_takes_another_try(published, charlie):
    base = f"/api/v1/postmortems/{published.reference}/revisions/1"
    waiting = api_client(charlie).get(f"{base}.pdf")
    assert (waiting.status_code, waiting["Retry-After"], waiting.json()["pdf_ready"]) == (202, "3", False)
    give_up(published, error="")
    told = api_client(charlie).get(f"{base}.pdf")
    assert (told.status_code, told["Content-Type"]) == (409, "application/problem+json")
    assert publishing.UNTOLD in told.json()["detail"]
    assert f"{base}/print/" in told.json()["detail"]
    assert api_client(charlie).post(f"{base}/print/").status_code == 403
    assert api_client(make_user("fay", role="facilitator")).post(f"{base}/print/").status_code == 202
    assert api_client(charlie).get(f"{base}.pdf").status_code == 202


def test_the_administration_shows_what_was_given_up_and_tries_again(published):
    revision = give_up(published)
    boss = client_of(make_user("boss", role="admin", is_staff=True, is_superuser=True))
    path = "/admin/postmortems/revision/"
    text = boss.get(path).content.decode()
    assert f"Could not be made: {SLOW}" in text
    assert "Being made" in text  # the second revision
    boss.post(path, {"action": "print_again", "_selected_action": [revision.pk]})
    assert f"Could not be made: {SLOW}" not in boss.get(path).content.decode()
    assert "Being made" in boss.get(f"{path}{revision.pk}/change/").content.decode()


def test_the_diff_marks_words_by_element_and_not_by_colour_alone(published, charlie):
    text = client_of(charlie).get(f"/knowledge/{published.reference}/diff/1/2/").content.decode()
    assert "<ins>" in text
    assert "<del>" in text
    assert "Unchanged: " in text


# Publishing by the page -----------------------------------------------------------------------------


def form_of(response):
    form = response.context["form"]
    return {"audience": str(form.initial["audience"]), "note": "By the page", "seen": form.initial["seen"], "version": form.initial["version"]}


def test_a_facilitator_publishes_what_the_page_shows(alice):
    postmortem, client = make_written(alice), client_of(alice)
    path = f"/postmortems/{postmortem.reference}/publish/"
    page = client.get(path)
    assert "Words of summary." in page.content.decode()
    assert "What is still missing" in page.content.decode()
    response = client.post(path, form_of(page))
    assert response.status_code == 302, response.context["form"].errors
    assert response["Location"] == f"/knowledge/{postmortem.reference}/r/1/"
    revision = postmortem.revisions.get()
    assert (revision.note, revision.published_by) == ("By the page", alice)


def test_the_preview_for_the_public_shows_only_what_the_public_gets(alice):
    postmortem = make_written(alice)
    page = client_of(alice).get(f"/postmortems/{postmortem.reference}/publish/?audience=public").content.decode()
    assert "Words of summary." not in page
    assert "Left out of this revision" in page


def test_what_changed_since_the_preview_is_shown_first(alice):
    postmortem, client = make_written(alice), client_of(alice)
    path = f"/postmortems/{postmortem.reference}/publish/"
    form = form_of(client.get(path))
    Section.objects.filter(postmortem=postmortem, key="summary").update(body="Written meanwhile.")
    response = client.post(path, form)
    assert response.status_code == 409
    assert "Written meanwhile." in response.content.decode()
    assert "By the page" in response.content.decode()
    assert not postmortem.revisions.exists()
    assert client.post(path, form_of(response)).status_code == 302


def test_a_wrong_form_is_422(alice):
    postmortem = make_written(alice)
    response = client_of(alice).post(f"/postmortems/{postmortem.reference}/publish/", {"audience": "everybody"})
    assert response.status_code == 422
    assert not postmortem.revisions.exists()


def test_others_may_not_publish(alice, bob, charlie):
    postmortem = make_written(alice)
    path = f"/postmortems/{postmortem.reference}/publish/"
    assert client_of(bob).get(path).status_code == 403
    assert client_of(bob).post(path, {"audience": "internal"}).status_code == 403
    assert client_of(charlie).get(path).status_code == 404
    assert not postmortem.revisions.exists()
