#!/bin/sh
# Make .venv and install exactly the locked packages: scripts/install.sh [dev]
# Every failure ends with one sentence and the fix.
set -u
cd "$(dirname "$0")/.." || exit 1
kind="${1:-run}"
python="${PYTHON:-python3}"
lock=constraints.txt
[ "$kind" = dev ] && lock=constraints-dev.txt
stamp=".venv/.installed-$kind"

fail() { printf '%s\n%s\n' "$1" "$2" >&2; exit 1; }

if [ -f "$stamp" ] && [ ! "$lock" -nt "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ]; then exit 0; fi

"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null ||
  fail "Python 3.11, 3.12 or 3.13 is needed, and '$python' is not one of them." \
       "Install one of them, or name it: make PYTHON=/path/to/python3.12 up"
[ -x .venv/bin/python ] || "$python" -m venv .venv >/dev/null 2>&1 ||
  fail "The virtual environment .venv could not be made." \
       "Debian and Ubuntu: apt install python3-venv. Else check that this folder can be written and the disk has 1.5 GB free."

log=$(mktemp) || fail "No temporary file could be made." "Free some space in the folder for temporary files, or set TMPDIR."
trap 'rm -f "$log"' EXIT
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@" >"$log" 2>&1; }

echo "Installing the locked packages into .venv (about a minute, 1 GB) …"
if ! pip install --require-hashes --only-binary :all: -r "$lock" ||
   ! pip install --no-deps --no-build-isolation --editable .; then
  tail -n 5 "$log" >&2
  case "$(cat "$log")" in
    *"No space left"*) fail "The disk is full." "Free 1.5 GB and run the same command again." ;;
    *"Permission denied"*) fail "This folder cannot be written." "Clone Forewarn into a folder of your own." ;;
    *"No matching distribution"*|*"Could not find a version"*)
      fail "A package has no ready-made form for this machine, or the package index cannot be reached." \
           "Check the network and the processor (x86-64 or arm64; Linux, macOS or Windows), then run the same command again." ;;
    *) fail "The packages could not be installed." "Check the network (and proxy) and run the same command again." ;;
  esac
fi
touch "$stamp"
