#!/usr/bin/env bash
# Gets what building and testing take, into node_modules/ and .tools/: npm's packages, Rust's standard library for
# WebAssembly, wasm-bindgen, worker-build and, where it can, Redis. Each part looks first whether it is there already, so
# running this again takes no time.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"

worker_build_version=0.8.7

main() {
  mkdir -p .tools/log .tools/stamp
  check_rust
  npm_packages
  wasm_target
  wasm_bindgen
  worker_build
  redis_server
  nodes
  chromium
}

# --- what must be there already ---

check_rust() {
  local need have
  have_all cargo rustc || fail 'Rust is missing: cargo and rustc are not on the PATH' \
    'Install it with rustup (https://rustup.rs), then run this again.'
  need=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  have=$(rustc --version | sed 's/^rustc \([0-9.]*\).*/\1/')
  at_least "$have" "$need" || fail \
    "Rust is too old: this is $have, and $need or newer is needed" \
    'Run: rustup update stable'
}

check_node() {
  have_all node npm || fail 'Node.js is missing: node and npm are not on the PATH' \
    'Install Node.js 20 or newer, with npm, from https://nodejs.org or your package manager, then run this again.'
  at_least "$(node --version | sed 's/^v//')" 20.0 || fail \
    "Node.js is too old: this is $(node --version), and 20 or newer is needed"
}

have_all() {
  local program
  for program in "$@"; do command -v "$program" >/dev/null || return; done
}

