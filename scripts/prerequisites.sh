#!/usr/bin/env bash
# The one list of what `make up` and `make test` need from the machine; installs what is missing.
#
#   scripts/prerequisites.sh [--check] [--tests] [--screenshots] [--bench]
#
# --check         only says what is missing; exit status 1 if anything is
# --tests         also what only tests need: a browser, and Python for a client in it
# --screenshots   also what only pictures of the web app need: a browser and fonts
# --bench         also what only the measurement beside Envoy needs: a load generator, and Python to fetch Envoy with
#
# Debian and Ubuntu: by apt, as root or through sudo. Elsewhere it says what to install. Rust comes by rustup, Node where the
# system has none that is new enough from the npm registry; both into folders of the user, with pinned checksums.
# No daemon of the system is installed, enabled or started.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

readonly RUSTUP_VERSION=1.28.2
readonly RUSTUP_SHA256_X86_64=20a06e644b0d9bd2fbdbfd52d42540bdde820ea7df86e92e533c073da0cdd43c
readonly RUSTUP_SHA256_AARCH64=e3853c5a252fca15252d07cb23a1bdd9377a8c6f3efa01531109281ae47f841c
readonly NODE_SHA256_X86_64=c3e7aaf69557617ff16376e83078daf2e862f086399b32b341f68ebcd5e72781
readonly NODE_SHA256_AARCH64=22f39737865492ba68bf7aa0f01f3af5b0ed5d9144b75a0ad52459c32d447998
readonly NPM_VERSION=10.9.4
readonly NPM_SHA256=4bfba8a0c823024d1926ec9d97a37a00eb60fd2adf44b3d34a686fc32e8f51e4
readonly NODE_MAJOR_MIN=20
readonly JAVA_MAJOR_MIN=17
readonly PYTHON_MIN=3.10

