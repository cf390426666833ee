"""Pages: factors sorted by a second person, and how far the two agree."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from incidents.access import may, require
from postmortems import agreement, coding
from postmortems.forms.factors import leaf_choices, offered_leaves
from postmortems.home import today
from postmortems.models import Factor, FactorLeaf
from postmortems.survey_results import quarter_of
from postmortems.views.postmortems import draft_for

NOTHING_FITS = "none"


class CodingForm(forms.Form):
    """One choice for each factor. Left alone, a factor waits."""

    def __init__(self, *args: Any, factors: list[Factor], leaves: list[FactorLeaf], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.factors, self.leaves = factors, {leaf.key: leaf for leaf in leaves}
        choices = [("", "Not yet"), *leaf_choices(leaves)[1:], (NOTHING_FITS, "None of these fits")]
        for factor in factors:
            self.fields[f"factor-{factor.pk}"] = forms.ChoiceField(required=False, choices=choices, label=factor.statement, help_text=factor.mechanism[:400])

    def chosen(self) -> dict[int, FactorLeaf | None]:
        found = {factor.pk: self.cleaned_data[f"factor-{factor.pk}"] for factor in self.factors}
        return {pk: self.leaves.get(key) for pk, key in found.items() if key}


@login_required
@require_http_methods(["GET", "POST"])
def second_coding(request: HttpRequest, reference: str) -> HttpResponse:
    """Sort the factors of a review without seeing how they were sorted."""
    postmortem = draft_for(request.user, reference)
    form = CodingForm(request.POST or None, factors=coding.to_code(postmortem), leaves=offered_leaves())
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                number = coding.code(actor=request.user, postmortem=postmortem, leaves=form.chosen())
            except ValidationError as error:
                form.add_error(None, ValidationError(error.messages))
            else:
                messages.success(request, f"Thank you: {number} factor{'' if number == 1 else 's'} sorted.")
                return redirect("postmortems:second_coding", postmortem.reference)
    context = {"postmortem": postmortem, "incident": postmortem.incident, "form": form, "is_independent": coding.is_independent(request.user, postmortem)}
    context["may_compare"] = may(request.user, "publish")
    return render(request, "postmortems/second_coding.html", context, status=status)


@login_required
@require_GET
def coding_agreement(request: HttpRequest) -> HttpResponse:
    """How far two people agree, for facilitators, and which reviews are drawn for this quarter."""
    require(request.user, "publish")
    day = today(request.user)
    year, number = quarter_of(day)
    context = {"result": coding.result(request.user), "drawn": coding.drawn(request.user, day), "quarter": f"{year} Q{number}", "enough": agreement.ENOUGH}
    return render(request, "postmortems/coding_agreement.html", context)
