"""Pages: every comment of a post-mortem, and what its forms do. Beside the editor the same forms are answered with the panel."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import require
from incidents.forms import saving
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text, whole
from postmortems import access, commenting, discussion, parts
from postmortems.forms.comments import CommentForm, FilterForm
from postmortems.models import Comment, Postmortem, Section
from postmortems.views.postmortems import draft_for

PER_PAGE = 40
MOST_NAMES = 8
#: The editor's page asks for the panel of its section instead of a page.
PANEL = "X-Panel"


@login_required
@require_http_methods(["GET", "POST"])
def comments(request: HttpRequest, reference: str) -> HttpResponse:
    """The threads of a post-mortem; a POST begins another."""
    postmortem = draft_for(request.user, reference)
    sections = list(postmortem.sections.all())
    chosen = request.GET.get("section", "")
    first = {"section": chosen or None}
    form = CommentForm(request.POST if request.method == "POST" else None, sections=[(one.key, one.title) for one in sections], initial=first)
    if request.method == "POST":
        require(request.user, "draft")
        if form.is_valid():
            section = next(one for one in sections if one.key == form.cleaned_data["section"])
            section.postmortem = postmortem
            try:
                said = commenting.comment(
                    actor=request.user,
                    section=section,
                    body=form.cleaned_data["body"],
                    quote=form.cleaned_data["quote"],
                    near=form.cleaned_data["near"] or 0,
                    part=form.cleaned_data["part"],
                )
            except ValidationError as error:
                for name, words in error.message_dict.items():
                    form.add_error("quote" if name == "part" else name, words)  # what it is about has one place on this page
            else:
                return done(request, postmortem, said, "Your comment is there.")
        if PANEL in request.headers:
            return refused(form.errors)
    return page(request, postmortem, form, status=422 if form.is_bound else 200)


def page(request: HttpRequest, postmortem: Postmortem, form: CommentForm, status: int = 200) -> HttpResponse:
    chosen = FilterForm(request.GET)
    chosen.is_valid()
    show, section = chosen.cleaned_data.get("show") or "open", clean_line(chosen.cleaned_data.get("section") or "")
    pages = Paginator(discussion.roots(request.user, postmortem, show, section), PER_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "form": form,
        "page": shown,
        "threads": discussion.with_replies(shown.object_list),
        "show": show,
        "section_key": section,
        "shows": [(name, label, discussion.roots(request.user, postmortem, name, section).count()) for name, label in FilterForm.base_fields["show"].choices],  # type: ignore[attr-defined]
    }
    return render(request, "postmortems/comments.html", context, status=status)


@login_required
@require_POST
def comment(request: HttpRequest, reference: str, comment_id: int) -> HttpResponse:
    """Reply, edit, delete, resolve or reopen, as the button says."""
    postmortem = draft_for(request.user, reference)
    require(request.user, "draft")
    said = comment_of(request, postmortem, comment_id)
    act = ACTS.get(request.POST.get("do", ""))
    if act is None:
        return refused({"do": ["This is not something one can do with a comment."]})
    try:
        word = act(request, said)
    except ValidationError as error:
        return told(request, postmortem, said, error.message_dict)
    except Conflict:
        return told(request, postmortem, said, {"body": ["It was changed meanwhile, in another window. Look at it again."]}, 409)
    return done(request, postmortem, said, word)


def comment_of(request: HttpRequest, postmortem: Postmortem, comment_id: int) -> Comment:
    found = Comment.objects.visible_to(request.user).filter(section__postmortem=postmortem, pk=comment_id)
    said = found.select_related("section__postmortem__incident", "thread__section__postmortem__incident").first()
    if said is None:
        raise Http404
    return said


def reply(request: HttpRequest, said: Comment) -> str:
    commenting.reply(actor=request.user, thread=said, body=request.POST.get("body", ""))
    return "Your answer is there."


def edit(request: HttpRequest, said: Comment) -> str:
    version = whole(request.POST.get("version", "")) or 0
    commenting.edit(actor=request.user, said=said, version=version, body=request.POST.get("body", ""))
    return "Your comment is changed."


def delete(request: HttpRequest, said: Comment) -> str:
    commenting.delete(actor=request.user, said=said)
    return "Your comment is deleted."


def resolve(request: HttpRequest, said: Comment) -> str:
    commenting.settle(actor=request.user, thread=said, resolved=True)
    return "The thread is resolved."


def reopen(request: HttpRequest, said: Comment) -> str:
    commenting.settle(actor=request.user, thread=said, resolved=False)
    return "The thread is open again."


ACTS = {"reply": reply, "edit": edit, "delete": delete, "resolve": resolve, "reopen": reopen}


# Answers ---------------------------------------------------------------------------------------------


def done(request: HttpRequest, postmortem: Postmortem, said: Comment, word: str) -> HttpResponse:
    if PANEL in request.headers:
        return panel(request, postmortem, said.section, word)
    messages.success(request, word)
    root = said.thread_id or said.pk
    place = request.POST.get("next", "")
    if place == "part" and (url := url_of_part(postmortem, said.thread or said)):
        return HttpResponseRedirect(f"{url}#c{root}")
    if place == "section":
        return HttpResponseRedirect(reverse("postmortems:section", args=[postmortem.reference, said.section.key]) + f"#c{root}")
    return HttpResponseRedirect(reverse("postmortems:comments", args=[postmortem.reference]) + f"#c{root}")


def url_of_part(postmortem: Postmortem, root: Comment) -> str:
    """Return the page of the factor or action item that a thread is about; nothing for other parts."""
    if root.is_gone or parts.kind_of(root.part) not in parts.ROWS_OF.values():
        return ""
    number = parts.number_of(root.part)
    if parts.kind_of(root.part) == parts.FACTOR:
        return reverse("postmortems:factor", args=[postmortem.reference, number])
    return reverse("postmortems:action_item", args=[f"ACT-{number}"])


def told(request: HttpRequest, postmortem: Postmortem, said: Comment, errors: Any, status: int = 422) -> HttpResponse:
    """Say what is wrong beside what was typed: in the panel as JSON, else on the page of comments."""
    if PANEL in request.headers:
        return refused(errors, status)
    typed = clean_text(request.POST.get("body", ""), limit=commenting.BODY_LIMIT)
    context = {"postmortem": postmortem, "incident": postmortem.incident, "said": said, "errors": saving.told(errors), "typed": typed, "do": request.POST["do"]}
    return render(request, "postmortems/comment_refused.html", context, status=status)


def refused(errors: Any, status: int = 422) -> JsonResponse:
    return JsonResponse({"errors": saving.told(errors)}, status=status)


def panel(request: HttpRequest, postmortem: Postmortem, section: Section, word: str = "") -> HttpResponse:
    context = {"postmortem": postmortem, "section": section, "word": word, **discussion.of_section(request.user, postmortem, section)}
    return render(request, "postmortems/_comments.html", context)


@login_required
@require_GET
def section_comments(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """The panel of a section, for the editor's page when others have said something."""
    postmortem = draft_for(request.user, reference)
    return panel(request, postmortem, get_object_or_404(postmortem.sections, key=key))


@login_required
@require_GET
def people(request: HttpRequest, reference: str) -> HttpResponse:
    """Names that begin like `q`, of people who may read this working text."""
    postmortem = draft_for(request.user, reference)
    query = clean_line(request.GET.get("q", ""), limit=150)
    found = access.draft_readers(postmortem)
    for word in query.split():
        found = found.filter(Q(username__istartswith=word) | Q(first_name__istartswith=word) | Q(last_name__istartswith=word))
    return JsonResponse({"people": discussion.names(found.order_by("username")[:MOST_NAMES])})