say() { printf '  %s\n' "$*" >&2; }
die() { printf 'prerequisites: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- what is there ---------------------------------------------------------------------------------------------------

# The major version of the Java runtime, 0 for none. The `release` file is read because starting a JVM takes 0.1 s.
java_major() {
  local java release version
  java=$(command -v java) || { echo 0; return; }
  release="$(dirname "$(dirname "$(readlink -f "$java")")")/release"
  if [ -r "$release" ]; then
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$release")
  else
    version=$(java -version 2>&1 | sed -n '1s/[^"]*"\([0-9]*\).*/\1/p')
  fi
  echo "${version:-0}"
}

node_major() {
  local version
  version=$(node --version 2>/dev/null) && has npm || { echo 0; return; }
  version=${version#v}
  echo "${version%%.*}"
}

rust_pinned() { sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml; }

# Whether cargo will be the pinned one. With rustup that is a folder; starting cargo through it takes longer than all the rest.
rust_is_there() {
  local pinned version
  pinned=$(rust_pinned)
  if has rustup; then
    compgen -G "${RUSTUP_HOME:-$HOME/.rustup}/toolchains/$pinned-*/bin/cargo-clippy" >/dev/null
    return
  fi
  has cargo && has cargo-clippy && has rustfmt || return 1
  version=$(rustc --version | cut -d' ' -f2)
  [ "$(printf '%s\n%s\n' "$pinned" "$version" | sort -V | head -1)" = "$pinned" ]
}

# Whether there is a browser that starts. Ubuntu's chromium-browser is a script that only asks for a snap.
browser_is_there() {
  local program
  if [ -n "${QUICKSYNC_CHROMIUM:-}" ]; then has "$QUICKSYNC_CHROMIUM"; return; fi
  for program in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    if has "$program" && "$program" --version >/dev/null 2>&1; then return; fi
  done
  return 1
}

python_is_there() {
  python3 -c "import ensurepip, sys, venv; sys.exit(sys.version_info < (${PYTHON_MIN/./, }))" 2>/dev/null
}

has_font() { has fc-list && [ -n "$(fc-list "$1")" ]; }

# Fills `packages` with "debian-package|what it is".
find_missing() {
  packages=()
  has cc || packages+=("gcc|C compiler")
  { has cc && [ -e /usr/include/stdio.h ]; } || packages+=("libc6-dev|headers of the C library")
  has c++ || packages+=("g++|C++ compiler")
  has make || packages+=("make|make")
  has git || packages+=("git|git")
  has curl || packages+=("curl|curl")
  [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] || packages+=("ca-certificates|root certificates")
  has unzip || packages+=("unzip|unzip")
  has xz || packages+=("xz-utils|xz")
  has setpriv || packages+=("util-linux|setpriv")
  has mvn || packages+=("maven|Maven, which fetches Kafka and PostgreSQL")
  [ "$(java_major)" -ge "$JAVA_MAJOR_MIN" ] || packages+=("java|Java runtime $JAVA_MAJOR_MIN or newer, for Kafka")
  [ "$for_tests" = no ] || browser_is_there || packages+=("chromium|Chromium or Chrome, for the tests of the web app")
  if [ "$for_screenshots" = yes ]; then
    has fc-list || packages+=("fontconfig|fontconfig")
    has_font "Noto Color Emoji" || packages+=("fonts-noto-color-emoji|a font for emoji")
    has_font "Noto Sans" || packages+=("fonts-noto-core|the font Noto Sans")
  fi
  if [ "$for_bench" = yes ]; then
    has h2load || packages+=("nghttp2-client|h2load, a load generator")
  fi
  if [ "$for_tests" = yes ] || [ "$for_bench" = yes ]; then
    python_is_there || packages+=("python3-venv|Python $PYTHON_MIN or newer with virtual environments")
  fi
  rust=ok
  rust_is_there || rust=missing
  node=ok
  [ "$(node_major)" -ge "$NODE_MAJOR_MIN" ] || node=missing
}

# Redis is not on the list: where the system has no server, `parts` takes one from Maven Central.

tell_missing() {
  local entry
  for entry in "${packages[@]}"; do say "missing: ${entry#*|} (package ${entry%%|*})"; done
  [ "$rust" = ok ] || say "missing: Rust $(rust_pinned) with clippy and rustfmt"
  [ "$node" = ok ] || say "missing: Node $NODE_MAJOR_MIN or newer with npm (here: $(node --version 2>/dev/null || echo none))"
}

# --- installing ------------------------------------------------------------------------------------------------------

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Not `grep -q`: it leaves at the first line that fits, and apt-cache, which has more to say, then fails for it.
apt_offers() { apt-cache policy "$1" 2>/dev/null | grep 'Candidate: [0-9]' >/dev/null; }

# The oldest packaged Java that Kafka accepts.
java_package() {
  local candidate
  for candidate in openjdk-17-jre-headless openjdk-21-jre-headless openjdk-25-jre-headless; do
    if apt_offers "$candidate"; then echo "$candidate"; return; fi
  done
  die "apt offers no Java $JAVA_MAJOR_MIN or newer: install a Java runtime by hand, then repeat"
}

# Debian's; Ubuntu has it as a snap only.
chromium_package() {
  apt_offers chromium ||
    die "apt offers no Chromium here: install Google Chrome or Chromium by hand (or name its program in QUICKSYNC_CHROMIUM), then repeat"
  echo chromium
}

install_packages() {
  [ ${#packages[@]} -gt 0 ] || return 0
  local names=() entry
  for entry in "${packages[@]}"; do names+=("${entry%%|*}"); done
  if ! has apt-get; then
    die "install what is named above with this system's package manager (apt is used on Debian and Ubuntu only), then repeat"
  fi
  if [ "$(id -u)" != 0 ] && ! has sudo; then
    die "not root and no sudo: ask root to run \`apt-get install ${names[*]/#java/openjdk-17-jre-headless}\`, then repeat"
  fi
  say "apt-get update"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update ||
    die "apt-get update failed: check the network and /etc/apt/sources.list, then repeat"
  local index
  for index in "${!names[@]}"; do
    case "${names[$index]}" in
      java) names[index]=$(java_package) ;;
      chromium) names[index]=$(chromium_package) ;;
    esac
  done
  # The program comes in a package without the daemon; a system without it is served by Maven Central.
  if ! has redis-server && ! has redis-check-rdb && apt_offers redis-tools; then
    names+=(redis-tools)
  fi
  say "apt-get install ${names[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${names[@]}" </dev/null >/dev/null ||
    die "apt-get install failed: read its message above, mend that, then repeat"
}

# fetch URL SHA256 FILE
fetch() {
  local message
  message=$(curl -fsSL --retry 3 --connect-timeout 20 -o "$3" "$1" 2>&1) ||
    die "cannot download $1 (${message%%$'\n'*}): check the network (or a proxy in https_proxy), then repeat"
  echo "$2  $3" | sha256sum --check --quiet - >/dev/null 2>&1 || die "$1 is not what is pinned in scripts/prerequisites.sh: do not use it"
}

# by_arch FOR_X86_64 FOR_AARCH64
by_arch() {
  case "$(uname -m)" in
    x86_64) echo "$1" ;;
    aarch64) echo "$2" ;;
    *) die "the processor $(uname -m) is not supported: x86_64 and aarch64 are" ;;
  esac
}

