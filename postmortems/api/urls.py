"""The REST API of the postmortems app, mounted under /api/v1/."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from postmortems.api import (
    comments,
    evidence,
    factors,
    lint,
    look_back,
    meetings,
    perspectives,
    pictures,
    process,
    publication,
    reviews,
    scope,
    surveys,
    templates,
    views,
    voices,
)

router = SimpleRouter()
router.register("templates", templates.TemplateViewSet, basename="api-template")
router.register("postmortems", views.PostmortemViewSet, basename="api-postmortem")
router.register("action-items", views.ActionItemViewSet, basename="api-action-item")

postmortem = [
    path("sections/", views.SectionListView.as_view()),
    path("sections/<slug:key>/", views.SectionView.as_view()),
    path("sections/<slug:key>/versions/", views.SectionVersionsView.as_view()),
    path("incidents/", scope.RelatedView.as_view()),
    re_path(r"^incidents/(?P<incident>[Ii][Nn][Cc]-[0-9]{1,12})/$", scope.RelatedOneView.as_view()),
    path("reviews/", reviews.ReviewsView.as_view()),
    path("approvals/", reviews.ApprovalsView.as_view()),
    path("transitions/", reviews.TransitionsView.as_view()),
    path("meeting/", meetings.MeetingView.as_view()),
    path("meeting/invitation.ics", meetings.InvitationView.as_view()),
    path("parking/", meetings.ParkingView.as_view()),
    path("parking/<int:pk>/", meetings.IdeaView.as_view()),
    path("parking/<int:pk>/action-item/", meetings.IdeaActionView.as_view()),
    path("perspectives/", perspectives.PerspectiveListView.as_view()),
    path("perspectives/<int:pk>/", perspectives.PerspectiveView.as_view()),
    path("account/", voices.AccountView.as_view()),
    path("conversations/", voices.ConversationListView.as_view()),
    path("conversations/<int:pk>/", voices.ConversationView.as_view()),
    path("conversations/<int:pk>/confirm/", voices.ConfirmView.as_view()),
    path("shared-draft/", voices.SharedDraftView.as_view()),
    path("shared-draft/answers/", voices.ReadingListView.as_view()),
    path("shared-draft/answers/<int:pk>/", voices.ReadingView.as_view()),
    path("survey/", surveys.SurveyView.as_view()),
    path("look-back/", look_back.LookBackView.as_view()),
    path("welfare/", voices.WelfareView.as_view()),
    path("factors/", factors.FactorListView.as_view()),
    path("factors/<int:pk>/", factors.FactorView.as_view()),
    path("trigger/", factors.TriggerView.as_view()),
    path("steps/", process.StepListView.as_view()),
    path("steps/<slug:key>/", process.StepView.as_view()),
    path("steps/<slug:key>/complete/", process.CompleteView.as_view()),
    path("steps/<slug:key>/skip/", process.SkipView.as_view()),
    path("steps/<slug:key>/reopen/", process.ReopenView.as_view()),
    path("participants/", process.ParticipantListView.as_view()),
    path("participants/everyone/", process.EveryoneView.as_view()),
    path("participants/<int:number>/", process.ParticipantView.as_view()),
    path("participants/<int:number>/answer/", process.AnswerView.as_view()),
    path("template/", templates.TemplateMoveView.as_view()),
    path("comments/", comments.CommentListView.as_view()),
    path("comments/<int:pk>/", comments.CommentView.as_view()),
    path("comments/<int:pk>/replies/", comments.ReplyView.as_view()),
    path("comments/<int:pk>/resolve/", comments.ResolveView.as_view()),
    path("comments/<int:pk>/reopen/", comments.ReopenView.as_view()),
    path("evidence/", evidence.EvidenceView.as_view()),
    path("evidence/entries/", evidence.EntriesView.as_view()),
    path("pictures/", pictures.PictureListView.as_view()),
    path("pictures/<uuid:key>/", pictures.PictureView.as_view()),
    path("publish/", publication.PublishView.as_view()),
    path("revisions/", publication.RevisionListView.as_view()),
    path("revisions/<int:number>/", publication.RevisionView.as_view()),
    re_path(r"^revisions/(?P<number>[0-9]{1,6})\.(?P<suffix>html|pdf|md|json)$", publication.RevisionFileView.as_view()),
]

urlpatterns = [
    path("search/", views.SearchView.as_view()),
    path("near-misses/", scope.NearMissView.as_view()),
    path("factor-taxonomy/", factors.TaxonomyView.as_view()),
    path("survey-results/", surveys.SurveyResultsView.as_view()),
    path("lint/", lint.LintView.as_view()),
    re_path(r"^incidents/(?P<reference>[Ii][Nn][Cc]-[0-9]+)/template-suggestion/$", templates.SuggestionView.as_view()),
    re_path(r"^postmortems/(?P<reference>[Pp][Mm]-[0-9]+)/", include(postmortem)),
    *router.urls,
]
