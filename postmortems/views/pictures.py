"""Pages: the pictures of a post-mortem, taking one in, and each picture itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db.models import Count
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.access import require
from incidents.forms.saving import told
from postmortems import pictures
from postmortems.forms.pictures import PictureForm
from postmortems.models import Picture, Postmortem
from postmortems.models.pictures import SUFFIXES
from postmortems.views.postmortems import draft_for


@login_required
@require_http_methods(["GET", "POST"])
def picture_list(request: HttpRequest, reference: str) -> HttpResponse:
    """The pictures with what puts them into a text; a POST takes another in. The editor's script is answered in JSON."""
    postmortem = draft_for(request.user, reference)
    if request.method == "GET":
        return page(request, postmortem, PictureForm())
    require(request.user, "draft")
    form = PictureForm(request.POST, request.FILES)
    by_script = "X-Autosave" in request.headers
    if form.is_valid():
        try:
            given = form.cleaned_data
            picture = pictures.add(actor=request.user, postmortem=postmortem, content=given["file"].read(), alt=given["alt"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if by_script:
                return JsonResponse({"markdown": picture.markdown}, status=201)
            messages.success(request, "The picture is there. Copy its Markdown into a section.")
            return redirect("postmortems:pictures", postmortem.reference)
    if by_script:
        return JsonResponse({"errors": told(form.errors)}, status=422)
    return page(request, postmortem, form, status=422)


def page(request: HttpRequest, postmortem: Postmortem, form: PictureForm, status: int = 200) -> HttpResponse:
    rows = postmortem.pictures.select_related("created_by").annotate(revisions=Count("uses"))
    context: dict[str, Any] = {"postmortem": postmortem, "incident": postmortem.incident, "form": form, "pictures": rows}
    return render(request, "postmortems/pictures.html", context, status=status)


@login_required
@require_POST
def picture_delete(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    picture = get_object_or_404(postmortem.pictures, key=key)
    try:
        pictures.delete(actor=request.user, picture=picture)
    except ValidationError as error:
        messages.error(request, f"The picture stays. {' '.join(error.messages)}")
    else:
        messages.success(request, "The picture is deleted.")
    return redirect("postmortems:pictures", postmortem.reference)


@login_required
@require_safe
def picture(request: HttpRequest, key: str, suffix: str) -> HttpResponseBase:
    """One picture, as what it is and nothing else, for who may see it."""
    found = Picture.objects.visible_to(request.user).filter(key=key).first()
    if found is None or SUFFIXES[found.content_type] != suffix:
        raise Http404
    try:
        file = default_storage.open(found.stored_as)
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(file, content_type=found.content_type, filename=f"{found.key}.{suffix}")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, max-age=600"
    return answer
