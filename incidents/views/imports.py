"""Pages of importing: files into an incident, a new incident from files, what came of them, and the originals."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import access, intake, intake_titles, looking, mappings, sources
from incidents.forms.imports import ColumnsForm, ImportForm, NewImportForm, ReadingForm
from incidents.forms.saving import told
from incidents.forms.settings import zone_names
from incidents.intake_report import NEEDED
from incidents.models import Delivery, Incident, Job
from incidents.sources.drafts import SourceError

State = Delivery.State


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_new(request: HttpRequest) -> HttpResponse:
    """An incident from files: declared from the first one that is a timeline."""
    access.require(request.user, "declare")
    if request.method != "POST":
        return page(request, NewImportForm(), None)
    form = NewImportForm(request.POST, request.FILES)
    return answer(request, form, take(request, form, None) if form.is_valid() else None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_page(request: HttpRequest, reference: str) -> HttpResponse:
    incident = access.incident_for(request.user, reference, "import")
    if request.method != "POST":
        return page(request, ImportForm(), incident)
    form = ImportForm(request.POST, request.FILES)
    return answer(request, form, take(request, form, incident) if form.is_valid() else None, incident)


def take(request: HttpRequest, form: ImportForm, incident: Incident | None) -> Incident | None:
    """Receive every file that is a timeline; the others become errors of the form. Return the incident if any was received."""
    received = []
    for name, file, channel in form.parts():
        try:
            looking.look(file, name, form.options(), lenient=True)
            if incident is None:
                title = form.cleaned_data.get("title", "") or (looking.first_line(file) if channel == "paste" else "")
                is_private = form.cleaned_data.get("is_private", False)
                incident = intake_titles.describe(actor=request.user, file=file, name=name, options=form.options(), title=title, is_private=is_private)
            received.append(intake.receive(actor=request.user, incident=incident, file=file, name=name, channel=channel, options=form.options()))
        except (SourceError, ValidationError) as error:
            reason = error.messages[0] if isinstance(error, ValidationError) else error.message + (f" ({error.where})" if error.where else "")
            form.add_error(*(("text", reason) if channel == "paste" else ("file", f"{name}: {reason}")))
    form.received = received  # type: ignore[attr-defined]
    return incident if received else None


def answer(request: HttpRequest, form: ImportForm, taken: Incident | None, incident: Incident | None = None) -> HttpResponse:
    """Answer a POST: the upload script gets JSON, a plain form a redirect or the page with its errors."""
    if request.headers.get("X-Upload"):
        if taken is None:
            return JsonResponse({"error": " ".join(told(form.errors))}, status=422)
        rows = [row for row in shown(request, taken) if row in form.received]  # type: ignore[attr-defined]
        html = "".join(render_to_string("incidents/_import_delivery.html", delivery_context(request, row), request=request) for row in rows)
        return JsonResponse({"html": html, "incident": taken.get_absolute_url(), "import": reverse("incidents:import", args=[taken.reference])}, status=201)
    if taken is None:
        return page(request, form, incident, status=422)
    for message in told(form.errors):
        messages.error(request, message)
    return redirect("incidents:import", taken.reference)


def page(request: HttpRequest, form: ImportForm, incident: Incident | None, status: int = 200) -> HttpResponse:
    rows = shown(request, incident) if incident else []
    context = {
        "form": form,
        "incident": incident,
        "zones": zone_names(),
        "rows": [delivery_context(request, row) for row in rows],
        "may_configure": access.may(request.user, "configure"),
        "formats": sorted((source.label for source in sources.registered().values()), key=str.casefold),
    }
    return render(request, "incidents/import.html", context, status=status)


def shown(request: HttpRequest, incident: Incident) -> QuerySet[Delivery]:
    """The incident's deliveries, newest first, each with whether the same bytes had been imported before."""
    before = Delivery.objects.filter(incident=incident, sha256=OuterRef("sha256"), state=State.IMPORTED, pk__lt=OuterRef("pk"))
    return Delivery.objects.visible_to(request.user).filter(incident=incident).select_related("received_by").annotate(is_repeat=Exists(before))


