#!/usr/bin/env bash
# Prints the path of a promtool that runs here. Where none is installed, the one of Debian's package prometheus is
# unpacked into .cache/promtool: no service is installed or started, and no root is needed for it.
set -euo pipefail

installed=$(command -v promtool || true)
if [ -n "$installed" ]; then
  echo "$installed"
  exit
fi

cache="$(cd "$(dirname "$0")/.." && pwd)/.cache/promtool"
tool="$cache/root/usr/bin/promtool"
mkdir -p "$cache/debs"

# Several test files may ask at the same time.
exec 9>"$cache/lock"
flock 9
if "$tool" --version >/dev/null 2>&1; then
  echo "$tool"
  exit
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  echo "promtool is not on PATH and this is not Debian: install Prometheus 2.40 or newer" >&2
  exit 1
fi
cd "$cache/debs"
# The package lists may be old or absent; only root can renew them.
apt-get download prometheus >&2 || { apt-get update >&2 && apt-get download prometheus >&2; }
for package in ./*.deb; do dpkg -x "$package" "$cache/root"; done
rm -f ./*.deb
"$tool" --version >&2
echo "$tool"
