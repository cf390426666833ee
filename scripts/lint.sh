#!/bin/sh
# Every check that runs no test. Goes through all of them and fails at the end, so that one run shows everything.
set -u
cd "$(dirname "$0")/.."
. scripts/setup.sh
sh scripts/install.sh test || exit 1

bin=.venv/bin
failed=
check() {
  name=$1
  shift
  if output=$("$@" 2>&1); then say "ok    $name"; else
    say "FAIL  $name"
    printf '%s\n' "$output" | sed 's/^/      /'
    failed="$failed $name"
  fi
}

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
export DEBRIEF_DATA_DIR="$data"
# A deployment as it should be, for Django's own deployment checks.
production() {
  DEBRIEF_BASE_URL=https://debrief.example.org DEBRIEF_HSTS_PRELOAD=1 DEBRIEF_DEBUG=0 \
    DEBRIEF_SECRET_KEY=$($bin/python -c 'import secrets; print(secrets.token_urlsafe(64))') "$@"
}

check ruff $bin/ruff check .
check format $bin/ruff format --check .
check types $bin/mypy
check imports $bin/lint-imports --no-cache
check templates sh -c "find templates -name '*.html' -print0 | xargs -0 -r $bin/djade --check --target-version 5.2"
check template-lint $bin/djlint templates --lint --quiet
check migrations $bin/python manage.py makemigrations --check --dry-run
check deployment production $bin/python manage.py check --deploy --fail-level WARNING
[ -z "$failed" ] || die "lint failed:$failed"
