"""Saved mappings: what there is, and deleting one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from incidents import access, mappings, sources
from incidents.models import Mapping
from incidents.sources.fields import FIELDS


@require_safe
@login_required
def mapping_list(request: HttpRequest) -> HttpResponse:
    access.require(request.user, "import")
    rows = [
        {
            "mapping": mapping,
            "source_label": sources.labels().get(mapping.source, mapping.source),
            "fields": [(column, FIELDS.get(field, field)) for column, field in mapping.fields.items() if field],
            "left_out": [column for column, field in mapping.fields.items() if not field],
            "may_delete": mappings.may_delete(request.user, mapping),
        }
        for mapping in Mapping.objects.select_related("created_by")
    ]
    return render(request, "incidents/mapping_list.html", {"rows": rows})


@require_POST
@login_required
def mapping_delete(request: HttpRequest, pk: int) -> HttpResponse:
    access.require(request.user, "import")
    mapping = get_object_or_404(Mapping, pk=pk)
    mappings.delete(actor=request.user, mapping=mapping)
    messages.success(request, f"The mapping “{mapping.name}” is deleted; what was imported with it stays.")
    return redirect("incidents:mapping_list")
