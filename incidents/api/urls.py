"""The REST API of the incidents app, mounted under /api/v1/."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from incidents.api import imports, reconstruction, tokens, views

router = SimpleRouter()
router.register("incidents", views.IncidentViewSet, basename="api-incident")
router.register("services", views.ServiceViewSet, basename="api-service")
router.register("severities", views.SeverityViewSet, basename="api-severity")
router.register("tokens", tokens.TokenViewSet, basename="api-token")

incident = [
    path("timeline/", views.TimelineView.as_view()),
    path("timeline/<int:pk>/", views.TimelineEventView.as_view()),
    path("imports/", imports.ImportsView.as_view()),
    path("imports/<int:pk>/", imports.ImportView.as_view()),
    path("quality/", reconstruction.QualityView.as_view()),
    path("fusions/", reconstruction.FusionsView.as_view()),
    path("fusions/<int:pk>/", reconstruction.FusionView.as_view()),
    path("clocks/", reconstruction.ClocksView.as_view()),
    path("clocks/<str:source>/", reconstruction.ClockView.as_view()),
    path("milestones/", views.MilestonesView.as_view()),
    path("milestones/<slug:kind>/", views.MilestoneView.as_view()),
]

urlpatterns = [
    re_path(r"^incidents/(?P<reference>[Ii][Nn][Cc]-[0-9]+)/", include(incident)),
    *router.urls,
]
