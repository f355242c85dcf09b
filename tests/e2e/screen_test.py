"""The full-screen view in a real terminal: what it shows, what keys do, and that the terminal is given back."""
import json
import os
import signal

import scope
import terminal
from real import read, wait_for

BEGIN = 1_795_421_499  # 2026-11-23T08:11:39Z


def record(second, status=200, **fields):
    return {"type": "exchange", "ts": f"2026-11-23T{8 + (699 + second) // 3600:02}:{(11 * 60 + 39 + second) % 3600 // 60:02}:"
            f"{(39 + second) % 60:02}.000000Z", "host": "sessiondirectory.xboxlive.com", "method": "GET",
            "uri": "https://sessiondirectory.xboxlive.com/serviceconfigs/7492/sessiontemplates/quick/sessions/foundry",
            "status": status, "row": str(status), "target": "session", "scid": "7492", "template": "quick", "session": "foundry",
            "title_id": "0A6D2730", "user_id": "2533274908811003", "elapsed_ms": 35.0, "client": "192.0.2.1:50000",
            "server": "198.51.100.1:443", "conn": 1, "stream": second + 1, "defects": [], "violations": [], **fields}


def log(*records):
    return scope.file("".join(json.dumps(one) + "\n" for one in records), "play.jsonl")


def append(path, *records):
    with open(path, "a", encoding="utf-8") as out:
        for one in records:
            out.write(json.dumps(one) + "\n")


VIOLATION = {"rule": "412-no-etag", "severity": "error", "message": "the 412 has no ETag"}


