#!/usr/bin/env bash
# Builds the npm package in pkg/: the kernel as WebAssembly, without and with the session rules, and the TypeScript.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"

if ! command -v wasm-bindgen >/dev/null || [ ! -x node_modules/.bin/wasm-opt ]; then
  scripts/setup.sh
fi

main() {
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
  local name=$1 compiled inputs out
  shift
  # A target directory for each: they would overwrite each other's file, and cargo would think it its own.
  export CARGO_TARGET_DIR=${package_target:=${CARGO_TARGET_DIR:-target}}/package-$name
  with_wasm cargo rustc --quiet --locked --release --lib --crate-type cdylib --features wasm "$@" --target $wasm
  compiled=$CARGO_TARGET_DIR/$wasm/release/sealed_session.wasm
  inputs=$(cat "$compiled" scripts/{build-package,env}.sh package-lock.json Cargo.lock | cksum)
  if [ -f pkg/wasm/$name.inline.js ] && [ "$(cat pkg/wasm/.$name 2>/dev/null)" = "$inputs" ]; then
    return
  fi

  out=.build/package/$name
  rm -rf "$out"
  wasm-bindgen --target web --omit-default-module-path --out-dir "$out" --out-name $name "$compiled"
  wasm-opt -O3 --enable-mutable-globals --enable-sign-ext --enable-nontrapping-float-to-int --enable-bulk-memory \
    --enable-bulk-memory-opt --enable-multivalue --enable-reference-types --enable-simd --strip-debug --strip-producers \
    "$out/${name}_bg.wasm" -o pkg/wasm/$name.wasm
  cp "$out/$name.js" "$out/$name.d.ts" pkg/wasm/
  printf "export const base64 = '%s';\n" "$(base64 -w0 <pkg/wasm/$name.wasm 2>/dev/null || base64 <pkg/wasm/$name.wasm)" >pkg/wasm/$name.inline.js
  printf 'export declare const base64: string;\n' >pkg/wasm/$name.inline.d.ts
  printf '%s\n' "$inputs" >pkg/wasm/.$name
}

main
