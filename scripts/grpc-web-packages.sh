#!/usr/bin/env bash
# Installs the npm packages of integration-tests/grpc-web unless they are those of its lock file; `npm ci` takes several
# seconds even when there is nothing to do.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

cd integration-tests/grpc-web
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
fi
