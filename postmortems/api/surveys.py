"""The three questions after a meeting over the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from postmortems import surveying
from postmortems.access import review_for
from postmortems.facilitation.texts import SURVEY, SURVEY_WORDS
from postmortems.models import Survey
from postmortems.survey_results import POINTS
from postmortems.views.surveys import quarters


class SurveyQuestionSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    text = serializers.CharField()
    counts = serializers.ListField(child=serializers.IntegerField(), help_text="How many gave 1, 2, 3, 4 and 5; empty with fewer than five answers.")
    mean = serializers.FloatField(allow_null=True)


class SurveyResultsSerializer(serializers.Serializer[Any]):
    questions = SurveyQuestionSerializer(many=True)
    words = serializers.ListField(child=serializers.CharField(), help_text="In alphabetical order, apart from the points.")


class SurveySerializer(serializers.Serializer[Any]):
    closes_on = serializers.DateField()
    is_open = serializers.BooleanField()
    may_answer = serializers.BooleanField(help_text="Whether the caller is asked and has not answered.")
    results: Any = SurveyResultsSerializer(allow_null=True, help_text="For facilitators, once it is over, with at least five answers.")


class SurveyAnswerSerializer(serializers.Serializer[Any]):
    """One answer. Every part may be left out, but not all of them."""

    words = serializers.CharField(max_length=1_000, required=False, allow_blank=True, default="", help_text=SURVEY_WORDS)

    def get_fields(self) -> dict[str, Any]:
        points = {
            key: serializers.IntegerField(min_value=1, max_value=POINTS, required=False, allow_null=True, default=None, help_text=text)
            for key, text in SURVEY.items()
        }
        return {**points, **super().get_fields()}


class QuarterSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Such as 2026 Q1.")
    surveys = serializers.IntegerField()
    questions = SurveyQuestionSerializer(many=True)


class SurveyView(APIView):
    @extend_schema(operation_id="postmortems_survey_retrieve", responses=SurveySerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return the survey of the meeting. Nobody sees who answered what: it is not stored."""
        postmortem = review_for(request.user, reference)
        survey = Survey.objects.visible_to(request.user).filter(postmortem=postmortem).first()
        if survey is None:
            raise Http404
        survey.postmortem = postmortem
        today = surveying.today_at(postmortem)
        data = {
            "closes_on": survey.closes_on,
            "is_open": surveying.is_open(survey, today),
            "may_answer": surveying.may_answer(request.user, survey, today),
            "results": surveying.results(survey, today) if surveying.may_read(request.user, postmortem) else None,
        }
        return Response(SurveySerializer(data).data)

    @extend_schema(operation_id="postmortems_survey_answer", request=SurveyAnswerSerializer, responses={204: None})
    def post(self, request: Request, reference: str) -> Response:
        """Answer, once and without a way to change it."""
        postmortem = review_for(request.user, reference)
        body = SurveyAnswerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        words = given.pop("words")
        surveying.answer(actor=request.user, postmortem=postmortem, scores=given, words=words)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SurveyResultsView(APIView):
    @extend_schema(operation_id="survey_results_list", responses=QuarterSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return the answers to all surveys by quarter, for facilitators. Quarters with fewer than five answers are left out."""
        require(request.user, "publish")
        return Response(QuarterSerializer(quarters(request.user), many=True).data)
