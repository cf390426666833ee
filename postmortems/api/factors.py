"""Contributing factors over the API: the catalogue, the factors of a post-mortem, and what set it off."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from incidents.api.concurrency import PreconditionFailed, lost_race, tagged, version_sent, versioned
from incidents.api.fields import Named
from incidents.lib.conflict import Conflict
from postmortems import access, chaining, chains, covering, factoring, factors, overview
from postmortems.api.serializers import SectionSerializer
from postmortems.models import ActionItem, Factor, FactorGroup, FactorLeaf, FactorLink, Postmortem, Trigger


class FactorLeafSerializer(serializers.ModelSerializer[FactorLeaf]):
    class Meta:
        model = FactorLeaf
        fields = ["key", "name", "use_when", "question", "is_active"]
        read_only_fields = fields


class FactorGroupSerializer(serializers.ModelSerializer[FactorGroup]):
    leaves = FactorLeafSerializer(many=True, read_only=True)

    class Meta:
        model = FactorGroup
        fields = ["key", "name", "is_active", "leaves"]
        read_only_fields = fields


class TriggerKindSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()


class TaxonomySerializer(serializers.Serializer[Any]):
    groups = FactorGroupSerializer(many=True)
    triggers = TriggerKindSerializer(many=True)


class FactorLinkSerializer(serializers.ModelSerializer[FactorLink]):
    to = serializers.IntegerField(source="target_id", min_value=1, max_value=2**63 - 1, help_text="The id of the factor it led to.")

    class Meta:
        model = FactorLink
        fields = ["to", "relation"]


class ChainStepSerializer(serializers.Serializer[Any]):
    question = serializers.CharField()
    answer = serializers.CharField()


class ChainSerializer(serializers.Serializer[Any]):
    section = serializers.CharField()
    steps = ChainStepSerializer(many=True)


class FactorSerializer(serializers.ModelSerializer[Factor]):
    """A factor; `version` is also its ETag. `gaps` is advice: what its writers may still want to say."""

    postmortem = serializers.SerializerMethodField()
    leaf: Any = Named(slug_field="key", read_only=True, allow_null=True)
    polarity = serializers.SerializerMethodField(help_text="What the kind means for the outcome.")
    events: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    actions: Any = serializers.SlugRelatedField(many=True, read_only=True, slug_field="reference")
    links = FactorLinkSerializer(many=True, read_only=True)
    gaps = serializers.SerializerMethodField()
    chains = serializers.SerializerMethodField(help_text="The chains of questions that lead to it.")

    class Meta:
        model = Factor
        fields = [
            "id",
            "postmortem",
            "position",
            "statement",
            "mechanism",
            "leaf",
            "kind",
            "polarity",
            "stage",
            "confidence",
            "events",
            "from_account",
            "evidence_link",
            "actions",
            "links",
            "gaps",
            "chains",
            "created_at",
            "updated_at",
            "version",
        ]
        read_only_fields = fields

    def get_postmortem(self, factor: Factor) -> str:
        return f"PM-{factor.postmortem_id}"

    def get_polarity(self, factor: Factor) -> str:
        return factors.POLARITY.get(factor.kind, "")

    def get_gaps(self, factor: Factor) -> list[str]:
        return factors.gaps_of(overview.facts_of(factor))

    @extend_schema_field(ChainSerializer(many=True))
    def get_chains(self, factor: Factor) -> list[dict[str, Any]]:
        led = self.context.get("chains")  # a list has them for all of its factors
        led = chains.chains_in(factor.postmortem.sections.all()) if led is None else led
        return [{"section": one.key, "steps": [{"question": asked, "answer": said} for asked, said in one.steps]} for one in led.get(factor.pk, [])]


class FactorTextSerializer(serializers.Serializer[Any]):
    """What may be given of a factor; for a change, every field may be left out. Lists replace what was there."""

    statement = serializers.CharField(max_length=1000)
    mechanism = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    leaf = Named(slug_field="key", queryset=FactorLeaf.objects.all(), required=False, allow_null=True)
    kind = serializers.ChoiceField(choices=Factor.Kind.choices, required=False, allow_blank=True)
    stage = serializers.ChoiceField(choices=Factor.Stage.choices, required=False, allow_blank=True)
    confidence = serializers.ChoiceField(choices=Factor.Confidence.choices, required=False)
    events = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=factoring.MOST_EVIDENCE,
        required=False,
        help_text="Ids of entries of the incident's timeline.",
    )
    from_account = serializers.BooleanField(required=False, help_text="Somebody who took part told it.")
    evidence_link = serializers.URLField(max_length=500, required=False, allow_blank=True)
    actions = serializers.ListField(child=serializers.RegexField(r"^[Aa][Cc][Tt]-[0-9]{1,12}\Z"), max_length=100, required=False, help_text="Such as ACT-12.")
    links = FactorLinkSerializer(many=True, required=False)


class FactorChangeSerializer(FactorTextSerializer):
    place = serializers.IntegerField(min_value=1, max_value=1000, required=False, help_text="Where it stands in the list, from 1.")


class TriggerSerializer(serializers.Serializer[Any]):
    trigger = serializers.ChoiceField(choices=Trigger.choices, allow_blank=True)


class FactorViews(APIView):
    """Base: factors are part of the working text, so for viewers there is no such page."""

    def postmortem_for(self, request: Request, reference: str, verb: str = "read") -> Postmortem:
        postmortem = access.postmortem_for(request.user, reference)
        if not access.may_read_draft(request.user):
            raise Http404
        if verb != "read":
            require(request.user, verb)
        return postmortem

    def factor_for(self, postmortem: Postmortem, pk: int) -> Factor:
        rows = postmortem.factors.select_related("leaf__group", "postmortem").prefetch_related("events", "actions", "links")
        found = rows.filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def fields_of(self, request: Request, postmortem: Postmortem, given: dict[str, Any]) -> dict[str, Any]:
        """Return the fields with rows in place of ids. Raises a 400 for what is not there to see."""
        fields = dict(given)
        if "events" in fields:
            wanted = set(fields["events"])
            fields["events"] = list(overview.entries_of(postmortem).filter(pk__in=wanted))
            self.found_all("events", fields["events"], wanted)
        if "actions" in fields:
            numbers = {int(reference.partition("-")[2]) for reference in fields["actions"]}
            fields["actions"] = list(ActionItem.objects.visible_to(request.user).filter(incident__in=covering.keys_of(postmortem), pk__in=numbers))
            self.found_all("actions", fields["actions"], numbers)
        if "links" in fields:
            fields["links"] = {link["target_id"]: link.get("relation", FactorLink.Relation.ENABLED) for link in fields["links"]}
        return fields

    def found_all(self, name: str, rows: list[Any], wanted: set[int]) -> None:
        if missing := wanted - {row.pk for row in rows}:
            raise serializers.ValidationError({name: [f"Not of this incident: {', '.join(map(str, sorted(missing)[:10]))}."]})


class TaxonomyView(APIView):
    @extend_schema(operation_id="factor_taxonomy", responses=TaxonomySerializer)
    def get(self, request: Request) -> Response:
        """Return the catalogue of conditions in two levels, and the kinds of trigger."""
        groups = FactorGroup.objects.prefetch_related("leaves")
        return Response(TaxonomySerializer({"groups": groups, "triggers": [{"key": key, "name": name} for key, name in Trigger.choices]}).data)


class FactorListView(FactorViews):
    @extend_schema(operation_id="postmortems_factors_list", responses=FactorSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return the factors in order."""
        postmortem = self.postmortem_for(request, reference)
        context = {"chains": chains.chains_in(postmortem.sections.all())}
        return Response(FactorSerializer(overview.factors_of(postmortem), many=True, context=context).data)

    @extend_schema(operation_id="postmortems_factors_create", request=FactorTextSerializer, responses={201: FactorSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Add a factor at the end."""
        postmortem = self.postmortem_for(request, reference, "draft")
        body = FactorTextSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        factor = factoring.add(actor=request.user, postmortem=postmortem, **self.fields_of(request, postmortem, body.validated_data))
        return tagged(FactorSerializer(self.factor_for(postmortem, factor.pk)).data, factor.version, status.HTTP_201_CREATED)


class FactorView(FactorViews):
    @extend_schema(operation_id="postmortems_factors_retrieve", responses=FactorSerializer)
    def get(self, request: Request, reference: str, pk: int) -> Response:
        factor = self.factor_for(self.postmortem_for(request, reference), pk)
        return tagged(FactorSerializer(factor).data, factor.version)

    @versioned
    @extend_schema(operation_id="postmortems_factors_update", request=FactorChangeSerializer, responses=FactorSerializer)
    def patch(self, request: Request, reference: str, pk: int) -> Response:
        """Change fields on top of the version in If-Match. `place` moves it and is no version of its own."""
        postmortem = self.postmortem_for(request, reference, "draft")
        factor, version = self.factor_for(postmortem, pk), version_sent(request)
        body = FactorChangeSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        fields = self.fields_of(request, postmortem, body.validated_data)
        place = fields.pop("place", None)
        try:
            if factor.version != version:
                raise Conflict(factor)
            if fields:
                factor = factoring.change(actor=request.user, factor=factor, version=version, **fields)
            if place is not None:
                factoring.move(actor=request.user, factor=factor, place=place)
        except Conflict as conflict:
            raise lost(conflict) from conflict
        factor = self.factor_for(postmortem, pk)
        return tagged(FactorSerializer(factor).data, factor.version)

    @versioned
    @extend_schema(operation_id="postmortems_factors_destroy", responses={204: None})
    def delete(self, request: Request, reference: str, pk: int) -> Response:
        """Remove it, on top of the version in If-Match."""
        postmortem = self.postmortem_for(request, reference, "draft")
        factor = self.factor_for(postmortem, pk)
        try:
            factoring.remove(actor=request.user, factor=factor, version=version_sent(request))
        except Conflict as conflict:
            raise lost(conflict) from conflict
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChainFactorView(FactorViews):
    @versioned
    @extend_schema(operation_id="postmortems_sections_row_factor", request=None, responses={201: FactorSerializer})
    def post(self, request: Request, reference: str, key: str, place: int) -> Response:
        """Make a factor of an answer in a chain of questions and let the row at `place` (from 0) lead to it, on top of the section's version in If-Match. What the row cites is its evidence."""
        postmortem = self.postmortem_for(request, reference, "draft")
        section = postmortem.sections.select_related("postmortem").filter(key=key).first()
        if section is None:
            raise Http404
        with lost_race(SectionSerializer):
            made = chaining.make_factor(actor=request.user, section=section, version=version_sent(request), place=place)
        return tagged(FactorSerializer(self.factor_for(postmortem, made.pk)).data, made.version, status.HTTP_201_CREATED)


def lost(conflict: Conflict) -> Exception:
    """Return the answer to a lost race: what is stored now, or that it is gone."""
    return PreconditionFailed(FactorSerializer(conflict.current).data) if conflict.current else Http404()


class TriggerView(FactorViews):
    @extend_schema(operation_id="postmortems_trigger_retrieve", responses=TriggerSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return what set it off, as one kind; the ETag is that of the post-mortem."""
        postmortem = self.postmortem_for(request, reference)
        return tagged({"trigger": postmortem.trigger}, postmortem.version)

    @versioned
    @extend_schema(operation_id="postmortems_trigger_update", request=TriggerSerializer, responses=TriggerSerializer)
    def put(self, request: Request, reference: str) -> Response:
        """Say what set it off, on top of the post-mortem's version in If-Match."""
        postmortem = self.postmortem_for(request, reference, "draft")
        version = version_sent(request)
        body = TriggerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            postmortem = factoring.set_trigger(actor=request.user, postmortem=postmortem, version=version, trigger=body.validated_data["trigger"])
        except Conflict as conflict:
            raise PreconditionFailed({"trigger": conflict.current.trigger}) from conflict
        return tagged({"trigger": postmortem.trigger}, postmortem.version)
