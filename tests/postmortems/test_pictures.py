import io
import json
import re
import struct
import zlib

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from postmortems import pictures, publishing
from postmortems.models import Picture, Section
from postmortems.rendering import html
from postmortems.rendering.markdown import markdown
from postmortems.rendering.recoding import NoPicture, recode
from tests.factories import api_client, make_incident, make_postmortem


def made(kind="PNG", size=(40, 20), mode="RGB", **options):
    file = io.BytesIO()
    Image.new(mode, size, (200, 30, 30, 90)[: len(mode)] if mode in ("RGB", "RGBA") else 1).save(file, kind, **options)
    return file.getvalue()


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb(side=60_000):
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


# Re-encoding ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "expected"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/png"), ("WEBP", "image/png")])
def test_a_picture_is_encoded_anew(kind, expected):
    found = recode(made(kind))
    assert (found.content_type, found.width, found.height) == (expected, 40, 20)
    with Image.open(io.BytesIO(found.content)) as image:
        assert image.size == (40, 20) and not image.info.get("comment")


def test_place_camera_and_what_hangs_behind_are_gone_but_the_turn_is_kept():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    found = recode(made("JPEG", exif=exif, comment=b"secret") + b"<script>alert(1)</script>PK\x03\x04")
    with Image.open(io.BytesIO(found.content)) as image:
        assert not dict(image.getexif()) and image.size == (20, 40)
    assert not re.search(rb"camera|secret|script|Exif", found.content)


def test_a_large_picture_is_made_smaller_and_transparency_is_kept():
    found = recode(made("PNG", (5_000, 100), "RGBA"))
    assert (found.width, found.height) == (2_400, 48)
    with Image.open(io.BytesIO(found.content)) as image:
        assert image.mode == "RGBA"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"GIF89a<script>alert(1)</script>", "not a picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not a picture"),
        (made("PNG")[:60], "not a picture"),
        (made("BMP"), "not a picture"),
        (bomb(), "40 million pixels"),
        (b"\xff\xd8\xff" + b"x" * (10 << 20), "at most 10 MB"),
    ],
    ids=range(8),
)
def test_what_is_no_picture_or_too_much_is_refused(content, word):
    with pytest.raises(NoPicture, match=word):
        recode(content)


# Kept, shown, frozen ---------------------------------------------------------------------------------------


@pytest.fixture
def postmortem(alice, db):
    return make_postmortem(alice)


def upload(postmortem, actor, alt="The error rate"):
    return pictures.add(actor=actor, postmortem=postmortem, content=made(), alt=alt)


def show(postmortem, picture, key="summary"):
    Section.objects.filter(postmortem=postmortem, key=key).update(body=f"It rose:\n\n{picture.markdown}\n")


def send(client, postmortem, content, alt="The error rate", **headers):
    return client.post(
        reverse("postmortems:pictures", args=[postmortem.reference]), {"file": SimpleUploadedFile("../../x.svg", content), "alt": alt}, headers=headers
    )


@pytest.mark.django_db
def test_the_form_takes_a_picture_in_under_a_name_of_ours(client, alice, postmortem):
    client.force_login(alice)
    assert send(client, postmortem, made()).status_code == 302
    picture = Picture.objects.get()
    assert re.fullmatch(r"pictures/[0-9a-f]{2}/[0-9a-f-]{36}\.png", picture.stored_as)
    page = client.get(reverse("postmortems:pictures", args=[postmortem.reference])).content.decode()
    assert picture.markdown in page and f"![The error rate](/media/a/{picture.key}.png)" == picture.markdown
    answer = client.get(picture.get_absolute_url())
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff") and "sandbox" in answer["Content-Security-Policy"]
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG")
    assert client.get(picture.get_absolute_url().replace(".png", ".jpg")).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "alt"), [(b"<svg/>", "x"), (made(), "  "), (b"", "x"), (b"x" * (10 << 20) + b"y", "x")], ids=range(4))
def test_what_cannot_be_taken_in_is_told(client, alice, postmortem, content, alt):
    client.force_login(alice)
    assert send(client, postmortem, content, alt).status_code == 422
    answer = send(client, postmortem, content, alt, **{"X-Autosave": "1"})
    assert answer.status_code == 422 and json.loads(answer.content)["errors"]
    assert not Picture.objects.exists()


