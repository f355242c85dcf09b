"""--metrics of proxy, sniff and tail: what Prometheus gets, by the rules of its own promtool."""
import http.client
import json
import os
import re
import socket
import subprocess

import real
import scope
import terminal
from proxy_peers import read_all
from proxy_recording_test import SESSION, RecordingProxy
from proxy_service import identity
from real import Nginx, Process, curl, free_port, read, wait_for
from scope import PLAYTEST, Case, replay, run

import sample
from mpsd import HOST, compact, session

SAMPLE = re.compile(r'(mpsdscope_\w+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def address(process):
    """Where it serves its metrics."""
    process.says(r"metrics at http://")
    found = re.search(r"metrics at http://([\d.]+):(\d+)/metrics", process.err)
    if not found:
        raise AssertionError(process.err)
    return found[1], int(found[2])


def get(at, path="/metrics", method="GET"):
    connection = http.client.HTTPConnection(*at, timeout=scope.PATIENCE)
    connection.request(method, path)
    response = connection.getresponse()
    return response.status, response.headers, response.read().decode()


def parse(text):
    """Values by name and sorted labels."""
    values = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        key = (name, *sorted(LABEL.findall(labels or "")))
        if key in values:
            raise AssertionError(f"twice: {line}")
        values[key] = float(value)
    return values


def total(values, name, **labels):
    return sum(value for key, value in values.items() if key[0] == name and set(labels.items()) <= set(key[1:]))


class Scraped(Case):
    def scrape(self, at):
        status, headers, text = get(at)
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return text

    def wait_for(self, at, name, count, **labels):
        """Until so many are counted; the page."""
        page = [""]

        def there():
            page[0] = self.scrape(at)
            return total(parse(page[0]), name, **labels) >= count
        wait_for(there, f"{count} of {name} {labels}")
        return page[0]

    def assertClean(self, text):
        """As promtool wants it."""
        done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True, timeout=scope.PATIENCE)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""), text)
        families = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M)
        self.assertEqual(len(dict(families)), len(families))
        self.assertEqual([name for name, _ in families], re.findall(r"^# HELP (\w+) \S.*$", text, re.M))
        for name, kind in families:
            self.assertEqual(name.endswith("_total"), kind == "counter", name)

    def assertHistogram(self, values, title):
        """Buckets add up; the last one is the count. Returns that."""
        buckets = [(float(dict(key[1:])["le"]), value) for key, value in values.items()
                   if key[0] == "mpsdscope_call_duration_seconds_bucket" and dict(key[1:])["title"] == title]
        self.assertEqual(buckets, sorted(buckets))
        self.assertEqual([value for _, value in buckets], sorted(value for _, value in buckets))
        self.assertEqual(buckets[-1], (float("inf"), values["mpsdscope_call_duration_seconds_count", ("title", title)]))
        return buckets[-1][1]


