"""Pages of the postmortems app."""

from django.urls import URLPattern, URLResolver, path

from postmortems.views import action_items, postmortems, sections
from postmortems.views.knowledge import knowledge

app_name = "postmortems"
urlpatterns: list[URLPattern | URLResolver] = [
    path("postmortems/", postmortems.postmortem_list, name="postmortem_list"),
    path("postmortems/start/<str:reference>/", postmortems.start, name="start"),
    path("postmortems/preview/", sections.preview, name="preview"),
    path("postmortems/templates/<slug:key>/", postmortems.template_preview, name="template_preview"),
    path("postmortems/<str:reference>/", postmortems.postmortem, name="postmortem"),
    path("postmortems/<str:reference>/sections/<slug:key>/", sections.section, name="section"),
    path("postmortems/<str:reference>/sections/<slug:key>/versions/", sections.section_versions, name="section_versions"),
    path("postmortems/<str:reference>/sections/<slug:key>/versions/<int:version_id>/restore/", sections.section_restore, name="section_restore"),
    path("postmortems/<str:reference>/sections/<slug:key>/conflict/<int:version_id>/", sections.section_conflict, name="section_conflict"),
    path("actions/", action_items.action_list, name="action_list"),
    path("actions/new/<str:reference>/", action_items.action_add, name="action_add"),
    path("actions/<str:reference>/", action_items.action_item, name="action_item"),
    path("actions/<str:reference>/status/", action_items.action_status, name="action_status"),
    path("knowledge/", knowledge, name="knowledge"),
]
