"""mpsdscope tail: the real program on real files, pipes and terminals."""
import fcntl
import json
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import termios
import time

import scope
from scope import PATIENCE, PLAYTEST, PROGRAM, Case, replay, run


def record(second, session="lobby", **fields):
    known = {"type": "exchange", "ts": f"2026-11-23T08:{second // 60:02}:{second % 60:02}.000000Z", "method": "GET", "uri": "https://h/x",
             "status": 200, "row": "200", "target": "session", "session": session, "defects": [], "violations": []}
    return json.dumps({**known, **fields}, ensure_ascii=False) + "\n"


def append(path, text):
    with open(path, "ab") as log:
        log.write(text.encode() if isinstance(text, str) else text)


class Follower:
    """A running tail: its output so far, and waiting for more of it."""

    def __init__(self, *arguments, terminal=None, stdin=subprocess.DEVNULL):
        self.out, theirs = pty.openpty() if terminal else os.pipe()
        self.err_path = scope.scratch("stderr")
        if terminal:
            self.resize(*terminal)
        with open(self.err_path, "wb") as err:
            self.process = subprocess.Popen([PROGRAM, "tail", *map(str, arguments)], stdin=stdin, stdout=theirs, stderr=err,
                                            env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"})
        os.close(theirs)
        self.text = b""

    def resize(self, columns, rows):
        fcntl.ioctl(self.out, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.out)

    @property
    def err(self):
        with open(self.err_path) as err:
            return err.read()

    def read(self, timeout):
        if not select.select([self.out], [], [], timeout)[0]:
            return False
        try:
            piece = os.read(self.out, 1 << 20)
        except OSError:
            piece = b""
        self.text += piece
        return bool(piece)

    def wait_for(self, *texts, count=1):
        """Until each text was seen that often."""
        deadline = time.monotonic() + PATIENCE
        while any(self.text.count(text.encode()) < count for text in texts):
            if not self.read(1) and time.monotonic() > deadline:
                raise AssertionError(f"{texts} never came; got\n{self.text.decode(errors='replace')[-2000:]}\n{self.err}")
        return self.text.decode(errors="replace")

    def wait_for_err(self, text):
        deadline = time.monotonic() + PATIENCE
        while text not in self.err:
            if time.monotonic() > deadline:
                raise AssertionError(f"{text} was never told; got\n{self.err}")
            self.read(0.02)

    def end(self):
        """As Ctrl-C does; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        while self.read(PATIENCE):
            pass
        return self.process.wait(PATIENCE)


class SameAsReplay(Case):
    def test_a_log_prints_what_replay_prints(self):
        for options in ([], ["--all"], ["--width", "80"], ["--width", "200"], ["--color", "always"]):
            with self.subTest(options=options):
                judging = [option for option in options if option == "--all"]
                showing = [option for option in options if option != "--all"]
                pretty = run("replay", "--format", "pretty", *options, PLAYTEST).out
                log = replay(PLAYTEST, options=judging).out
                shown = run("tail", "--format", "pretty", "--filter", "type:exchange or type:conduct", *showing, "-", stdin=log)
                self.assertEqual((shown.code, shown.err), (0, ""))
                self.assertGreater(shown.out.count(b"\n"), 60)
                self.assertEqual(shown.out, pretty[:len(shown.out)])
                self.assertRegex(pretty[len(shown.out):].decode(), r"^\n(\x1b\[1m)?Responses by row")

    def test_jsonl_passes_the_records_through(self):
        log = replay(PLAYTEST, options=["--all"]).out
        self.assertEqual(run("tail", stdin=log).out, log)
        self.assertEqual(run("tail", "--no-follow", "-n", "all", scope.file(log)).out, log)
        lines = log.splitlines(keepends=True)
        self.assertEqual(run("tail", "--no-follow", scope.file(log)).out, b"".join(lines[-20:]))

    def test_filters_choose_what_is_listed_and_never_what_is_counted(self):
        whole = replay(PLAYTEST)
        some = replay(PLAYTEST, options=["--filter", "row:412 or row:429"])
        wanted = [exchange for exchange in whole.exchanges if exchange.get("row", "")[:3] in ("412", "429")]
        self.assertGreater(len(wanted), 3)
        self.assertEqual(some.exchanges, wanted)
        self.assertEqual(some.summary, whole.summary)
        self.assertEqual(some.of_type("rates"), whole.of_type("rates"))
        tailed = run("tail", "--filter", "row:412 or row:429", stdin=whole.out)
        self.assertEqual(tailed.records, wanted)
        pretty = run("replay", "--format", "pretty", "--filter", "row:429", PLAYTEST).out.decode()
        self.assertIn("48 multiplayer session calls", pretty)
        shown = re.findall(r"^[0-9]{2}:.*$", pretty.split("Responses by row")[0], re.M)
        self.assertEqual(len(shown), len([one for one in wanted if one["row"] == "429"]))


class Following(Case):
    def setUp(self):
        self.path = scope.scratch("log.jsonl")

    def test_growth_half_lines_rotation_and_truncation(self):
        for options in ([], ["--poll"]):
            with self.subTest(options=options):
                self.path = scope.scratch("log.jsonl")
                with Follower(*options, self.path) as tail:
                    tail.wait_for_err("waiting for it")
                    line = record(1, "first")
                    append(self.path, line[:30])
                    append(self.path, line[30:])
                    tail.wait_for('"first"')
                    os.rename(self.path, self.path + ".1")
                    append(self.path + ".1", record(2, "to the old one"))
                    tail.wait_for('"to the old one"')
                    append(self.path + ".1", record(3, "last of the old"))
                    append(self.path, record(4, "first of the new"))
                    tail.wait_for('"last of the old"', '"first of the new"')
                    tail.wait_for_err("was replaced")
                    os.truncate(self.path, 0)
                    tail.wait_for_err("was truncated")
                    append(self.path, record(5, "after"))
                    tail.wait_for('"after"')
                    self.assertEqual(tail.end(), 0)
                    sessions = [json.loads(one)["session"] for one in tail.text.splitlines()]
                    self.assertEqual(sessions, ["first", "to the old one", "last of the old", "first of the new", "after"])
                    self.assertNotIn("could not be read", tail.err)

    def test_the_log_of_a_rotating_proxy_loses_nothing(self):
        """Renamed and opened anew by its writer, many times, while it is followed."""
        append(self.path, "")
        with Follower("-n", "all", self.path) as tail:
            number = 0
            for turn in range(8):
                for _ in range(50):
                    append(self.path, record(number // 100, f"n{number}"))
                    number += 1
                if turn < 7:
                    tail.wait_for(f'"n{number - 1}"')  # a file that is replaced twice between two looks is gone for anybody
                    os.rename(self.path, f"{self.path}.{turn}")
            tail.wait_for(f'"n{number - 1}"')
            self.assertEqual([json.loads(one)["session"] for one in tail.text.splitlines()], [f"n{i}" for i in range(number)])

    def test_several_logs_and_a_pipe(self):
        other = scope.scratch("other.jsonl")
        append(self.path, record(1, "a1") + record(3, "a3"))
        append(other, record(2, "b2") + record(4, "b4"))
        with Follower(self.path, other, "-", stdin=subprocess.PIPE) as tail:
            tail.wait_for('"b4"')
            self.assertEqual([json.loads(one)["session"] for one in tail.text.splitlines()], ["a1", "b2", "a3", "b4"])
            tail.process.stdin.write(record(5, "c5").encode())
            tail.process.stdin.flush()
            tail.wait_for('"c5"')
            tail.process.stdin.close()
            append(other, record(6, "b6"))
            tail.wait_for('"b6"')
            self.assertEqual(tail.end(), 0)

    def test_a_pipe_ends_with_its_writer(self):
        done = run("tail", "--format", "pretty", stdin=record(1, "a").encode() + record(2, "b").encode()[:-1])
        self.assertEqual((done.code, done.err), (0, ""))
        self.assertRegex(done.out.decode(), r"session a +200 [^\n]*\n[^\n]*session b +200")

    def test_times(self):
        append(self.path, "".join(record(second, f"s{second}") for second in range(0, 600, 60)))
        done = run("tail", "--since", "2026-11-23T08:03:00Z", "--until", "2026-11-23 08:05", self.path)
        self.assertEqual([one["session"] for one in done.records], ["s180", "s240", "s300"])
        self.assertEqual(run("tail", "--no-follow", "--since", "1m", self.path).out, b"")
        done = run("tail", "--since", "soon", self.path)
        self.assertEqual(done.code, 2)
        self.assertIn("'soon' is no time", done.err)


class Terminal(Case):
    def setUp(self):
        self.path = scope.scratch("log.jsonl")
        append(self.path, "")

    def test_a_flood_is_drawn_in_frames_and_counted_whole(self):
        with Follower("-v", self.path, terminal=(100, 24)) as tail:
            append(self.path, record(0, "first"))
            tail.wait_for("first")
            append(self.path, "".join(record(1, f"n{i}") for i in range(50_000)) + record(2, "last"))
            text = tail.wait_for("session last", "not shown")
            self.assertLess(text.count("session n"), 50_000)
            self.assertEqual(tail.end(), 0)
            self.assertIn("50,002 records read, 50,002 listed; 50,002 multiplayer session calls", tail.err)

    def test_lines_fit_also_after_the_terminal_was_resized(self):
        wide = {"session": "文字" * 40, "violations": [{"rule": "r" * 50, "severity": "error", "message": "wort " * 100}]}
        with Follower(self.path, terminal=(120, 24)) as tail:
            append(self.path, record(0, "one") + record(1, **wide))
            tail.wait_for("session one")
            tail.resize(60, 24)
            append(self.path, record(2, "two") + record(3, **wide))
            text = tail.wait_for("session two")
            self.assertEqual(tail.end(), 0)
            text = tail.text.decode().replace("\r", "")
            cut = text.index("TIME (UTC)", 10)
            self.assertLessEqual(max(map(columns, text[:cut].splitlines())), 120)
            self.assertGreater(max(map(columns, text[:cut].splitlines())), 60)
            self.assertLessEqual(max(map(columns, text[cut:].splitlines())), 60)

    def test_nothing_of_the_traffic_reaches_the_terminal_raw(self):
        bytes_of_all_kinds = "".join(map(chr, [*range(1, 0xa0), 0x202e, 0x2066, 0x200b, 0xfeff, 0xe0001, 0x1d173])) + "\ufffd" + "x" * 3000
        texts = {name: bytes_of_all_kinds for name in (
            "host", "method", "uri", "row", "variant", "target", "scid", "template", "session", "element", "handle", "user_id", "user_hash",
            "etag", "correlation_id", "client", "server", "malformed", "message", "event", "later")}
        hostile = [record(1, **texts, defects=[bytes_of_all_kinds], limit={"type": bytes_of_all_kinds, "max": 1},
                          violations=[{"rule": bytes_of_all_kinds, "severity": bytes_of_all_kinds, "message": bytes_of_all_kinds}])]
        for kind in ("event", "rates", "summary", "header", "conduct", bytes_of_all_kinds):
            hostile.append(record(2, **{**texts, "type": kind, "inputs": [bytes_of_all_kinds], "end": bytes_of_all_kinds}))
        raw = [line.encode() for line in hostile] + [json.dumps({"type": "exchange", "session": "a\x7f\x9b31m\u202e"}, ensure_ascii=False).encode() + b"\n",
                                                    b'{"type":"exchange","session":"\x1b[2J\xff"}\n', b"\x1b]0;x\x07\xff\xfe\n"]
        for options in (["--format", "pretty"], ["--format", "jsonl"]):
            with self.subTest(options=options):
                path = scope.file(b"".join(raw) + record(9, "the end").encode(), "hostile.jsonl")
                with Follower(*options, "-n", "all", path, terminal=(100, 24)) as tail:
                    tail.wait_for("the end")
                    self.assertEqual(tail.end(), 0)
                    shown = tail.text.decode()  # valid UTF-8
                    unseen = [c for c in shown if ord(c) < 0x20 and c not in "\r\n" or 0x7f <= ord(c) < 0xa0 or ord(c) in
                              (0x202e, 0x2066, 0x200b, 0xfeff, 0xe0001, 0x1d173)]
                    self.assertEqual(unseen, [])
                    self.assertIn("2 lines could not be read", tail.err)


def columns(text):
    """Of what is all Latin, or wide."""
    return sum(2 if "\u4e00" <= c <= "\u9fff" else 1 for c in text)


class Aloud(Case):
    def setUp(self):
        self.path = scope.scratch("log.jsonl")
        append(self.path, record(0, "old", row="429", status=429))

    def test_a_command_gets_the_record_on_its_standard_input(self):
        told, evil = scope.scratch("told"), "$(touch /tmp/never); `id` '\" \\ \u001b"
        with Follower("--filter", "row:429", "--exec", f"cat >> {told}; echo ran", self.path) as tail:
            tail.wait_for('"old"')
            append(self.path, record(1, "fine") + record(2, evil, row="429", status=429))
            tail.wait_for_err("ran\n")
            with open(told) as records:
                self.assertEqual([json.loads(line)["session"] for line in records], [evil])
            self.assertEqual(tail.end(), 0)
            self.assertNotIn(b"ran", tail.text)

    def test_at_most_one_a_second_and_the_rest_is_counted(self):
        told = scope.scratch("told")
        with Follower("--exec", f"cat >> {told}; echo ran >&2", "--bell", "--alarm-every", "1h", self.path) as tail:
            tail.wait_for('"old"')
            append(self.path, "".join(record(1, f"n{i}") for i in range(100)))
            tail.wait_for('"n99"')
            tail.wait_for_err("ran\n")
            self.assertEqual(tail.end(), 0)
            with open(told) as records:
                self.assertEqual([json.loads(line)["session"] for line in records], ["n0"])
            self.assertEqual(tail.err.count("\a"), 1)
            self.assertIn("99 matching records without an alarm", tail.err)

    def test_a_command_that_never_ends_holds_nothing_up(self):
        gate = scope.scratch("gate")
        os.mkfifo(gate)
        with Follower("--exec", f"echo started; cat {gate}", self.path) as tail:
            tail.wait_for('"old"')
            append(self.path, record(1, "one"))
            tail.wait_for_err("started")
            append(self.path, record(2, "two"))
            tail.wait_for('"two"')
            self.assertEqual(tail.end(), 0)
            os.close(os.open(gate, os.O_WRONLY))


class Usage(Case):
    def test_a_filter_that_is_wrong_is_pointed_at(self):
        for command in (["tail", "x"], ["replay", PLAYTEST], ["sniff", "-i", "lo"], ["proxy"]):
            with self.subTest(command=command):
                done = run(command[0], "--filter", "get and row:492", *command[1:])
                self.assertEqual((done.code, done.out), (2, b""))
                lines = done.err.splitlines()
                self.assertIn("unknown row '492'", lines[0])
                self.assertEqual(lines[1:], ["  get and row:492", " " * 14 + "^"])

    def test_help_on_filters(self):
        texts = [run(*arguments).out for arguments in (["help", "filters"], ["--help", "filters"], ["tail", "--help", "filters"])]
        self.assertEqual(len(set(texts)), 1)
        self.assertIn(b"severity>=warning", texts[0])
        self.assertIn(b"--no-follow", run("help", "tail").out)
        self.assertEqual(run("help", "nothing").code, 2)

    def test_every_example_of_the_help_on_filters_lists_something(self):
        log = scope.file(replay(PLAYTEST).out)
        places = {"play.jsonl": log, "play.pcapng": PLAYTEST}
        examples = [shlex.split(line)[1:] for line in run("help", "filters").out.decode().splitlines()
                    if line.startswith("  mpsdscope ")]
        self.assertGreaterEqual(len(examples), 2)
        for example in examples:
            with self.subTest(example=example):
                words = [places.get(word, word) for word in example]
                self.assertNotEqual(words, example)
                done = run(*words, *(["--no-follow"] if words[0] == "tail" else []))
                self.assertEqual((done.code, done.err), (0, ""))
                self.assertGreater(len(done.records), 0)

    def test_a_filter_in_the_place_of_a_file_is_told(self):
        log = scope.file(record(1))
        for text in ("row:429 and not user:7", "row:429 and", "status != 200"):
            done = run("tail", log, text)
            self.assertEqual((done.code, done.out), (2, b""))
            self.assertIn(f"did you mean --filter '{text}'?", done.err)
        named = os.path.join(os.path.dirname(log), "row:429")
        append(named, record(2, "there"))
        self.assertIn(b"there", subprocess.run([PROGRAM, "tail", "--no-follow", "row:429"], cwd=os.path.dirname(named),
                                               stdout=subprocess.PIPE, timeout=PATIENCE).stdout)

    def test_errors(self):
        done = run("tail", "--no-follow", "/nonexistent.jsonl")
        self.assertEqual((done.code, done.out), (1, b""))
        self.assertIn("cannot read /nonexistent.jsonl: No such file", done.err)
        self.assertEqual(run("tail", "-n", "many", "x").code, 2)
        self.assertEqual(run("tail", "--no-follow", scope.file("rubbish\n")).code, 0)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "tail"], input=record(1).encode(), stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)

    def test_a_reader_that_went_away_is_no_drama(self):
        for form in ("pretty", "jsonl"):
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run([PROGRAM, "tail", "--format", form], input=record(1).encode() * 10, stdout=writer, stderr=subprocess.PIPE,
                                  timeout=PATIENCE)
            os.close(writer)
            self.assertEqual((done.returncode, done.stderr), (1, b""))


if __name__ == "__main__":
    scope.main()
