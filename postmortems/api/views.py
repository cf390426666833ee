"""Post-mortems, their sections and action items over the API. Thin: each view fetches through access, calls one function, answers."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import incident_for, number_of, require
from incidents.api.concurrency import lost_race, tagged, version_sent, versioned
from incidents.api.filters import only
from postmortems import access, action_items, assessing, covering, drafting, search
from postmortems.api import filters
from postmortems.api import serializers as shapes
from postmortems.forms.knowledge import SearchForm
from postmortems.models import ActionItem, Postmortem, RetrospectiveTemplate, Section


class PostmortemViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Postmortem]):
    """Post-mortems. Start one with an incident and a template, write its sections, publish it."""

    serializer_class = shapes.PostmortemSerializer
    filterset_class = filters.PostmortemFilter
    lookup_field = "reference"
    lookup_value_regex = "[Pp][Mm]-[0-9]+"
    queryset = Postmortem.objects.none()  # for the schema; `get_queryset` gives the rows

    def get_queryset(self) -> Any:
        return Postmortem.objects.visible_to(self.request.user).select_related("incident", "template", "owner").prefetch_related("related_incidents")

    @extend_schema(request=shapes.StartSerializer, responses={201: shapes.PostmortemSerializer})
    def create(self, request: Request) -> Response:
        require(request.user, "draft")
        body = shapes.StartSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        incident = incident_for(request.user, body.validated_data["incident"], "draft")
        template = body.validated_data.get("template") or default_template()
        related = [incident_for(request.user, reference) for reference in body.validated_data["related_incidents"]]
        postmortem = drafting.start(actor=request.user, incident=incident, template=template, title=body.validated_data["title"])
        covering.cover(actor=request.user, postmortem=postmortem, incidents=related)
        assessing.decide_review(actor=request.user, incident=incident)
        postmortem.refresh_from_db()
        return tagged(shapes.PostmortemSerializer(postmortem).data, postmortem.version, status.HTTP_201_CREATED)

    def retrieve(self, request: Request, reference: str) -> Response:
        postmortem = access.postmortem_for(request.user, reference)
        return tagged(shapes.PostmortemSerializer(postmortem).data, postmortem.version)

    @versioned
    @extend_schema(request=shapes.DetailsSerializer, responses=shapes.PostmortemSerializer)
    def partial_update(self, request: Request, reference: str) -> Response:
        """Change title or owner, on top of the version in If-Match. The state changes by `transitions/`, `reviews/` and `publish/`."""
        postmortem = access.postmortem_for(request.user, reference, "draft")
        version = version_sent(request)
        body = shapes.DetailsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        details = {"title": postmortem.title, "owner": postmortem.owner, **body.validated_data}
        if details.pop("status", postmortem.status) != postmortem.status:
            raise ValidationError({"status": ["The state is changed by transitions/, reviews/ and publish/, where who may and why is asked."]})
        with lost_race(shapes.PostmortemSerializer):
            postmortem = drafting.save_details(actor=request.user, postmortem=postmortem, version=version, **details)
        return tagged(shapes.PostmortemSerializer(postmortem).data, postmortem.version)


def default_template() -> RetrospectiveTemplate:
    template = RetrospectiveTemplate.objects.filter(is_active=True).order_by("-is_default", "position").first()
    if template is None:
        raise Http404
    return template


class SectionViews(APIView):
    """Base of the section views: working texts are not for viewers, so for them there is no such page."""

    def section_for(self, request: Request, reference: str, key: str, verb: str = "read") -> Section:
        postmortem = access.postmortem_for(request.user, reference)
        if not access.may_read_draft(request.user):
            raise Http404
        if verb != "read":
            require(request.user, verb)
        section = postmortem.sections.select_related("updated_by").filter(key=key).first()
        if section is None:
            raise Http404
        return section


class SectionListView(SectionViews):
    @extend_schema(operation_id="postmortems_sections_list", responses=shapes.SectionSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return every section in order."""
        postmortem = access.postmortem_for(request.user, reference)
        if not access.may_read_draft(request.user):
            raise Http404
        return Response(shapes.SectionSerializer(postmortem.sections.select_related("updated_by"), many=True).data)


class SectionView(SectionViews):
    @extend_schema(operation_id="postmortems_sections_retrieve", responses=shapes.SectionSerializer)
    def get(self, request: Request, reference: str, key: str) -> Response:
        section = self.section_for(request, reference, key)
        return tagged(shapes.SectionSerializer(section).data, section.version)

    @versioned
    @extend_schema(request=shapes.SectionTextSerializer, responses=shapes.SectionSerializer)
    def patch(self, request: Request, reference: str, key: str) -> Response:
        """Save on top of the version in If-Match. A save that lost the race is a 412 with the current text; yours is kept as a version too."""
        section = self.section_for(request, reference, key, "draft")
        version = version_sent(request)
        body = shapes.SectionTextSerializer(data=request.data, context={"section": section})
        body.is_valid(raise_exception=True)
        text = {"body": section.body, "values": section.values, **body.validated_data}
        with lost_race(shapes.SectionSerializer):
            section = drafting.save_section(actor=request.user, section=section, version=version, **text)
        return tagged(shapes.SectionSerializer(section).data, section.version)


