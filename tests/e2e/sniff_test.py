"""Live capture from an interface, with traffic made by curl and nginx while it runs."""
import json
import os
import shutil
import subprocess

import real
import scope
from real import Nginx, Process, curl, free_port, wait_for
from scope import Case, facts, run

import sample
from mpsd import HOST, compact, session

GOOD = {"method": "GET", "status": 200, "target": "session", "row": "200", "rules": [], "defects": []}


class Sniff(Case):
    @classmethod
    def setUpClass(cls):
        cls.plain, cls.tls = free_port(), free_port()
        every = "root $ROOT; default_type application/json; types { }"
        cls.nginx = Nginx(f"server {{ listen 127.0.0.1:{cls.plain}; {every} }}\n"
                          f"server {{ listen 127.0.0.1:{cls.tls} ssl http2; ssl_protocols TLSv1.2 TLSv1.3; {every} }}", [cls.plain, cls.tls])
        cls.addClassCleanup(cls.nginx.__exit__)
        cls.nginx.put(sample.PATH, compact(session(sample.TITLE, sample.NAME, sample.FRIENDS)))

    def sniff(self, *options, interface="lo", environment=None):
        """Started, and seen to be capturing."""
        sniffer = Process(scope.PROGRAM, "sniff", "-i", interface, "--format", "jsonl", *options,
                          "tcp", "port", self.plain, "or", "tcp", "port", self.tls, environment=environment)
        self.addCleanup(sniffer.__exit__)
        return sniffer.says("capturing from")

    def get(self, scheme="http", *options, times=1, keys=None):
        port = self.tls if scheme == "https" else self.plain
        ask = [part for name, value in sample.USER.headers()[1:] for part in ("-H", f"{name}: {value}")]
        curl(*ask, "--connect-to", f"{HOST}:{port}:127.0.0.1:{port}", *options, *[f"{scheme}://{HOST}:{port}{sample.PATH}"] * times,
             keys=keys)

    @staticmethod
    def records(sniffer):
        """The records so far; the last line may be in the middle of being written."""
        return [json.loads(line) for line in sniffer.out.decode().split("\n")[:-1]]

    def exchanges(self, sniffer):
        return [record for record in self.records(sniffer) if record["type"] == "exchange"]

    def wait_for_exchanges(self, sniffer, count):
        wait_for(lambda: len(self.exchanges(sniffer)) >= count or sniffer.process.poll() is not None, f"{count} exchanges")

    def finish(self, sniffer):
        self.assertEqual(sniffer.interrupt(), 0, sniffer.err)
        records = self.records(sniffer)
        self.assertEqual((records[0]["type"], records[-1]["type"]), ("header", "summary"))
        return records

    def test_exchanges_appear_while_it_runs(self):
        sniffer = self.sniff()
        self.get(times=3)
        self.wait_for_exchanges(sniffer, 3)
        self.get(times=2)
        self.wait_for_exchanges(sniffer, 5)
        summary = self.finish(sniffer)[-1]
        self.assertFacts(self.exchanges(sniffer), [GOOD] * 5)
        self.assertEqual((summary["calls"], summary["by_row"]), (5, {"200": 5}))

    def test_on_any_interface(self):
        sniffer = self.sniff(interface="any")
        self.get(times=2)
        self.wait_for_exchanges(sniffer, 2)
        self.finish(sniffer)
        # Loopback shows each packet twice to "any": on its way out and on its way in.
        self.assertFacts(self.exchanges(sniffer), [GOOD] * 2)

    def test_key_log_that_grows(self):
        """The file does not exist when the capture starts, and gets a connection's keys while it runs."""
        keys = scope.scratch("keys.log")
        sniffer = self.sniff("--keylog", keys)
        for count, protocol in enumerate(("--http1.1", "--http2", "--http1.1"), 1):
            self.get("https", protocol, keys=keys)
            self.wait_for_exchanges(sniffer, count)
        self.finish(sniffer)
        self.assertFacts(self.exchanges(sniffer), [{**GOOD, "http": http} for http in ("1.1", "2", "1.1")])

    def test_keys_that_come_late(self):
        """The keys appear only after the whole connection was captured."""
        keys, hidden = scope.scratch("keys.log"), scope.scratch("hidden.log")
        sniffer = self.sniff("--keylog", keys)
        self.get("https", keys=hidden)
        self.get("http")  # what comes after it has been captured: so has the one before
        self.wait_for_exchanges(sniffer, 1)
        shutil.copy(hidden, keys)
        self.wait_for_exchanges(sniffer, 2)
        self.finish(sniffer)
        self.assertEqual(sorted(exchange["tls"] for exchange in self.exchanges(sniffer)), [False, True])

    def test_out_file_holds_whole_records_at_any_moment(self):
        path = scope.scratch("log.jsonl")
        sniffer = self.sniff("--out", path)
        self.get(times=2)
        wait_for(lambda: real.read(path).count(b'"type":"exchange"') == 2 or sniffer.process.poll() is not None, "two records")
        sniffer.process.kill()  # a killed process loses nothing that it had said
        sniffer.process.wait(scope.PATIENCE)
        lines = real.read(path).split(b"\n")
        self.assertEqual((lines[-1], [json.loads(line)["type"] for line in lines[:-1]]), (b"", ["header", "exchange", "exchange"]))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_pretty(self):
        sniffer = Process(scope.PROGRAM, "sniff", "-i", "lo", "--format", "pretty", "--color", "never", "tcp", "port", self.plain)
        self.addCleanup(sniffer.__exit__)
        sniffer.says("capturing from")
        self.get()
        wait_for(lambda: sample.NAME.encode() in sniffer.out, "the exchange on the terminal")
        self.assertEqual(sniffer.interrupt(), 0)
        self.assertIn(b"Summary", sniffer.out)

    def test_terminate_ends_it_as_interrupt_does(self):
        sniffer = self.sniff()
        self.get()
        self.wait_for_exchanges(sniffer, 1)
        sniffer.process.terminate()
        self.assertEqual(sniffer.process.wait(scope.PATIENCE), 0)
        self.assertEqual(self.records(sniffer)[-1]["type"], "summary")

    def test_fail_on(self):
        sniffer = self.sniff("--fail-on", "info")
        self.get()
        self.wait_for_exchanges(sniffer, 1)
        self.assertEqual(sniffer.interrupt(), 0)

    def test_what_cannot_be_captured_is_said(self):
        for arguments, word in ((["-i", "no-such-interface"], "no-such-interface"), (["-i", "lo", "not a filter ((("], "not a filter")):
            with self.subTest(arguments=arguments):
                done = run("sniff", *arguments)
                self.assertEqual((done.code, done.out), (1, b""))
                self.assertIn(word, done.err)
        self.assertEqual(run("sniff").code, 2)

    def test_interfaces_are_listed(self):
        done = run("sniff", "--list")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("lo", done.out.decode().split())

    def test_without_privilege(self):
        """As nobody: it says what is missing and how to get it."""
        program = scope.scratch("mpsdscope")
        shutil.copy(scope.PROGRAM, program)  # the build directory may be closed to others
        os.chmod(program, 0o755)
        nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
        if subprocess.run([*nobody, "true"], capture_output=True).returncode != 0:
            nobody = []  # not root: without privilege already, outside of the namespace
            if os.geteuid() == 0:
                self.skipTest("cannot become another user here")
        done = subprocess.run([*nobody, program, "sniff", "-i", "lo"], capture_output=True, text=True, timeout=scope.PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr.lower(), "privilege|permission|root|cap_net_raw")
        self.assertEqual(len(done.stderr.strip().splitlines()), 1)


if __name__ == "__main__":
    real.isolate()
    scope.main()
