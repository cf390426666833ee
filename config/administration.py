"""The administration's site: what there is, grouped by what it is for; signing in and passwords are the product's own pages."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

#: Models by their labels. What is not named here is in the last group.
GROUPS = {
    "People": ["incidents.user", "incidents.team", "auth.group", "account.emailaddress", "mfa.authenticator"],
    "Catalogue": [
        "incidents.severity",
        "incidents.service",
        "incidents.tag",
        "incidents.incidenttype",
        "incidents.customfield",
        "incidents.milestonekind",
        "incidents.metricdefinition",
        "incidents.mapping",
    ],
    "Retrospectives": [
        "postmortems.retrospectivetemplate",
        "postmortems.templaterule",
        "postmortems.learningquestion",
        "postmortems.reviewrequirement",
        "postmortems.stepplan",
        "postmortems.workcalendar",
        "postmortems.approvalrule",
        "postmortems.factorgroup",
        "postmortems.coachswitch",
    ],
    "Records": [],
}
REST = list(GROUPS)[-1]


class Administration(AdminSite):
    index_title = "Administration"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the groups, in the order in which an installation is set up; for one app, Django's own list."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        left = {one["model"]._meta.label_lower: one for app in apps for one in app["models"]}
        groups = {name: [left.pop(label) for label in labels if label in left] for name, labels in GROUPS.items()}
        groups[REST] += left.values()
        return [{"name": name, "app_label": name.lower().replace(" ", "-"), "app_url": "", "models": models} for name, models in groups.items() if models]

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the product's own page: Django's form knows neither its limits nor the second factor."""
        return super().login(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override] # it leads away
        return redirect("account_change_password")
