#!/usr/bin/env bash
# Builds the kernel for its benchmark, natively and twice as WebAssembly, with the workspace's profile, lock file and wasm-opt
# options, into the target directory. Prints the three files.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/../../scripts/env.sh"

out=${CARGO_TARGET_DIR:-target}/bench
mkdir -p "$out"
out=$(cd "$out" && pwd)
crate=benches/kernel
cp Cargo.lock $crate/Cargo.lock
# Profiles belong to a workspace, and this crate is one of its own: so as configuration.
awk '/^\[/ { wanted = /^\[profile\.release/ } wanted' Cargo.toml >"$out/profile.toml"

build() { cargo build --quiet --release --manifest-path $crate/Cargo.toml --config "$out/profile.toml" --target-dir "$out/$1" "${@:2}"; }

optimized() {
  features='--enable-mutable-globals --enable-sign-ext --enable-nontrapping-float-to-int --enable-bulk-memory --enable-multivalue --enable-reference-types'
  # shellcheck disable=SC2086 # a list of words
  scripts/wasm-opt.sh "$out/$1/$wasm/release/kernel_bench.wasm" -Oz $features -o "$out/$1.wasm"
}

build native --bin kernel-bench
for kind in simd scalar; do
  flags='--cfg getrandom_backend="custom"'
  [ $kind = scalar ] || flags="-Ctarget-feature=+simd128 $flags"
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$flags with_wasm build $kind --lib --target $wasm
  optimized $kind
done
printf '%s\n' "$out/native/release/kernel-bench" "$out/simd.wasm" "$out/scalar.wasm"
