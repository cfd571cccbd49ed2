#!/usr/bin/env bash
# Runs a command in the checkout's root with the project's own tools first on PATH.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"
exec "$@"
