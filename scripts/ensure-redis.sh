#!/usr/bin/env bash
# Prints the path of a redis-server that runs here. Where none is installed, Debian's is unpacked into .cache/redis:
# no service is installed or started, and no root is needed for it.
set -euo pipefail

installed=$(command -v redis-server || true)
if [ -n "$installed" ]; then
  echo "$installed"
  exit
fi

cache="$(cd "$(dirname "$0")/.." && pwd)/.cache/redis"
server="$cache/redis-server"
mkdir -p "$cache"

# Several test files may ask at the same time.
exec 9>"$cache/lock"
flock 9
if "$server" --version >/dev/null 2>&1; then
  echo "$server"
  exit
fi

packages="redis-server redis-tools liblzf1 libjemalloc2"
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  echo "redis-server is not on PATH and this is not Debian: install Redis 7 or newer" >&2
  exit 1
fi
unpacked="$cache/root"
mkdir -p "$unpacked" "$cache/debs"
cd "$cache/debs"
# The package lists may be old or absent; only root can renew them.
# shellcheck disable=SC2086
apt-get download $packages >&2 || { apt-get update >&2 && apt-get download $packages >&2; }
for package in ./*.deb; do dpkg -x "$package" "$unpacked"; done
rm -f ./*.deb

libraries=$(dirname "$(find "$unpacked" -name 'libjemalloc.so.2' | head -n 1)")
cat >"$server" <<END
#!/bin/sh
export LD_LIBRARY_PATH="$libraries\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "$unpacked/usr/bin/redis-server" "\$@"
END
chmod +x "$server"
"$server" --version >&2
echo "$server"