class SectionVersionsView(SectionViews):
    @extend_schema(operation_id="postmortems_sections_versions", responses=shapes.SectionVersionSerializer(many=True))
    def get(self, request: Request, reference: str, key: str) -> Response:
        """Return the last 200 saves, newest first, with those that lost a race."""
        section = self.section_for(request, reference, key)
        return Response(shapes.SectionVersionSerializer(section.versions.select_related("saved_by")[:200], many=True).data)


class ActionItemViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ActionItem]):
    """Action items of all incidents: filter, add, change, complete."""

    serializer_class = shapes.ActionItemSerializer
    filterset_class = filters.ActionItemFilter
    lookup_field = "reference"
    lookup_value_regex = "[Aa][Cc][Tt]-[0-9]+"
    queryset = ActionItem.objects.none()  # for the schema; `get_queryset` gives the rows

    def get_queryset(self) -> Any:
        return ActionItem.objects.visible_to(self.request.user).select_related("incident", "postmortem", "owner").prefetch_related("factors")

    def item_for(self, reference: str) -> ActionItem:
        item: ActionItem | None = self.get_queryset().filter(pk=number_of(reference, "ACT")).first()
        if item is None:
            raise Http404
        return item

    @extend_schema(request=shapes.NewActionItemSerializer, responses={201: shapes.ActionItemSerializer})
    def create(self, request: Request) -> Response:
        require(request.user, "draft")
        body = shapes.NewActionItemSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        reference = fields.pop("incident", "")
        postmortem = access.postmortem_for(request.user, fields.pop("postmortem"), "draft") if fields.get("postmortem") else None
        incident = postmortem.incident if postmortem else incident_for(request.user, reference, "draft")
        item = action_items.add(actor=request.user, incident=incident, postmortem=postmortem, **fields)
        return tagged(shapes.ActionItemSerializer(item).data, item.version, status.HTTP_201_CREATED)

    def retrieve(self, request: Request, reference: str) -> Response:
        item = self.item_for(reference)
        return tagged(shapes.ActionItemSerializer(item, context={"request": request}).data, item.version)

    @versioned
    @extend_schema(request=shapes.ActionItemTextSerializer, responses=shapes.ActionItemSerializer)
    def partial_update(self, request: Request, reference: str) -> Response:
        """Change fields on top of the version in If-Match; completing or declining wants a closing note."""
        item = self.item_for(reference)
        version = version_sent(request)
        body = shapes.ActionItemTextSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        with lost_race(shapes.ActionItemSerializer):
            item = action_items.change(actor=request.user, item=item, version=version, **body.validated_data)
        return tagged(shapes.ActionItemSerializer(item).data, item.version)


class SearchView(APIView):
    @extend_schema(
        operation_id="search",
        parameters=[
            OpenApiParameter("q", str, description='Words, "phrases", -exclusions, OR.'),
            OpenApiParameter("kind", str, enum=["incident", "near"], description="near: near misses and good catches."),
            OpenApiParameter("service", str),
            OpenApiParameter("type", str),
            OpenApiParameter("severity", str),
            OpenApiParameter("tag", str),
            OpenApiParameter("factor", str, description="Key of a kind of contributing factor, or of a group of them."),
            OpenApiParameter("since", str, description="YYYY-MM-DD"),
            OpenApiParameter("until", str, description="YYYY-MM-DD"),
            OpenApiParameter("page", int),
        ],
        responses=shapes.FoundSerializer,
    )
    def get(self, request: Request) -> Response:
        """Search published post-mortems, best first; without `q` the newest first. `count` stops at 1,000."""
        form = SearchForm(request.user, request.query_params)
        only(request.query_params, form.fields)
        number = request.query_params.get("page", "1")
        if not form.is_valid() or not (number.isascii() and number.isdigit() and 0 < int(number[:9]) <= 40):
            errors = form.errors.get_json_data() or {"page": [{"message": "A number from 1 to 40."}]}
            raise ValidationError({name: [error["message"] for error in found] for name, found in errors.items()})
        found = search.find(request.user, form.cleaned_data["q"], form.filters("UTC"), offset=(int(number) - 1) * 25, limit=25)
        hits = shapes.HitSerializer(found.hits, many=True).data
        return Response({"count": found.total, "count_is_bound": found.total_is_bound, "results": hits})
