"""The REST API of the postmortems app, mounted under /api/v1/."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from postmortems.api import comments, evidence, lint, pictures, publication, views

router = SimpleRouter()
router.register("templates", views.TemplateViewSet, basename="api-template")
router.register("postmortems", views.PostmortemViewSet, basename="api-postmortem")
router.register("action-items", views.ActionItemViewSet, basename="api-action-item")

postmortem = [
    path("sections/", views.SectionListView.as_view()),
    path("sections/<slug:key>/", views.SectionView.as_view()),
    path("sections/<slug:key>/versions/", views.SectionVersionsView.as_view()),
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
    path("lint/", lint.LintView.as_view()),
    re_path(r"^postmortems/(?P<reference>[Pp][Mm]-[0-9]+)/", include(postmortem)),
    *router.urls,
]
