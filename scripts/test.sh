#!/bin/sh
# Every test on both databases. Arguments reach pytest. DEBRIEF_ENGINES="sqlite" runs one engine only.
set -u
cd "$(dirname "$0")/.."
. scripts/setup.sh
sh scripts/install.sh test || exit 1

status=0
for engine in ${DEBRIEF_ENGINES:-sqlite postgres}; do
  say "== Tests on $engine"
  TEST_ENGINE=$engine .venv/bin/python -m pytest -q -n "${DEBRIEF_TEST_PROCESSES:-2}" --dist loadscope "$@" || status=$?
done
# The last engine's summary is the last line; a failure of an earlier one is still the exit code.
exit $status
