"""Ways into the proxy, and what they do not lead to: real clients, destinations in every spelling, loops, floods."""
import base64
import json
import os
import re
import resource
import select
import shutil
import socket
import struct
import subprocess

import real
import scope
from proxy_peers import (Origin, Proxy, ask, connect, connect_status, eventually_closed, first_status, read_all, socks_reply, status)
from server import Server

OWN = "192.168.7.5"  # an address of this machine that is not loopback


def setUpModule():
    if os.geteuid() == 0:
        subprocess.run(["ip", "address", "add", f"{OWN}/24", "dev", "lo"], capture_output=True)


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--max-time", str(scope.PATIENCE), *map(str, arguments)], capture_output=True,
                          env={key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")})
    return done.stdout.decode(), done.stderr.decode(), done.returncode


def has_own():
    return OWN in subprocess.run(["ip", "address"], capture_output=True, text=True).stdout


class WaysIn(scope.Case):
    def test_socks_by_address_and_by_name(self):
        with Proxy("--mode", "socks5") as proxy, Origin("origin") as origin:
            for option in ("--socks5", "--socks5-hostname"):
                out, err, code = curl(option, f"127.0.0.1:{proxy.at[1]}", f"http://localhost:{origin.port}/a")
                self.assertEqual((out, code), ("origin", 0), err)
            self.assertIn(b"GET /a HTTP/1.1\r\n", origin.received)

    def test_socks_password(self):
        with Proxy("--mode", "socks5", "--proxy-auth", "player:zebra quick") as proxy, Origin("origin") as origin:
            at, url = f"127.0.0.1:{proxy.at[1]}", f"http://127.0.0.1:{origin.port}/"
            self.assertEqual(curl("--socks5", at, "--proxy-user", "player:zebra quick", url)[0], "origin")
            for wrong in ((), ("--proxy-user", "player:zebra")):
                self.assertEqual(curl("--socks5", at, *wrong, url)[2], 97)  # CURLE_PROXY
            self.assertEqual(origin.connections, 1)

    def test_several_hosts_on_one_connection(self):
        with Proxy() as proxy, Origin("one") as one, Origin("two") as two:
            urls = [f"http://127.0.0.1:{origin.port}/{name}" for origin, name in ((one, "a"), (two, "b"), (one, "c"))]
            out, err, code = curl("--proxy", proxy.url(), "-H", "X-Odd:  kept ", "-w", " %{num_connects}\n", *urls)
            self.assertEqual((out, code), ("one 1\ntwo 0\none 0\n", 0), err)
            self.assertEqual([line for line in one.received.split(b"\r\n") if b"HTTP/" in line],
                             [b"GET /a HTTP/1.1", b"GET /c HTTP/1.1"])
            for origin in (one, two):
                self.assertIn(f"Host: 127.0.0.1:{origin.port}\r\n".encode(), origin.received)
                self.assertNotIn(b"Proxy-", origin.received)

    def test_password(self):
        secret = base64.b64encode(b"player:zebra quick").decode()
        with Proxy("--proxy-auth", "player:zebra quick", "--intercept", "*") as proxy, Origin("origin") as origin:
            url = f"http://127.0.0.1:{origin.port}/"
            for tunnel in ((), ("--proxytunnel",)):
                right = curl("--proxy", proxy.url(), "--proxy-user", "player:zebra quick", *tunnel, url)
                self.assertEqual(right[0], "origin", right[1])
                for wrong in ((), ("--proxy-user", "player:zebra"), ("--proxy-user", "play:zebra quick")):
                    out, _, _ = curl("--proxy", proxy.url(), *wrong, *tunnel, "-w", "%{http_code}%{http_connect}", url)
                    self.assertIn("407", out)
            self.assertEqual(origin.connections, 2)
            self.assertNotIn(b"Proxy-Authorization", origin.received)
            proxy.interrupt()
            for text in (proxy.err, real.read(proxy.log).decode(), proxy.out.decode()):
                self.assertNotIn(secret, text)
                self.assertNotIn("zebra", text)

    def test_what_two_parsers_read_differently_is_refused(self):
        with Proxy() as proxy, Origin("origin") as origin:
            host = f"127.0.0.1:{origin.port}".encode()
            head = b"POST http://%b/ HTTP/1.1\r\nHost: %b\r\n" % (host, host)
            for rest in (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Content-Length : 3\r\n\r\nabc",
                         b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"X: y\r\n z\r\n\r\n", b"X: a\rb\r\n\r\n"):
                self.assertEqual(status(ask(proxy.at, head + rest)), 400, rest)
            self.assertEqual(origin.received, b"")


INTERNAL = ["127.0.0.1", "127.1", "2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001", "017700000001", "0", "0.0.0.0", "localhost",
            "LOCALHOST", "169.254.169.254", "2852039166", "0xa9fea9fe", "[::1]", "[::]", "[::ffff:127.0.0.1]",
            "[::ffff:169.254.169.254]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[ff02::1]"]
SELF = [OWN, "3232237317", "0300.0250.7.5", f"[::ffff:{OWN}]"]


class Destinations(scope.Case):
    def test_listening_wide_nothing_internal_is_reached(self):
        with Origin("inside", "0.0.0.0") as origin, Proxy(listen=["0.0.0.0:0"]) as proxy, \
                Proxy("--mode", "socks5", listen=["0.0.0.0:0"]) as socks:
            for host in INTERNAL + (SELF if has_own() else []):
                target = f"{host}:{origin.port}"
                self.assertEqual(connect_status(("127.0.0.1", proxy.at[1]), target), 403, host)
                answer = ask(("127.0.0.1", proxy.at[1]), f"GET http://{target}/ HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
                self.assertEqual(status(answer), 403, host)
                self.assertIn(b"--allow-dest", answer)
                self.assertEqual(socks_reply(("127.0.0.1", socks.at[1]), host.strip("[]"), origin.port), 2, host)
            self.assertEqual(origin.connections, 0)

    def test_allow_dest_names_what_may_be_reached(self):
        with Origin("inside") as origin, Proxy("--allow-dest", "localhost", "--allow-dest", "127.0.0.0/30",
                                               listen=["0.0.0.0:0"]) as proxy:
            at = ("127.0.0.1", proxy.at[1])
            for host, expected in (("localhost", 200), ("127.1", 200), ("2130706433", 200), ("127.0.0.9", 403),
                                   ("169.254.169.254", 403)):
                self.assertEqual(connect_status(at, f"{host}:{origin.port}"), expected, host)

    def test_an_address_that_the_machine_gets_later(self):
        if not has_own() or "MPSDSCOPE_ISOLATED" not in os.environ:
            self.skipTest("needs rights to add addresses in a network namespace of its own")
        with Proxy(listen=["0.0.0.0:0"]) as proxy, Origin("origin", "0.0.0.0") as origin:
            late = "192.168.7.9"
            subprocess.run(["ip", "address", "add", f"{late}/24", "dev", "lo"], check=True)
            self.addCleanup(subprocess.run, ["ip", "address", "delete", f"{late}/24", "dev", "lo"], check=True)
            real.wait_for(lambda: connect_status(proxy.at, f"{late}:{origin.port}") == 403, "it is refused")

    def test_on_loopback_the_machine_itself_is_reached(self):
        with Origin("inside") as origin, Proxy() as proxy:
            self.assertEqual(connect_status(proxy.at, f"127.0.0.1:{origin.port}"), 200)

    def test_no_requests_to_itself(self):
        for listen in ("127.0.0.1:0", "0.0.0.0:0"):
            with Proxy("--allow-dest", "0.0.0.0/0", "--allow-dest", "::/0", listen=[listen]) as proxy:
                at = ("127.0.0.1", proxy.at[1])
                for host in ["127.0.0.1", "localhost", "127.1", "0", "0.0.0.0", "2130706433", "[::ffff:127.0.0.1]"]:
                    self.assertEqual(connect_status(at, f"{host}:{at[1]}"), 403, host)
                answer = ask(at, f"GET http://localhost:{at[1]}/ HTTP/1.1\r\nHost: localhost:{at[1]}\r\n\r\n".encode())
                self.assertEqual(status(answer), 403)
                self.assertIn(b"http://mpsdscope/", answer)
                # By its own address it is its page.
                own = f"127.0.0.1:{at[1]}"
                self.assertEqual(curl("--proxy", f"http://{own}", f"http://{own}/", "-o", "/dev/null", "-w", "%{http_code}")[0], "200")
                self.assertEqual(curl(f"http://{own}/", "-o", "/dev/null", "-w", "%{http_code}")[0], "200")

    def test_what_the_command_line_names_may_be_internal_and_nothing_beyond_it(self):
        with Origin("origin") as origin, Proxy() as other, \
                Proxy("--upstream-proxy", other.url(), listen=["0.0.0.0:0"]) as proxy, \
                Proxy("--mode", f"reverse:http://127.0.0.1:{origin.port}", listen=["0.0.0.0:0"]) as reverse:
            self.assertEqual(first_status(("127.0.0.1", reverse.at[1]), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 200)
            at = ("127.0.0.1", proxy.at[1])
            for host in ("127.0.0.1", "2130706433", "localhost", "a.localhost", "169.254.169.254", "[::ffff:127.0.0.1]"):
                target = f"{host}:{origin.port}"
                self.assertEqual(connect_status(at, target), 403, host)
                self.assertEqual(status(ask(at, f"GET http://{target}/ HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())), 403, host)
            self.assertEqual(origin.connections, 1)
            # The other proxy says why it cannot.
            self.assertEqual(connect_status(at, "no.such.host.invalid:443"), 502)

    def test_a_loop_over_another_of_its_sockets(self):
        with Proxy(listen=["127.0.0.1:0", "127.0.0.2:0"]) as proxy:
            for address, port in proxy.listening:
                self.assertEqual(connect_status(proxy.at, f"{address}:{port}"), 403)

    def test_a_loop_that_redirection_makes(self):
        """Everything to a port is redirected to the proxy, what the proxy itself sends there too."""
        nft = shutil.which("nft")
        if not nft or not has_own() or "MPSDSCOPE_ISOLATED" not in os.environ:
            self.skipTest("needs rights to redirect in a network namespace of its own, and nft")
        with Proxy("--mode", "transparent", "--threads", "2") as proxy:
            rules = f"""add table ip loop
                add chain ip loop out {{ type nat hook output priority -100; }}
                add rule ip loop out tcp dport 7777 redirect to :{proxy.at[1]}"""
            self.addCleanup(subprocess.run, [nft, "delete", "table", "ip", "loop"], capture_output=True)
            if subprocess.run([nft, "-f", "-"], input=rules.encode(), capture_output=True).returncode != 0:
                self.skipTest("no redirection here")
            for _ in range(20):
                with connect((OWN, 7777)) as connection:
                    read_all(connection)
            real.wait_for(lambda: "in a circle" in proxy.err, "the loop is told")
            proxy.interrupt()
            summary = json.loads(real.read(proxy.log).splitlines()[-1])
            self.assertEqual(summary["proxy"]["connections"], 20)  # the second time round is refused at the door

    def test_clients_that_are_not_allowed_get_no_answer(self):
        if not has_own():
            self.skipTest("needs an address that is not loopback: run as root")
        with Proxy("--allow", "10.0.0.0/8", listen=["0.0.0.0:0"]) as proxy, \
                Proxy(listen=["0.0.0.0:0"]) as lan:
            said = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            try:
                answer = ask((OWN, proxy.at[1]), said, OWN)
            except (ConnectionError, BrokenPipeError):
                answer = b""
            self.assertEqual(answer, b"")
            proxy.says("--allow")
            self.assertEqual(status(ask((OWN, lan.at[1]), said, OWN)), 200)


def client_hello(claimed, sent):
    """The beginning of a ClientHello that claims to be `claimed` bytes long, in records, `sent` bytes of it."""
    message = b"\x01" + claimed.to_bytes(3, "big") + b"\x03\x03" + bytes(sent)
    pieces = [message[i:i + 16384] for i in range(0, len(message), 16384)]
    return b"".join(b"\x16\x03\x01" + struct.pack(">H", len(piece)) + piece for piece in pieces)


class Floods(scope.Case):
    MEMORY = 64 << 20  # more than this much growth is no bound

    def served(self, proxy, origin):
        out, err, _ = curl("--proxy", f"http://127.0.0.1:{proxy.at[1]}", f"http://127.0.0.1:{origin.port}/")
        self.assertEqual(out, "origin", err)

    def test_half_open_handshakes(self):
        with Proxy("--handshake-timeout", "3", "--intercept", "*") as proxy, Origin("origin") as origin:
            before = proxy.memory()
            flood = []
            for i in range(400):
                connection = connect(proxy.at)
                if i % 4 > 0:
                    connection.sendall(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n" % origin.port)
                if i % 4 > 1:
                    connection.sendall(b"\r\n")
                if i % 4 > 2:
                    connection.sendall(client_hello(500, 200))
                flood.append(connection)
            self.served(proxy, origin)
            self.assertLess(proxy.memory() - before, self.MEMORY)
            eventually_closed(flood)
            self.served(proxy, origin)
            self.assertIsNone(proxy.process.poll())

    def test_slow_requests(self):
        with Proxy("--handshake-timeout", "2") as proxy, Origin("origin") as origin:
            slow = [connect(proxy.at) for _ in range(100)]
            for connection in slow:
                connection.sendall(b"GET http://127.0.0.1:%d/ HTTP/1.1\r\nX: " % origin.port)
            answered = set()
            while len(answered) < len(slow):  # a byte now and then keeps none of them
                for connection in set(slow) - answered:
                    readable, _, _ = select.select([connection], [], [], 0.01)
                    if readable:
                        self.assertEqual(status(read_all(connection)), 408)
                        answered.add(connection)
                    else:
                        connection.sendall(b"y")
                self.served(proxy, origin)
            for connection in slow:
                connection.close()

    def test_slow_requests_behind_others(self):
        with Proxy("--handshake-timeout", "3") as proxy, Origin("origin") as origin:
            request = b"GET http://127.0.0.1:%d/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (origin.port, origin.port)
            for before, behind in ((b"", b"G"), (request, b"GET http://127")):
                with connect(proxy.at) as connection:
                    if before:
                        connection.sendall(before)
                        self.assertEqual(status(connection.recv(65536)), 200)
                    connection.sendall(behind)
                    self.assertIn(b"HTTP/1.1 408 ", read_all(connection))

    def test_files_that_are_short(self):
        """Who is not accepted for want of descriptors is served when there are some."""
        with Proxy("--threads", "1") as proxy:
            process = proxy.process.pid
            files = len(os.listdir(f"/proc/{process}/fd"))
            _, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
            resource.prlimit(process, resource.RLIMIT_NOFILE, (files + 5, hard))
            clients = [connect(proxy.at) for _ in range(20)]
            real.wait_for(lambda: "cannot accept connections" in proxy.err, "the shortage is told")
            for connection in clients[:5]:
                connection.close()
            for connection in clients[5:]:
                with connection:
                    connection.sendall(b"GET http://mpsdscope/ HTTP/1.1\r\nHost: mpsdscope\r\nConnection: close\r\n\r\n")
                    self.assertEqual(status(read_all(connection)), 200)

    def test_no_more_connections_than_files_allow(self):
        with real.Process("sh", "-c", 'ulimit -n 86 && exec "$@"', "sh", scope.PROGRAM, "proxy", "--listen", "127.0.0.1:0", "--ca-dir",
                          scope.scratch("ca"), "--threads", "1") as proxy:
            proxy.says("only 10 connections are possible at once")
            proxy.says("Ctrl-C ends")
            port = int(re.search(r"listening on 127.0.0.1:(\d+)", proxy.err)[1])
            taken = [connect(("127.0.0.1", port)) for _ in range(11)]
            real.wait_for(lambda: "all 10 connections are taken" in proxy.err, "the limit is told")
            for connection in taken:
                connection.close()
            self.assertNotIn("cannot accept", proxy.err)

    def test_upstream_connections_that_ended_are_closed(self):
        with Proxy("--threads", "1") as proxy, socket.create_server(("127.0.0.1", 0)) as origin:
            def files():
                return len(os.listdir(f"/proc/{proxy.process.pid}/fd"))
            before = files()
            with connect(proxy.at) as client:
                at = b"127.0.0.1:%d" % origin.getsockname()[1]
                client.sendall(b"GET http://%b/ HTTP/1.1\r\nHost: %b\r\n\r\n" % (at, at))
                with origin.accept()[0] as upstream:
                    upstream.recv(1000)
                    upstream.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                    self.assertEqual(status(client.recv(65536)), 204)
                    real.wait_for(lambda: files() == before + 2, "two connections")
                real.wait_for(lambda: files() == before + 1, "upstream's descriptor is closed")

    def test_huge_client_hellos(self):
        with Proxy("--intercept", "*") as proxy, Origin("origin") as origin, Server(read_all) as sink:
            before = proxy.memory()
            flood = []
            for _ in range(40):
                connection = connect(proxy.at)
                connection.sendall(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % sink.port)
                self.assertEqual(status(connection.recv(1000)), 200)
                try:
                    connection.sendall(client_hello(0xffffff, 4 << 20))
                except (ConnectionError, BrokenPipeError):
                    pass
                flood.append(connection)
            self.served(proxy, origin)
            self.assertLess(proxy.memory() - before, self.MEMORY)
            proxy.says("passed on unread")
            for connection in flood:
                connection.close()
            self.served(proxy, origin)

    def test_huge_heads(self):
        with Proxy() as proxy, Origin("origin") as origin:
            before = proxy.memory()
            for begin in (b"CONNECT a:443 HTTP/1.1\r\nX: ", b"GET http://a/ HTTP/1.1\r\nX: "):
                with connect(proxy.at) as connection:
                    try:
                        for _ in range(200):
                            connection.sendall(begin + b"y" * 65536)
                            begin = b""
                    except (ConnectionError, BrokenPipeError):
                        pass
                    answer = read_all(connection)
                self.assertEqual(status(answer), 431)
            self.served(proxy, origin)
            self.assertLess(proxy.memory() - before, self.MEMORY)

    def test_a_client_that_does_not_read(self):
        with Proxy() as proxy, socket.create_server(("127.0.0.1", 0)) as listener, Origin("origin") as origin:
            before = proxy.memory()
            port = listener.getsockname()[1]
            with connect(proxy.at) as client:
                client.sendall(f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
                upstream, _ = listener.accept()
                with upstream:
                    upstream.settimeout(1)  # it takes no more: nothing reads
                    upstream.recv(65536)
                    upstream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    try:
                        while True:
                            upstream.sendall(bytes(1 << 20))
                    except TimeoutError:
                        pass
                    self.assertLess(proxy.memory() - before, self.MEMORY)
                    self.served(proxy, origin)

    def test_a_client_has_its_share(self):
        with Proxy("--max-connections-per-client", "5") as proxy, Origin("origin") as origin:
            taken = [connect(proxy.at) for _ in range(5)]
            try:
                answer = ask(proxy.at, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            except (ConnectionError, BrokenPipeError):
                answer = b""
            self.assertEqual(answer, b"")
            real.wait_for(lambda: "one client may have" in proxy.err, "the limit is told")
            for connection in taken:
                connection.close()

            def again():
                return curl("--proxy", proxy.url(), f"http://127.0.0.1:{origin.port}/")[0] == "origin"
            real.wait_for(again, "served again")


if __name__ == "__main__":
    real.isolate()
    scope.main()
