"""The REST API of the postmortems app, mounted under /api/v1/."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from postmortems.api import lint, publication, templates, views

router = SimpleRouter()
router.register("templates", templates.TemplateViewSet, basename="api-template")
router.register("postmortems", views.PostmortemViewSet, basename="api-postmortem")
router.register("action-items", views.ActionItemViewSet, basename="api-action-item")

postmortem = [
    path("sections/", views.SectionListView.as_view()),
    path("sections/<slug:key>/", views.SectionView.as_view()),
    path("sections/<slug:key>/versions/", views.SectionVersionsView.as_view()),
    path("template/", templates.TemplateMoveView.as_view()),
    path("publish/", publication.PublishView.as_view()),
    path("revisions/", publication.RevisionListView.as_view()),
    path("revisions/<int:number>/", publication.RevisionView.as_view()),
    re_path(r"^revisions/(?P<number>[0-9]{1,6})\.(?P<suffix>html|pdf|md|json)$", publication.RevisionFileView.as_view()),
]

urlpatterns = [
    path("search/", views.SearchView.as_view()),
    path("lint/", lint.LintView.as_view()),
    re_path(r"^incidents/(?P<reference>[Ii][Nn][Cc]-[0-9]+)/template-suggestion/$", templates.SuggestionView.as_view()),
    re_path(r"^postmortems/(?P<reference>[Pp][Mm]-[0-9]+)/", include(postmortem)),
    *router.urls,
]
