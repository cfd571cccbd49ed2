#!/usr/bin/env bash
# Measures, and prints what benches/README.md explains. `make bench ONLY=workers` measures one chapter of it; there are
# workers, durable, databunker, kernel, package, express, kv, costs and size. ROUNDS=9 takes longer and means more. Nothing is written but below the target directory.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"

# A copy: somebody may build meanwhile, and everything shall measure the same.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp build/index.js build/*.wasm "$work/"

files=$(benches/kernel/build.sh)
kernel=()
while IFS= read -r file; do kernel+=("$file"); done <<<"$files"
node benches/run.ts "$work" "${kernel[@]}"
