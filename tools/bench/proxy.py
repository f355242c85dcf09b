"""Measures `mpsdscope proxy` beside haproxy, sslsplit and mitmproxy and prints medians, ratios and the targets.

    proxy.py PROGRAM DIRECTORY REPETITIONS [SECONDS] [SOAK]

Each proxy with one thread before the same nginx with one worker, TLS on both sides, loaded by wrk with one thread: 32
kept-alive connections, then a new connection for each request. They take turns within each repetition, SECONDS each.
mpsdscope logs every exchange to a file meanwhile, which is checked. Then the memory of idle connections, and how memory
grows in SOAK seconds of load. wrk, nginx and the proxy share the machine's processors, perhaps with others: the CPU
time that the proxy itself takes for a request says more than requests per second then, and so it does about threads.
"""
import json
import os
import platform
import re
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

import peers

CONNECTIONS = 32
IDLE = 2000
IDLE_OF_SLOW = 200  # mitmproxy takes a minute for so many
KIB, MIB = 1 << 10, 1 << 20
LOADS = {"kept alive": [], "new connections": ["close"]}
# A title without faults: it reads another session each time, with the version of the contract.
REQUESTS = """
local count, tail = 0, " HTTP/1.1\\r\\nHost: localhost\\r\\nx-xbl-contract-version: 107\\r\\n\\r\\n"
function init(args)
  if args[1] == "close" then tail = tail:sub(1, -3) .. "Connection: close\\r\\n\\r\\n" end
end
function request()
  count = count + 1
  return "GET %s" .. count .. tail
end
""" % peers.PATH
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
TARGETS = {"kept alive": (1.0, 1.2), "new connections": (1.0, None)}  # of haproxy's: requests/s at least, latency at most
TARGET_IDLE, TARGET_GROWTH = 100 * KIB, 1 * MIB


class Load:
    """One run of wrk against a peer: requests in all and per second, median latency in milliseconds, CPU time of the
    peer's threads in microseconds a request, the busiest first."""

    def __init__(self, peer, seconds, extra):
        before = peer.cpu()
        text = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "--latency",
                               "-s", peer.write("requests.lua", REQUESTS), f"https://localhost:{peer.port}", "--", *extra],
                              capture_output=True, text=True, check=True).stdout
        self.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
        value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", text).groups()
        self.latency = float(value) * UNITS[unit]
        self.requests = int(re.search(r"(\d+) requests in", text)[1])
        errors = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: connect ([1-9]\d*)", text)
        self.problem = errors[0] if errors else ""
        self.cpu = sorted(((seconds - before.get(thread, 0)) / self.requests * 1e6 for thread, seconds in peer.cpu().items()), reverse=True)


def check_log(path, requests):
    """A fast wrong answer is no answer: every answered request must be in the log, as a call without a defect."""
    calls = 0
    with open(path) as log:
        for line in log:
            record = json.loads(line)
            if record["type"] == "exchange" and record.get("row") == "200" and not record["defects"]:
                calls += 1
    if calls < requests:
        sys.exit(f"bench: the log holds {calls} good calls, but wrk counted {requests}")
    return calls


def measure_loads(start, names, repetitions, seconds):
    runs = {load: {name: [] for name in names} for load in LOADS}
    for _ in range(repetitions):
        for load, extra in LOADS.items():
            for name in names:
                peer = start(name)
                try:
                    run = Load(peer, seconds, extra)
                    memory = peer.memory()
                finally:
                    peer.stop()
                if run.problem:
                    print(f"  {name}: {run.problem}", file=sys.stderr)
                if name == "mpsdscope":
                    check_log(peer.log, run.requests)
                run.memory = memory
                runs[load][name].append(run)
    return runs


