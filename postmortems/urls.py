"""Pages of the postmortems app."""

from django.urls import URLPattern, URLResolver, path, re_path

from postmortems.views import action_items, meeting_run, meetings, parking, perspectives, postmortems, publishing, revisions, sections
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
    path("postmortems/<str:reference>/sections/<slug:key>/conflict/<int:version_id>/", sections.section_conflict, name="section_conflict"),
    path("postmortems/<str:reference>/meeting/", meetings.meeting, name="meeting"),
    path("postmortems/<str:reference>/meeting/invite/", meetings.invite, name="meeting_invite"),
    path("postmortems/<str:reference>/meeting/invitation.ics", meetings.invitation, name="meeting_invitation"),
    path("postmortems/<str:reference>/meeting/agenda/", meetings.agenda, name="meeting_agenda"),
    path("postmortems/<str:reference>/meeting/run/", meeting_run.run, name="meeting_run"),
    path("postmortems/<str:reference>/meeting/clock/", meeting_run.clock, name="meeting_clock"),
    path("postmortems/<str:reference>/meeting/notes/<int:pk>/", meeting_run.notes, name="meeting_notes"),
    path("postmortems/<str:reference>/meeting/close/", meeting_run.close, name="meeting_close"),
    path("postmortems/<str:reference>/meeting/outcome/", meeting_run.outcome, name="meeting_outcome"),
    path("postmortems/<str:reference>/meeting/afterwards/", parking.afterwards, name="meeting_after"),
    path("postmortems/<str:reference>/meeting/soak/", parking.soak, name="meeting_soak"),
    path("postmortems/<str:reference>/parking/", parking.park, name="park"),
    path("postmortems/<str:reference>/parking/<int:pk>/", parking.idea, name="parked_idea"),
    path("postmortems/<str:reference>/perspectives/", perspectives.perspective_list, name="perspectives"),
    path("postmortems/<str:reference>/perspectives/new/", perspectives.perspective_new, name="perspective_new"),
    path("postmortems/<str:reference>/perspectives/<int:pk>/", perspectives.perspective, name="perspective"),
    path("postmortems/<str:reference>/perspectives/<int:pk>/withdraw/", perspectives.perspective_withdraw, name="perspective_withdraw"),
    path("postmortems/<str:reference>/perspectives/<int:pk>/differs/", perspectives.perspective_differs, name="perspective_differs"),
    path("postmortems/<str:reference>/account/", perspectives.account, name="account"),
    path("postmortems/<str:reference>/account/withdraw/", perspectives.account_withdraw, name="account_withdraw"),
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