def delivery_context(
    request: HttpRequest, delivery: Delivery, columns_form: ColumnsForm | None = None, answer_form: ReadingForm | None = None
) -> dict[str, Any]:
    report = delivery.report
    failed = None
    if delivery.state in (State.RECEIVED, State.IMPORTING):
        failed = Job.objects.filter(kind="import", object_id=delivery.pk, state=Job.State.DEAD).order_by("-pk").first()
        waiting = Job.objects.filter(kind="import", object_id=delivery.pk).exclude(state__in=[Job.State.DEAD, Job.State.DONE])
        failed = None if waiting.exists() else failed
    columns = report.get("columns") or []
    needs = [NEEDED.get(what, what) for what in report.get("needs", {})]
    asked = report.get("needs", {})
    fields = [name for name, needed in (("date", "date"), ("clock", "start"), ("time_zone", "zone")) if needed in asked]
    return {
        "delivery": delivery,
        "source_label": sources.registered()[delivery.source].label if delivery.source in sources.registered() else delivery.source,
        "reference": f"INC-{delivery.incident_id}",
        "report": report,
        "unlisted": max(0, report.get("rejected_total", 0) - len(report.get("rejected", []))),
        "is_running": delivery.state in (State.RECEIVED, State.IMPORTING) and failed is None,
        "failed": failed,
        "needs": needs,
        "answer_form": answer_form or (ReadingForm(initial=delivery.options, auto_id=f"answer-{delivery.pk}-%s") if fields else None),
        "asks_date": "date" in fields or "clock" in fields,
        "asks_clock": "clock" in fields,
        "asks_zone": "time_zone" in fields,
        "columns_form": columns_form or (ColumnsForm(columns=columns, auto_id=f"columns-{delivery.pk}-%s") if columns else None),
        "may_import": access.may(request.user, "import"),
        "zone": request.user,
        "request": request,
    }


def delivery_for(request: HttpRequest, reference: str, pk: int, verb: str = "read") -> Delivery:
    incident = access.incident_for(request.user, reference, verb)
    delivery = shown(request, incident).filter(pk=pk).first()
    if delivery is None:
        raise Http404
    return delivery


@require_safe
@login_required
def delivery(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """The state of one delivery, asked for every second while it runs."""
    row = delivery_for(request, reference, pk)
    return render(
        request, "incidents/_import_delivery.html" if request.headers.get("HX-Request") else "incidents/import_delivery.html", delivery_context(request, row)
    )


@require_POST
@login_required
def delivery_again(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Read the kept bytes again: as before, with a date or zone, or with other meanings of the columns."""
    row = delivery_for(request, reference, pk, "import")
    options: dict[str, Any] = {}
    context: dict[str, Any] | None = None
    if "columns" in request.POST:
        columns = ColumnsForm(request.POST, columns=row.report.get("columns") or [], auto_id=f"columns-{row.pk}-%s")
        if columns.is_valid() and saved(request, row, columns):
            options = {"mapping": columns.mapping()}
        else:
            context = delivery_context(request, row, columns_form=columns)
    elif {"date", "clock", "time_zone"} & request.POST.keys():
        form = ReadingForm(request.POST, auto_id=f"answer-{row.pk}-%s")
        if form.is_valid() and form.options():
            options = form.options()
        else:
            if form.is_valid():
                form.add_error(None, "Give what is missing: the date, the start or the zone.")
            context = delivery_context(request, row, answer_form=form)
    if context is not None:
        template = "incidents/_import_delivery.html" if request.headers.get("HX-Request") else "incidents/import_delivery.html"
        return render(request, template, context, status=422)
    again = intake.replay(actor=request.user, delivery=row, options=options)
    if request.headers.get("HX-Request"):
        return render(request, "incidents/_import_delivery.html", delivery_context(request, delivery_for(request, reference, again.pk)))
    return redirect("incidents:import", reference)


def saved(request: HttpRequest, row: Delivery, columns: ColumnsForm) -> bool:
    """Save the mapping under the name that was given, if one was. False, with the error on the form, when it cannot be."""
    name = columns.cleaned_data["save_as"]
    if not name:
        return True
    try:
        mappings.save(actor=request.user, name=name, source=row.source, fields=columns.mapping())
    except ValidationError as error:
        columns.add_error("save_as", error.messages)
        return False
    messages.success(request, f"The mapping “{name}” is saved: files with the same columns are read with it.")
    return True


@require_safe
@login_required
def delivery_file(request: HttpRequest, reference: str, pk: int) -> HttpResponse | FileResponse:
    """The original, always as a download: it is strangers' content."""
    row = delivery_for(request, reference, pk)
    try:
        file = default_storage.open(row.stored_as, "rb")
    except FileNotFoundError:
        raise Http404 from None
    return as_download(file, row)


def as_download(file: Any, delivery: Delivery) -> FileResponse:
    """Strangers' content, for the disk only: no browser shows it."""
    name = delivery.file_name or f"delivery-{delivery.pk}"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/octet-stream")
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
