"""Real peers on loopback: nginx, curl, openssl, tcpdump and tshark, in a network namespace of the test's own."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import scope

from tls_channel import certificate


def isolate():
    """Runs the test again in a network namespace of its own, where that is possible, with loopback up.

    Elsewhere the tests run on the machine's loopback: every capture is filtered by port anyway.
    """
    if os.environ.get("MPSDSCOPE_ISOLATED"):
        return
    os.environ["MPSDSCOPE_ISOLATED"] = "1"
    enter = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*enter, "true"], capture_output=True).returncode == 0:
        script = 'ip link set lo up && exec "$0" "$@"'
        os.execvp(enter[0], [*enter, "sh", "-c", script, sys.executable, "-B", *sys.argv])


def wait_for(condition, what):
    end = time.monotonic() + scope.PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: did not happen within {scope.PATIENCE} s")
        time.sleep(0.01)  # between two looks at the condition


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepting(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A program in the background, its output in files, ended with the block."""

    def __init__(self, *command, environment=None):
        self.out_path, self.err_path = scope.scratch("out"), scope.scratch("err")
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=out, stderr=err,
                                            env={**os.environ, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(scope.PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    @property
    def out(self):
        return read(self.out_path)

    @property
    def err(self):
        return read(self.err_path).decode(errors="replace")

    def type(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def says(self, text, where="err"):
        wait_for(lambda: re.search(text, self.err if where == "err" else self.out.decode(errors="replace"))
                 or self.process.poll() is not None, f"{self.process.args}: {text}")
        return self

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(scope.PATIENCE)


class Tcpdump(Process):
    """Captures TCP of the given ports. A mark, sent as a datagram, tells when everything before it was written.

    Every place of the kernel's buffer is as large as the largest packet: 64 KiB on loopback, so that there are 4,000, more than any test sends packets.
    """

    def __init__(self, *ports):
        self.path, self.mark_port = scope.scratch("tcpdump.pcap"), free_port()
        ports = " or ".join(f"tcp port {port}" for port in ports)
        super().__init__("tcpdump", "-i", "lo", "-Z", "root", "-U", "--immediate-mode", "-B", "262144", "-s", "66000", "-w", self.path,
                         f"{ports} or udp port {self.mark_port}")
        self.says("listening on")

    def finish(self):
        mark = os.urandom(16)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark, ("127.0.0.1", self.mark_port))
        wait_for(lambda: mark in read(self.path), "tcpdump's last packet")
        self.interrupt()
        if "0 packets dropped by kernel" not in self.err:
            raise AssertionError("tcpdump dropped packets: " + self.err)
        return self.path


class Nginx(Process):
    """`servers` is the inside of nginx's http block; $ROOT in it stands for a directory of documents."""

    def __init__(self, servers, ports):
        self.root = scope.scratch("nginx")
        os.makedirs(self.root)
        os.chmod(self.root, 0o755)
        cert, key = certificate()
        paths = "".join(f"{kind}_temp_path {self.root}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(f"{self.root}/nginx.conf", "w") as file:
            file.write(f"daemon off; pid {self.root}/pid; error_log {self.root}/error.log; worker_processes 1;\n"
                       f"events {{ }}\nhttp {{ access_log off; {paths} ssl_certificate {cert}; ssl_certificate_key {key};\n"
                       + servers.replace("$ROOT", self.root) + "\n}\n")
        super().__init__("nginx", "-p", self.root, "-c", f"{self.root}/nginx.conf", "-e", f"{self.root}/error.log")
        for port in ports:
            wait_for(lambda: accepting(port) or self.process.poll() is not None, f"nginx on port {port}")
        if self.process.poll() is not None:
            raise AssertionError("nginx: " + self.err)

    def put(self, path, content, folder=""):
        """A document at a path of URIs, below that folder of $ROOT."""
        file = self.root + folder + path
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as document:
            document.write(content)

    def __exit__(self, *what):
        super().__exit__(*what)
        shutil.rmtree(self.root, ignore_errors=True)


def curl(*arguments, keys=None):
    environment = {name: value for name, value in os.environ.items() if name != "SSLKEYLOGFILE"}
    if keys:
        environment["SSLKEYLOGFILE"] = keys
    done = subprocess.run(["curl", "--silent", "--show-error", "--insecure", "--noproxy", "*", *map(str, arguments)],
                          env=environment, capture_output=True, timeout=scope.PATIENCE)
    if done.returncode != 0:
        raise AssertionError(f"curl {arguments}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def tshark_statuses(capture, keys=None, plain=(), tls=()):
    """The statuses of all final responses as tshark sees them, sorted."""
    command = ["tshark", "-n", "-r", capture, "-Y", "http.response or http2.headers.status", "-T", "fields",
               "-e", "http.response.code", "-e", "http2.headers.status"]
    for port in plain:
        command += ["-d", f"tcp.port=={port},http"]
    for port in tls:
        command += ["-d", f"tcp.port=={port},tls"]
    if keys:
        command += ["-o", f"tls.keylog_file:{keys}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=scope.PATIENCE).stdout
    return sorted(int(number) for number in re.findall(r"\d+", text) if int(number) >= 200)