class Screen(scope.Case):
    def open(self, path, *options, **size):
        opened = terminal.Terminal(scope.PROGRAM, "tail", "--screen", *options, path, **size)
        self.addCleanup(opened.__exit__)
        return opened

    def test_a_session_with_it(self):
        path = log(*(record(i, 429 if i % 4 == 3 else 200) for i in range(40)))
        screen = self.open(path)
        screen.wait("40 of 40", "FOLLOW", "08:12:18.000", gone=["08:11:39.000"])
        append(path, record(40, 412, row="412-session", violations=[VIOLATION]))
        screen.wait("41 of 41", "08:12:19.000", "1 error")
        screen.send("g")
        screen.wait("1 of 41", "08:11:39.000", gone=["FOLLOW"])
        append(path, record(41, 503))
        screen.wait("1 of 42")

        screen.type("/row:429 or (")
        screen.send("Enter")
        screen.wait("column 13")
        screen.send("C-u")
        screen.type("row:429")
        screen.send("Enter")
        screen.wait("of 10", "filter row:429", gone=["column"])
        append(path, record(42), record(43, 429))
        screen.wait("of 11")
        screen.send("/", "C-u", "Enter")
        screen.wait("of 44", gone=["filter row"])

        screen.send("g", "e")
        screen.wait("41 of 44")
        screen.send("Enter")
        screen.wait("https://sessiondirectory", "412-no-etag", "the 412 has no ETag")
        screen.send("Escape", "Tab")
        screen.wait("TITLE", "0A6D2730", "44 calls")
        screen.send("?")
        screen.wait("next, previous violation")
        screen.send("q")
        screen.wait("0A6D2730", gone=["next, previous violation"])

        screen.resize(300, 100)
        text = screen.wait("Log", "BUSIEST USER", "Facts")
        self.assertEqual(max(map(len, text.split("\n"))), 300)
        screen.resize(40, 8)
        screen.wait("0A6D2730", gone=["Facts"])
        screen.resize(80, 24)
        screen.send("h", "f")
        screen.wait("44 of 44", "FOLLOW")

        screen.send("p")
        screen.wait("PAUSED")
        append(path, record(44), record(45))
        screen.wait("PAUSED +2", "46 records", "44 of 44")
        screen.send("p")
        screen.wait("46 of 46")

        screen.send("y")
        screen.wait("curl -X 'GET'")
        screen.send("Escape")
        screen.wait("46 of 46", gone=["curl"])
        screen.send("q")
        self.assertEqual(screen.wait_for_the_end(), 0)
        self.assertTrue(screen.is_as_before())
        self.assertNotIn("46 of 46", screen.text())
        with open(screen.raw, "rb") as raw:
            self.assertIn(b"\x1b]52;c;Y3VybCAtWCAnR0VUJ", raw.read())  # curl -X 'GET'

    def test_the_terminal_comes_back_from_every_end(self):
        path = log(record(0))
        for number, code in ((signal.SIGSEGV, None), (signal.SIGABRT, None), (signal.SIGHUP, 129), (signal.SIGQUIT, 131),
                             (signal.SIGTERM, 0), (signal.SIGINT, 0)):
            with self.subTest(number), terminal.Terminal(scope.PROGRAM, "tail", "--screen", path) as screen:
                screen.wait("1 of 1")
                self.assertEqual(screen.state(), "1 0 1")
                os.kill(screen.pid(os.path.basename(scope.PROGRAM)), number)
                ended = screen.wait_for_the_end()
                # A sanitizer has an end of its own for crashes.
                self.assertTrue(ended == code if code is not None else ended != 0, ended)
                self.assertTrue(screen.is_as_before(), screen.state())

    def test_nothing_of_the_traffic_reaches_the_terminal_raw(self):
        hostile = "\x1b]0;pwned\x07\x1b[2J\x9b31m\u202eoverride\u200b\x00\x08\r\n" + "中" * 50 + "x" * 70_000
        texts = ("host", "method", "uri", "row", "variant", "target", "scid", "template", "session", "element", "handle", "user_id",
                 "user_hash", "etag", "correlation_id", "client", "server", "malformed")
        path = log(record(0, 412, **{name: name + hostile for name in texts}, defects=[hostile],
                          violations=[{"rule": hostile, "severity": "error", "message": hostile}]),
                   {"type": "event", "ts": "2026-11-23T08:11:40.000000Z", "event": hostile, "client": hostile, "message": hostile},
                   {"type": hostile, "message": hostile}, {"type": "header", "inputs": [hostile]})
        with open(path, "ab") as out:
            out.write(b'{"type":"exchange","host":"\xff\xfe\x1b[2J"}\n\x1b]0;pwned\x07 no record \xff\n')
        screen = self.open(path, width=300, height=100)
        screen.wait("4 of 4")
        for _ in range(4):
            screen.send("Enter", "G", "g", "h", "k")
        screen.send("y")
        screen.wait("curl")
        screen.send("Escape")
        screen.resize(20, 5)
        screen.send("m")
        screen.wait("messages", "esc c─┘")  # as narrow as it is now
        screen.send("G")
        screen.wait("--max-line", "4-6 of 6")
        screen.send("Escape", "q")
        self.assertEqual(screen.wait_for_the_end(), 0)
        with open(screen.raw, "rb") as raw:
            written = raw.read()
        for never in (b"\x1b]0;", b"\x1b[2J\x9b", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xff", b"\x00", b"\xc2\x9b"):
            self.assertNotIn(never, written)

    def test_without_colour(self):
        path = log(record(0, 412, violations=[VIOLATION]), record(1, 429))
        for environment, options, coloured in (({}, (), True), ({"NO_COLOR": "1"}, (), False), ({}, ("--color", "never"), False)):
            with self.subTest(environment=environment, options=options), \
                    terminal.Terminal(scope.PROGRAM, "tail", "--screen", *options, path, environment=environment) as screen:
                screen.wait("2 of 2", "E 08:11:39.000")
                screen.send("q")
                screen.wait_for_the_end()
                with open(screen.raw, "rb") as raw:
                    self.assertEqual(b"\x1b[35m" in raw.read(), coloured)  # magenta, of the 429

    def test_what_it_cannot_do_is_said(self):
        path = log(record(0))
        done = scope.run("tail", "--screen", path)
        self.assertEqual((done.code, done.out), (1, b""))
        self.assertIn("standard output is none", done.err)
        done = scope.run("tail", "--screen", "--format", "jsonl", path)
        self.assertEqual(done.code, 2)
        self.assertIn("--screen takes the terminal", done.err)
        with terminal.Terminal(scope.PROGRAM, "tail", "--screen", path, environment={"TERM": "screen"}) as screen:
            screen.wait("1 of 1")

    def test_a_command_at_a_record_leaves_the_terminal_alone(self):
        told, path = scope.scratch("told"), log(record(0))
        command = f"cat >>{told}; echo out; echo err >&2; (echo tty >/dev/tty) 2>>{told}.tty; exit 3"
        screen = self.open(path, "--exec", command, "--filter", "row:429")
        screen.wait("Nothing matches")
        append(path, record(1), record(2, 429))
        screen.wait("of 1", "08:11:41.000")
        text = screen.wait("--exec: the command ended with 3")
        with open(told, encoding="utf-8") as records:
            self.assertEqual([json.loads(line)["stream"] for line in records], [3])
        with open(f"{told}.tty", encoding="utf-8") as refused:
            self.assertIn("/dev/tty", refused.read())
        screen.send("q")
        self.assertEqual(screen.wait_for_the_end(), 0)
        with open(screen.raw, "rb") as raw:
            written = raw.read()
        for never in (b"tty", b"err\r", b"out\r"):
            self.assertNotIn(never, written)
        self.assertNotIn("tty", text)

    def test_the_mouse(self):
        """Off until it is asked for, and off again at every end."""
        screen = self.open(log(*(record(i) for i in range(60))))

        def at(button, column, row):  # as xterm tells it: X10
            screen.tmux("send-keys", "-H", *(f"{code:x}" for code in (0x1b, 0x5b, 0x4d, 32 + button, 33 + column, 33 + row)))

        def taken():
            return screen.tmux("display-message", "-p", "#{mouse_any_flag}").strip()
        screen.wait("60 of 60")
        self.assertEqual(taken(), "0")
        screen.send("M")
        screen.wait("the mouse scrolls")
        wait_for(lambda: taken() == "1", "the terminal is asked for the mouse")
        at(64, 5, 5)
        screen.wait("57 of 60")
        at(65, 5, 5)
        screen.wait("60 of 60")
        at(0, 5, 1)
        screen.wait("39 of 60")
        screen.send("M")
        wait_for(lambda: taken() == "0", "the terminal has the mouse again")
        screen.send("M")
        wait_for(lambda: taken() == "1", "the terminal is asked for the mouse")
        os.kill(screen.pid(os.path.basename(scope.PROGRAM)), signal.SIGQUIT)
        screen.wait_for_the_end()
        self.assertTrue(screen.is_as_before())
        self.assertEqual(taken(), "0")

    def test_stopping_and_going_on(self):
        """Ctrl-Z gives the terminal back as it was; fg takes it again, as large as it is by then."""
        path = log(*(record(i) for i in range(3)))
        shell = terminal.Terminal("bash", "--norc", "--noprofile", "-i")
        self.addCleanup(shell.__exit__)
        shell.wait("bash-")
        shell.type("PS1=shell'>'")
        shell.send("Enter")
        shell.wait("shell>")
        modes = scope.scratch("modes")
        shell.type(f"stty -g >{modes}.0; {scope.PROGRAM} tail --screen {path}")
        shell.send("Enter")
        for turn in (1, 2):
            shell.wait("of 3" if turn == 1 else "of 4", "FOLLOW", gone=["shell>"])
            self.assertEqual(shell.state(), "1 0 1")
            shell.send("C-z")
            shell.wait("Stopped", "shell>", gone=["FOLLOW"])
            self.assertEqual(shell.state(), "0 1 0")
            shell.type(f"stty -g >{modes}.{turn}; echo stopped {turn}")
            shell.send("Enter")
            shell.wait(f"\nstopped {turn}\n")
            if turn == 1:
                append(path, record(3))
                shell.resize(100, 30)
            shell.type("fg")
            shell.send("Enter")
        shell.wait("4 of 4", "FOLLOW", gone=["shell>"])
        self.assertEqual(len(shell.screen()), 31)
        shell.send("q")
        shell.wait("shell>", gone=["FOLLOW"])
        self.assertEqual(shell.state(), "0 1 0")
        shell.type(f"stty -g >{modes}.3; exit")
        shell.send("Enter")
        self.assertEqual(shell.wait_for_the_end(), 0)
        self.assertEqual(len({read(f"{modes}.{turn}") for turn in range(4)}), 1)

    def test_the_log_may_come_by_a_pipe(self):
        path = log(*(record(i) for i in range(3)))
        screen = terminal.Terminal("sh", "-c", f"cat {path} | {scope.PROGRAM} tail --screen -")
        self.addCleanup(screen.__exit__)
        screen.wait("3 of 3", "END")
        screen.send("q")
        self.assertEqual(screen.wait_for_the_end(), 0)


class ProxyScreen(scope.Case):
    def test_the_proxy_has_it_in_its_own_process(self):
        folder = scope.scratch("ca")
        with terminal.Terminal(scope.PROGRAM, "proxy", "--screen", "--listen", "127.0.0.1:0", "--ca-dir", folder,
                               width=120) as screen:
            screen.wait("No record yet", "FOLLOW")
            screen.send("m")
            screen.wait("messages", "listening on 127.0.0.1:")
            screen.send("Escape")
            screen.wait("No record yet", gone=["listening on 127"])
            screen.send("q")
            self.assertEqual(screen.wait_for_the_end(), 0)
            self.assertTrue(screen.is_as_before())
            self.assertIn("Summary", screen.text())


if __name__ == "__main__":
    scope.main()
