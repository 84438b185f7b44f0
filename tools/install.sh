#!/bin/sh
# Installs the npm packages that Skiff needs, unless they are there; among them a Node.js that is new enough.
# Prints nothing when there is nothing to do.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd -P)
stamp=$root/node_modules/.package-lock.json

if [ -e "$stamp" ] && [ ! "$root/package-lock.json" -nt "$stamp" ]; then
  exit 0
fi
if ! command -v npm >/dev/null; then
  printf 'skiff: npm is not installed\n  install Node.js with npm, for example: apt-get install nodejs npm\n' >&2
  exit 1
fi
echo 'skiff: installing npm packages (once) …' >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Not `npm ci`: that refuses a lock file without the packages of every other platform, which not all registries carry.
if ! (cd "$root" && npm install --no-save --no-audit --no-fund --loglevel=error >"$log" 2>&1); then
  cat "$log" >&2
  printf 'skiff: npm install failed\n  is the npm registry in reach?\n' >&2
  exit 1
fi
touch "$stamp"
