# Shell functions of the set-up; sourced, never run. POSIX sh, so that a bare machine can run it.

say() { printf '%s\n' "$*"; }
die() { printf 'debrief: %s\n' "$*" >&2; exit 1; }

# Run a command as root: directly, by a sudo that asks nothing, or not at all (returns 1).
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n "$@"
  else return 1
  fi
}

# Install Debian packages; the lists are fetched only when the first try fails, as on a machine that has none yet.
apt_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  as_root true || return 1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return 0
  as_root apt-get update -qq >/dev/null 2>&1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The one line a person has to type for a package.
apt_line() { say "sudo apt-get update && sudo apt-get install -y $*"; }

# Values of .env for variables that the environment does not have.
load_env_file() {
  [ -f .env ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in [A-Z]*=*) ;; *) continue ;; esac
    name=${line%%=*}
    case $name in *[!A-Z0-9_]*) continue ;; esac
    eval "[ -n \"\${$name+set}\" ]" || export "$name=${line#*=}"
  done < .env
}

supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }

# Set PYTHON_FOUND to a Python 3.11 to 3.13.
find_python() {
  for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if supported "$candidate"; then PYTHON_FOUND=$candidate; return 0; fi
  done
  return 1
}

make_venv() {
  if [ -x .venv/bin/python ] && supported .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; then return 0; fi
  rm -rf .venv
  find_python || { say "Installing Python ..."; apt_install python3 python3-venv && find_python; } ||
    die "Python 3.11, 3.12 or 3.13 is needed. On Debian 12 or Ubuntu 24.04: $(apt_line python3 python3-venv)"
  say "Making .venv with $("$PYTHON_FOUND" --version) ..."
  "$PYTHON_FOUND" -m venv .venv >/dev/null 2>&1 && return 0
  rm -rf .venv # Debian's Python without its venv package leaves half of one behind
  version=$("$PYTHON_FOUND" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  apt_install python3-venv || apt_install "$version" || die "Python's venv module is missing. Type: $(apt_line "$version")"
  "$PYTHON_FOUND" -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; die "$PYTHON_FOUND cannot make a virtual environment; see: $PYTHON_FOUND -m venv .venv"; }
}

digest() { .venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

# Install requirements/$1.txt unless the stamp says that this very file is installed.
install_locked() {
  wanted=$(digest "requirements/$1.txt")
  [ "$(cat ".venv/installed-$1" 2>/dev/null)" = "$wanted" ] && return 0
  say "Installing the locked dependencies (requirements/$1.txt) ..."
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "requirements/$1.txt" ||
    die "pip could not install requirements/$1.txt; its message is above."
  say "$wanted" > ".venv/installed-$1"
  # The test lock holds every pin of the base lock (a test says so).
  if [ "$1" = test ]; then digest requirements/base.txt > .venv/installed-base; fi
}

# What WeasyPrint loads: Pango to set text, HarfBuzz's subsetter to write small fonts quickly.
missing_libraries() { PYTHONPATH=. .venv/bin/python -c 'from config.libraries import missing; print(*missing())'; }

install_libraries() {
  missing=$(missing_libraries)
  [ -z "$missing" ] && return 0
  say "Installing native libraries: $missing ..."
  if command -v brew >/dev/null 2>&1; then brew install --quiet pango harfbuzz >/dev/null || true
  else
    # shellcheck disable=SC2086 # a list of words
    apt_install $missing || true
  fi
  missing=$(missing_libraries)
  [ -z "$missing" ] && return 0
  if [ "$(uname)" = Darwin ]; then say "Missing: $missing. Type: brew install pango harfbuzz"
  else say "Missing: $missing. Type: $(apt_line "$missing")"
  fi
}
