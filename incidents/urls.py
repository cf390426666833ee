"""Pages of the incidents app."""

from django.urls import URLPattern, URLResolver, path

from incidents.views import home, imports, incidents, milestones, reconstruction, settings, timeline

app_name = "incidents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home_page, name="home"),
    path("settings/", settings.settings_page, name="settings"),
    path("settings/tokens/", settings.token_new, name="token_new"),
    path("settings/tokens/<int:pk>/revoke/", settings.token_revoke, name="token_revoke"),
    path("incidents/", incidents.incident_list, name="incident_list"),
    path("incidents/new/", incidents.incident_new, name="incident_new"),
    path("incidents/new/import/", imports.import_new, name="import_new"),
    path("incidents/<str:reference>/", incidents.incident, name="incident"),
    path("incidents/<str:reference>/import/", imports.import_page, name="import"),
    path("incidents/<str:reference>/deliveries/<int:pk>/", imports.delivery, name="delivery"),
    path("incidents/<str:reference>/deliveries/<int:pk>/again/", imports.delivery_again, name="delivery_again"),
    path("incidents/<str:reference>/deliveries/<int:pk>/file/", imports.delivery_file, name="delivery_file"),
    path("incidents/<str:reference>/edit/", incidents.incident_edit, name="incident_edit"),
    path("incidents/<str:reference>/access/", incidents.incident_access, name="incident_access"),
    path("incidents/<str:reference>/history/", incidents.incident_history, name="incident_history"),
    path("incidents/<str:reference>/milestones/confirm/", milestones.confirm_all, name="milestones_confirm"),
    path("incidents/<str:reference>/milestones/<slug:key>/", milestones.milestone, name="milestone"),
    path("incidents/<str:reference>/quality/", reconstruction.quality, name="quality"),
    path("incidents/<str:reference>/fusions/", reconstruction.fusions, name="fusions"),
    path("incidents/<str:reference>/clocks/", reconstruction.clocks, name="clocks"),
    path("incidents/<str:reference>/status/", incidents.incident_status, name="incident_status"),
    path("incidents/<str:reference>/timeline/", timeline.timeline, name="timeline"),
    path("incidents/<str:reference>/timeline/new/", timeline.entry_new, name="entry_new"),
    path("incidents/<str:reference>/timeline/<int:pk>/", timeline.entry, name="entry"),
    path("incidents/<str:reference>/timeline/<int:pk>/edit/", timeline.entry_edit, name="entry_edit"),
    path("incidents/<str:reference>/timeline/<int:pk>/mark/", timeline.entry_mark, name="entry_mark"),
    path("incidents/<str:reference>/timeline/<int:pk>/join/", reconstruction.entry_join, name="entry_join"),
    path("incidents/<str:reference>/timeline/<int:pk>/separate/", reconstruction.entry_separate, name="entry_separate"),
]
