"""Pages of the incidents app."""

from django.urls import URLPattern, URLResolver, path

from incidents.views import home, settings

app_name = "incidents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home_page, name="home"),
    path("settings/", settings.settings_page, name="settings"),
    path("settings/tokens/", settings.token_new, name="token_new"),
    path("settings/tokens/<int:pk>/revoke/", settings.token_revoke, name="token_revoke"),
]
