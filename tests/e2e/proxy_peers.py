"""The proxy under test as a process, an HTTP origin that keeps what it was sent, and clients that say what they are told."""
import re
import socket

import scope
from real import Process, wait_for
from server import NamedServer


class Proxy(Process):
    """`mpsdscope proxy` with its files in a place of its own. `at` is where it listens: (address, port), `ca` the certificate
    that its clients trust."""

    def __init__(self, *options, listen=("127.0.0.1:0",), environment=None):
        self.log = scope.scratch("log.jsonl")
        arguments = [part for at in listen for part in ("--listen", at)]
        super().__init__(scope.PROGRAM, "proxy", *arguments, "--ca-dir", scope.scratch("ca"), "--log", self.log, *options,
                         environment={"MPSDSCOPE_PROXY_AUTH": "", "SSLKEYLOGFILE": "", **(environment or {})})
        self.says(r"Ctrl-C ends")
        found = re.findall(r"listening on (\S+):(\d+)", self.err)
        self.listening = [(address.strip("[]"), int(port)) for address, port in found]
        if not self.listening:
            raise AssertionError(f"no proxy: {self.err}")
        self.at = self.listening[0]
        self.ca = re.search(r"devices must trust the CA (\S+);", self.err)[1]

    def url(self, scheme="http", credentials="", address="127.0.0.1"):
        return f"{scheme}://{credentials}{address}:{self.at[1]}"

    def memory(self, line="VmRSS"):
        """Bytes of resident memory."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(line + r":\s+(\d+)", file.read())[1]) * 1024

    def peak_memory(self):
        return self.memory("VmHWM")


class Origin(NamedServer):
    """An HTTP service without TLS."""

    def __init__(self, name, address="127.0.0.1"):
        super().__init__(name, address=address)


def connect(at, source=None):
    connection = socket.create_connection(at, timeout=scope.PATIENCE, source_address=(source, 0) if source else None)
    return connection


def connect_through(proxy, host, port):
    """A connection to host:port by CONNECT."""
    connection = connect(proxy.at)
    connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece:
            raise AssertionError(f"CONNECT was answered with {answer}")
        answer += piece
    if not answer.startswith(b"HTTP/1.1 200"):
        raise AssertionError(f"CONNECT was answered with {answer}")
    return connection


def read_all(connection):
    """Until the other side ends it. A reset is an end too."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def ask(at, said, source=None):
    """What is answered until the connection ends."""
    with connect(at, source) as connection:
        connection.sendall(said)
        return read_all(connection)


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def first_status(at, said):
    """The status of the first answer."""
    with connect(at) as connection:
        connection.sendall(said)
        return status(connection.recv(65536))


def connect_status(at, target):
    """The status that CONNECT is answered with."""
    return first_status(at, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())


def socks_reply(at, host, port):
    """The reply (RFC 1928 §6) to a request for a name."""
    with connect(at) as connection:
        connection.sendall(b"\x05\x01\x00")
        if connection.recv(2) != b"\x05\x00":
            return None
        connection.sendall(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + port.to_bytes(2, "big"))
        reply = connection.recv(10)
        return reply[1] if len(reply) > 1 else None


def eventually_closed(connections):
    """Every one of them is ended by the other side."""
    for connection in connections:
        read_all(connection)
        connection.close()


__all__ = ["Origin", "Proxy", "ask", "connect", "connect_status", "connect_through", "eventually_closed", "first_status", "read_all", "socks_reply", "status",
           "wait_for"]
