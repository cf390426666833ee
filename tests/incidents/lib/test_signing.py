"""The vectors of every scheme, and everything near them that must be refused."""

import base64
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.lib.signing import SCHEMES, Names, Request, SignatureError, verify

SECRET = "test-secret"
STANDARD_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
BODY = b'{"event":"x","n":1}'
TS = "1767225600"
NOW = float(TS)
PLAIN = "45176f9e31e7bd68c34354d587bf0f11517a4f01f509a8a9d4ce278a2788d068"
SLACK = "7c7404fc1eaf72acf791ae9a53164a3b95d16bb8f40c3c2f2623c1849d68599c"
GRAFANA = "177c6bfb5e7438bd98eed0045faf0b473e88083a23160a5e2fca1e6927020882"
ROOTLY = "6feb5c9b239a86b9d1c8796da56297ea0c5cc296a2e8c53bc0905c7cb7dbd444"
STANDARD = "v1,dqcYuOiXPPCpncoDTSiWuXvRi3mymT8m0bsT80CE3Uk="
TIMED = Names(timestamp="X-Grafana-Time")

# name -> scheme, headers, names, secret: as the vendors send them
VECTORS = {
    "pagerduty": ("pagerduty", {"x-pagerduty-signature": f"v1={PLAIN}"}, None, SECRET),
    "pagerduty, one of several": ("pagerduty", {"x-pagerduty-signature": f"v1={'0' * 64},v2=abc, v1={PLAIN}"}, None, SECRET),
    "slack": ("slack", {"x-slack-signature": f"v0={SLACK}", "x-slack-request-timestamp": TS}, None, SECRET),
    "github": ("github", {"x-hub-signature-256": f"sha256={PLAIN}"}, None, SECRET),
    "jira": ("jira", {"x-hub-signature": f"sha256={PLAIN}"}, None, SECRET),
    "sentry": ("sentry", {"sentry-hook-signature": PLAIN}, None, SECRET),
    "firehydrant": ("firehydrant", {"fh-signature": PLAIN}, None, SECRET),
    "grafana": ("grafana", {"x-grafana-alerting-signature": PLAIN}, None, SECRET),
    "grafana, own header": ("grafana", {"x-mine": PLAIN}, Names(header="X-Mine"), SECRET),
    "grafana with time": ("grafana", {"x-grafana-alerting-signature": GRAFANA, "x-grafana-time": TS}, TIMED, SECRET),
    "rootly": ("rootly", {"x-rootly-signature": f"t={TS},v1={ROOTLY}"}, None, SECRET),
    "standard": ("standard", {"webhook-id": "msg_1", "webhook-timestamp": TS, "webhook-signature": STANDARD}, None, STANDARD_SECRET),
    "svix": ("standard", {"svix-id": "msg_1", "svix-timestamp": TS, "svix-signature": f"v1a,abcd {STANDARD}"}, None, STANDARD_SECRET),
    "hmac": ("hmac", {"x-signature": PLAIN}, None, SECRET),
    "bearer": ("bearer", {"authorization": f"Bearer {SECRET}"}, None, SECRET),
    "basic": ("basic", {"authorization": "Basic " + base64.b64encode(f"debrief:{SECRET}".encode()).decode()}, None, SECRET),
    "header": ("header", {"x-gitlab-token": SECRET}, Names(header="X-Gitlab-Token"), SECRET),
}
SIGNED = [name for name in VECTORS if name not in ("bearer", "basic", "header")]
TIMES = {"slack": "x-slack-request-timestamp", "grafana with time": "x-grafana-time", "standard": "webhook-timestamp", "svix": "svix-timestamp"}
every_vector = pytest.mark.parametrize("name", VECTORS)


def tried(name, *, headers=None, body=BODY, secrets=None, now=NOW):
    scheme, good, names, secret = VECTORS[name]
    verify(scheme, Request({**good, **(headers or {})}, body), [secret] if secrets is None else secrets, now=now, names=names)


def refused(name, **changes):
    with pytest.raises(SignatureError) as error:
        tried(name, **changes)
    return str(error.value)


@every_vector
def test_the_vectors_are_taken(name):
    tried(name)


def test_every_scheme_has_a_vector():
    assert {VECTORS[name][0] for name in VECTORS} | {"linear", "path"} == set(SCHEMES)


@every_vector
def test_one_flipped_bit_is_refused(name):
    _scheme, good, _names, secret = VECTORS[name]
    if name in SIGNED:
        refused(name, body=bytes([BODY[0], BODY[1] ^ 1, *BODY[2:]]))
        refused(name, body=json.dumps(json.loads(BODY)).encode())  # the same JSON, written otherwise
    flipped = bytearray(secret.encode())
    flipped[-2 if name not in ("standard", "svix") else 10] ^= 1
    refused(name, secrets=[flipped.decode()])
    header = next(key for key, value in good.items() if len(value) > 20 or key in ("authorization", "x-gitlab-token"))
    refused(name, headers={header: good[header].replace(good[header][-3], "0" if good[header][-3] != "0" else "1")})


@every_vector
def test_what_is_missing_is_refused(name):
    scheme, good, names, secret = VECTORS[name]
    for gone in good:
        with pytest.raises(SignatureError):
            verify(scheme, Request({key: value for key, value in good.items() if key != gone}, BODY), [secret], now=NOW, names=names)


@every_vector
def test_no_secret_opens_nothing(name):
    for secrets in ([], [""], ["", ""]):
        assert refused(name, secrets=secrets) == "No secret is set."


