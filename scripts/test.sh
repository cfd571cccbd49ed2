#!/usr/bin/env bash
# Everything that must hold, in phases; the first that fails ends it. `scripts/test.sh lint` stops before the tests.
# What a phase's tools print goes to .build/test/, and here only as far as it says how it ended. VERBOSE=1 shows it all.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"

logs=.build/test
count=0
exec 2>&1

main() {
  rm -rf $logs
  mkdir -p $logs
  lint
  [ "${1:-}" != lint ] || { dependencies; return; }
  tests
  printf '\n%sEverything passed, in %s s%s\n' "$bold" "$SECONDS" "$plain"
}

lint() {
  step 'Rust is formatted' cargo fmt --all --check
  step 'Clippy has nothing to say' cargo clippy --locked --workspace --all-targets -- -D warnings
  step 'The model is formatted' cargo fmt --manifest-path tests/model/Cargo.toml --check
  step 'Clippy has nothing to say of the model' \
    cargo clippy --locked --manifest-path tests/model/Cargo.toml --all-targets -- -D warnings
  step 'The kernel builds without its features' cargo check --locked --no-default-features
  step 'The kernel builds for WebAssembly' with_wasm cargo check --locked --target $wasm --features getrandom/wasm_js
  step 'Clippy has nothing to say of what JavaScript gets' with_wasm cargo clippy --locked --lib --features wasm --target $wasm -- -D warnings
  step 'The package builds' scripts/build-package.sh
  step 'Types and oxlint agree' npm run --silent check
}

tests() {
  step 'Kernel and Worker, natively' cargo test --locked --workspace
  step 'The model breaks no promise, and bites' cargo test --locked --manifest-path tests/model/Cargo.toml
  step 'The official vectors' cargo test --locked --manifest-path tests/conformance/Cargo.toml
  step 'The vectors, in WebAssembly' with_wasm cargo test --locked --target $wasm --lib
  step 'The second implementation makes the same vectors' node tests/vectors/generate.mjs --check
  step 'The Worker builds' scripts/build-worker.sh
  step 'The package, alone' npm run --silent unit
  step 'The package, over every store, and in bundles' npm run --silent package
  step 'Every runtime opens every vector' npm run --silent runtimes
  step 'The examples run' npm run --silent examples
  step 'The Worker answers as it should, in workerd' npm run --silent e2e
}

dependencies() {
  if command -v cargo-deny >/dev/null; then
    step 'Dependencies are what we allow' cargo deny --workspace check bans licenses sources
  fi
}

# step HEADING COMMAND...
step() {
  local heading=$1 began=$SECONDS log status=0
  shift
  count=$((count + 1))
  log=$logs/$(printf %02d $count).log
  printf '\n%s%s%s\n  $ %s\n' "$bold" "$heading" "$plain" "$(shown "$@")"
  if [ -n "${VERBOSE:-}" ]; then
    "$@" 2>&1 | tee "$log" || status=$?
  else
    "$@" >"$log" 2>&1 || status=$?
  fi
  if [ "$status" -ne 0 ]; then
    [ -n "${VERBOSE:-}" ] || tail -n 200 "$log"
    printf '%sFailed after %s s: %s%s\n' "$red" "$((SECONDS - began))" "$heading" "$plain"
    printf 'All it printed is in %s\n' "$log"
    exit 1
  fi
  [ -n "${VERBOSE:-}" ] || closing_lines "$log"
  printf '  ok, %s s\n' "$((SECONDS - began))"
}

shown() {
  [ "$1" != with_wasm ] || shift
  printf %s "$*"
}

# Of cargo's tests which binary ran and its `test result:`; of node's its summary.
closing_lines() {
  awk '
    /^ +(Running|Doc-tests) / { sub(/^ +/, ""); sub(/ \(.*/, ""); binary = $0 }
    /^test result:/ && !/ 0 passed; 0 failed; 0 ignored/ { print "  " binary ": " $0 }
    /^(ℹ|#) (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) / { print "  " $0 }
  ' "$1"
}

main "$@"
