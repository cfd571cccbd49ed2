# shellcheck shell=bash
# Sourced by the other scripts: stands in the checkout's root, puts the project's own tools first on PATH, and sets what
# every build for WebAssembly must agree on, so that cargo finds its work already done whoever calls it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# wasm-bindgen and worker-build live in .tools/bin; Node 24, wrangler, esbuild and wasm-opt in node_modules/.bin.
own_tools=$root/.tools/bin:$root/node_modules/.bin
case :$PATH: in
*":$own_tools:"*) ;;
*) export PATH=$own_tools:$PATH ;;
esac

# shellcheck disable=SC2034 # for those who source this
wasm=wasm32-unknown-unknown
# sha2 has a SIMD implementation for WebAssembly. Every runtime we name has had SIMD for years.
wasm_flags=-Ctarget-feature=+simd128
# Panic messages carry source paths. Whose machine built it is nobody's business, and the same source should give the same
# bytes everywhere. (Flags are split at spaces, so a path that has one stays.)
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
case $registry in
*' '*) ;;
*) wasm_flags="$wasm_flags --remap-path-prefix=$registry=crates" ;;
esac
# Where the standard library's sources are installed, what is compiled of them here has their path.
sources=$(rustc --print sysroot 2>/dev/null || true)/lib/rustlib/src/rust
case $sources in
*' '*) ;;
*) wasm_flags="$wasm_flags --remap-path-prefix=$sources=rust" ;;
esac
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$wasm_flags
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
# worker-build sets this too; left out here, cargo would compile everything twice.
export WASM_BINDGEN_USE_JS_SYS=1

# No question asked, no statistics sent, no network used by wrangler's local mode; its logs and caches stay in the checkout.
export WRANGLER_SEND_METRICS=false WRANGLER_SEND_ERROR_REPORTS=false WRANGLER_HIDE_BANNER=true
export CLOUDFLARE_CF_FETCH_ENABLED=false
export WRANGLER_LOG_PATH=$root/.wrangler/logs WRANGLER_REGISTRY_PATH=$root/.wrangler/registry

# Runs a command with the Rust that can build for WebAssembly. That is the ordinary one, unless setup.sh had to build a
# standard library itself.
with_wasm() (
  # shellcheck source=/dev/null
  if [ -f .tools/env ]; then . .tools/env; fi
  "$@"
)

# Our own entry around what worker-build made: bundle_worker <its directory> <ours> [esbuild options].
bundle_worker() {
  mkdir -p "$2"
  cp worker/src/entry.js worker/src/shard.js "$1/"
  esbuild "$1/entry.js" --bundle --format=esm --log-level=warning "${@:3}" \
    --external:./index_bg.wasm --external:cloudflare:workers --outfile="$2/index.js"
  cp "$1/index_bg.wasm" "$2/index_bg.wasm"
}

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$(printf '\033[1m') red=$(printf '\033[31m') plain=$(printf '\033[0m')
else
  bold='' red='' plain=''
fi

say() { printf '%s\n' "$*" >&2; }

fail() {
  printf '%s%s%s\n' "$bold$red" "$1" "$plain" >&2
  shift
  [ $# -eq 0 ] || printf '%s\n' "$@" >&2
  exit 1
}
