#!/usr/bin/env bash
# Builds the npm package in pkg/: the kernel as WebAssembly, without and with the session rules, and the TypeScript.
# `scripts/build-package.sh unwiped <directory>` builds a kernel that leaves secrets in memory, for the test that must notice.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"

if ! command -v wasm-bindgen >/dev/null || [ ! -x node_modules/.bin/wasm-opt ]; then
  scripts/setup.sh
fi

main() {
  if [ "${1:-}" = unwiped ]; then
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS --cfg sealed_session_unwiped"
    compile unwiped
    bind rules "$2"
    return
  fi
  mkdir -p pkg/wasm
  kernel seal --no-default-features
  kernel rules
  rm -rf pkg/dist
  tsc -p pkg
  chmod +x pkg/dist/cli/main.js
  cp CHANGELOG.md LICENSE-* pkg/
}

# kernel NAME [cargo's options]: pkg/wasm/NAME.wasm, its glue and its types, and the same as base64.
kernel() {
  local name=$1 inputs
  compile "$@"
  inputs=$(cat "$compiled" scripts/{build-package,env}.sh package-lock.json Cargo.lock | cksum)
  if [ -f "pkg/wasm/$name.inline.js" ] && [ "$(cat "pkg/wasm/.$name" 2>/dev/null)" = "$inputs" ]; then
    return
  fi
  bind "$name" pkg/wasm
  printf "export const base64 = '%s';\n" "$(base64 <"pkg/wasm/$name.wasm" | tr -d '\n')" >"pkg/wasm/$name.inline.js"
  printf 'export declare const base64: string;\n' >"pkg/wasm/$name.inline.d.ts"
  printf '%s\n' "$inputs" >"pkg/wasm/.$name"
}

# compile NAME [cargo's options]: $compiled.
compile() {
  # A target directory for each: they would overwrite each other's file, and cargo would think it its own.
  local directory=${CARGO_TARGET_DIR:-target}/package-$1
  CARGO_TARGET_DIR=$directory with_wasm cargo rustc --quiet --locked --release --lib --crate-type cdylib --features wasm \
    "${@:2}" --target "$wasm"
  compiled=$directory/$wasm/release/sealed_session.wasm
}

# bind NAME DIRECTORY: $compiled as NAME.wasm, with its glue and its types.
bind() {
  local out=.build/package/$1
  rm -rf "$out"
  wasm-bindgen --target web --omit-default-module-path --out-dir "$out" --out-name "$1" "$compiled"
  wasm-opt -Oz --enable-mutable-globals --enable-sign-ext --enable-nontrapping-float-to-int --enable-bulk-memory \
    --enable-bulk-memory-opt --enable-multivalue --enable-reference-types --enable-simd --strip-debug --strip-producers \
    "$out/${1}_bg.wasm" -o "$2/$1.wasm"
  cp "$out/$1.js" "$out/$1.d.ts" "$2/"
}

main "$@"