def print_loads(runs):
    for load, by_name in runs.items():
        print(f"\n{load}{'':<{18 - len(load)}}{'requests/s':>12}{'x haproxy':>11}{'latency ms':>12}{'x haproxy':>11}{'CPU us each':>13}{'x haproxy':>11}")
        rates = {name: statistics.median(run.rate for run in all_runs) for name, all_runs in by_name.items()}
        latencies = {name: statistics.median(run.latency for run in all_runs) for name, all_runs in by_name.items()}
        cpu = {name: statistics.median(sum(run.cpu) for run in all_runs) for name, all_runs in by_name.items()}
        for name in by_name:
            print(f"  {name:<16}{rates[name]:>12.0f}{rates[name] / rates['haproxy']:>11.2f}{latencies[name]:>12.2f}"
                  f"{latencies[name] / latencies['haproxy']:>11.2f}{cpu[name]:>13.1f}{cpu[name] / cpu['haproxy']:>11.2f}")
        least, most = TARGETS[load]
        ratio = rates["mpsdscope"] / rates["haproxy"]
        print(f"  target: at least {least:.1f} x haproxy's requests/s: {'reached' if ratio >= least else 'MISSED'}")
        if most:
            ratio = latencies["mpsdscope"] / latencies["haproxy"]
            print(f"  target: at most {most:.1f} x haproxy's median latency: {'reached' if ratio <= most else 'MISSED'}")


def idle_connections(port, count):
    """TLS connections that had one answer each and then say nothing."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = f"GET {peers.PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    sockets = []
    for _ in range(count):
        connection = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
        connection.sendall(request)
        answer = b""
        while len(answer) < len(peers.SESSION):
            answer += connection.recv(65536)
        sockets.append(connection)
    return sockets


def measure_idle(start, names):
    print(f"\nmemory of {IDLE} idle connections ({IDLE_OF_SLOW} of mitmproxy), each after one exchange")
    for name in names:
        peer, count = start(name), IDLE_OF_SLOW if name == "mitmproxy" else IDLE
        try:
            warm = idle_connections(peer.port, 20)
            before = peer.memory()
            sockets = idle_connections(peer.port, count)
            each = (peer.memory() - before) / count
            for connection in [*warm, *sockets]:
                connection.close()
        finally:
            peer.stop()
        verdict = ""
        if name == "mpsdscope":
            verdict = f"   target: at most {TARGET_IDLE // KIB} KiB: {'reached' if each <= TARGET_IDLE else 'MISSED'}"
        print(f"  {name:<16}{each / KIB:>8.1f} KiB each{verdict}")


def measure_growth(start, seconds):
    """Half of the load kept alive, half new connections; the first sixth may grow."""
    peer = start("mpsdscope")
    sizes = []
    try:
        step = max(1, seconds // 12)
        for turn in range(12):
            Load(peer, step, list(LOADS.values())[turn % 2])
            sizes.append(peer.memory())
    finally:
        peer.stop()
    growth = sizes[-1] - sizes[1]
    print(f"\nmemory in {12 * step} s of load: " + " ".join(f"{size / MIB:.1f}" for size in sizes) + " MiB")
    print(f"  growth after the first sixth: {growth / MIB:+.2f} MiB   target: at most {TARGET_GROWTH / MIB:.0f} MiB: "
          f"{'reached' if growth <= TARGET_GROWTH else 'MISSED'}")


def measure_threads(start, seconds):
    print("\nthreads, kept alive: CPU time of one request, and how it is spread over the threads")
    for threads in sorted({1, 2, os.cpu_count()}):
        peer = start("mpsdscope", threads)
        try:
            load = Load(peer, seconds, [])
            spread = " ".join(f"{100 * part / sum(load.cpu):.0f} %" for part in load.cpu[:threads])
            print(f"  {threads:<16}{load.rate:>12.0f} requests/s{sum(load.cpu):>10.1f} us each: {spread}")
        finally:
            peer.stop()


def main():
    program, kept, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seconds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    soak = int(sys.argv[5]) if len(sys.argv) > 5 else 60
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000) if hard > 0 else 20000, hard))
    with tempfile.TemporaryDirectory(dir=kept, prefix="proxy.") as directory:
        os.chmod(directory, 0o755)
        certificates = peers.Certificates(directory)
        origin = peers.Origin(directory, certificates)
        starters = {"haproxy": peers.Haproxy, "sslsplit": peers.Sslsplit, "mitmproxy": peers.Mitmproxy}

        def start(name, threads=1):
            if name == "mpsdscope":
                return peers.Mpsdscope(directory, certificates, origin, program, threads)
            return starters[name](directory, certificates, origin)
        names = ["mpsdscope", *starters]
        print(f"proxy: {platform.machine()}, {os.cpu_count()} processors, {CONNECTIONS} connections, {repetitions} x {seconds} s, medians")
        try:
            print_loads(measure_loads(start, names, repetitions, seconds))
            measure_idle(start, names)
            measure_threads(start, seconds)
            measure_growth(start, soak)
        finally:
            origin.stop()


if __name__ == "__main__":
    main()
