"""Pages of the incidents app."""

from django.urls import URLPattern, URLResolver, path

from incidents.views import endpoint_deliveries, endpoint_rules, endpoints, home, imports, incidents, mappings, milestones, settings, timeline

app_name = "incidents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home_page, name="home"),
    path("settings/", settings.settings_page, name="settings"),
    path("settings/tokens/", settings.token_new, name="token_new"),
    path("settings/tokens/<int:pk>/revoke/", settings.token_revoke, name="token_revoke"),
    path("settings/mappings/", mappings.mapping_list, name="mapping_list"),
    path("settings/mappings/<int:pk>/delete/", mappings.mapping_delete, name="mapping_delete"),
    path("settings/webhooks/", endpoints.endpoint_list, name="endpoint_list"),
    path("settings/webhooks/new/", endpoints.endpoint_new, name="endpoint_new"),
    path("settings/webhooks/<int:pk>/", endpoints.endpoint, name="endpoint"),
    path("settings/webhooks/<int:pk>/edit/", endpoints.endpoint_edit, name="endpoint_edit"),
    path("settings/webhooks/<int:pk>/secret/", endpoints.endpoint_secret, name="endpoint_secret"),
    path("settings/webhooks/<int:pk>/switch/", endpoints.endpoint_switch, name="endpoint_switch"),
    path("settings/webhooks/<int:pk>/again/", endpoints.endpoint_again, name="endpoint_again"),
    path("settings/webhooks/<int:pk>/delete/", endpoints.endpoint_delete, name="endpoint_delete"),
    path("settings/webhooks/<int:pk>/rules/", endpoint_rules.endpoint_rules, name="endpoint_rules"),
    path("settings/webhooks/<int:pk>/mapping/", endpoint_rules.endpoint_mapping, name="endpoint_mapping"),
    path("settings/webhooks/<int:pk>/deliveries/<int:number>/", endpoint_deliveries.endpoint_delivery, name="endpoint_delivery"),
    path("settings/webhooks/<int:pk>/deliveries/<int:number>/file/", endpoint_deliveries.endpoint_delivery_file, name="endpoint_delivery_file"),
    path("settings/webhooks/<int:pk>/deliveries/<int:number>/again/", endpoint_deliveries.endpoint_delivery_again, name="endpoint_delivery_again"),
    path("settings/webhooks/<int:pk>/deliveries/<int:number>/assign/", endpoint_deliveries.endpoint_delivery_assign, name="endpoint_delivery_assign"),
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
    path("incidents/<str:reference>/status/", incidents.incident_status, name="incident_status"),
    path("incidents/<str:reference>/timeline/", timeline.timeline, name="timeline"),
    path("incidents/<str:reference>/timeline/new/", timeline.entry_new, name="entry_new"),
    path("incidents/<str:reference>/timeline/<int:pk>/", timeline.entry, name="entry"),
    path("incidents/<str:reference>/timeline/<int:pk>/edit/", timeline.entry_edit, name="entry_edit"),
    path("incidents/<str:reference>/timeline/<int:pk>/mark/", timeline.entry_mark, name="entry_mark"),
]