def test_an_empty_token_opens_nothing():
    with pytest.raises(SignatureError):
        verify("basic", Request({"authorization": "Basic " + base64.b64encode(b"debrief:").decode()}, BODY), [""], now=NOW)


@every_vector
def test_old_and_new_secrets_are_both_taken(name):
    other = "whsec_" + base64.b64encode(b"x" * 32).decode() if "whsec" in VECTORS[name][3] else "another"
    tried(name, secrets=[other, VECTORS[name][3]])
    tried(name, secrets=[VECTORS[name][3], other])
    refused(name, secrets=[other])


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("stamp", ["0", "1e9", "-1", "-1767225600", "soon", "1767225600.0", "", " ", "９", "1" * 40])
def test_a_timestamp_that_is_none_is_refused(name, stamp):
    refused(name, headers={TIMES[name]: stamp})


@pytest.mark.parametrize("name", [*TIMES, "rootly"])
def test_the_window(name):
    for off in (-299, 299):
        tried(name, now=NOW + off)
    for off in (-301, 301):
        assert "301 seconds" in refused(name, now=NOW + off)


@pytest.mark.parametrize("stamp", ["0", "1e9", "-1", "", "17672256001"])
def test_rootly_takes_ten_digits(stamp):
    refused("rootly", headers={"x-rootly-signature": f"t={stamp},v1={ROOTLY}"})


def test_rootly_with_a_full_stop_is_another_scheme():
    dotted = hmac.digest(SECRET.encode(), f"{TS}.".encode() + BODY, "sha256").hex()
    refused("rootly", headers={"x-rootly-signature": f"t={TS},v1={dotted}"})


def test_rootly_bodies_are_objects():
    body = b"1" + BODY
    moved = hmac.digest(SECRET.encode(), TS.encode() + body, "sha256").hex()
    assert "begins" in refused("rootly", headers={"x-rootly-signature": f"t={TS},v1={moved}"}, body=body)


@pytest.mark.parametrize(
    "value",
    [
        "sha1=" + "a" * 40,
        f"sha1={PLAIN}",
        PLAIN,
        f"sha256={PLAIN.upper()}",
        f"sha256={PLAIN[:-1]}",
        f"sha256={PLAIN}0",
        f"sha256={PLAIN},sha256={PLAIN}",
        "é",
        "\x00",
    ],
)
@pytest.mark.parametrize(("name", "header"), [("github", "x-hub-signature-256"), ("jira", "x-hub-signature")])
def test_other_forms_of_a_signature_are_refused(name, header, value):
    refused(name, headers={header: value})


def test_the_old_header_of_github_is_not_looked_at():
    with pytest.raises(SignatureError):
        verify("github", Request({"x-hub-signature": f"sha256={PLAIN}"}, BODY), [SECRET], now=NOW)


def test_a_long_list_of_signatures_is_refused():
    refused("pagerduty", headers={"x-pagerduty-signature": ",".join([f"v1={PLAIN}"] * 11)})
    refused("standard", headers={"webhook-signature": " ".join([STANDARD] * 11)})
    refused("pagerduty", headers={"x-pagerduty-signature": "v1=" + "a" * 5000})


@pytest.mark.parametrize("value", ["v1", "v1,", "v1,a,b", "v2," + STANDARD[3:], "v1a," + STANDARD[3:], STANDARD + ",x", "é,ü"])
def test_odd_standard_signatures_are_refused(value):
    refused("standard", headers={"webhook-signature": value})


@pytest.mark.parametrize("secret", ["whsec_", "whsec_%%%", "whsec_" + base64.b64encode(b"short").decode(), "whsec_é"])
def test_a_standard_secret_that_is_none_opens_nothing(secret):
    assert refused("standard", secrets=[secret]) == "No secret is set."


def linear(body, now=NOW):
    sent = hmac.digest(SECRET.encode(), body, "sha256").hex()
    verify("linear", Request({"linear-signature": sent}, body), [SECRET], now=now)


def test_linear_signs_its_time_within_the_body():
    assert hmac.digest(SECRET.encode(), BODY, "sha256").hex() == PLAIN
    body = json.dumps({"event": "x", "webhookTimestamp": int(TS) * 1000}).encode()
    for off in (-299, 0, 299):
        linear(body, NOW + off)
    for off in (-301, 301):
        with pytest.raises(SignatureError):
            linear(body, NOW + off)
    for body in (BODY, b"[]", b"{", b'{"webhookTimestamp": "now"}', b'{"webhookTimestamp": true}', b'{"webhookTimestamp": -5}', b"\xff"):
        with pytest.raises(SignatureError):
            linear(body)


def test_a_token_in_the_path():
    verify("path", Request({}, BODY, path_token=SECRET), [SECRET], now=NOW)
    for token in ("", "test-secreT", SECRET + "x"):
        with pytest.raises(SignatureError):
            verify("path", Request({}, BODY, path_token=token), [SECRET], now=NOW)


@given(
    st.sampled_from(sorted(SCHEMES)),
    st.dictionaries(st.sampled_from(sorted({key for _, good, _, _ in VECTORS.values() for key in good})), st.text()),
    st.binary(),
)
def test_nothing_else_is_ever_raised(scheme, headers, body):
    with pytest.raises(SignatureError):
        verify(scheme, Request(headers, body, path_token="é"), [SECRET], now=NOW)
