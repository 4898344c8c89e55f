#!/usr/bin/env bash
# `make up`: one at a time in a working copy, and what would fail is told before the compiler runs for minutes.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

readonly STATE_DIR="${QUICKSYNC_STATE_DIR:-.quicksync}"
readonly GATEWAY_PORT="${QUICKSYNC_GATEWAY_PORT:-8080}"
readonly FIRST_PORT="${QUICKSYNC_FIRST_PORT:-8101}"
# Of the OpenID provider and the services; see quicksync-dev up --help.
readonly PORTS_BEHIND=16

die() { printf 'make up: %s\n' "$*" >&2; exit 1; }

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

require_free() {
  if is_taken "$1"; then
    die "port $1, which $2 needs, is taken by another program: end that program (\`ss -ltnp 'sport = :$1'\` names it), or choose other ports: make up $3"
  fi
}

mkdir -p target
exec 9>target/up.lock
flock --nonblock 9 || die "another make up is at work in this working copy: wait until it has ended, then repeat"

# Where something was started before, the ports may be held by what still runs: quicksync-dev can tell.
if [ ! -e "$STATE_DIR/plan.json" ]; then
  require_free "$GATEWAY_PORT" "the gateway" QUICKSYNC_GATEWAY_PORT=8090
  for ((port = FIRST_PORT; port < FIRST_PORT + PORTS_BEHIND; port++)); do
    require_free "$port" "a service" QUICKSYNC_FIRST_PORT=8201
  done
fi

# What is started goes on when this ends, and must not hold the lock.
scripts/prerequisites.sh 9>&-
scripts/web.sh 9>&-
echo "  building (cargo says what)" >&2
cargo build --workspace --bins 9>&-
exec target/debug/quicksync-dev up 9>&-
