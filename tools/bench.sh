#!/bin/sh
# Whole-process speed and memory of `mpsdscope replay`, beside tcpdump (the floor: reading and copying) and
# tshark (what a user would pick otherwise). Takes its own captures first, 550 MB each of plain HTTP and of
# TLS 1.3, and keeps them for the next run.
#
#   tools/bench.sh [REPETITIONS]        default 5
#
#   MPSDSCOPE             the program                 default build/release/mpsdscope
#   MPSDSCOPE_BENCH_DIR   where the captures are kept default build/bench
#   MPSDSCOPE_BENCH_MB    size of a capture           default 550
set -eu
here=$(cd "$(dirname "$0")" && pwd)
directory=${MPSDSCOPE_BENCH_DIR:-$here/../build/bench}
program=${MPSDSCOPE:-$here/../build/release/mpsdscope}

for tool in python3 nginx h2load tcpdump tshark openssl; do
  command -v "$tool" >/dev/null || { echo "bench: $tool is missing (apt-get install python3 nginx-light nghttp2-client tcpdump tshark openssl)" >&2; exit 1; }
done
[ -x "$program" ] || { echo "bench: no program at $program; build it (cmake --build --preset release) or set MPSDSCOPE" >&2; exit 1; }

mkdir -p "$directory"
if [ ! -f "$directory/exchanges.json" ]; then
  python3 -B "$here/bench/capture.py" "$directory" "${MPSDSCOPE_BENCH_MB:-550}"
fi
exec python3 -B "$here/bench/measure.py" "$program" "$directory" "${1:-5}"
