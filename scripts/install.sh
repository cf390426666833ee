#!/bin/sh
# The set-up: .venv, locked dependencies (base or test), native libraries. Run again, it changes nothing.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh

which=${1:-base}
make_venv
install_locked "$which"
install_libraries
if [ "$which" = test ] && ! command -v chromium >/dev/null 2>&1 && ! command -v chromium-browser >/dev/null 2>&1; then
  say "Installing chromium for the browser tests ..."
  apt_install chromium || say "No Chromium: the browser tests will be skipped. To run them: $(apt_line chromium)"
fi
