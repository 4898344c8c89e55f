#!/usr/bin/env bash
# Runs buf, as pinned by the npm project of the clients' tests, in the root of the workspace.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

readonly CLIENTS=integration-tests/clients/node
scripts/npm-packages.sh "$CLIENTS"
# buf looks for its plugins there.
PATH="$PWD/$CLIENTS/node_modules/.bin:$PATH"
exec buf "$@"
