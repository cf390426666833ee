"""Publishing and revisions over the API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.api.concurrency import PreconditionFailed, tagged, version_sent, versioned
from incidents.api.files import AsAddressed
from incidents.lib.conflict import Conflict
from postmortems import pictures, publishing, reviewing, states
from postmortems.access import postmortem_for
from postmortems.api.reviews import NotNow
from postmortems.api.serializers import PostmortemSerializer, PublishSerializer, RevisionSerializer
from postmortems.models import Revision
from postmortems.rendering import html
from postmortems.views.revisions import RETRY_AFTER, pdf_of, private, revision_file, revision_for


class PublishView(APIView):
    @versioned
    @extend_schema(request=PublishSerializer, responses={201: RevisionSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Publish what the post-mortem says now as the next revision, on top of the version in If-Match. Its PDF follows within seconds.

        409 says which approvals are missing; an administrator may give a `reason` instead.
        """
        postmortem = postmortem_for(request.user, reference, "publish")
        version = version_sent(request)
        body = PublishSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        postmortem.version = version  # what the caller saw; publishing compares it with what is stored
        try:
            revision = publishing.publish(actor=request.user, postmortem=postmortem, **body.validated_data)
        except (reviewing.ApprovalMissing, states.NoSuchMove) as error:
            raise NotNow(str(error)) from error
        except Conflict as conflict:
            raise PreconditionFailed(PostmortemSerializer(conflict.current).data) from conflict
        revision.refresh_from_db()
        return tagged(RevisionSerializer(revision).data, version + 1, status.HTTP_201_CREATED)


class RevisionListView(APIView):
    @extend_schema(operation_id="postmortems_revisions_list", responses=RevisionSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return what was published, newest first."""
        postmortem = postmortem_for(request.user, reference)
        rows = Revision.objects.visible_to(request.user).filter(postmortem=postmortem)
        rows = rows.select_related("postmortem", "published_by").defer("document", "html")
        return Response(RevisionSerializer(rows, many=True).data)


class RevisionView(APIView):
    @extend_schema(operation_id="postmortems_revisions_retrieve", responses=RevisionSerializer)
    def get(self, request: Request, reference: str, number: int) -> Response:
        return Response(RevisionSerializer(revision_for(request.user, reference, number)).data)


def unprinted(shown: Revision) -> Response:
    if reason := publishing.given_up(shown):
        raise NotNow(f"{reason} POST to /api/v1/postmortems/{shown.postmortem.reference}/revisions/{shown.number}/print/ to try again.")
    return Response(RevisionSerializer(shown).data, status.HTTP_202_ACCEPTED, headers={"Retry-After": RETRY_AFTER, "Cache-Control": "private, no-store"})


class PrintView(APIView):
    @extend_schema(
        operation_id="postmortems_revisions_print",
        request=None,
        responses={202: OpenApiResponse(RevisionSerializer, description="It is being printed, or is printed already: `pdf_ready` says which.")},
    )
    def post(self, request: Request, reference: str, number: int) -> Response:
        """Try again to print a revision whose PDF was given up. What is printed, or waits to be, stays as it is."""
        revision = revision_for(request.user, reference, number)
        publishing.print_again(actor=request.user, revision=revision)
        revision.refresh_from_db()
        return Response(RevisionSerializer(revision).data, status.HTTP_202_ACCEPTED)


class RevisionFileView(APIView):
    content_negotiation_class = AsAddressed

    @extend_schema(
        operation_id="postmortems_revisions_file",
        parameters=[OpenApiParameter("suffix", str, OpenApiParameter.PATH, enum=["html", "pdf", "md", "json"])],
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, "text/html"): OpenApiTypes.STR,
            (200, "text/markdown"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
            202: OpenApiResponse(RevisionSerializer, description="The PDF is not printed yet: ask again after Retry-After seconds."),
            409: OpenApiResponse(description="The PDF could not be printed and will not come by itself; `detail` says why. POST to `print/` tries again."),
        },
    )
    def get(self, request: Request, reference: str, number: str, suffix: str) -> HttpResponseBase:
        """Return a revision as one self-contained HTML file, as PDF (202 until it is printed, 409 when it could not be), Markdown or JSON."""
        if suffix == "pdf":
            shown = revision_for(request.user, reference, int(number))
            return pdf_of(shown, f"{shown.postmortem.reference}-r{shown.number}.pdf") or unprinted(shown)
        if suffix != "html":
            answer: HttpResponseBase = revision_file(request._request, reference, suffix, int(number))
            return answer
        revision = revision_for(request.user, reference, int(number))
        document: dict[str, Any] = revision.document
        page = html.standalone(
            document,
            body=revision.html,
            base_url=settings.BASE_URL,
            published=document["published"],
            number=revision.number,
            sha256=revision.sha256,
            pictures=pictures.embedded(document),
        )
        answer = private(HttpResponse(page))
        # The file carries its own style sheet; the site's policy would refuse it, and it needs nothing else.
        answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
        return answer
