#!/usr/bin/env bash
# Prints the path of a Chromium that runs here. Where none is installed, Debian's is: it needs root and its packages.
set -euo pipefail

find_one() {
  for name in chromium chromium-browser google-chrome-stable google-chrome; do
    command -v "$name" && return
  done
  return 1
}

find_one && exit

if ! command -v apt-get >/dev/null; then
  echo "No Chromium is on PATH and this is not Debian: install Chromium or Chrome" >&2
  exit 1
fi
root=""
[ "$(id -u)" = 0 ] || root="sudo -n"
cache="$(cd "$(dirname "$0")/.." && pwd)/.cache"
mkdir -p "$cache"

# Several test files may ask at the same time.
exec 9>"$cache/chromium.lock"
flock 9
find_one && exit
export DEBIAN_FRONTEND=noninteractive
# The package lists may be old or absent.
$root apt-get install -y --no-install-recommends chromium >&2 ||
  { $root apt-get update >&2 && $root apt-get install -y --no-install-recommends chromium >&2; }
find_one
