#!/usr/bin/env bash
# Builds the web app into web/dist, unless it lies there built from these very sources.
#
# The build goes into a folder beside it and takes its place at the end: a gateway that serves web/dist has the app all the
# time, and a build that fails leaves the one before.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/tools.env
. scripts/tools.env

# What the build reads. What it generates is left out: that follows from the protos.
sources() {
  find web/src web/public web/index.html web/vite.config.ts web/tsconfig.json web/package.json web/package-lock.json \
    buf.gen.yaml proto integration-tests/clients/proto -type f -not -path 'web/src/gen/*' -print0 |
    sort --zero-terminated | xargs --null sha256sum | sha256sum | cut -d' ' -f1
}

# Of several at once one builds, the others wait and then find it done.
mkdir -p target
exec 9>target/web.lock
flock 9

current=$(sources)
if [ "$(cat web/dist/.sources 2>/dev/null)" = "$current" ]; then exit 0; fi

echo "  building the web app" >&2
scripts/npm-packages.sh web 9>&-
cd web
log=$(mktemp)
trap 'rm -rf "$log" dist.new dist.old' EXIT
if ! { npm run --silent generate && npm run --silent build -- --outDir dist.new --emptyOutDir --logLevel warn; } >"$log" 2>&1 9>&-; then
  cat "$log" >&2
  echo "scripts/web.sh: the web app does not build: its messages stand above" >&2
  exit 1
fi
echo "$current" >dist.new/.sources
if [ -e dist ]; then mv dist dist.old; fi
mv dist.new dist
