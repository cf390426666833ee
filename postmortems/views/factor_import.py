"""Page: factors from another tool, shown as they would come in before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from postmortems import translating
from postmortems.access import require_open
from postmortems.factor_file import Table
from postmortems.forms.factor_import import FactorFileForm
from postmortems.models import Factor, FactorLeaf, Trigger
from postmortems.translating import Brought
from postmortems.views.postmortems import draft_for
from postmortems.vocabularies import Written, vocabularies

MOST_CANDIDATES = 4


@login_required
@require_http_methods(["GET", "POST"])
def factor_import(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what a file would bring in; the second form, with what was shown, writes it."""
    postmortem = draft_for(request.user, reference)
    require_open(request.user, postmortem)
    form = FactorFileForm(request.POST, request.FILES) if request.method == "POST" else FactorFileForm()
    context: dict[str, Any] = {"postmortem": postmortem, "incident": postmortem.incident, "vocabularies": vocabularies().values()}
    bring_in = translating.bring_in if "write" in request.POST else translating.foresee
    if form.is_valid():
        table: Table = form.cleaned_data["contents"]
        try:
            found = bring_in(actor=request.user, postmortem=postmortem, rows=table.rows)
        except ValidationError as error:
            form.add_error(None, ValidationError(error.messages))
        else:
            if "write" in request.POST:
                messages.success(request, told(found, len(table.problems)))
                return redirect("postmortems:factor_list", postmortem.reference)
            given = {name: form.cleaned_data[name] for name in ("text", "vocabulary")}
            context |= {"foreseen": shown(table.rows, found, leaf_names()), "problems": table.problems, "given": given} | counted(found)
            form = FactorFileForm(initial=given)
    return render(request, "postmortems/factor_import.html", context | {"form": form}, status=422 if form.is_bound else 200)


def leaf_names() -> dict[str, str]:
    """Return the key of each kind of the catalogue -> what people read."""
    return {leaf.key: f"{leaf.group.name}: {leaf.name}" for leaf in FactorLeaf.objects.select_related("group")}


def shown(rows: Sequence[Written], found: Sequence[Brought], names: dict[str, str]) -> list[dict[str, Any]]:
    """Return each row with its line, what it is called there and what became of it, in words."""
    return [
        {
            "row": row,
            "one": one,
            "trigger": Trigger(one.trigger).label if one.trigger else "",
            "kind": Factor.Kind(one.factor.kind).label if one.factor and one.factor.kind else "",
            "leaf": names[one.factor.leaf.key] if one.factor and one.factor.leaf else "",
            "candidates": [names[key] for key in one.candidates[:MOST_CANDIDATES]],
            "more": max(len(one.candidates) - MOST_CANDIDATES, 0),
        }
        for row, one in zip(rows, found, strict=True)
    ]


def counted(found: Sequence[Brought]) -> dict[str, int]:
    return {"added": sum(one.factor is not None for one in found), "triggers": sum(bool(one.trigger) for one in found), "rows": len(found)}


def told(found: Sequence[Brought], unread: int) -> str:
    numbers = counted(found)
    words = [
        "No factor is added."
        if not numbers["added"]
        else f"{numbers['added']} factor{' is' if numbers['added'] == 1 else 's are'} added, of low confidence: look at each."
    ]
    if numbers["triggers"]:
        words.append("The trigger is set.")
    if left := sum(bool(one.reason) for one in found) + unread:
        words.append(f"{left} row{' was' if left == 1 else 's were'} left out.")
    return " ".join(words)
