#!/usr/bin/env bash
# Runs Connect's published conformance suite against the gateway, once before an upstream of tonic and once before the suite's
# own of grpc-go; then the gateway's tests with a server of grpc-go that describes itself. What the suite asks stands in
# integration-tests/conformance/suite.yaml.
#
#   scripts/conformance.sh [--if-possible] [ARGUMENT...]
#
# --if-possible   says so and succeeds where Go is missing, which the suite is built with
# ARGUMENT        for the runner, and nothing but the suite is run: --run 'Timeouts/**', --trace, -v
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

readonly SUITE_VERSION=v1.0.7
readonly GO_MINOR_MIN=26
readonly PROGRAMS="$PWD/target/conformance"
readonly RUNNER="$PROGRAMS/connectconformance-$SUITE_VERSION"
readonly GRPC_GO="$PROGRAMS/grpcserver-$SUITE_VERSION"
readonly OTHER_TEAM="$PROGRAMS/other-team"
readonly SUITE=integration-tests/conformance

go_minor() {
  local version
  version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || { echo 0; return; }
  version=${version#go1.}
  echo "${version%%.*}"
}

has_suite() { [ -x "$RUNNER" ] && [ -x "$GRPC_GO" ]; }

has_other_team() { [ -x "$OTHER_TEAM" ] && [ -z "$(find "$SUITE/grpc-go" -type f -newer "$OTHER_TEAM")" ]; }

# Nothing of it goes into the user's home, and nothing but the programs stays.
build_programs() {
  local work
  mkdir -p "$PROGRAMS"
  work=$(mktemp -d "$PROGRAMS/partial.XXXXXX")
  export GOTOOLCHAIN=local GOFLAGS=-modcacherw GOPATH="$work/go" GOCACHE="$work/cache" GOBIN="$work/bin"
  if ! has_suite; then
    echo "  building Connect's conformance runner and its server over grpc-go, $SUITE_VERSION (once)" >&2
    go install "connectrpc.com/conformance/cmd/connectconformance@$SUITE_VERSION" \
      "connectrpc.com/conformance/cmd/grpcserver@$SUITE_VERSION"
    mv "$work/bin/connectconformance" "$RUNNER"
    mv "$work/bin/grpcserver" "$GRPC_GO"
  fi
  echo "  building a server of grpc-go that describes itself (once)" >&2
  go build -C "$SUITE/grpc-go" -o "$work/bin/other-team"
  mv "$work/bin/other-team" "$OTHER_TEAM"
  rm -rf "$work"
}

run_suite() {
  echo "conformance: the gateway before $1" >&2
  shift
  "$RUNNER" --mode server --conf "$SUITE/suite.yaml" "$@"
}

is_optional=no
if [ "${1:-}" = --if-possible ]; then
  is_optional=yes
  shift
fi
if ! { has_suite && has_other_team; }; then
  if [ "$(go_minor)" -lt "$GO_MINOR_MIN" ]; then
    echo "conformance: this needs Go 1.$GO_MINOR_MIN or newer, which is not here: install it (https://go.dev/dl), then repeat" >&2
    [ "$is_optional" = yes ] || exit 1
    echo "conformance: SKIPPED" >&2
    exit 0
  fi
  build_programs
fi
cargo build --quiet --package conformance
server=target/debug/quicksync-conformance-server
run_suite "an upstream of tonic" "$@" -- "$server"
run_suite "an upstream of grpc-go" --known-failing "@$SUITE/grpc-go-known-failing.txt" "$@" -- "$server" "$GRPC_GO"
# The whole workspace: a part of it would ask for other features of the dependencies, and build those anew.
[ $# -gt 0 ] || cargo test --quiet --workspace --test it -- --ignored grpc_go