class Tail(Scraped):
    def tail(self, *arguments, **settings):
        tail = Process(scope.PROGRAM, "tail", "--metrics", "127.0.0.1:0", *arguments, **settings)
        self.addCleanup(tail.__exit__)
        return tail

    def test_the_play_test_is_counted_as_its_summary_says(self):
        done = replay(PLAYTEST)
        tail = self.tail("-n", "all", "--filter", "row:429", scope.file(done.out))
        at = address(tail)
        text = self.wait_for(at, "mpsdscope_log_records_total", len(done.records))
        self.assertClean(text)
        values = parse(text)
        summary = done.summary
        for row, count in summary["by_row"].items():
            self.assertEqual(total(values, "mpsdscope_responses_total", row=row), count, row)
        for rule, count in summary["rules"].items():
            self.assertEqual(total(values, "mpsdscope_violations_total", rule=rule), count, rule)
        for severity, count in summary["violations"].items():
            self.assertEqual(total(values, "mpsdscope_violations_total", severity=severity), count, severity)
        self.assertEqual(total(values, "mpsdscope_responses_total") + total(values, "mpsdscope_unanswered_calls_total"), summary["calls"])
        titles = {one["title_id"] for one in done.exchanges if "title_id" in one}
        self.assertEqual({dict(key[1:])["title"] for key in values if key[0] == "mpsdscope_responses_total"} - {"unknown"}, titles)
        for title in titles:
            known = [one["elapsed_ms"] for one in done.exchanges if one.get("title_id") == title and "row" in one and "elapsed_ms" in one]
            self.assertEqual(self.assertHistogram(values, title), len(known))
            self.assertAlmostEqual(values["mpsdscope_call_duration_seconds_sum", ("title", title)], sum(known) / 1000, places=4)
        self.assertEqual(tail.interrupt(), 0)

    def test_what_is_added_counts_and_what_cannot_be_read_is_told(self):
        lines = [json.loads(line) for line in replay(PLAYTEST).out.splitlines()]
        throttled = next(one for one in lines if one.get("row") == "429")
        log = scope.file("")
        tail = self.tail("--max-line", "4K", log)
        at = address(tail)
        self.assertEqual(total(parse(self.scrape(at)), "mpsdscope_responses_total"), 0)
        with open(log, "a", encoding="utf-8") as out:
            out.write(json.dumps(throttled) + "\n" + json.dumps({**throttled, "row": "200", "status": 200}) + "\nrubbish\n" + "x" * 5000 + "\n"
                      + json.dumps({"type": "event"}) + "\n")
        text = self.wait_for(at, "mpsdscope_log_records_total", 3)
        self.assertClean(text)
        values = parse(text)
        self.assertEqual(total(values, "mpsdscope_lost_total", kind="damaged_line"), 1)
        self.assertEqual(total(values, "mpsdscope_lost_total", kind="overlong_line"), 1)
        self.assertEqual(values["mpsdscope_throttled_ratio", ("title", throttled["title_id"]), ("window", "300s")], 0.5)
        self.assertEqual(values["mpsdscope_queue_wait_seconds_count", ], 2)

    def test_hostile_logs_make_no_labels(self):
        secret = 'XBL3.0 x=2533274908811003;"\\\n} 1\nevil 1'
        hostile = [{"type": "exchange", "ts": "2026-11-23T08:11:39Z", "target": "session", "status": 200, "elapsed_ms": -5, "title_id": f"{i:08X}",
                    "title_name": f'Name "{i}"\\\n', "row": secret + str(i), "user_id": "2533274908811003", "host": secret,
                    "violations": [{"rule": secret + str(i), "severity": "error", "message": secret}]} for i in range(5000)]
        hostile += [{**hostile[0], "ts": "9999-12-31T23:59:59Z", "title_name": "x" * 100_000}, {**hostile[0], "ts": "0001-01-01T00:00:00Z"}]
        tail = self.tail("-n", "all", scope.file("".join(json.dumps(one) + "\n" for one in hostile)))
        text = self.wait_for(address(tail), "mpsdscope_log_records_total", len(hostile))
        self.assertClean(text)
        values = parse(text)
        self.assertEqual(len({dict(key[1:]).get("title") for key in values}) - 1, 101)
        self.assertEqual(total(values, "mpsdscope_responses_total", title="other", row="other"), 4900)
        self.assertEqual(total(values, "mpsdscope_violations_total", rule="other"), len(hostile))
        self.assertLess(len(text), 200_000)
        for never in ("2533274908811003", "XBL3.0", "evil"):
            self.assertNotIn(never, text)
        self.assertIn(r'name="Name \"7\"\\\n"', text)

    def test_with_the_screen(self):
        port = free_port()
        log = scope.file(replay(PLAYTEST).out)
        with terminal.Terminal(scope.PROGRAM, "tail", "--screen", "--metrics", str(port), log) as screen:
            screen.wait("FOLLOW")
            self.wait_for(("127.0.0.1", port), "mpsdscope_responses_total", 40)
            screen.send("q")
            self.assertEqual(screen.wait_for_the_end(), 0)


