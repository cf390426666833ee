"""Pages of the postmortems app."""

from django.urls import URLPattern, URLResolver, path

from postmortems.views.knowledge import knowledge

app_name = "postmortems"
urlpatterns: list[URLPattern | URLResolver] = [
    path("knowledge/", knowledge, name="knowledge"),
]
