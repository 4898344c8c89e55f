#!/usr/bin/env bash
# Runs buf, as pinned by the npm project of the grpc-web tests, in the root of the workspace.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

scripts/grpc-web-packages.sh
# buf looks for its plugins there.
PATH="$PWD/integration-tests/grpc-web/node_modules/.bin:$PATH"
exec buf "$@"
