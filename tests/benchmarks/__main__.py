"""`python -m tests.benchmarks [NAME ...]`: run the benchmarks, each in a process of its own, and print their table.

Those with a database run on both engines. Every figure that is judged is a ratio to something measured beside it in the same run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

BOTH = ["import", "million", "search", "timeline", "pages"]
ONCE = ["pdf"]


def measured(name: str, engine: str) -> list[dict]:
    code = f"import json; from tests.benchmarks import bench_{name} as b; print('@@' + json.dumps(b.run()))"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "TEST_ENGINE": engine}, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("@@"))[2:])


def line(name: str, engine: str, row: dict) -> str:
    ratio, target = row.get("ratio"), row.get("target")
    if target is None or ratio is None:
        verdict = ""
    else:
        reached = ratio >= target if row.get("higher") else ratio <= target
        verdict = f"{'≥' if row.get('higher') else '≤'} {target} {'reached' if reached else 'MISSED'}"
    return f"| {name} | {engine} | {row['name']} | {row['value']} {row['unit']} | {'' if ratio is None else ratio} | {verdict} |"


def main() -> None:
    names = sys.argv[1:] or BOTH + ONCE
    print("| benchmark | engine | what | measured | ratio | aim |\n|---|---|---|---|---|---|", flush=True)
    for name in names:
        for engine in ["sqlite", "postgres"] if name in BOTH else ["sqlite"]:
            for row in measured(name, engine):
                print(line(name, engine if name in BOTH else "", row), flush=True)


if __name__ == "__main__":
    main()