class Visitors(Scraped):
    def setUp(self):
        self.tail = Process(scope.PROGRAM, "tail", "--metrics", "127.0.0.1:0", scope.file(""))
        self.addCleanup(self.tail.__exit__)
        self.at = address(self.tail)

    def ask(self, said):
        with socket.create_connection(self.at, timeout=scope.PATIENCE) as connection:
            connection.sendall(said)
            return read_all(connection)

    def test_only_get_and_only_the_page(self):
        for method in ("POST", "HEAD", "DELETE", "CONNECT", "BREW"):
            status, headers, _ = get(self.at, method=method)
            self.assertEqual((status, headers["Allow"]), (405, "GET"), method)
        for path in ("/", "/metric", "/metrics/", "/../metrics", "*"):
            status, _, text = get(self.at, path)
            self.assertEqual((status, text), (404, "what there is here is at /metrics\n"), path)
        for path in ("/metrics?name[]=up", f"http://{self.at[0]}/metrics"):
            self.assertEqual(get(self.at, path)[0], 200, path)
        self.assertTrue(self.ask(b"GET /metrics HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n"))

    def test_nonsense_is_refused(self):
        for said, status in ((b"\r\n\r\n", 400), (b"GET /metrics\r\n\r\n", 400), (b"GET /metrics HTTP/1.1\r\n\r\n", 400),
                             (b"GET /metrics HTTP/2.0\r\nHost: x\r\n\r\n", 400), (b"GET /metrics HTTP/1.1\nHost: x\n\n", 400),
                             (b"GET /metrics HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400), (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\n", 400),
                             (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 8192, 431)):
            self.assertTrue(self.ask(said).startswith(b"HTTP/1.1 %d " % status), said[:60])
        self.scrape(self.at)

    def test_many_at_once_and_those_who_say_nothing(self):
        idle = [socket.create_connection(self.at, timeout=scope.PATIENCE) for _ in range(100)]
        for _ in range(3):
            self.scrape(self.at)
        idle[-1].sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertTrue(read_all(idle[-1]).startswith(b"HTTP/1.1 200 OK\r\n"))
        for connection in idle:  # the oldest made room for the others, the rest waited in vain
            self.assertIn(read_all(connection)[:1], (b"", b"H"))
            connection.close()

    def test_a_client_that_sends_for_ever_is_cut_off(self):
        with socket.create_connection(self.at, timeout=scope.PATIENCE) as connection:
            with self.assertRaises(ConnectionError):
                connection.sendall(b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n" + b"x" * (64 << 20))
        self.scrape(self.at)

    def test_an_address_that_is_not_free(self):
        taken = f"127.0.0.1:{self.at[1]}"
        done = run("tail", "--metrics", taken, scope.file(""))
        self.assertEqual(done.code, 1)
        self.assertIn(f"cannot listen at {taken}", done.err)
        self.assertIn("choose another port with --metrics", done.err)
        log = scope.scratch("log.jsonl")
        done = run("proxy", "--listen", "127.0.0.1:0", "--ca-dir", scope.scratch("ca"), "--metrics", taken, "--log", log)
        self.assertEqual((done.code, os.path.exists(log)), (1, False))
        self.assertIn("choose another port with --metrics", done.err)
        done = run("tail", "--metrics", "here", scope.file(""))
        self.assertEqual(done.code, 2)
        self.assertIn("'here' is no ADDRESS:PORT, such as 127.0.0.1:9477", done.err)


class Live(Scraped):
    @classmethod
    def setUpClass(cls):
        cls.plain, cls.tls = free_port(), free_port()
        every = "root $ROOT; default_type application/json; types { }"
        cls.nginx = Nginx(f"server {{ listen 127.0.0.1:{cls.plain}; {every} }}\n"
                          f"server {{ listen 127.0.0.1:{cls.tls} ssl; ssl_certificate {identity()}; ssl_certificate_key {identity()}; {every} }}",
                          [cls.plain, cls.tls])
        cls.addClassCleanup(cls.nginx.__exit__)
        cls.nginx.put(sample.PATH, compact(session(sample.TITLE, sample.NAME, sample.FRIENDS)))

    def test_a_proxy(self):
        with RecordingProxy(self.tls, "--metrics", "127.0.0.1:0") as proxy:
            at = address(proxy)
            proxy.curl(path=[sample.PATH] * 3)
            proxy.curl(path=SESSION)
            text = self.wait_for(at, "mpsdscope_responses_total", 4)
            self.assertClean(text)
            values = parse(text)
            self.assertEqual(total(values, "mpsdscope_responses_total", row="200"), 3)
            self.assertEqual(total(values, "mpsdscope_responses_total", row="404"), 1)
            self.assertEqual(total(values, "mpsdscope_queue_wait_seconds_count"), 4)
            self.assertEqual(total(values, "mpsdscope_connections_total"), 2)
            self.assertEqual(total(values, "mpsdscope_read_connections_total", how="decrypted"), 2)
            self.assertGreater(total(values, "mpsdscope_relayed_bytes_total", direction="to_client"), 1000)
            self.assertEqual(total(values, "mpsdscope_lost_total"), 0)
            self.assertEqual(total(values, "mpsdscope_proxy_events_total"), 0)
            self.assertEqual(proxy.interrupt(), 0, proxy.err)
            rules = json.loads(read(proxy.path("log.jsonl")).splitlines()[-1])["rules"]
            self.assertEqual(total(values, "mpsdscope_violations_total"), sum(rules.values()))

    def test_a_sniffer(self):
        sniffer = Process(scope.PROGRAM, "sniff", "-i", "lo", "--format", "jsonl", "--filter", "row:429", "--metrics", "127.0.0.1:0",
                          "tcp", "port", self.plain)
        self.addCleanup(sniffer.__exit__)
        sniffer.says("capturing from")
        at = address(sniffer)
        curl("--connect-to", f"{HOST}:{self.plain}:127.0.0.1:{self.plain}", *[f"http://{HOST}:{self.plain}{sample.PATH}"] * 3)
        self.wait_for(at, "mpsdscope_responses_total", 3)
        text = self.wait_for(at, "mpsdscope_connections_total", 1)
        self.assertClean(text)
        values = parse(text)
        self.assertEqual(total(values, "mpsdscope_responses_total", row="200"), 3)
        self.assertGreater(total(values, "mpsdscope_packets_total"), 6)
        self.assertEqual(total(values, "mpsdscope_lost_total"), 0)
        self.assertEqual(sniffer.interrupt(), 0, sniffer.err)


if __name__ == "__main__":
    real.isolate()
    scope.main()
