"""Pure. What is peculiar to each tool that sends webhooks: how it signs, the id of a delivery, its pings, and how to set it up.

Found by the name of the source, so that a tool which is not listed here works too: with a bearer token, and its bytes as the id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PASTE = "Then copy the secret that it shows and paste it under “Secret” here."
BEARER = "Add the header “Authorization: Bearer …” with the secret of this endpoint."

UNSIGNED = "It signs nothing that could be checked here, so the address itself holds a token: treat it as a password."


@dataclass(frozen=True)
class Sender:
    """`setup` is read beside the address of an endpoint. `ids` are the headers, `path` the keys of the body, that identify a delivery."""

    scheme: str = "bearer"
    setup: str = f"Let the tool send JSON by POST to the address. {BEARER}"
    header: str = ""
    paths: tuple[str, ...] = ()
    takes_text: bool = False  # sends JSON or lines as text/plain
    keys: tuple[str, ...] = ()  # where the body names its incident, should the source not say; the first that is there counts


ANY_JSON = "json"
UNKNOWN = Sender()
#: Name of the source -> sender.
SENDERS = {
    "pagerduty": Sender(
        "pagerduty",
        "In PagerDuty open Integrations → Generic Webhooks (v3) → New Webhook, paste the address and choose the incident events. " + PASTE,
        paths=("event.id",),
        keys=("event.data.incident.id", "event.data.id"),
    ),
    "slack": Sender(
        "slack",
        "Make a Slack app, paste its signing secret (Basic Information) here first, then switch on Event Subscriptions with the address; Slack checks it "
        "at once. Subscribe to message.channels and invite the app to the channels.",
        paths=("event_id",),
    ),
    "github": Sender(
        "github",
        "In the repository or organisation open Settings → Webhooks → Add webhook: the address, content type application/json, and the secret from here.",
    ),
    "gitlab": Sender(
        "header", "In the project or group open Settings → Webhooks: the address, and the secret from here as secret token.", header="X-Gitlab-Token"
    ),
    "jira": Sender("jira", "In Jira open System → WebHooks → Create: the address, the secret from here, and the issue and comment events."),
    "sentry": Sender(
        "sentry",
        "In Sentry open Settings → Custom Integrations, make an internal integration with the address as webhook URL, and switch on issue and alert events. "
        "Then copy its client secret and paste it under “Secret” here.",
    ),
    "rootly": Sender(
        "rootly", "In Rootly open Integrations → Webhooks, add an endpoint with the address, and choose the incident events. " + PASTE, paths=("event.id",)
    ),
    "firehydrant": Sender("firehydrant", "In FireHydrant add a webhook (or the runbook step “Send a webhook”) with the address. " + PASTE),
    "incident_io": Sender("standard", "In incident.io open Settings → Webhooks → Add endpoint and paste the address. " + PASTE),
    "grafana": Sender(
        "grafana",
        "In Grafana open Alerting → Contact points → Webhook: the address, and under HMAC signature the secret from here. Set a timestamp header there and name "
        "it here too: what is replayed later is then refused.",
        keys=("groupKey",),
    ),
    "grafana_oncall": Sender("bearer", f"In Grafana OnCall add an outgoing webhook with the address and the whole event as data. {BEARER}"),
    "grafana_incident": Sender(
        "hmac", "In Grafana Incident add an outgoing webhook with the address, and set the secret from here as its signing secret.", header="X-Signature"
    ),
    "alertmanager": Sender(
        "bearer",
        "In Alertmanager add a receiver with webhook_configs: the address as url, send_resolved: true, and http_config.authorization.credentials with the secret "
        "from here.",
        keys=("groupKey",),
    ),
    "datadog": Sender(
        "bearer", "In Datadog open Integrations → Webhooks → New: the address, and as custom headers {“Authorization”: “Bearer …”} with the secret from here."
    ),
    "opsgenie": Sender(
        "bearer",
        f"In Opsgenie open Settings → Integrations → Webhook: the address, and add alert description and details to the payload. {BEARER}",
        paths=("alert.alertId", "action", "alert.updatedAt"),
        keys=("alert.alertId",),
    ),
    "statuspage": Sender(
        "path",
        f"Subscribe the address to your page by Subscribe → Webhook. {UNSIGNED}",
        paths=("incident.incident_updates.0.id",),
        keys=("incident.id",),
    ),
    "newrelic": Sender("bearer", f"In New Relic open Alerts → Destinations → Webhook with the address, and add a workflow that uses it. {BEARER}"),
    "aws": Sender(
        "path",
        "Subscribe the address to the SNS topic of your alarms (protocol HTTPS). AWS then sends a link to confirm: it appears here, and opening it is up to you.",
        paths=("MessageId",),
        takes_text=True,
    ),
    "splunk_oncall": Sender("bearer", f"In Splunk On-Call open Integrations → Outgoing Webhooks: the address for incident and paging events. {BEARER}"),
    "uptime_kuma": Sender("bearer", f"In Uptime Kuma add a notification of the kind Webhook with the address. {BEARER}"),
    "better_stack": Sender("bearer", f"In Better Stack open Integrations → Webhooks with the address. {BEARER}"),
    "zabbix": Sender("bearer", f"In Zabbix add a media type of the kind Webhook whose script posts JSON to the address. {BEARER}"),
    "argocd": Sender("bearer", f"In the notifications of Argo CD add a service.webhook with the address and a template that posts the application. {BEARER}"),
    "azure_devops": Sender(
        "basic", "In Azure DevOps open Project settings → Service hooks → Web Hooks: the address, any user name, and the secret from here as password."
    ),
    "azure_monitor": Sender("path", f"In Azure Monitor add a webhook action with the common alert schema to an action group. {UNSIGNED}"),
    "bitbucket": Sender("hmac", "In Bitbucket open Repository settings → Webhooks: the address, and the secret from here.", header="X-Hub-Signature"),
    "circleci": Sender("path", f"In CircleCI open Project settings → Webhooks with the address, for finished workflows and jobs. {UNSIGNED}"),
    "gcp_monitoring": Sender(
        "basic", "In Google Cloud open Alerting → Notification channels → Webhooks: the address, basic authentication, and the secret from here as password."
    ),
    "graylog": Sender("path", f"In Graylog add an HTTP notification with the address to your event definitions. {UNSIGNED}"),
    "icinga": Sender("bearer", f"Let a notification command of Icinga post its object as JSON to the address. {BEARER}"),
    "jenkins": Sender("path", f"In Jenkins add an endpoint of the Notification plugin with the address to your jobs. {UNSIGNED}"),
    "launchdarkly": Sender(
        "hmac",
        "In LaunchDarkly open Integrations → Webhooks: the address, and sign it, with the secret from here in place of the one that it offers.",
        header="X-LD-Signature",
    ),
    "pingdom": Sender("path", f"In Pingdom open Integrations → Add integration → Webhook with the address, and choose it in your checks. {UNSIGNED}"),
    "squadcast": Sender(
        "bearer", f"In Squadcast open Settings → Webhooks with the address, version v2, for the incident events. {BEARER}", paths=("event.id",)
    ),
    "dynatrace": Sender(
        "bearer",
        "In Dynatrace open Settings → Integration → Problem notifications → Custom integration: the address, {ProblemDetailsJSONv2} in the payload beside State, PID, "
        f"ProblemID, ProblemTitle and ProblemURL, and call it when problems are closed too. {BEARER}",
    ),
    "servicenow": Sender("bearer", f"In ServiceNow let a business rule post the record as JSON to the address. {BEARER}"),
    "zendesk": Sender(
        "bearer", f"In Zendesk open Apps and integrations → Webhooks with the address, bearer token, and subscribe it to the ticket events. {BEARER}"
    ),
    "xmatters": Sender("basic", "In xMatters add an outbound webhook with the address, basic authentication, and the secret from here as password."),
    "monitors": Sender(
        "path",
        f"In Site24x7, StatusCake, UptimeRobot, PRTG, Checkly and their kin add a webhook with the address, as JSON where that can be chosen. {UNSIGNED}",
    ),
    "error_trackers": Sender("path", f"In Rollbar, Bugsnag, Honeybadger or Raygun add a webhook with the address to your project. {UNSIGNED}"),
    "telegram": Sender(
        "header", "Call setWebhook of your bot with the address and the secret from here as secret_token.", header="X-Telegram-Bot-Api-Secret-Token"
    ),
    "auto": Sender(takes_text=True),
    "json": Sender(takes_text=True, setup=f"Let the tool send JSON by POST to the address. {BEARER} After the first delivery, say here what its keys mean."),
}

#: Scheme -> headers with the sender's id of a delivery, the same in every retry
ID_HEADERS = {
    "standard": ("webhook-id", "svix-id"),
    "github": ("x-github-delivery",),
    "jira": ("x-atlassian-webhook-identifier",),
    "linear": ("linear-delivery",),
    "header": ("idempotency-key",),
}
PRINTABLE = re.compile(r"[\x21-\x7e]{1,120}")
#: Where AWS has its confirmation links; nothing else is offered to be opened.
AWS = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")


def sender_of(source: str) -> Sender:
    """Return the sender of that source; one that is not listed proves itself by a bearer token."""
    return SENDERS.get(source, UNKNOWN)


def is_known(source: str) -> bool:
    """Whether the tool is one of the table, so that it is offered among the tools that send."""
    return sender_of(source) is not UNKNOWN


def value_at(document: Any, path: str) -> str:
    """Return the text or number at “event.id” or “updates.0.id”, "" when there is none. Keys may themselves have full stops."""
    if isinstance(document, list):
        head, _, rest = path.partition(".")
        if head.isascii() and head.isdigit() and int(head) < len(document):
            return value_at(document[int(head)], rest)
        return ""
    if not isinstance(document, dict):
        return "" if path or isinstance(document, bool) or not isinstance(document, (str, int, float)) else str(document)
    parts = path.split(".")
    for end in range(1, len(parts) + 1):
        key = ".".join(parts[:end])
        if key in document and (found := value_at(document[key], ".".join(parts[end:]))):
            return found
    return ""


def delivery_id(source: str, scheme: str, headers: Mapping[str, str], document: Any, body: bytes) -> str:
    """Return what a retry of the same delivery has in common with it: the sender's id, else a hash of the bytes."""
    for header in ID_HEADERS.get(scheme, ()):
        if PRINTABLE.fullmatch(headers.get(header, "")):
            return f"{header}:{headers[header]}"
    digest = hashlib.sha256(body).hexdigest()
    if scheme == "sentry" and PRINTABLE.fullmatch(headers.get("request-id", "")):
        return f"request-id:{hashlib.sha256(headers['request-id'].encode() + digest.encode()).hexdigest()}"
    paths = sender_of(source).paths
    parts = [value_at(document, path) for path in paths]
    if parts and all(parts):
        return f"id:{hashlib.sha256(chr(31).join(parts).encode('utf-8', 'surrogatepass')).hexdigest()}"
    return f"sha256:{digest}"


