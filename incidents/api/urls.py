"""The REST API of the incidents app, mounted under /api/v1/."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from incidents.api import endpoints, imports, mappings, reconstruction, tokens, views, webhooks

router = SimpleRouter()
router.register("incidents", views.IncidentViewSet, basename="api-incident")
router.register("services", views.ServiceViewSet, basename="api-service")
router.register("incident-types", views.IncidentTypeViewSet, basename="api-incident-type")
router.register("custom-fields", views.CustomFieldViewSet, basename="api-custom-field")
router.register("severities", views.SeverityViewSet, basename="api-severity")
router.register("mappings", mappings.MappingViewSet, basename="api-mapping")
router.register("endpoints", endpoints.EndpointViewSet, basename="api-endpoint")
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

HOOK = r"^hooks/(?P<source>[\w-]{1,40})/(?P<key>[\w-]{1,40})"  # with or without the last slash: senders follow no redirect

urlpatterns = [
    re_path(rf"{HOOK}/?$", webhooks.hook, name="hook"),
    re_path(rf"{HOOK}/(?P<token>[A-Za-z0-9_-]{{1,200}})/?$", webhooks.hook, name="hook_with_token"),
    re_path(r"^incidents/(?P<reference>[Ii][Nn][Cc]-[0-9]+)/", include(incident)),
    *router.urls,
]
