"""Other vocabularies, factors from them, and coding agreement over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from incidents.api.fields import Named
from postmortems import coding, translating
from postmortems.models import FactorLeaf
from postmortems.views.postmortems import draft_for
from postmortems.vocabularies import Written, vocabularies

WORDS = serializers.CharField


class TermSerializer(serializers.Serializer[Any]):
    name = WORDS()
    also = serializers.ListField(child=WORDS())
    leaves = serializers.ListField(child=WORDS(), help_text="Keys of the catalogue that it may mean.")
    groups = serializers.ListField(child=WORDS(), help_text="Any leaf of these groups.")
    triggers = serializers.ListField(child=WORDS())
    kind = WORDS()
    leave_out = WORDS(help_text="Why it is not taken over; empty for all others.")


class VocabularySerializer(serializers.Serializer[Any]):
    key = WORDS()
    name = WORDS()
    terms = TermSerializer(many=True)


class WrittenSerializer(serializers.Serializer[Any]):
    statement = WORDS(max_length=1000, allow_blank=True, help_text="Empty for a trigger that has no words of its own.")
    vocabulary = serializers.ChoiceField(choices=[(key, one.name) for key, one in vocabularies().items()])
    term = WORDS(max_length=100)


class BringInSerializer(serializers.Serializer[Any]):
    factors = serializers.ListField(child=WrittenSerializer(), min_length=1, max_length=60)


class BroughtSerializer(serializers.Serializer[Any]):
    statement = WORDS()
    factor = serializers.IntegerField(source="factor.pk", default=None, allow_null=True, help_text="Its id; null where none was added.")
    leaf = WORDS(source="factor.leaf.key", default=None, allow_null=True)
    trigger = WORDS(help_text="Set on the post-mortem, which had none.")
    reason = WORDS(help_text="Why none was added.")
    candidates = serializers.ListField(child=WORDS(), help_text="Leaves that it may be, the likeliest first.")


class VocabularyView(APIView):
    @extend_schema(operation_id="factor_vocabularies_list", responses=VocabularySerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return what other vocabularies call factors and triggers, and what that is here."""
        return Response(VocabularySerializer(vocabularies().values(), many=True).data)


class BringInView(APIView):
    @extend_schema(operation_id="postmortems_factors_bring_in", request=BringInSerializer, responses={201: BroughtSerializer(many=True)})
    def post(self, request: Request, reference: str) -> Response:
        """Add factors that were written elsewhere, as drafts. What may be several of ours stays unclassified; what judges people is left out."""
        postmortem = draft_for(request.user, reference)
        require(request.user, "draft")
        body = BringInSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        rows = [Written(**row) for row in body.validated_data["factors"]]
        found = translating.bring_in(actor=request.user, postmortem=postmortem, rows=rows)
        return Response(BroughtSerializer(found, many=True).data, status=status.HTTP_201_CREATED)


class AgreementSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    same = serializers.IntegerField()
    kappa = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="Of the interval of 95 %.")
    high = serializers.FloatField(allow_null=True)


class GroupAgreementSerializer(AgreementSerializer):
    group = WORDS()
    used = serializers.IntegerField(help_text="How many factors one of the two put into the group.")


class CodingResultSerializer(serializers.Serializer[Any]):
    leaves = AgreementSerializer()
    groups = AgreementSerializer()
    by_group = GroupAgreementSerializer(many=True)


class CodeSerializer(serializers.Serializer[Any]):
    factor = serializers.IntegerField(min_value=1, max_value=2**53)
    leaf = Named(slug_field="key", queryset=FactorLeaf.objects.filter(is_active=True, group__is_active=True), allow_null=True, help_text="null: none fits.")


class CodingSerializer(serializers.Serializer[Any]):
    factors = serializers.ListField(child=CodeSerializer(), min_length=1, max_length=100)


class CodedSerializer(serializers.Serializer[Any]):
    coded = serializers.IntegerField()


class SecondCodingView(APIView):
    @extend_schema(operation_id="postmortems_factors_code", request=CodingSerializer, responses=CodedSerializer)
    def post(self, request: Request, reference: str) -> Response:
        """Sort factors a second time, for somebody who did not write them and has not seen how they were sorted."""
        postmortem = draft_for(request.user, reference)
        require(request.user, "draft")
        body = CodingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        leaves = {row["factor"]: row["leaf"] for row in body.validated_data["factors"]}
        return Response({"coded": coding.code(actor=request.user, postmortem=postmortem, leaves=leaves)})


class CodingAgreementView(APIView):
    @extend_schema(operation_id="factor_coding_agreement", responses=CodingResultSerializer)
    def get(self, request: Request) -> Response:
        """Return how far two people agree on the catalogue, for facilitators."""
        require(request.user, "publish")
        found = coding.result(request.user)
        data = {"leaves": vars(found.leaves), "groups": vars(found.groups)}
        data["by_group"] = [{"group": group.key, "used": used, **vars(one)} for group, one, used in found.by_group]  # type: ignore[assignment]
        return Response(CodingResultSerializer(data).data)
