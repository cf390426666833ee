"""Review over the API: decisions, the approvals as they stand, and changes of state."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from incidents.api.concurrency import PreconditionFailed, tagged, version_sent, versioned
from incidents.api.fields import Named
from incidents.lib.conflict import Conflict
from incidents.models import User
from postmortems import access, reviewing, states
from postmortems.api.serializers import PostmortemSerializer
from postmortems.approval import TITLE
from postmortems.approvals import Approvals
from postmortems.models import Audience, Decision, Postmortem, Transition

MOST = 200


class NotNow(APIException):
    """The state does not allow it: something else has to happen first."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_now"


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    user: Any = Named(slug_field="username", read_only=True, allow_null=True)
    decision = serializers.ChoiceField(source="verdict", choices=Decision.Verdict.choices, read_only=True)
    sections = serializers.SerializerMethodField(help_text="Key -> the version that was read.")
    lapsed = serializers.SerializerMethodField(help_text="Keys of what has changed since; “title” stands for the title.")

    class Meta:
        model = Decision
        fields = ["id", "user", "decision", "note", "is_whole", "sections", "lapsed", "audience", "by_owner", "decided_at"]
        read_only_fields = fields

    def get_sections(self, decision: Decision) -> dict[str, int]:
        return {key: seal["version"] for key, seal in decision.covered.items() if key != TITLE}

    def get_lapsed(self, decision: Decision) -> list[str]:
        seals = self.context["seals"]
        return [key.lstrip("#") for key, seal in decision.covered.items() if key not in seals or seals[key].digest != seal["digest"]]


class NewDecisionSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=Decision.Verdict.choices)
    sections = serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=200,
        required=False,
        default=list,
        help_text="Keys of the sections it is about; none: the whole document.",
    )
    note = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="", help_text="Needed when changes are requested.")
    versions = serializers.DictField(
        child=serializers.IntegerField(min_value=1), required=False, help_text="Key -> version of each section as it was read; 412 when one has changed since."
    )


class TransitionSerializer(serializers.ModelSerializer[Transition]):
    transition = serializers.CharField(source="name", read_only=True)
    actor: Any = Named(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Transition
        fields = ["id", "transition", "before", "after", "note", "detail", "at", "actor"]
        read_only_fields = fields


class NewTransitionSerializer(serializers.Serializer[Any]):
    transition = serializers.ChoiceField(choices=states.ASKED_FOR)
    note = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, default="", help_text="Why. Needed to archive, and to submit with empty sections."
    )
    audience = serializers.ChoiceField(choices=Audience.choices, default=Audience.INTERNAL, help_text="To submit: for whom it is to be published.")
    due_on = serializers.DateField(required=False, allow_null=True, default=None, help_text="To submit: when it is to be reviewed.")
    reviewers = serializers.ListField(
        child=Named(slug_field="username", queryset=User.objects.filter(is_active=True)),
        max_length=50,
        required=False,
        default=list,
        help_text="To submit: who is asked besides those who are by rule or role.",
    )


class ApprovalSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField()
    reason = serializers.CharField()
    why = serializers.CharField(help_text="Why it is needed here.")
    sections = serializers.ListField(child=serializers.CharField())
    needed = serializers.IntegerField()
    approved_by = serializers.ListField(child=serializers.CharField())
    lapsed = serializers.ListField(child=serializers.CharField(), help_text="Names of those whose approval no longer covers what the document says.")
    may_be_given_by = serializers.ListField(child=serializers.CharField())
    is_met = serializers.BooleanField()


class ReviewViews(APIView):
    """Base: the working text and what is said of it are not for viewers, so for them there is no such page."""

    def postmortem_for(self, request: Request, reference: str, verb: str = "read") -> Postmortem:
        found = access.postmortem_for(request.user, reference)
        if not access.may_read_draft(request.user):
            raise Http404
        if verb != "read":
            require(request.user, verb)
        return found


