"""Runs the program under test and reads its log. Imported by the tests beside it."""
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOLDEN = os.path.join(REPOSITORY, "tests", "golden")
PLAYTEST = os.path.join(GOLDEN, "playtest", "playtest.pcapng")
sys.path.insert(0, GOLDEN)

PROGRAM = os.environ.get("MPSDSCOPE") or os.path.join(REPOSITORY, "build", "release", "mpsdscope")
PATIENCE = int(os.environ.get("MPSDSCOPE_PATIENCE", 60))  # seconds that a single step may take at most; nothing waits for it when all is well

_scratch = tempfile.mkdtemp(prefix="mpsdscope-e2e.")
os.chmod(_scratch, 0o755)  # other users read and serve from here
atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
_count = 0
# The configuration of whoever runs the tests is none of theirs.
os.environ.update(XDG_CONFIG_HOME=os.path.join(_scratch, "no-configuration"))
os.environ.pop("MPSDSCOPE_CONFIG", None)


def scratch(name="file"):
    """A fresh path in a directory that lives as long as the process."""
    global _count
    _count += 1
    return os.path.join(_scratch, f"{_count:04d}-{name}")


def file(data, name="capture.pcap"):
    path = scratch(name)
    with open(path, "wb") as out:
        out.write(data.encode() if isinstance(data, str) else data)
    return path


class Run:
    """A finished run."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def records(self):
        return [json.loads(line) for line in self.out.decode().splitlines()]

    def of_type(self, kind):
        return [record for record in self.records if record["type"] == kind]

    @property
    def exchanges(self):
        return self.of_type("exchange")

    @property
    def summary(self):
        return self.of_type("summary")[-1]

    def counter(self, name):
        return self.summary["counters"].get(name, 0)

    def body(self):
        """The log without its first record, which names the input files."""
        return self.out.split(b"\n", 1)[1]


def run(*arguments, stdin=b"", environment=None):
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, timeout=PATIENCE * 2,
                          env={**os.environ, **(environment or {})})
    if done.returncode < 0 or b"Sanitizer" in done.stderr or b"runtime error" in done.stderr:
        raise AssertionError(f"{PROGRAM} {arguments}: died with {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return Run(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def replay(*captures, options=(), stdin=b"", code=0):
    """Replays captures (paths, or bytes that are written to a file first) to a log."""
    paths = [file(capture) if isinstance(capture, bytes) else capture for capture in captures]
    done = run("replay", "--format", "jsonl", *options, *paths, stdin=stdin)
    if code is not None and done.code != code:
        raise AssertionError(f"replay {options} {paths}: exit {done.code}, expected {code}\n{done.err}")
    return done


def facts(exchange, columns=("method", "status", "target", "row", "variant", "rules", "defects", "user_id", "title_id",
                             "response_bytes")):
    """The columns of an exchange that a test compares; absent texts are "". Rules: those of the service's side, as
    those of the title's side depend on all calls together."""
    known = {**exchange, "rules": sorted(violation["rule"] for violation in exchange["violations"] if "advice" not in violation),
             "defects": sorted(exchange["defects"])}
    return {column: known.get(column, "") for column in columns}


class Case(unittest.TestCase):
    maxDiff = None

    def assertFacts(self, done, expected, columns=None):
        """The exchanges of a run have the expected facts, in this order; the columns are those of `expected`."""
        found = done.exchanges if isinstance(done, Run) else done
        columns = columns or (list(expected[0]) if expected else ["method"])
        self.assertEqual([facts(exchange, columns) for exchange in found], expected)


def main():
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"no program at {PROGRAM}: build it, or set MPSDSCOPE")
    unittest.main(module="__main__")