@pytest.mark.django_db
def test_who_sees_a_picture(client, alice, bob, charlie):
    postmortem = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice, charlie]))
    picture = upload(postmortem, alice)
    show(postmortem, picture)

    def status(person):
        client.force_login(person)
        return client.get(picture.get_absolute_url()).status_code

    assert (status(alice), status(bob), status(charlie)) == (200, 404, 404)
    unused = upload(postmortem, alice)
    publishing.publish(actor=alice, postmortem=postmortem)
    assert (status(bob), status(charlie)) == (404, 200)
    assert client.get(unused.get_absolute_url()).status_code == 404
    client.logout()
    assert client.get(picture.get_absolute_url()).status_code == 302


@pytest.mark.django_db
def test_what_is_shown_is_not_deleted(client, alice, postmortem):
    picture = upload(postmortem, alice)
    show(postmortem, picture)
    with pytest.raises(ValidationError, match="Take it out of the text"):
        pictures.delete(actor=alice, picture=picture)
    publishing.publish(actor=alice, postmortem=postmortem)
    Section.objects.filter(postmortem=postmortem).update(body="")
    client.force_login(alice)
    client.post(reverse("postmortems:picture_delete", args=[postmortem.reference, picture.key]))
    assert Picture.objects.exists() and default_storage.exists(picture.stored_as)
    postmortem.incident.delete()  # the whole goes
    assert not Picture.objects.exists()


@pytest.mark.django_db
def test_what_nothing_shows_is_deleted_with_its_file(alice, postmortem, django_capture_on_commit_callbacks):
    picture = upload(postmortem, alice)
    with django_capture_on_commit_callbacks(execute=True):
        pictures.delete(actor=alice, picture=picture)
    assert not Picture.objects.exists() and not default_storage.exists(picture.stored_as)


@pytest.mark.django_db
def test_a_revision_seals_and_prints_its_pictures(alice, postmortem):
    picture = upload(postmortem, alice)
    show(postmortem, picture)
    revision = publishing.publish(actor=alice, postmortem=postmortem)
    (row,) = revision.document["pictures"]
    assert row["sha256"] == picture.sha256 and f'src="{picture.get_absolute_url()}"' in revision.html
    publishing.render_pdf(revision.pk)
    revision.refresh_from_db()
    with default_storage.open(revision.pdf_stored_as) as file, pikepdf.open(io.BytesIO(file.read())) as printed:
        sizes = {(image.Width, image.Height) for page in printed.pages for image in page.get_images().values()}
    assert sizes == {(40, 20)}
    page = html.standalone(
        revision.document, body=revision.html, base_url="https://d.example", published="", number=1, sha256="", pictures=pictures.embedded(revision.document)
    )
    assert 'src="data:image/png;base64,' in page
    assert f"![The error rate](https://d.example{picture.get_absolute_url()})" in markdown(revision.document, "https://d.example")


@pytest.mark.django_db
def test_a_picture_of_another_postmortem_is_its_words(alice, postmortem):
    other = upload(make_postmortem(alice), alice, "Somebody else’s secret graph")
    show(postmortem, other)
    revision = publishing.publish(actor=alice, postmortem=postmortem)
    assert revision.document["pictures"] == [] and "/media/a/" not in revision.html and "[Somebody else’s secret graph]" in revision.html


@pytest.mark.django_db
def test_pictures_over_the_api(alice, charlie, postmortem):
    url, api = f"/api/v1/postmortems/{postmortem.reference}/pictures/", api_client(alice)
    answer = api.post(url, {"file": SimpleUploadedFile("a.png", made()), "alt": "Errors"}, format="multipart")
    assert answer.status_code == 201 and answer.json()["markdown"].startswith("![Errors](/media/a/")
    assert api.post(url, {"file": SimpleUploadedFile("a.png", b"no"), "alt": "Errors"}, format="multipart").status_code == 400
    assert len(api.get(url).json()) == 1
    assert api_client(charlie).get(url).status_code == 404
    assert api.delete(f"{url}{answer.json()['key']}/").status_code == 204
