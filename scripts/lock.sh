#!/bin/sh
# Resolve requirements/*.in into lock files with hashes and without index addresses. ARGS reach uv (--upgrade).
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh
make_venv
.venv/bin/python -m uv --version >/dev/null 2>&1 || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
for name in base test; do
  constraint=
  # The same pins in both, so that the tests run what is deployed.
  [ "$name" = test ] && constraint="--constraint requirements/base.txt"
  # shellcheck disable=SC2086 # a list of words
  .venv/bin/python -m uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
    --custom-compile-command "make lock" $constraint "$@" -o "requirements/$name.txt" "requirements/$name.in"
done
