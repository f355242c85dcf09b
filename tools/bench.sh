#!/usr/bin/env bash
# Whole-process speed and memory. `mpsdscope replay`, beside tcpdump (the floor: reading and copying) and
# tshark (what a user would pick otherwise), over captures that it takes first, 550 MB each of plain HTTP and of
# TLS 1.3, kept for the next run. `mpsdscope proxy`, beside haproxy (the limit: no inspection), sslsplit and
# mitmproxy, all before the same nginx. The rules: the engine's time for an exchange, against its bar.
# `mpsdscope tail --screen` at 300x100 over a log that grows by 50,000 records a second. Installs what it needs.
#
#   tools/bench.sh [REPETITIONS] [replay|proxy|rules|screen]      default 5, all
#
#   MPSDSCOPE             the program                  default build/release/mpsdscope
#   MPSDSCOPE_BENCH_DIR   where the captures are kept  default build/bench
#   MPSDSCOPE_BENCH_MB    size of a capture            default 550
#   MPSDSCOPE_BENCH_SOAK  seconds of load in which the proxy's memory must not grow, default 60
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/packages.sh
. "$here/packages.sh"
directory=${MPSDSCOPE_BENCH_DIR:-$here/../build/bench}
program=${MPSDSCOPE:-$here/../build/release/mpsdscope}
repetitions=${1:-5}
part=${2:-all}

case $part in replay | proxy | rules | screen | all) ;; *) say "unknown part '$part': replay, proxy, rules or screen"; exit 2 ;; esac
[ -x "$program" ] || { say "no program at $program; build it (cmake --build --preset release) or set MPSDSCOPE"; exit 1; }
install_packages "${BENCH_PACKAGES[@]}"
if [ "$part" = rules ] || [ "$part" = all ]; then
  build=$(dirname "$program")
  quietly "building the benchmark" cmake --build "$build" --target engine_bench
  "$build/tests/engine_bench" --benchmark_repetitions="$repetitions" --benchmark_report_aggregates_only=true
fi
mkdir -p "$directory"

if [ "$part" = replay ] || [ "$part" = all ]; then
  if [ ! -f "$directory/exchanges.json" ]; then
    python3 -B "$here/bench/capture.py" "$directory" "${MPSDSCOPE_BENCH_MB:-550}"
  fi
  python3 -B "$here/bench/measure.py" "$program" "$directory" "$repetitions"
fi
if [ "$part" = proxy ] || [ "$part" = all ]; then
  python3 -B "$here/bench/proxy.py" "$program" "$directory" "$repetitions" 5 "${MPSDSCOPE_BENCH_SOAK:-60}"
fi
if [ "$part" = screen ] || [ "$part" = all ]; then
  python3 -B "$here/bench/screen.py" "$program" "$directory"
fi
