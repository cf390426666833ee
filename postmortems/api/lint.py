"""The blameless coach over the API: advice on a text that need not be stored anywhere."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.lib.text import SURROGATES
from postmortems import blameless, coaching
from postmortems.coach.texts import CATEGORIES

TEXT_LIMIT = 100_000


class LintSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=TEXT_LIMIT, allow_blank=True, trim_whitespace=False, help_text="Plain text or Markdown.")
    kind = serializers.ChoiceField(
        choices=["document", *blameless.KINDS],
        default="document",
        help_text="A document tells timeline and action items by its headings; headings and chat are left alone.",
    )
    profile = serializers.ChoiceField(choices=blameless.PROFILES, default="standard", help_text="How findings are weighed.")
    everything = serializers.BooleanField(default=False, help_text="Also what the team has switched off.")
    names = serializers.ListField(
        child=serializers.CharField(max_length=100),
        max_length=100,
        required=False,
        help_text="Display names of the people of the review, who else are known only where a common given name is used.",
    )


class CoachFindingSerializer(serializers.Serializer[Any]):
    start = serializers.IntegerField(help_text="Offset in characters of the text.")
    end = serializers.IntegerField()
    text = serializers.CharField()
    category = serializers.ChoiceField(choices=CATEGORIES)
    severity = serializers.ChoiceField(choices=["strong", "ask", "hint"])
    message = serializers.CharField(help_text="Why it is asked about.")
    suggestion = serializers.CharField(help_text="The question to answer instead.")
    rewrite = serializers.CharField(
        allow_null=True, help_text="What may safely stand instead of the words; empty where they can be left out, null where only a person can tell."
    )


class AdviceSerializer(serializers.Serializer[Any]):
    checked = serializers.BooleanField(help_text="False for a text that is not English.")
    findings = CoachFindingSerializer(many=True)


class LintView(APIView):
    @extend_schema(operation_id="lint", request=LintSerializer, responses=AdviceSerializer)
    def post(self, request: Request) -> Response:
        """Ask the blameless coach about a text of up to 100,000 characters. Nothing is stored; finding nothing does not make it blameless."""
        body = LintSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        text = SURROGATES.sub("\ufffd", given["text"])
        if not blameless.is_english(text):
            return Response({"checked": False, "findings": []})
        found = blameless.lint(text, given["kind"], given.get("names", ()), given["profile"], () if given["everything"] else coaching.switched_off())
        return Response({"checked": True, "findings": CoachFindingSerializer(found, many=True).data})
