"""Certificates to order, made with openssl, and a server that shows them."""
import os
import ssl
import subprocess
import time

import scope
from proxy_peers import connect_through
from server import NamedServer

CONFIG = """
[ca]
default_ca = lab
[lab]
dir = {folder}
new_certs_dir = {folder}
database = {folder}/index
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = optional
"""


def openssl(*arguments, stdin=b"", check=True):
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=scope.PATIENCE)
    if check and done.returncode != 0:
        raise AssertionError(f"openssl {arguments}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def der_text(der, *what):
    return openssl("x509", "-inform", "der", "-noout", *what, stdin=der)


class Lab:
    """A CA, and certificates that it signs. `ca` is its PEM file."""

    def __init__(self, name="Lab"):
        self.folder = scope.scratch("lab")
        os.makedirs(self.folder)
        self.ca, self.key = f"{self.folder}/ca.pem", f"{self.folder}/ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-subj", f"/CN={name} CA", "-addext", "keyUsage=critical,keyCertSign", "-keyout", self.key, "-out", self.ca)
        with open(f"{self.folder}/config", "w") as file:
            file.write(CONFIG.format(folder=self.folder))
        open(f"{self.folder}/index", "w").close()
        self.count = 0

    def issue(self, names, begin_day=-1, end_day=20):
        """A PEM file with key and certificate. `names` as in openssl's subjectAltName."""
        self.count += 1
        path = f"{self.folder}/server{self.count}"
        with open(f"{path}.ext", "w") as file:
            file.write(f"subjectAltName={names}\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=server",
                "-keyout", f"{path}.key", "-out", f"{path}.csr")
        day = [time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400)) for days in (begin_day, end_day)]
        openssl("ca", "-batch", "-config", f"{self.folder}/config", "-cert", self.ca, "-keyfile", self.key, "-in", f"{path}.csr",
                "-out", f"{path}.crt", "-extfile", f"{path}.ext", "-startdate", day[0], "-enddate", day[1], "-notext")
        return joined(f"{path}.pem", f"{path}.key", f"{path}.crt")

    @staticmethod
    def self_signed(names):
        path = scope.scratch("self")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-subj", "/CN=self", "-addext", f"subjectAltName={names}", "-keyout", f"{path}.key", "-out", f"{path}.crt")
        return joined(f"{path}.pem", f"{path}.key", f"{path}.crt")


def joined(path, *parts):
    with open(path, "w") as out:
        for part in parts:
            with open(part) as file:
                out.write(file.read())
    return path


class LabOrigin(NamedServer):
    """A named server that shows `identity`. `peers`: the certificates that its clients showed (DER or None)."""

    def __init__(self, identity, name="origin", client_ca=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity)
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
        self.peers = []
        super().__init__(name, context)

    def _answer(self, connection):
        self.peers.append(connection.getpeercert(binary_form=True))
        super()._answer(connection)


class Visit:
    """A TLS connection through the proxy's CONNECT: to a port of this machine, for a host of any name."""

    def __init__(self, proxy, port, host, trust=None, version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = trust is not None
        context.verify_mode = ssl.CERT_REQUIRED if trust else ssl.CERT_NONE
        if trust:
            context.load_verify_locations(trust)
        if version:
            context.minimum_version = context.maximum_version = version
        connection = connect_through(proxy, "127.0.0.1", port)
        try:
            self.channel = context.wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    @property
    def certificate(self):
        return self.channel.getpeercert(binary_form=True)

    def ask(self, path="/"):
        self.channel.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return self.channel.recv(65536)
