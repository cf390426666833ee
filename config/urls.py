"""Every URL. They are permanent: published ones never move."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from config import views

urlpatterns = [
    path("livez", views.livez),
    path("readyz", views.readyz),
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("favicon.svg"))),
    path("admin/", admin.site.urls),
    path("account/", include("allauth.urls")),
    path("api/v1/", include("config.api_urls")),
    path("", include("postmortems.urls")),
    path("", include("incidents.urls")),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.permission_denied"
handler404 = "config.views.page_not_found"
handler500 = "config.views.server_error"
