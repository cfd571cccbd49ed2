#!/usr/bin/env bash
# Builds the Worker into build/, where wrangler.toml looks for it. It is wrangler's build command, so that `wrangler dev`
# and `wrangler deploy` need no other step before them.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"

if ! command -v worker-build >/dev/null || ! command -v wasm-bindgen >/dev/null || [ ! -x node_modules/.bin/wasm-opt ]; then
  scripts/setup.sh
fi

[ -f build/index.js ] || say 'Building the Worker (the first time, one to two minutes)'
# Cargo knows best whether anything changed. Only then is the rest (bindings, wasm-opt, bundling) worth its seconds.
with_wasm cargo build --locked --release --lib --target $wasm --package session-worker
compiled=${CARGO_TARGET_DIR:-target}/$wasm/release/session_worker.wasm
inputs=$(cat "$compiled" worker/src/{entry,shard}.js scripts/{build-worker,env,wasm-opt}.sh worker/Cargo.toml package-lock.json Cargo.lock | cksum)
if [ -f build/index.js ] && [ -f build/index_bg.wasm ] && [ "$(cat build/.inputs 2>/dev/null)" = "$inputs" ]; then
  exit
fi

rm -rf build
export WASM_BINDGEN_BIN WASM_OPT_BIN=$root/scripts/wasm-opt.sh ESBUILD_BIN=$root/node_modules/.bin/esbuild
WASM_BINDGEN_BIN=$(command -v wasm-bindgen)
with_wasm worker-build --release --out-dir ../.build/worker worker --locked
bundle_worker .build/worker build --minify
printf '%s\n' "$inputs" >build/.inputs
