#!/usr/bin/env bash
# Prints the path of an nginx that runs here. Where none is installed, the one of Debian's package nginx is unpacked
# into .cache/nginx: no service is installed or started, and no root is needed for it.
set -euo pipefail

installed=$(command -v nginx || true)
if [ -n "$installed" ]; then
  echo "$installed"
  exit
fi

cache="$(cd "$(dirname "$0")/.." && pwd)/.cache/nginx"
tool="$cache/root/usr/sbin/nginx"
mkdir -p "$cache/debs"

# Several test files may ask at the same time.
exec 9>"$cache/lock"
flock 9
if "$tool" -v >/dev/null 2>&1; then
  echo "$tool"
  exit
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  echo "nginx is not on PATH and this is not Debian: install nginx 1.22 or newer" >&2
  exit 1
fi
cd "$cache/debs"
# The package lists may be old or absent; only root can renew them.
apt-get download nginx >&2 || { apt-get update >&2 && apt-get download nginx >&2; }
for package in ./*.deb; do dpkg -x "$package" "$cache/root"; done
rm -f ./*.deb
"$tool" -v >&2
echo "$tool"
