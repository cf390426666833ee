"""A post-mortem of nine pages with 200 timeline rows as PDF: the isolated renderer beside headless Chromium printing the same HTML.

Run alone: `.venv/bin/python -m tests.benchmarks.bench_pdf` from the root. The runs alternate, so that a busy machine is unfair to neither.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

RUNS = 7
TARGET = 1.0


def example(rows: int = 200) -> dict:
    """Return a document with prose, tables, code, metrics, actions and `rows` timeline entries; no database."""
    paragraph = (
        "The rotation job put a new certificate bundle on every gateway. The acquirer refused the handshakes that carried the new intermediate, "
        "because its trust store is read anew only once an hour. **Staging could not show this**, where a simulator accepts any chain. "
    )
    body = f"{paragraph}\n\n- it had run *eleven times* before\n- its check looks at expiry, not at the chain\n\n{paragraph}\n\n```\ngw-eu-3 tls: handshake failure alert=unknown_ca\n```\n"
    names = ["Summary", "Background", "Contributing factors", "Lessons"]
    sections = [
        {"key": f"s{n}", "title": name, "kind": "markdown", "audience": "internal", "body": body, "values": {}, "fields": []} for n, name in enumerate(names)
    ]
    plain = {"audience": "internal", "body": "", "values": {}, "fields": []}
    sections[1:1] = [
        {"key": "milestones", "title": "Key moments", "kind": "milestones", **plain},
        {"key": "timeline", "title": "Timeline", "kind": "timeline", **plain},
    ]
    sections.append({"key": "actions", "title": "Action items", "kind": "actions", **plain})
    moments = [
        ("impact_started", "Impact started", 0),
        ("detected", "Detected", 4),
        ("acknowledged", "Acknowledged", 7),
        ("mitigated", "Mitigated", 47),
        ("resolved", "Resolved", 59),
    ]
    texts = [
        "Error ratio above 4 % on checkout",
        "Handshakes to the acquirer are refused since the rotation, says the gateway's log",
        "Rolled the bundle back on half of the gateways",
    ]
    return {
        "schema": 1,
        "reference": "PM-1",
        "title": "Checkout refused cards after a certificate rotation",
        "audience": "internal",
        "generated_at": "2026-03-03T09:00:00Z",
        "zone": "UTC",
        "incident": {
            "reference": "INC-1",
            "status": "Resolved",
            "severity": {"key": "sev2", "name": "SEV2", "rank": 2, "description": "A core service is degraded."},
            "services": [{"key": "checkout", "name": "Checkout"}],
            "tags": ["tls"],
            "team": "Payments",
            "started_at": "2026-03-02T14:00:00Z",
            "started": "2 March 2026, 14:00 UTC",
            "private": False,
        },
        "people": [{"name": "Alice Moreau", "role": "Incident lead"}],
        "sections": sections,
        "milestones": [
            {
                "key": key,
                "name": name,
                "definition": "What it means, in a sentence.",
                "state": "recorded",
                "at": f"2026-03-02T14:{minute:02}:00Z",
                "local": f"2 March 2026, 14:{minute:02} UTC",
                "decision": "Confirmed",
                "note": "",
            }
            for key, name, minute in moments
        ],
        "metrics": [
            {
                "key": key,
                "name": name,
                "definition": "From one moment to the other.",
                "state": "recorded",
                "seconds": seconds,
                "duration": f"{seconds // 60} min",
                "reason": "",
            }
            for key, name, seconds in (
                ("mttd", "Time to detect", 240),
                ("mtta", "Time to acknowledge", 180),
                ("mttm", "Time to mitigate", 2820),
                ("mttr", "Time to resolve", 3540),
            )
        ],
        "timeline": [
            {
                "at": "2026-03-02T14:00:00Z",
                "day": "Monday 2 March 2026" if n < rows * 0.7 else "Tuesday 3 March 2026",
                "local": f"{14 + n // 60:02}:{n % 60:02}:00",
                "zone": "UTC",
                "precision": "second",
                "kind": "message",
                "kind_name": "Message",
                "key": n % 12 == 0,
                "source": "slack",
                "actor": ["Alice Moreau", "Bob Okafor", "Alertmanager"][n % 3],
                "text": texts[n % 3],
                "note": "",
            }
            for n in range(rows)
        ],
        "timeline_total": rows,
        "actions": [
            {
                "reference": f"ACT-{n}",
                "title": "Check the whole chain before a rotation",
                "description": "",
                "kind": "prevent",
                "kind_name": "Prevent",
                "priority": "high",
                "priority_name": "High",
                "status": "open",
                "status_name": "Open",
                "owner": "Bob Okafor",
                "due_on": "2026-04-01",
            }
            for n in range(6)
        ],
    }


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def print_with_chromium(program: str, page: Path, target: Path, profile: Path) -> None:
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-pdf-header-footer", f"--user-data-dir={profile}"]
    subprocess.run([program, *options, f"--print-to-pdf={target}", page.as_uri()], check=True, capture_output=True, timeout=120)


def run() -> list[dict]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from postmortems.rendering import html, pdf

    page = html.printable(
        example(),
        url="http://127.0.0.1/knowledge/PM-1/r/1/",
        base_url="http://127.0.0.1",
        sha256="0" * 64,
        number=1,
        published="3 March 2026",
        stamp="2026-03-03T09:00:00Z",
    )
    program = chromium()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        # Chromium gets the style sheet in the page, as ours gets it in the server.
        file.write_text(page.replace("</head>", f"<style>{pdf.STYLE_SHEET.read_text()}</style></head>"), encoding="utf-8")
        pdf.render(page)  # starts the server, as a worker has it started
        if program:
            print_with_chromium(program, file, Path(folder) / "warm.pdf", Path(folder) / "profile")  # makes its profile
        for _ in range(RUNS):
            start = time.perf_counter()
            pdf.render(page)
            ours.append(time.perf_counter() - start)
            if program:
                start = time.perf_counter()
                print_with_chromium(program, file, Path(folder) / "out.pdf", Path(folder) / "profile")
                theirs.append(time.perf_counter() - start)
    mine = statistics.median(ours)
    other = statistics.median(theirs) if theirs else None
    rows = [
        {
            "name": "PDF of a post-mortem with 200 timeline rows, isolated",
            "value": round(mine, 3),
            "unit": "s",
            "ratio": round(mine / other, 2) if other else None,
            "target": TARGET,
        }
    ]
    if other:
        rows.append({"name": "Headless Chromium, the same HTML", "value": round(other, 3), "unit": "s", "ratio": 1.0, "target": None})
    return rows


if __name__ == "__main__":
    for row in run():
        print(row)
