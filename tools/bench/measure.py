"""Measures whole processes side by side and prints medians, ratios and the targets.

    measure.py PROGRAM DIRECTORY REPETITIONS

The programs take turns within each repetition, so that a busy moment of the machine falls on all of them;
the first turn only warms the page cache. tshark is slow: it gets one turn.
"""
import json
import os
import platform
import statistics
import struct
import subprocess
import sys
import tempfile
import time

FIELDS = ["frame.time_epoch", "ip.src", "tcp.stream", "http.host", "http.request.method", "http.request.uri",
          "http.response.code", "http.content_type"]
MIB = 1 << 20
RECORD = struct.Struct("<IIII")  # of a pcap packet: seconds, microseconds, bytes kept, bytes

# What is to be reached: (how often the tcpdump time at most, how often faster than tshark at least).
TARGETS = {"plain": (2.0, 60.0), "tls": (4.0, 40.0)}
PEAK_TARGET = 200 * MIB
RATE_RULES = {"rate-burst", "rate-sustained", "rate-certification"}
MOST_TOLD = 0.01  # of the exchanges


class Turn:
    """One finished process: seconds of wall and of CPU time, bytes of peak resident memory.

    The system counts the memory of this script, about 15 MiB, as a child's before it became the program: smaller
    peaks than that do not show.
    """

    def __init__(self, command):
        with open(os.devnull, "r+b") as null, tempfile.TemporaryFile() as errors:
            begin = time.monotonic()
            process = subprocess.Popen(command, stdin=null, stdout=null, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            self.wall = time.monotonic() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                errors.seek(0)
                sys.exit(f"bench: {' '.join(command)}: exit {process.returncode}\n" + errors.read().decode())
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024


def median(turns):
    result = object.__new__(Turn)
    for fact in ("wall", "cpu", "peak"):
        setattr(result, fact, statistics.median(getattr(turn, fact) for turn in turns))
    return result


def check_output(path, expected):
    """A fast wrong answer is no answer: every exchange of the capture must be in the log, read and clean. Only that
    a user makes many calls may be said, at a few of them: there are limits to that, and this is a benchmark."""
    found = clean = told = 0
    with open(path) as log:
        for line in log:
            if '"type":"exchange"' in line:
                record = json.loads(line)
                found += 1
                rules = [violation["rule"] for violation in record["violations"]]
                clean += record.get("row") == "200" and not record["defects"] and set(rules) <= RATE_RULES
                told += bool(rules)
    if (found, clean) != (expected, expected) or told > expected * MOST_TOLD:
        sys.exit(f"bench: {path}: {found} exchanges, {clean} of them clean, {told} with a finding; "
                 f"{expected} were captured. Captures of an older benchmark have other calls: remove them")


def double(capture, into):
    """The capture twice in a row, as one pcap file. The second time is a day later: the same packets at the same
    time would be duplicates, and dropped. Read in pieces, for children count this process's memory as theirs."""
    with open(into, "wb") as out:
        for later in (0, 86_400):
            with open(capture, "rb") as source:
                head = source.read(24)
                if not later:
                    out.write(head)
                while record := source.read(16):
                    seconds, fraction, kept, length = RECORD.unpack(record)
                    out.write(RECORD.pack(seconds + later, fraction, kept, length))
                    out.write(source.read(kept))


def row(name, turn, floor=None):
    ratio = f"{turn.wall / floor.wall:7.2f} x tcpdump" if floor else ""
    print(f"  {name:<30}{turn.wall:9.3f} s wall{turn.cpu:9.3f} s CPU{turn.peak / MIB:9.1f} MiB peak {ratio}")


def verdict(what, value, limit, reached):
    print(f"  {'reached' if reached else 'MISSED ':<8} {what}: {value} (target {limit})")


def fresh(log):
    """Each turn writes a new file: emptying the one of the turn before would count as this one's time."""
    if os.path.exists(log):
        os.remove(log)


def measure(name, program, directory, repetitions, exchanges, scratch):
    capture, keys = f"{directory}/{name}.pcap", f"{directory}/{name}.keys"
    log, doubled = f"{scratch}/{name}.jsonl", f"{scratch}/doubled.pcap"
    keylog = ["--keylog", keys] if name == "tls" else []
    replay = [program, "replay", "--format", "jsonl", "--out", log]
    tshark = ["tshark", "-r", capture, "-T", "fields"]
    tshark += [part for field in FIELDS for part in ("-e", field)]
    if keylog:
        tshark += ["-o", "tls.keylog_file:" + keys]

    contestants = {"tcpdump": ["tcpdump", "-r", capture, "-w", "/dev/null"],
                   "mpsdscope": [*replay, *keylog, capture],
                   "mpsdscope, 1 thread": [*replay, "--threads", "1", *keylog, capture]}
    turns = {contestant: [] for contestant in contestants}
    for repetition in range(repetitions + 1):
        for contestant, command in contestants.items():
            fresh(log)
            turn = Turn(command)
            if repetition:
                turns[contestant].append(turn)
            elif contestant != "tcpdump":
                check_output(log, exchanges)
    floor, ours, single = (median(turns[contestant]) for contestant in contestants)
    double(capture, doubled)
    fresh(log)
    twice = Turn([*replay, *keylog, doubled])
    check_output(log, 2 * exchanges)
    os.remove(doubled)
    picked = Turn(tshark)

    size = os.path.getsize(capture)
    print(f"\n{name}: {size / 1e6:.0f} MB, {exchanges} exchanges, medians of {repetitions}")
    row("tcpdump -r -w /dev/null", floor)
    row("mpsdscope replay", ours, floor)
    row("mpsdscope replay --threads 1", single, floor)
    row("mpsdscope replay, doubled", twice)
    row("tshark -T fields", picked, floor)
    print(f"  mpsdscope: {ours.wall / exchanges * 1e6:.2f} us an exchange, {size / ours.wall / 1e6:.0f} MB/s")
    slower, faster = TARGETS[name]
    ratio, gain = ours.wall / floor.wall, picked.wall / ours.wall
    verdict("time of tcpdump", f"{ratio:.2f} x", f"at most {slower:g} x", ratio <= slower)
    verdict("faster than tshark", f"{gain:.0f} x", f"at least {faster:g} x", gain >= faster)
    verdict("peak memory", f"{ours.peak / MIB:.0f} MiB", f"under {PEAK_TARGET // MIB} MiB", ours.peak < PEAK_TARGET)
    verdict("peak memory when doubled", f"{twice.peak / ours.peak:.2f} x", "at most 1.10 x", twice.peak <= 1.1 * ours.peak)


def main():
    program, directory, repetitions = os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with open(f"{directory}/exchanges.json") as file:
        exchanges = json.load(file)
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print(f"{os.cpu_count()} processors, {model}, Linux {platform.release()}")
    with tempfile.TemporaryDirectory(prefix="mpsdscope-bench.", dir=directory) as scratch:
        for name in TARGETS:
            measure(name, program, directory, repetitions, exchanges[name], scratch)


if __name__ == "__main__":
    main()
