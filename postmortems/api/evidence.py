"""Evidence over the API: what is claimed without any, what nobody used, and the entries one can cite."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.lib import citations
from incidents.lib.text import clean_line
from incidents.models import TimelineEvent
from postmortems import claims, evidence
from postmortems.api.comments import CommentViews


class CitableSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    mark = serializers.SerializerMethodField(help_text="What cites it in a text.")
    at = serializers.DateTimeField()
    kind = serializers.CharField(source="shown_kind")
    source: Any = serializers.CharField()
    actor = serializers.CharField()
    text = serializers.SerializerMethodField()

    def get_mark(self, entry: TimelineEvent) -> str:
        return citations.mark(entry.pk)

    def get_text(self, entry: TimelineEvent) -> str:
        return entry.shown_text


class ClaimSerializer(serializers.Serializer[Any]):
    section = serializers.CharField()
    sentence = serializers.CharField()
    signs = serializers.ListField(child=serializers.ChoiceField(choices=list(claims.SIGNS)))
    start = serializers.IntegerField(help_text="Offset in characters of the section's body.")
    end = serializers.IntegerField()


class UnusedSerializer(serializers.Serializer[Any]):
    entry = CitableSerializer()
    milestones = serializers.ListField(child=serializers.CharField())


class BrokenSerializer(serializers.Serializer[Any]):
    section = serializers.CharField(source="section.key")
    mark = serializers.CharField()


class ReviewSerializer(serializers.Serializer[Any]):
    cited = serializers.IntegerField(help_text="Entries that the texts cite.")
    claims = ClaimSerializer(many=True)
    unused = UnusedSerializer(many=True)
    broken = BrokenSerializer(many=True)


class EvidenceView(CommentViews):
    @extend_schema(operation_id="postmortems_evidence", responses=ReviewSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return sentences that cite nothing, key evidence that nobody cites, and citations that lead nowhere. Advice, not a gate."""
        return Response(ReviewSerializer(evidence.review(self.postmortem_for(request, reference))).data)


class EntriesView(CommentViews):
    @extend_schema(
        operation_id="postmortems_evidence_entries",
        parameters=[OpenApiParameter("q", str, description="Words, or a time such as 14:02 in the incident's zone.")],
        responses=CitableSerializer(many=True),
    )
    def get(self, request: Request, reference: str) -> Response:
        """Return up to 20 entries that can be cited; without `q` the key moments first."""
        postmortem = self.postmortem_for(request, reference)
        query = clean_line(request.query_params.get("q", ""), limit=100)
        return Response(CitableSerializer(evidence.offered(postmortem, query), many=True).data)
