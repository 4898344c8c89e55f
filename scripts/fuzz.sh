#!/usr/bin/env bash
# Fuzzes what reads bytes of strangers in the gateway, one target after the other, and ends by itself.
#
#   scripts/fuzz.sh [--keep] [TARGET...]
#
# --keep          of all that was found to reach new code, puts a smallest set into gateway/fuzz/corpus, which tests replay
# TARGET          frames, headers, json, path_template; all of them where none is named
# FUZZ_SECONDS    for each target, 600 where it is not set
#
# cargo-fuzz is built into target/tools, pinned, and all that it makes is below target/fuzz. Sanitizers are not stable yet:
# RUSTC_BOOTSTRAP makes the pinned compiler take their flags.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

readonly CARGO_FUZZ_VERSION=0.13.2
readonly TOOLS="$PWD/target/tools"
readonly WORK="$PWD/target/fuzz"
readonly KEPT="$PWD/gateway/fuzz/corpus"
readonly INPUT_BYTES_MAX=4096
readonly MEMORY_MIB_MAX=2048
seconds=${FUZZ_SECONDS:-600}

if ! "$TOOLS/bin/cargo-fuzz" --version 2>/dev/null | grep -qx "cargo-fuzz $CARGO_FUZZ_VERSION"; then
  echo "  building cargo-fuzz $CARGO_FUZZ_VERSION (once)" >&2
  CARGO_TARGET_DIR="$WORK/tools" cargo install --quiet --locked --root "$TOOLS" --version "$CARGO_FUZZ_VERSION" cargo-fuzz
  rm -rf "$WORK/tools"
fi

# fuzz TARGET ARGUMENT...: libFuzzer, with the corpora and options that are given.
fuzz() {
  (cd gateway && RUSTC_BOOTSTRAP=1 "$TOOLS/bin/cargo-fuzz" run --fuzz-dir fuzz --target-dir "$WORK" --sanitizer address "$@")
}

keep=no
targets=()
for argument in "$@"; do
  case "$argument" in
    --keep) keep=yes ;;
    frames | headers | json | path_template) targets+=("$argument") ;;
    *) echo "fuzz: unknown argument $argument; usage: scripts/fuzz.sh [--keep] [TARGET...]" >&2; exit 1 ;;
  esac
done
[ ${#targets[@]} -gt 0 ] || targets=(frames headers json path_template)

# The versions of all that is delivered; what only the fuzzer needs is added.
cp Cargo.lock gateway/fuzz/Cargo.lock
for target in "${targets[@]}"; do
  mkdir -p "$WORK/corpus/$target"
  echo "== $target, for $seconds s" >&2
  fuzz "$target" "$WORK/corpus/$target" "$KEPT/$target" -- \
    -max_total_time="$seconds" -max_len=$INPUT_BYTES_MAX -rss_limit_mb=$MEMORY_MIB_MAX -timeout=10 -print_final_stats=1
done
[ "$keep" = yes ] || exit 0
for target in "${targets[@]}"; do
  rm -rf "$WORK/kept"
  mkdir "$WORK/kept"
  fuzz "$target" "$WORK/kept" "$KEPT/$target" "$WORK/corpus/$target" -- -merge=1 -max_len=$INPUT_BYTES_MAX
  rm -rf "${KEPT:?}/$target"
  mv "$WORK/kept" "$KEPT/$target"
done