class ReviewsView(ReviewViews):
    @extend_schema(operation_id="postmortems_reviews_list", responses=DecisionSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return the last 200 decisions, newest first, each with the sections that changed since."""
        found = Approvals(self.postmortem_for(request, reference))
        return Response(DecisionSerializer(found.decisions[:MOST], many=True, context={"seals": found.seals if found.decisions else {}}).data)

    @versioned
    @extend_schema(operation_id="postmortems_reviews_create", request=NewDecisionSerializer, responses={201: DecisionSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Approve or request changes, on top of the version in If-Match. Send `versions` of the sections too: they change without that version."""
        postmortem = self.postmortem_for(request, reference, "draft")
        postmortem.version = version_sent(request)
        body = NewDecisionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        try:
            decision = reviewing.decide(actor=request.user, postmortem=postmortem, verdict=given.pop("decision"), **given)
        except states.NoSuchMove as error:
            raise NotNow(str(error)) from error
        except Conflict as conflict:
            raise PreconditionFailed(PostmortemSerializer(conflict.current).data) from conflict
        fresh = self.postmortem_for(request, reference)
        return tagged(DecisionSerializer(decision, context={"seals": Approvals(fresh).seals}).data, fresh.version, status.HTTP_201_CREATED)


class ApprovalsView(ReviewViews):
    @extend_schema(
        operation_id="postmortems_approvals",
        parameters=[OpenApiParameter("audience", str, enum=Audience.values, description="Of the publication; by default that of the review.")],
        responses=ApprovalSerializer(many=True),
    )
    def get(self, request: Request, reference: str) -> Response:
        """Return the approvals that are needed before it is published, and how far each is."""
        audience = request.query_params.get("audience", "")
        if audience and audience not in Audience.values:
            raise serializers.ValidationError({"audience": [f"One of {', '.join(Audience.values)}."]})
        found = Approvals(self.postmortem_for(request, reference), audience)
        rows = [
            {
                "rule": one.answer.rule.name,
                "reason": one.answer.rule.reason,
                "why": one.answer.why,
                "sections": [key for key in one.answer.sections if key != TITLE],
                "needed": one.answer.rule.needed,
                "approved_by": [each.name for each in one.given],
                "lapsed": [lapse.opinion.name for lapse in one.lapsed],
                "may_be_given_by": list(one.waiting.values()),
                "is_met": one.is_met,
            }
            for one in found.required
        ]
        return Response(ApprovalSerializer(rows, many=True).data)


class TransitionsView(ReviewViews):
    @extend_schema(operation_id="postmortems_transitions_list", responses=TransitionSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return the last 200 changes of state, newest first."""
        rows = self.postmortem_for(request, reference).transitions.select_related("actor")[:MOST]
        return Response(TransitionSerializer(rows, many=True).data)

    @versioned
    @extend_schema(operation_id="postmortems_transitions_create", request=NewTransitionSerializer, responses={201: TransitionSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Submit, withdraw, archive or restore, on top of the version in If-Match. Approving is a review, publishing has its own address."""
        postmortem = self.postmortem_for(request, reference, "draft")
        postmortem.version = version_sent(request)
        body = NewTransitionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            if given["transition"] == "submit":
                asked = {"audience": given["audience"], "due_on": given["due_on"], "people": given["reviewers"]}
                reviewing.submit(actor=request.user, postmortem=postmortem, note=given["note"], **asked)
            else:
                getattr(reviewing, given["transition"])(actor=request.user, postmortem=postmortem, note=given["note"])
        except states.NoSuchMove as error:
            raise NotNow(str(error)) from error
        except Conflict as conflict:
            raise PreconditionFailed(PostmortemSerializer(conflict.current).data) from conflict
        fresh = self.postmortem_for(request, reference)
        return tagged(TransitionSerializer(fresh.transitions.select_related("actor")[0]).data, fresh.version, status.HTTP_201_CREATED)