@dataclass(frozen=True)
class Handshake:
    """A request that is no news: the tool asks whether the address works. `answer` is sent back, `link` is for a person to open."""

    why: str
    answer: Mapping[str, str] | None = None
    link: str = ""


def handshake_of(scheme: str, headers: Mapping[str, str], document: Any) -> Handshake | None:
    """Return what a verified request asks, if it is one of these."""
    if not isinstance(document, dict):
        return None
    return next((found for look in (_slack, _github, _pagerduty, _aws) if (found := look(scheme, headers, document)) is not None), None)


def _slack(scheme: str, headers: Mapping[str, str], document: Mapping[str, Any]) -> Handshake | None:
    challenge = document.get("challenge")
    if scheme != "slack" or document.get("type") != "url_verification" or not isinstance(challenge, str) or len(challenge) > 1000:
        return None
    return Handshake("Slack checked the address.", {"challenge": challenge})


def _github(scheme: str, headers: Mapping[str, str], document: Mapping[str, Any]) -> Handshake | None:
    return Handshake("GitHub's ping: the address works.") if headers.get("x-github-event") == "ping" else None


def _pagerduty(scheme: str, headers: Mapping[str, str], document: Mapping[str, Any]) -> Handshake | None:
    return Handshake("PagerDuty's ping: the address works.") if value_at(document, "event.event_type") == "pagey.ping" else None


def _aws(scheme: str, headers: Mapping[str, str], document: Mapping[str, Any]) -> Handshake | None:
    kind = document.get("Type")
    if kind == "UnsubscribeConfirmation":
        return Handshake("AWS SNS says that the subscription was ended.")
    if kind != "SubscriptionConfirmation":
        return None
    link = document.get("SubscribeURL")
    try:
        parts = urlsplit(link if isinstance(link, str) else "")
        good = parts.scheme == "https" and AWS.fullmatch(parts.netloc) is not None
    except ValueError:
        good = False
    if not good:
        return Handshake("AWS SNS asks to confirm a subscription, but the link leads elsewhere and is not offered.")
    return Handshake("AWS SNS asks to confirm the subscription: open the link, if you asked for it.", link=str(link)[:2000])
