"""How the program behaves as a program: terminals, pipes, signals, files."""
import os
import pty
import signal
import subprocess
import time
import unittest

import scope
from scope import PATIENCE, PLAYTEST, PROGRAM, Case, run


def on_terminal(*arguments, environment=None):
    """What the program writes to a terminal as its standard output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE,
                               env={"PATH": os.environ["PATH"], "TERM": "xterm", **(environment or {})})
    os.close(theirs)
    text = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end was closed
            break
        if not piece:
            break
        text += piece
    os.close(ours)
    err = process.stderr.read()
    process.stderr.close()
    return process.wait(PATIENCE), text.decode(), err.decode()


def wait_until_caught(process, number):
    """Waits until the process has a handler for the signal."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with open(f"/proc/{process.pid}/status") as status:
            caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt:"))
        if caught >> (number - 1) & 1:
            return
    raise AssertionError("the signal is never caught")


class Terminal(Case):
    def test_pretty_and_coloured_on_a_terminal(self):
        code, text, err = on_terminal("replay", PLAYTEST)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("Summary", text)
        self.assertIn("\x1b[1;31m", text)

    def test_no_color_is_respected(self):
        for environment, options in (({"NO_COLOR": "1"}, []), ({"TERM": "dumb"}, []), ({}, ["--color", "never"])):
            text = on_terminal("replay", *options, PLAYTEST, environment=environment)[1]
            self.assertIn("Summary", text)
            self.assertNotIn("\x1b", text)
        self.assertIn("\x1b", on_terminal("replay", "--color", "always", PLAYTEST, environment={"NO_COLOR": "1"})[1])

    def test_log_in_a_pipe(self):
        done = run("replay", PLAYTEST)
        self.assertEqual((done.code, done.err), (0, ""))
        self.assertEqual([done.records[0]["type"], done.records[-1]["type"]], ["header", "summary"])


class Output(Case):
    def test_a_reader_that_went_away_is_no_drama(self):
        for arguments in (["replay", PLAYTEST], ["replay", "--format", "pretty", PLAYTEST], ["rules"], ["--help"]):
            with self.subTest(arguments=arguments):
                reader, writer = os.pipe()
                os.close(reader)
                done = subprocess.run([PROGRAM, *arguments], stdout=writer, stderr=subprocess.PIPE, timeout=PATIENCE)
                os.close(writer)
                self.assertEqual((done.returncode, done.stderr), (1, b""))

    def test_the_log_is_for_its_owner(self):
        path = scope.scratch("log.jsonl")
        self.assertEqual(run("replay", "--out", path, PLAYTEST).code, 0)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_an_input_is_never_overwritten(self):
        with open(PLAYTEST, "rb") as file:
            data = file.read()
        capture = scope.file(data)
        done = run("replay", "--out", capture, capture)
        self.assertEqual(done.code, 1)
        self.assertIn("one of the inputs", done.err)
        with open(capture, "rb") as file:
            self.assertEqual(file.read(), data)

    def test_an_input_that_is_missing_leaves_the_old_log_alone(self):
        log = scope.file("old", "log.jsonl")
        self.assertEqual(run("replay", "--out", log, "/nonexistent.pcap").code, 1)
        with open(log) as file:
            self.assertEqual(file.read(), "old")


class Signals(Case):
    def test_one_that_comes_later_ends_at_once(self):
        """Where the end would take too long: here a pipe brings nothing. Also where the parent blocked SIGALRM."""
        blocked = lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        for before in (None, blocked):
            process = subprocess.Popen([PROGRAM, "replay", "--format", "jsonl", "-"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=before)
            wait_until_caught(process, signal.SIGINT)
            end = time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < end:
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)  # between two signals
            self.assertEqual(process.poll(), -signal.SIGINT)
            process.communicate()

    def test_an_interrupted_replay_still_sums_up(self):
        """As when `tcpdump -w - | mpsdscope replay -` gets Ctrl-C: what came until then is reported."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                process = subprocess.Popen([PROGRAM, "replay", "--format", "jsonl", "-"], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                with open(PLAYTEST, "rb") as capture:
                    process.stdin.write(capture.read(60_000))
                process.stdin.flush()
                wait_until_caught(process, number)
                for again in (number, signal.SIGINT, signal.SIGTERM):  # timeout(1) signals twice at once
                    process.send_signal(again)
                out, err = process.communicate(timeout=PATIENCE)  # closes standard input
                self.assertEqual(process.returncode, 0, err)
                self.assertIn(b'{"type":"summary"', out.splitlines()[-1])


if __name__ == "__main__":
    scope.main()
