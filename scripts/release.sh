#!/usr/bin/env bash
# Whether this can be released: one version everywhere, and what would be published. Publishes nothing.
# `scripts/release.sh v1.2.3` also asks for that version and for its section in the changelog.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "$0")/env.sh"

main() {
  local crate package
  crate=$(sed -n '/^\[workspace.package\]/,/^\[/ s/^version = "\(.*\)"/\1/p' Cargo.toml)
  package=$(node -p 'require("./pkg/package.json").version')
  [ "$crate" = "$package" ] || fail "Two versions: $crate in Cargo.toml, $package in pkg/package.json"
  [ -z "${1:-}" ] || is_tagged "$1" "$crate"

  say "The crate, $crate:"
  local dirty=(--allow-dirty)
  # Of a release, what was committed and nothing else; and that must build by itself.
  if [ -n "${1:-}" ]; then dirty=() && cargo publish --dry-run --locked --package sealed-session; fi
  cargo package --list --locked --package sealed-session "${dirty[@]}"
  say "The package, $package:"
  (cd pkg && npm publish --dry-run --ignore-scripts --offline --loglevel notice 2>&1)
}

is_tagged() {
  [ "$1" = "v$2" ] || fail "The tag is $1, and the version $2"
  grep -q "^## \[$2\]" CHANGELOG.md || fail "CHANGELOG.md has no section for $2"
}

main "$@"
