# Debian 12 packages, how they are installed, and the build of the program itself. Sourced by the scripts beside it.
# shellcheck shell=bash disable=SC2034

# To build and run the program.
BUILD_PACKAGES=(
  g++ cmake ninja-build pkg-config
  libpcap-dev libssl-dev zlib1g-dev libzstd-dev libbrotli-dev
  node-llhttp libnghttp2-dev libsimdjson-dev libspdlog-dev libcli11-dev
  libre2-dev libncurses-dev libtomlplusplus-dev
  ca-certificates
)
# To run everything that CI checks: the tests, and the real programs that they set against ours.
TEST_PACKAGES=(
  libgtest-dev libgmock-dev libbenchmark-dev python3 clang-format-14 shellcheck
  clang-14 libclang-rt-14-dev
  chromium curl nginx-light openssl tshark tcpdump nghttp2-client brotli zstd gzip procps iproute2 nftables util-linux tmux
  zsh fish mandoc man-db dpkg-dev file prometheus
)
# To make the Debian package.
PACKAGE_PACKAGES=(dpkg-dev file)
# What tools/bench.sh measures against.
BENCH_PACKAGES=(cmake libbenchmark-dev python3 nginx-light nghttp2-client tcpdump tshark openssl wrk haproxy sslsplit mitmproxy tmux)

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

# install_packages NAME...: installs those that are missing; quick and silent when none is.
install_packages() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { say "not root and no sudo; missing packages: ${missing[*]}"; return 1; }
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  local log
  log=$(mktemp)
  if ! "${as_root[@]}" apt-get -qq update >"$log" 2>&1 ||
     ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
         apt-get -qq install --yes --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    say "installation failed; missing packages: ${missing[*]}"
    return 1
  fi
  rm -f "$log"
}

# quietly WORDS COMMAND...: runs the command; its output appears only if it fails.
quietly() {
  local what=$1 log
  shift
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    say "$what failed"
    return 1
  fi
  rm -f "$log"
}

# build_program PRESET TARGET...: in the root of the tree; configures the build first if there is none yet.
build_program() {
  local preset=$1
  shift
  if [ ! -f "build/$preset/build.ninja" ]; then
    say "building mpsdscope, once, takes about four minutes on two processors"
    # Without the tests: they need more packages. test.sh turns them on, and then they stay on.
    quietly "configuring" cmake --preset "$preset" -DMPSDSCOPE_TESTS=OFF
  fi
  # The build system knows best whether there is anything to do.
  quietly "building" cmake --build --preset "$preset" --target "$@"
}
