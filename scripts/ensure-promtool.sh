#!/usr/bin/env bash
# Prints the path of a promtool that runs here.
exec "$(dirname "$0")/ensure-debian.sh" promtool prometheus usr/bin/promtool --version "Prometheus 2.40"
