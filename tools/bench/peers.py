"""The origin and the proxies that tools/bench/proxy.py sets side by side, each started on a free port."""
import contextlib
import os
import socket
import subprocess
import time

# A session as the service answers with it: what an ordinary call of a play test brings back.
SESSION = ('{"contractVersion":107,"correlationId":"9b40cb38-1b71-4768-8cfb-8369b6b1cea6","branch":"4fc10100-5f7a-4470-899b-280f0a6d2730",'
           '"changeNumber":1,"membersInfo":{"first":1,"next":4,"count":3,"accepted":3},"constants":{"system":{"version":1,"maxMembersCount":8,'
           '"visibility":"open","inviteProtocol":"party","capabilities":{"connectivity":true}},"custom":{}},'
           '"properties":{"system":{"turn":[],"keywords":["harbour","ranked"]},"custom":{"map":"harbour"}},"members":{'
           + ",".join(f'"{i}":{{"next":{i + 1},"constants":{{"system":{{"xuid":"253327490881100{i}","index":{i}}},"custom":{{}}}},'
                      '"properties":{"system":{"active":true,"ready":true},"custom":{}},"gamertag":"Player",'
                      '"activeTitleId":"174401328"}' for i in (1, 2, 3)) + "}}")
PATH = "/serviceconfigs/7492baca-c1b4-440d-a391-55580a6d2730/sessiontemplates/lobby/sessions/one"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """A program that listens; `port` is where."""
    name = ""

    def __init__(self, directory):
        self.directory, self.port = os.path.join(os.path.abspath(directory), self.name), free_port()
        os.makedirs(self.directory, exist_ok=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def start(self, command):
        self.errors = open(self.path("errors"), "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors)
        end = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"bench: {self.name} does not listen:\n" + open(self.path("errors")).read())
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def memory(self):
        """Resident bytes, with those of its children."""
        total = 0
        for pid in [self.process.pid, *self.children()]:
            with open(f"/proc/{pid}/statm") as statm:
                total += int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return total

    def cpu(self):
        """Seconds of CPU time by thread, of it and its children."""
        times = {}
        for pid in [self.process.pid, *self.children()]:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                    with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
                        times[thread] = int(stat.read().split()[0]) / 1e9
        return times

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return [int(pid) for pid in children.read().split()]


class Certificates:
    """A CA and a certificate of localhost, PEM files."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.ca, self.ca_key = self.path("ca.pem"), self.path("ca-key.pem")
        self.cert, self.key, self.both = self.path("cert.pem"), self.path("key.pem"), self.path("both.pem")
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
        self.openssl("req", "-x509", *curve, "-subj", "/CN=bench CA", "-keyout", self.ca_key, "-out", self.ca)
        names = self.path("names")
        with open(names, "w") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self.openssl("req", *curve, "-subj", "/CN=localhost", "-keyout", self.key, "-out", self.path("request"))
        self.openssl("x509", "-req", "-in", self.path("request"), "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial",
                     "-days", "30", "-extfile", names, "-out", self.cert)
        with open(self.both, "w") as both:
            both.write(open(self.cert).read() + open(self.key).read())

    def path(self, name):
        return os.path.join(self.directory, name)

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Origin(Peer):
    name = "nginx"

    def __init__(self, directory, certificates):
        super().__init__(directory)
        paths = "".join(f"{kind}_temp_path {self.path(kind)}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        body = SESSION.replace("'", "\\'")
        configuration = self.write("nginx.conf", f"""daemon off; pid {self.path('pid')}; worker_processes 1; worker_rlimit_nofile 20000;
error_log {self.path('error.log')};
events {{ worker_connections 16384; }}
http {{ access_log off; {paths} keepalive_requests 100000000; keepalive_timeout 3600s; ssl_session_cache shared:s:10m;
  server {{ listen 127.0.0.1:{self.port} ssl backlog=4096; ssl_certificate {certificates.cert}; ssl_certificate_key {certificates.key};
    default_type application/json; add_header ETag '"0c9a-1"'; location / {{ return 200 '{body}'; }} }} }}
""")
        self.start(["nginx", "-p", self.directory, "-c", configuration, "-e", self.path("error.log")])


class Mpsdscope(Peer):
    name = "mpsdscope"

    def __init__(self, directory, certificates, origin, program, threads=1):
        super().__init__(directory)
        self.log = self.path("log.jsonl")
        if os.path.exists(self.log):
            os.remove(self.log)
        self.start([program, "proxy", "--mode", f"reverse:https://localhost:{origin.port}", "--listen", f"127.0.0.1:{self.port}",
                    "--threads", str(threads), "--ca-dir", self.path("ca"), "--upstream-ca", certificates.ca, "--log", self.log,
                    "--mpsd-host", "localhost", "--mpsd-host", "127.0.0.1"])


class Haproxy(Peer):
    """TLS on both sides, the upstream verified, an upstream connection for each client connection, no inspection."""
    name = "haproxy"

    def __init__(self, directory, certificates, origin):
        super().__init__(directory)
        configuration = self.write("haproxy.cfg", f"""global
  nbthread 1
  maxconn 8000
  tune.ssl.default-dh-param 2048
defaults
  mode http
  timeout connect 10s
  timeout client 3600s
  timeout server 3600s
frontend in
  bind 127.0.0.1:{self.port} ssl crt {certificates.both} alpn http/1.1
  default_backend out
backend out
  http-reuse never
  server origin 127.0.0.1:{origin.port} ssl verify required ca-file {certificates.ca} verifyhost localhost sni str(localhost)
""")
        self.start(["haproxy", "-db", "-f", configuration])


class Sslsplit(Peer):
    """Passes on and logs connections only; does not verify the upstream, and takes a thread per processor."""
    name = "sslsplit"

    def __init__(self, directory, certificates, origin):
        super().__init__(directory)
        self.start(["sslsplit", "-P", "-k", certificates.ca_key, "-c", certificates.ca, "-l", "/dev/null",
                    "ssl", "127.0.0.1", str(self.port), "127.0.0.1", str(origin.port)])


class Mitmproxy(Peer):
    name = "mitmproxy"

    def __init__(self, directory, certificates, origin):
        super().__init__(directory)
        self.start(["mitmdump", "-q", "--mode", f"reverse:https://localhost:{origin.port}", "--listen-host", "127.0.0.1", "-p",
                    str(self.port), "--set", f"confdir={self.path('conf')}", "--set",
                    f"ssl_verify_upstream_trusted_ca={certificates.ca}"])
