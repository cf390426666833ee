"""Pages of the postmortems app."""

from django.urls import URLPattern, URLResolver, path, re_path

from postmortems.views import action_items, comments, evidence, merging, pictures, postmortems, presence, publishing, revisions, sections
from postmortems.views.knowledge import knowledge

app_name = "postmortems"
urlpatterns: list[URLPattern | URLResolver] = [
    path("postmortems/", postmortems.postmortem_list, name="postmortem_list"),
    path("postmortems/start/<str:reference>/", postmortems.start, name="start"),
    path("postmortems/preview/", sections.preview, name="preview"),
    path("postmortems/templates/<slug:key>/", postmortems.template_preview, name="template_preview"),
    path("postmortems/<str:reference>/", postmortems.postmortem, name="postmortem"),
    path("postmortems/<str:reference>/sections/<slug:key>/", sections.section, name="section"),
    path("postmortems/<str:reference>/sections/<slug:key>/coach/", sections.coach, name="section_coach"),
    path("postmortems/<str:reference>/sections/<slug:key>/versions/", sections.section_versions, name="section_versions"),
    path("postmortems/<str:reference>/sections/<slug:key>/versions/<int:version_id>/restore/", sections.section_restore, name="section_restore"),
    path("postmortems/<str:reference>/sections/<slug:key>/conflict/<int:version_id>/", merging.section_conflict, name="section_conflict"),
    path("postmortems/<str:reference>/comments/", comments.comments, name="comments"),
    path("postmortems/<str:reference>/comments/<int:comment_id>/", comments.comment, name="comment"),
    path("postmortems/<str:reference>/sections/<slug:key>/comments/", comments.section_comments, name="section_comments"),
    path("postmortems/<str:reference>/evidence/", evidence.evidence_page, name="evidence"),
    path("postmortems/<str:reference>/evidence/entries/", evidence.entries, name="evidence_entries"),
    path("postmortems/<str:reference>/presence/", presence.postmortem_presence, name="presence"),
    path("postmortems/<str:reference>/sections/<slug:key>/presence/", presence.section_presence, name="section_presence"),
    path("postmortems/<str:reference>/pictures/", pictures.picture_list, name="pictures"),
    path("postmortems/<str:reference>/pictures/<uuid:key>/delete/", pictures.picture_delete, name="picture_delete"),
    re_path(r"^media/a/(?P<key>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?P<suffix>png|jpg)$", pictures.picture, name="picture"),
    path("postmortems/<str:reference>/people/", comments.people, name="people"),
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
