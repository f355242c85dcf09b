#!/usr/bin/env bash
# Runs mpsdscope with the given arguments; first installs what is missing and builds it. A second
# run builds nothing and starts at once.
#
#   ./tools/run.sh replay tests/golden/playtest/playtest.pcapng
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
# shellcheck source=tools/packages.sh
. "$here/packages.sh"

install_packages "${BUILD_PACKAGES[@]}"
cd "$root"
build_program release mpsdscope
cd "$OLDPWD"
exec "$root/build/release/mpsdscope" "$@"