install_rust() {
  [ "$rust" = missing ] || return 0
  local pinned triple file
  pinned=$(rust_pinned)
  if ! has rustup; then
    has cargo && say "cargo is older than $pinned or lacks clippy or rustfmt: a pinned one comes beside it, into $CARGO_BIN"
    triple=$(by_arch x86_64 aarch64)-unknown-linux-gnu
    file=$(mktemp -d)/rustup-init
    say "downloading rustup $RUSTUP_VERSION"
    fetch "https://static.rust-lang.org/rustup/archive/$RUSTUP_VERSION/$triple/rustup-init" \
      "$(by_arch $RUSTUP_SHA256_X86_64 $RUSTUP_SHA256_AARCH64)" "$file"
    chmod +x "$file"
    RUSTUP_INIT_SKIP_PATH_CHECK=yes "$file" -q -y --no-modify-path --profile minimal --default-toolchain none >/dev/null ||
      die "rustup could not be installed"
    rm -rf "$(dirname "$file")"
  fi
  say "installing Rust $pinned (about 200 MB)"
  rustup -q toolchain install "$pinned" --profile minimal --component clippy --component rustfmt --no-self-update >/dev/null ||
    die "Rust $pinned could not be installed: check that https://static.rust-lang.org can be reached, then repeat"
}

install_node() {
  [ "$node" = missing ] || return 0
  local dir=$QUICKSYNC_TOOLS/node-$NODE_PINNED work arch
  arch=$(by_arch x64 arm64)
  say "downloading Node $NODE_PINNED and npm $NPM_VERSION into $dir (45 MB)"
  mkdir -p "$QUICKSYNC_TOOLS"
  work=$(mktemp -d "$QUICKSYNC_TOOLS/partial.XXXXXX")
  local registry=https://registry.npmjs.org
  fetch "$registry/node-linux-$arch/-/node-linux-$arch-$NODE_PINNED.tgz" "$(by_arch $NODE_SHA256_X86_64 $NODE_SHA256_AARCH64)" "$work/node.tgz"
  fetch "$registry/npm/-/npm-$NPM_VERSION.tgz" $NPM_SHA256 "$work/npm.tgz"
  mkdir -p "$work/node/bin" "$work/node/lib/node_modules/npm"
  tar -xzf "$work/node.tgz" -C "$work/node/bin" --strip-components=2 package/bin/node
  tar -xzf "$work/npm.tgz" -C "$work/node/lib/node_modules/npm" --strip-components=1
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/node/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$work/node/bin/npx"
  chmod -R a+rX "$work/node"
  chmod +x "$work/node/lib/node_modules/npm/bin/"np[mx]-cli.js
  rm -rf "$dir"
  mv "$work/node" "$dir"
  rm -rf "$work"
}

# --- main ------------------------------------------------------------------------------------------------------------

check_only=no
for_tests=no
for_screenshots=no
for_bench=no
for argument in "$@"; do
  case "$argument" in
    --check) check_only=yes ;;
    --tests) for_tests=yes ;;
    --screenshots) for_tests=yes for_screenshots=yes ;;
    --bench) for_bench=yes ;;
    *) die "unknown argument $argument; usage: scripts/prerequisites.sh [--check] [--tests] [--screenshots] [--bench]" ;;
  esac
done

[ "$(uname -s)" = Linux ] || die "QuickSync's parts run on Linux; use a Linux machine or a virtual one"
find_missing
if [ ${#packages[@]} -eq 0 ] && [ "$rust$node" = okok ]; then exit 0; fi
tell_missing
[ "$check_only" = no ] || exit 1
install_packages
install_rust
install_node
hash -r
find_missing
if [ ${#packages[@]} -gt 0 ] || [ "$rust$node" != okok ]; then
  tell_missing
  die "the above is still missing after the installation"
fi
say "all prerequisites are there"
