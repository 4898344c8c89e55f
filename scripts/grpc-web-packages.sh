#!/usr/bin/env bash
# Installs the npm packages of integration-tests/grpc-web; see npm-packages.sh.
set -euo pipefail

exec "$(dirname "${BASH_SOURCE[0]}")/npm-packages.sh" integration-tests/grpc-web
