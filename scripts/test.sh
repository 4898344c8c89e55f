#!/usr/bin/env bash
# What `make test` does, step by step, with the time of each; `test.sh lint` stops before the tests.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

started=$SECONDS
times=()

step() {
  local what=$1 from=$SECONDS
  shift
  printf '\n== %s\n' "$what" >&2
  if ! "$@"; then
    printf '\n== FAILED after %d s: %s\n' $((SECONDS - started)) "$what" >&2
    exit 1
  fi
  times+=("$(printf '%6d s  %s' $((SECONDS - from)) "$what")")
}

# Parts that tests share go on running from one test program to the next; nobody but us knows which is the last.
stop_parts() {
  local status=$?
  if [ -x target/debug/quicksync-dev ]; then target/debug/quicksync-dev parts stop || true; fi
  exit "$status"
}

step "prerequisites" scripts/prerequisites.sh test
step "format of Rust" cargo fmt --all --check
step "format of protos" scripts/buf.sh format --diff --exit-code
step "lint of protos (buf)" scripts/buf.sh lint
step "lint of Rust (clippy)" cargo clippy --workspace --all-targets -- --deny warnings
if [ "${1:-}" != lint ]; then
  trap stop_parts EXIT
  step "programs" cargo build --workspace --bins
  step "tests, compiling" cargo test --workspace --no-run --quiet
  step "tests: unit, service and end-to-end" cargo test --workspace
fi

printf '\n== all passed\n' >&2
printf '%s\n' "${times[@]}" >&2
printf '%6d s  in all\n' $((SECONDS - started)) >&2
