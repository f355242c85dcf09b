#!/usr/bin/env bash
# Builds the Debian package and prints its path; installs what that takes first.
#
#   ./tools/package.sh      build/mpsdscope_VERSION_ARCHITECTURE.deb
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/packages.sh
. "$here/packages.sh"

install_packages "${BUILD_PACKAGES[@]}" "${PACKAGE_PACKAGES[@]}"
cd "$here/.."
build_program package mpsdscope mpsdscope_texts
rm -f build/mpsdscope_*.deb
quietly "packaging" cpack -G DEB --config build/package/CPackConfig.cmake -B build/package/deb
mv build/package/deb/mpsdscope_*.deb build/
ls "$PWD"/build/mpsdscope_*.deb
