#!/usr/bin/env bash
# Prints the path of an nginx that runs here.
exec "$(dirname "$0")/ensure-debian.sh" nginx nginx usr/sbin/nginx -v "nginx 1.22"
