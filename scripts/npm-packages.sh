#!/usr/bin/env bash
# Installs the npm packages of a folder unless they are those of its lock file; `npm ci` takes several seconds even when there
# is nothing to do. Of several at once one installs, the others wait.
#
#   scripts/npm-packages.sh FOLDER
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

cd "$1"
exec 9>>package-lock.json
flock 9
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
fi
