"""The REST API, version 1."""

from django.urls import include, path

urlpatterns = [
    path("", include("incidents.api.urls")),
    path("", include("postmortems.api.urls")),
]
