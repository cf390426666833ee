"""The knowledge base: search over what was published."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from incidents.lib.text import whole
from incidents.models import User
from postmortems import search
from postmortems.forms.knowledge import SearchForm

PAGE = 25


class Found:
    """The results as the paginator wants them: one search for one page."""

    def __init__(self, user: User, text: str, filters: search.Filters, page: int) -> None:
        self.results = search.find(user, text, filters, offset=(page - 1) * PAGE, limit=PAGE)

    def __len__(self) -> int:
        return self.results.total

    def __getitem__(self, _window: slice) -> list[search.Hit]:
        return self.results.hits


@login_required
def knowledge(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker
    form = SearchForm(request.user, request.GET)
    if not form.is_valid():
        return render(request, "postmortems/knowledge.html", {"form": form, "results": None}, status=422)
    # Counting stops at 1,000, and so do the pages.
    page = min(whole(request.GET.get("page", "")) or 1, search.COUNTED // PAGE)
    found = Found(request.user, form.cleaned_data["q"], form.filters(request.user.time_zone), page)
    context = {
        "form": form,
        "results": found.results,
        "page": Paginator(found, PAGE).get_page(page),  # type: ignore[arg-type]
        "narrowed": any(form.cleaned_data.values()),
    }
    template = "postmortems/_knowledge_results.html" if request.htmx else "postmortems/knowledge.html"  # type: ignore[attr-defined]
    return render(request, template, context)
