#!/usr/bin/env bash
# Runs the tests of integration-tests/clients/python against the gateway QUICKSYNC_GATEWAY, on stubs made of proto/.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly CLIENT=integration-tests/clients/python
venv=$(scripts/python-packages.sh "$CLIENT")
stubs=$(mktemp -d target/python/stubs.XXXXXX)
trap 'rm -rf "$stubs"' EXIT

find proto/quicksync -name '*.proto' -print0 |
  xargs --null "$venv/bin/python" -m grpc_tools.protoc --proto_path proto --python_out "$stubs" --grpc_python_out "$stubs"
PYTHONPATH="$stubs" PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" -m unittest discover --start-directory "$CLIENT" --pattern '*_test.py' "$@"
