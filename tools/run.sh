#!/usr/bin/env bash
# Runs mpsdscope with the given arguments; first installs what is missing and builds it. A second
# run builds nothing and starts at once.
#
#   ./tools/run.sh replay tests/golden/playtest/playtest.pcapng
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
build=$root/build/release
# shellcheck source=tools/packages.sh
. "$here/packages.sh"

install_packages "${BUILD_PACKAGES[@]}"
cd "$root"
if [ ! -f "$build/build.ninja" ]; then
  say "building mpsdscope, once, takes about two minutes"
  # Without the tests: they need more packages. test.sh turns them on, and then they stay on.
  quietly "configuring" cmake --preset release -DMPSDSCOPE_TESTS=OFF
fi
# The build system knows best whether there is anything to do.
quietly "building" cmake --build --preset release --target mpsdscope
cd "$OLDPWD"
exec "$build/mpsdscope" "$@"
