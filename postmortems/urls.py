"""Pages of the postmortems app."""

from django.urls import URLPattern, URLResolver, path, re_path

from postmortems.views import action_items, deciding, moving, postmortems, publishing, revisions, sections, templates
from postmortems.views.knowledge import knowledge

app_name = "postmortems"
urlpatterns: list[URLPattern | URLResolver] = [
    path("postmortems/", postmortems.postmortem_list, name="postmortem_list"),
    path("postmortems/start/<str:reference>/", postmortems.start, name="start"),
    path("postmortems/preview/", sections.preview, name="preview"),
    path("postmortems/start/<str:reference>/depth/", deciding.answer, name="sizing"),
    path("postmortems/start/<str:reference>/none/", deciding.no_review, name="no_review"),
    path("postmortems/templates/", templates.template_list, name="template_list"),
    path("postmortems/templates/all.yaml", templates.templates_file, name="templates_file"),
    path("postmortems/templates/<slug:key>/", templates.template_preview, name="template_preview"),
    path("postmortems/templates/<slug:key>/versions/", templates.template_versions, name="template_versions"),
    path("postmortems/templates/<slug:key>/restore/", templates.template_restore, name="template_restore"),
    path("postmortems/templates/<slug:key>/built-in/", templates.template_builtin, name="template_builtin"),
    path("postmortems/templates/<slug:key>/duplicate/", templates.template_duplicate, name="template_duplicate"),
    path("postmortems/templates/<slug:key>.yaml", templates.template_file, name="template_file"),
    path("postmortems/template-import/", templates.template_import, name="template_import"),
    path("postmortems/template-rules/", templates.template_rules, name="template_rules"),
    path("postmortems/<str:reference>/template/", moving.template_move, name="template_move"),
    path("postmortems/<str:reference>/", postmortems.postmortem, name="postmortem"),
    path("postmortems/<str:reference>/sections/<slug:key>/", sections.section, name="section"),
    path("postmortems/<str:reference>/sections/<slug:key>/coach/", sections.coach, name="section_coach"),
    path("postmortems/<str:reference>/sections/<slug:key>/versions/", sections.section_versions, name="section_versions"),
    path("postmortems/<str:reference>/sections/<slug:key>/versions/<int:version_id>/restore/", sections.section_restore, name="section_restore"),
    path("postmortems/<str:reference>/sections/<slug:key>/conflict/<int:version_id>/", sections.section_conflict, name="section_conflict"),
    path("actions/", action_items.action_list, name="action_list"),
    path("actions/new/<str:reference>/", action_items.action_add, name="action_add"),
    path("actions/<str:reference>/", action_items.action_item, name="action_item"),
    path("actions/<str:reference>/status/", action_items.action_status, name="action_status"),
    path("postmortems/<str:reference>/publish/", publishing.publish, name="publish"),
    path("knowledge/", knowledge, name="knowledge"),
    path("knowledge/<str:reference>/", revisions.revision, name="published"),
    path("knowledge/<str:reference>/r/<int:number>/", revisions.revision, name="revision"),
    re_path(r"^knowledge/(?P<reference>[A-Za-z]{2}-\d{1,12})\.(?P<suffix>pdf|md|json)$", revisions.revision_file, name="published_file"),
    path("knowledge/<str:reference>/r/<int:number>.pdf", revisions.revision_file, {"suffix": "pdf"}, name="revision_pdf"),
    path("knowledge/<str:reference>/r/<int:number>.md", revisions.revision_file, {"suffix": "md"}, name="revision_md"),
    path("knowledge/<str:reference>/r/<int:number>.json", revisions.revision_file, {"suffix": "json"}, name="revision_json"),
    path("knowledge/<str:reference>/diff/<int:old>/<int:new>/", revisions.diff, name="diff"),
]