# Is version $1 at least $2? Major and minor are compared.
at_least() {
  local a=$1.0 b=$2.0 a_rest b_rest
  a_rest=${a#*.} b_rest=${b#*.}
  [ "${a%%.*}" -gt "${b%%.*}" ] || { [ "${a%%.*}" -eq "${b%%.*}" ] && [ "${a_rest%%.*}" -ge "${b_rest%%.*}" ]; }
}

# --- npm ---

npm_packages() {
  if [ -x node_modules/.bin/node ] && [ -x node_modules/.bin/wrangler ] &&
    cmp -s package-lock.json .tools/stamp/package-lock.json; then
    return
  fi
  # `npm ci` begins by removing node_modules, so it must not run on the Node.js in there.
  local path=$PATH
  PATH=$(without "$root/node_modules/.bin")
  check_node
  enough_disk
  rm -f .tools/stamp/package-lock.json
  long_step npm 'npm packages' '10–60 s' npm_install
  cp package-lock.json .tools/stamp/package-lock.json
  PATH=$path
}

# A registry that lacks some platforms' packages leaves them out of the lock file that is written there; `npm ci` calls that
# out of step (EUSAGE). `npm install` takes the same locked versions then, and writes nothing.
npm_install() {
  local log=.tools/log/npm-ci.log
  npm ci --no-progress >$log 2>&1 && return
  cat $log
  grep -q EUSAGE $log && npm install --no-save --no-progress
}

# PATH less one directory.
without() {
  local path=:$PATH:
  path=${path//":$1:"/:}
  path=${path#:}
  printf %s "${path%:}"
}

# --- Rust for WebAssembly ---

# First whatever Rust is there, then rustup, then, where Rust's own servers cannot be reached, a standard library built
# from Debian's source packages. SEALED_WASM_STD=debian goes for the last one at once.
wasm_target() {
  if [ "${SEALED_WASM_STD:-}" != debian ]; then
    if has_wasm_std rustc; then
      rm -f .tools/env
      return
    fi
    if ! debian_std_is_current && rustup_target; then
      rm -f .tools/env
      return
    fi
  fi
  debian_std_is_current || debian_std
  debian_env >.tools/env
}

has_wasm_std() {
  local lib
  lib=$("$1" --print target-libdir --target $wasm 2>/dev/null) && ls "$lib"/libcore-*.rlib >/dev/null 2>&1
}

rustup_target() {
  command -v rustup >/dev/null || return 1
  say "Set-up: rustup target add $wasm"
  rustup target add $wasm >.tools/log/rustup.log 2>&1 && has_wasm_std rustc
}

std=.tools/wasm-std

debian_std_is_current() {
  [ -x /usr/bin/rustc ] && has_wasm_std $std/bin/rustc &&
    /usr/bin/rustc -vV | cmp -s - $std/built-by
}

debian_std() {
  command -v apt-get >/dev/null || no_wasm_std 'this is not a Debian system, so there is no other way to build one'
  say "Set-up: rustup has no $wasm to offer; building its standard library from Debian's packages instead"
  apt_install rustc-web cargo-web rust-web-src
  /usr/bin/rustc --version >/dev/null 2>&1 || no_wasm_std "Debian's rustc-web did not install /usr/bin/rustc"
  local need have
  need=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  have=$(/usr/bin/rustc --version | sed 's/^rustc \([0-9.]*\).*/\1/')
  at_least "$have" "$need" || no_wasm_std "Debian's Rust is $have, and $need or newer is needed"
  apt_install "lld-$(debian_llvm)"

  rm -rf $std
  mkdir -p $std/src/src $std/bin $std/lib/rustlib/$wasm/lib
  printf '#![no_std]\n' >$std/src/src/lib.rs
  cat >$std/src/Cargo.toml <<'TOML'
[package]
name = "nothing"
edition = "2024"

[profile.release]
panic = "abort"

[workspace]
TOML
  enough_disk
  long_step wasm-std "Rust's standard library for WebAssembly" '20–90 s' build_std

  # A sysroot whose host half is Debian's own; what was just built is its WebAssembly half.
  local host
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  ln -s "/usr/lib/rustlib/$host" /usr/lib/rustlib/src $std/lib/rustlib/
  find $std/src/target/$wasm/release/deps -name '*.rlib' ! -name 'libnothing-*' \
    -exec cp {} $std/lib/rustlib/$wasm/lib/ \;
  rm -rf $std/src
  local tool
  for tool in rustc rustdoc; do
    # shellcheck disable=SC2016 # expanded where the wrapper runs
    printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "${0%%/bin/%s}" "$@"\n' $tool $tool >$std/bin/$tool
    chmod +x $std/bin/$tool
  done
  ln -s /usr/bin/cargo $std/bin/cargo
  /usr/bin/rustc -vV >$std/built-by
  # A standard library that is new, though its version is not, would not match what was compiled against the last one.
  rm -rf "${CARGO_TARGET_DIR:-target}/$wasm"
}

debian_env() {
  cat <<SH
# Written by scripts/setup.sh: Debian's Rust with a standard library for WebAssembly, for builds of that target alone.
export PATH="\$root/$std/bin:\$PATH"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-$(debian_llvm)
unset RUSTC RUSTDOC
SH
}

debian_llvm() { /usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p'; }

# With embedded bitcode, since the release profile's fat LTO reads it. -Z is for nightly Rust, hence RUSTC_BOOTSTRAP.
build_std() (
  cd $std/src
  unset CARGO_TARGET_DIR RUSTDOC CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes /usr/bin/cargo build --release \
    --target $wasm -Z build-std=std,panic_abort,panic_unwind,test
)

apt_install() {
  local missing='' package sudo=''
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    may_install || no_wasm_std "Debian's packages can stand in, but installing them takes root:" \
      "  sudo apt-get install$missing"
    sudo=sudo
  fi
  # shellcheck disable=SC2086 # a list of words
  long_step apt "apt-get install$missing" '20–60 s' \
    $sudo sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive exec apt-get install -y --no-install-recommends "$@"' \
    apt $missing
}

may_install() { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }

no_wasm_std() {
  fail "Rust here cannot build for WebAssembly: $1" "${@:2}" \
    "Where Rust's servers can be reached, this is all it takes: rustup target add $wasm" \
    "(What rustup said is in .tools/log/rustup.log.)"
}

# --- tools written in Rust ---

# The version is Cargo.lock's: the command-line tool must be the library's exact twin.
wasm_bindgen() {
  local version
  version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/version = |"/, ""); print; exit }' Cargo.lock)
  [ "$(version_of wasm-bindgen)" = "$version" ] && [ "$(version_of wasm-bindgen-test-runner)" = "$version" ] && return
  # Without --locked: its lock file may name releases that were withdrawn since.
  cargo_install wasm-bindgen-cli "$version" '1–2 minutes'
}

worker_build() {
  [ "$(version_of worker-build)" = $worker_build_version ] && return
  if [ "$(uname)" = Linux ] && command -v pkg-config >/dev/null && ! pkg-config --exists openssl; then
    fail "worker-build needs OpenSSL's headers to compile" \
      'Install libssl-dev (Debian, Ubuntu) or openssl-devel (Fedora), then run this again.'
  fi
  cargo_install worker-build $worker_build_version '1–2 minutes' --locked
}

version_of() { "$1" --version 2>/dev/null | awk '{ print $NF; exit }'; }

cargo_install() {
  local crate=$1 version=$2 duration=$3
  shift 3
  enough_disk
  # One target directory for both tools, so that an interrupted set-up goes on where it stopped. And no optimization: what
  # it would save in seconds per run, it costs in minutes here.
  CARGO_TARGET_DIR=$root/.tools/target CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off long_step "$crate" "$crate $version" "$duration" \
    cargo install "$crate" --version "$version" --root .tools --force "$@"
}

# --- Redis, which tests start for themselves ---

# Debian's redis-server would start one for the whole system as well. Its program is in redis-tools, too, and goes by the
# name that it is called by.
redis_server() {
  command -v redis-server >/dev/null && return
  local program=/usr/bin/redis-check-rdb
  if [ ! -x $program ] && command -v apt-get >/dev/null && may_install; then
    (apt_install redis-tools) || say 'Set-up: going on without it'
  fi
  if [ -x $program ]; then
    ln -sf $program .tools/bin/redis-server
    return
  fi
  say "${bold}Set-up: there is no redis-server here, so the tests that need one will be skipped.$plain"
  say 'Install Redis (Debian, Ubuntu: sudo apt-get install redis-tools; macOS: brew install redis), then run this again.'
}

# --- runtimes that the package is tested in, besides those of npm_packages ---

nodes() {
  local version
  for version in $(tr -d '[]",' <tests/runtimes/nodes.json); do node_release "$version"; done
}

# In a directory of its own: as a package of this project its program would stand in the way of the one we use.
node_release() {
  local at=.tools/runtimes/node-$1
  [ ! -x "$at/node_modules/node/bin/node" ] || return 0
  enough_disk
  rm -rf "$at" "$at.part"
  mkdir -p "$at.part"
  long_step "node-$1" "Node.js $1" '5–30 s' npm install --prefix "$at.part" --no-save --no-progress "node@$1"
  "$at.part/node_modules/node/bin/node" --version >/dev/null || fail "Node.js $1 does not run here"
  mv "$at.part" "$at"
}

# The part of Chromium that needs no screen, where Debian has it.
chromium() {
  local program
  for program in chromium-headless-shell chromium google-chrome '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'; do
    ! command -v "$program" >/dev/null || return 0
  done
  if command -v apt-get >/dev/null && may_install; then
    if (apt_install chromium-headless-shell); then return; fi
  fi
  say "${bold}Set-up: there is no Chromium here, so nothing will be tested in a browser.$plain"
  say 'Install it (Debian: sudo apt-get install chromium-headless-shell; others: Google Chrome), then run this again.'
}

# --- how it is told ---

# long_step LOG WHAT DURATION COMMAND...: says what it does and how long that takes; the command's own words go to a log,
# whose end is shown when it fails.
long_step() {
  local log=.tools/log/$1.log what=$2 duration=$3 began=$SECONDS
  shift 3
  say "Set-up: $what (once, $duration)"
  if "$@" >"$log" 2>&1; then
    say "        done in $((SECONDS - began)) s"
    return
  fi
  tail -n 20 "$log" >&2
  local hint='The whole log is there.'
  if [ "$(free_megabytes)" -lt 200 ] || grep -qiE 'no space left|ENOSPC' "$log"; then
    hint='The disk is full: about 4 GB are needed.'
  elif grep -qiE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|could ?n.t resolve host|could not connect|failed to connect|network is unreachable|temporary failure|download of .* failed|spurious network' "$log"; then
    hint='It looks as if there were no network: set-up downloads packages, everything after it works without.'
  elif grep -qiE 'linker .cc. not found|is .?cc.? installed|no such file or directory.*cc' "$log"; then
    hint='A C compiler is missing: install build-essential (Debian, Ubuntu) or run xcode-select --install (macOS).'
  elif grep -qi 'openssl' "$log"; then
    hint="OpenSSL's headers or pkg-config are missing: install libssl-dev and pkg-config (Debian, Ubuntu)."
  fi
  fail "Set-up failed at: $what (log: $log)" "$hint" 'What is already there stays; run the same command again to go on.'
}

enough_disk() {
  local free
  free=$(free_megabytes)
  [ "$free" -ge 1000 ] || fail "The disk is nearly full: $free MB are free here, and about 4 GB are needed in all"
  [ "$free" -ge 4000 ] || say "Set-up: only $free MB are free here, and about 4 GB are needed in all; going on"
}

free_megabytes() { df -Pk . | awk 'NR == 2 { print int($4 / 1024) }'; }

main
rm -rf .tools/target
