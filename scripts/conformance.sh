#!/usr/bin/env bash
# Runs Connect's published conformance suite against the gateway; what it asks stands in integration-tests/conformance/suite.yaml.
#
#   scripts/conformance.sh [--if-possible] [ARGUMENT...]
#
# --if-possible   says so and succeeds where Go is missing, which the suite is built with
# ARGUMENT        for the runner: --run 'Timeouts/**', --trace, -v
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

readonly SUITE_VERSION=v1.0.7
readonly GO_MINOR_MIN=26
readonly HOME_OF_SUITE="$PWD/target/conformance"
readonly RUNNER="$HOME_OF_SUITE/connectconformance-$SUITE_VERSION"

go_minor() {
  local version
  version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || { echo 0; return; }
  version=${version#go1.}
  echo "${version%%.*}"
}

# Nothing of it goes into the user's home, and nothing but the program stays.
install_runner() {
  local work
  mkdir -p "$HOME_OF_SUITE"
  work=$(mktemp -d "$HOME_OF_SUITE/partial.XXXXXX")
  echo "  building Connect's conformance runner $SUITE_VERSION (once)" >&2
  GOTOOLCHAIN=local GOFLAGS=-modcacherw GOPATH="$work/go" GOCACHE="$work/cache" GOBIN="$work/bin" \
    go install "connectrpc.com/conformance/cmd/connectconformance@$SUITE_VERSION"
  mv "$work/bin/connectconformance" "$RUNNER"
  rm -rf "$work"
}

is_optional=no
if [ "${1:-}" = --if-possible ]; then
  is_optional=yes
  shift
fi
if [ ! -x "$RUNNER" ] && [ "$(go_minor)" -lt "$GO_MINOR_MIN" ]; then
  echo "conformance: this needs Go 1.$GO_MINOR_MIN or newer, which is not here: install it (https://go.dev/dl), then repeat" >&2
  [ "$is_optional" = yes ] || exit 1
  echo "conformance: SKIPPED" >&2
  exit 0
fi
[ -x "$RUNNER" ] || install_runner
cargo build --quiet --package conformance
exec "$RUNNER" --mode server --conf integration-tests/conformance/suite.yaml "$@" -- target/debug/quicksync-conformance-server
