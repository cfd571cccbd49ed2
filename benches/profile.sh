#!/usr/bin/env bash
# Where the time of a call goes: builds the Worker with the names of its functions into a directory of its own, puts load on
# it in workerd, and prints what a CPU profile says. benches/profile.sh [read|create|replace|read, not settled] [seconds]
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/../scripts/env.sh"

named=${CARGO_TARGET_DIR:-target}/bench/named
mkdir -p "$named"
named=$(cd "$named" && pwd)
printf '#!/bin/sh\nexec wasm-opt "$@" --enable-simd\n' >"$named/wasm-opt.sh"
chmod +x "$named/wasm-opt.sh"

export WASM_BINDGEN_BIN WASM_OPT_BIN=$named/wasm-opt.sh ESBUILD_BIN=$root/node_modules/.bin/esbuild NO_MINIFY=1
WASM_BINDGEN_BIN=$(command -v wasm-bindgen)
with_wasm worker-build --release --out-dir "$named/worker" worker --locked >&2
bundle_worker "$named/worker" "$named/build"
exec node benches/worker/profile.ts "$named/build" "${1:-read}" "${2:-5}"
