#!/usr/bin/env bash
# Formatting of the sources and errors in the shell scripts. With --fix: formats.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mapfile -t sources < <(git ls-files -- '*.h' '*.cc' 2>/dev/null || find capture decode rules tests tools -name '*.h' -o -name '*.cc')
if [ "${1-}" = --fix ]; then
  exec clang-format-14 -i "${sources[@]}"
fi
clang-format-14 --dry-run --Werror "${sources[@]}"
shellcheck --external-sources tools/*.sh
