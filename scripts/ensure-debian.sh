#!/usr/bin/env bash
# Prints the path of a program that runs here. Where none is installed, the one of a Debian package that needs no others
# is unpacked into .cache: no service is installed or started, and no root is needed for it.
# Arguments: the program, its package, its path in that, the flag that asks for its version, what to install elsewhere.
set -euo pipefail
program=$1 package=$2 path=$3 version=$4 wanted=$5

installed=$(command -v "$program" || true)
if [ -n "$installed" ]; then
  echo "$installed"
  exit
fi

cache="$(cd "$(dirname "$0")/.." && pwd)/.cache/$program"
tool="$cache/root/$path"
mkdir -p "$cache/debs"

# Several test files may ask at the same time.
exec 9>"$cache/lock"
flock 9
if "$tool" "$version" >/dev/null 2>&1; then
  echo "$tool"
  exit
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  echo "$program is not on PATH and this is not Debian: install $wanted or newer" >&2
  exit 1
fi
cd "$cache/debs"
# The package lists may be old or absent; only root can renew them.
apt-get download "$package" >&2 || { apt-get update >&2 && apt-get download "$package" >&2; }
for deb in ./*.deb; do dpkg -x "$deb" "$cache/root"; done
rm -f ./*.deb
"$tool" "$version" >&2
echo "$tool"
