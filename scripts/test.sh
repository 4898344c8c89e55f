#!/usr/bin/env bash
# What `make test` does, step by step, with the time of each; `test.sh lint` stops before the tests, `test.sh again` runs
# nothing but the tests, twice, in random order, and `test.sh browsers` nothing but the web app's tests in browsers, which
# `make test` leaves out until all of them pass.
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
    [ ${#times[@]} = 0 ] || printf '%s\n' "${times[@]}" >&2
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

# web SCRIPT ARGUMENT...: one of the scripts of web/package.json.
web() { (cd web && npm run --silent "$1" -- "${@:2}"); }

# Stable Rust's test programs know --shuffle, but listen to it only where this variable is set. It is set for them alone, by way
# of a runner: cargo itself would build everything anew. Tests of documentation have no order.
shuffled() {
  cargo test --workspace --lib --bins --tests --no-fail-fast --config 'target."cfg(unix)".runner = ["env", "RUSTC_BOOTSTRAP=1"]' \
    -- -Z unstable-options --shuffle
}

purpose=${1:-test}
case "$purpose" in
  lint) step "prerequisites" scripts/prerequisites.sh ;;
  *) step "prerequisites" scripts/prerequisites.sh --tests ;;
esac
step "packages of the web app" scripts/npm-packages.sh web
step "clients of the web app" web generate
if [ "$purpose" = test ] || [ "$purpose" = lint ]; then
  step "format of Rust" cargo fmt --all --check
  step "format of protos" scripts/buf.sh format --diff --exit-code
  step "lint of protos (buf)" scripts/buf.sh lint
  step "format of the web app" web format
  step "types of the web app" web check
  step "lint of the web app (eslint)" web lint
  step "lint of Rust (clippy)" cargo clippy --workspace --all-targets -- --deny warnings
fi
if [ "$purpose" != lint ]; then
  trap stop_parts EXIT
  step "the web app" scripts/web.sh
  step "programs" cargo build --workspace --bins
  [ "$purpose" = browsers ] || step "tests, compiling" cargo test --workspace --no-run --quiet
fi
case "$purpose" in
  test)
    step "tests of the web app" web test
    step "tests: unit, service and end-to-end" cargo test --workspace --no-fail-fast
    step "Connect's conformance suite, against the gateway" scripts/conformance.sh --if-possible
    ;;
  browsers) step "tests of the web app in browsers" web e2e ;;
  again)
    step "tests in random order" shuffled
    step "tests in another random order" shuffled
    for order in "a random order" "another random order"; do
      step "tests of the web app in $order" web test --sequence.shuffle
    done
    ;;
esac

printf '\n== all passed\n' >&2
printf '%s\n' "${times[@]}" >&2
printf '%6d s  in all\n' $((SECONDS - started)) >&2
