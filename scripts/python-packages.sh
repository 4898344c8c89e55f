#!/usr/bin/env bash
# Makes a virtual environment with the Python packages that a folder pins in its requirements.txt, unless it is there, and prints
# where. Of several at once one makes it, the others wait.
#
#   scripts/python-packages.sh FOLDER
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly REQUIREMENTS="$1/requirements.txt"
pinned=$(sha256sum "$REQUIREMENTS")
venv="$PWD/target/python/$(basename "$1")-${pinned:0:12}"

mkdir -p target/python
exec 9>"$venv.lock"
flock 9
if [ ! -e "$venv/complete" ]; then
  echo "  fetching the Python packages of $1 (once)" >&2
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" --quiet --disable-pip-version-check install --require-hashes --only-binary :all: --requirement "$REQUIREMENTS"
  touch "$venv/complete"
fi
echo "$venv"
