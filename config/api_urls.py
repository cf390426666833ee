"""The REST API, version 1, and its OpenAPI schema."""

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny

urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(permission_classes=[AllowAny], authentication_classes=[]), name="api-schema"),
    path("", include("incidents.api.urls")),
    path("", include("postmortems.api.urls")),
]
