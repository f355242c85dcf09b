#!/usr/bin/env bash
# Static analysis of the program's sources by clang-tidy; .clang-tidy has the checks. Half an hour on two
# processors for all of them, so CI does not wait for it.
#
#   ./tools/tidy.sh [FILE.cc...]      default: all
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/packages.sh
. "$here/packages.sh"
cd "$here/.."

install_packages "${BUILD_PACKAGES[@]}" clang-tidy-14
quietly "configuring" cmake --preset debug -DMPSDSCOPE_TESTS=OFF  # writes how each file is compiled
shopt -s nullglob
[ $# -gt 0 ] || set -- {capture,decode,rules,tools}/{,*/}*.cc
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -n 1 clang-tidy-14 -p build/debug --quiet
