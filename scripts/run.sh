#!/bin/sh
# Set up what is missing, then serve. Every step is skipped when nothing it depends on has changed.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh

load_env_file
sh scripts/install.sh base
exec .venv/bin/python manage.py serve --prepare
