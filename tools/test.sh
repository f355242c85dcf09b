#!/usr/bin/env bash
# Everything that CI checks: builds with warnings as errors, the program end to end as it is shipped,
# the units and fuzz seeds under the address, undefined-behaviour and thread sanitizers (by clang,
# which compiles those faster, and warns of other things), formatting. Ends with a verdict.
#
#   ./tools/test.sh
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.." || exit 1
# shellcheck source=tools/packages.sh
. "$here/packages.sh"

failed=()
# step WORDS COMMAND...: runs it, says how long it took, remembers a failure.
step() {
  local what=$1 began=$SECONDS
  shift
  printf '\n== %s\n' "$what"
  if "$@"; then
    printf '== %s: ok, %d s\n' "$what" $((SECONDS - began))
  else
    printf '== %s: FAILED, %d s\n' "$what" $((SECONDS - began))
    failed+=("$what")
    return 1
  fi
}

# A test program's package must not start a service on this machine.
install_without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [ "$(id -u)" -eq 0 ] && [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    install_packages "$@" || status=$?
    rm -f "$policy"
    return "$status"
  fi
  install_packages "$@"
}

# build PRESET WORDS...: the words go to the build.
build() {
  local preset=$1 precompile=ON
  shift
  [ "$preset" != release ] || precompile=OFF
  quietly "configuring $preset" cmake --preset "$preset" -DMPSDSCOPE_TESTS=ON -DMPSDSCOPE_PRECOMPILE="$precompile" &&
    quietly "building $preset" cmake --build --preset "$preset" "$@"
}
# Most end-to-end tests wait for other programs, so more run at once than there are processors. Away
# from a terminal only what failed is shown.
run_tests() {
  local tests=(ctest --preset "$1" --parallel $((2 * $(nproc))) "${@:2}")
  if [ -t 1 ]; then "${tests[@]}" --progress; else "${tests[@]}" | grep -vE '^ +Start +[0-9]+:| Passed +[0-9.]+ sec$'; fi
}

# Sanitizers then say file and line without LLVM's own symbolizer.
export ASAN_OPTIONS=allow_addr2line=1 UBSAN_OPTIONS=allow_addr2line=1 TSAN_OPTIONS=allow_addr2line=1

step "packages" install_without_services "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" || exit 1
step "formatting and scripts" ./tools/lint.sh
step "build: release, warnings are errors" build release --target mpsdscope mpsdscope_texts &&
  step "tests: end to end, and the lints of the tree" run_tests release --tests-regex '^(e2e|lint)/'
step "build: address and undefined-behaviour sanitizers" build asan-ubsan &&
  step "tests: units and fuzz seeds, sanitized" run_tests asan-ubsan --exclude-regex '^(e2e|lint)/'
step "build: thread sanitizer" build tsan --target tools_test mpsdscope &&
  step "tests: threads, sanitized" run_tests tsan --tests-regex '^(tools/|e2e/playtest_test)'

printf '\n'
if [ ${#failed[@]} -gt 0 ]; then
  printf 'FAILED after %d s: %s\n' "$SECONDS" "$(IFS=';'; echo "${failed[*]}")"
  exit 1
fi
printf 'ALL GOOD after %d s\n' "$SECONDS"
