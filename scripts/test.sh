#!/bin/sh
# Every test on both databases. Arguments reach pytest. DEBRIEF_ENGINES="sqlite" runs one engine only.
set -u
cd "$(dirname "$0")/.."
. scripts/setup.sh
sh scripts/install.sh test || exit 1

status=0
# A third process works while the other two wait for a browser or for processes that start.
for engine in ${DEBRIEF_ENGINES:-sqlite postgres}; do
  say "== Tests on $engine"
  TEST_ENGINE=$engine .venv/bin/python -m pytest -q -n "${DEBRIEF_TEST_PROCESSES:-3}" --dist loadscope "$@" || status=$?
done
# The last engine's summary is the last line; a failure of an earlier one is still the exit code.
exit $status
