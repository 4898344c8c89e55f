#!/usr/bin/env bash
# Runs buf, as pinned by the npm project of the grpc-web tests, in the root of the workspace.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

project=integration-tests/grpc-web
if [ ! "$project/node_modules/.package-lock.json" -nt "$project/package-lock.json" ]; then
  (cd "$project" && npm ci --no-audit --no-fund --loglevel=error)
fi
exec "$project/node_modules/.bin/buf" "$@"
