"""TLS over a wire.Conversation, by Python's ssl on both ends, with the key log of the client."""
import atexit
import os
import shutil
import ssl
import subprocess
import tempfile

_scratch = None


def scratch():
    """A directory of this process, removed at its end."""
    global _scratch
    if _scratch is None:
        _scratch = tempfile.mkdtemp(prefix="mpsdscope-tls.")
        atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
    return _scratch


def certificate():
    """(certificate file, key file), made on first use."""
    cert, key = os.path.join(scratch(), "cert.pem"), os.path.join(scratch(), "key.pem")
    if not os.path.exists(cert):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=sessiondirectory.xboxlive.com", "-keyout", key, "-out", cert],
                       check=True, capture_output=True)
    return cert, key


class KeyLog:
    """Collects the secrets of the channels that are given it."""

    def __init__(self):
        handle, self.path = tempfile.mkstemp(prefix="keys.", dir=scratch())
        os.close(handle)

    def text(self):
        with open(self.path) as file:
            return "".join(line for line in file if not line.startswith("#"))


class TlsChannel:
    """Has the sending methods of the conversation that it runs over."""

    def __init__(self, tcp, sni, keylog=None, version="1.3", ciphers=None, alpn=(), session_of=None):
        self.tcp = tcp
        exact = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
        if session_of:
            self.client_context, self.server_context = session_of.client_context, session_of.server_context
        else:
            self.client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.client_context.check_hostname = False
            self.client_context.verify_mode = ssl.CERT_NONE
            self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.server_context.load_cert_chain(*certificate())
            for context in (self.client_context, self.server_context):
                context.minimum_version = context.maximum_version = exact
                if ciphers:
                    context.set_ciphers(ciphers)
                if alpn:
                    context.set_alpn_protocols(list(alpn))
        if keylog:
            self.client_context.keylog_filename = keylog.path
        self.to = {"client": ssl.MemoryBIO(), "server": ssl.MemoryBIO()}
        self.out = {"client": ssl.MemoryBIO(), "server": ssl.MemoryBIO()}
        self.tls = {
            "client": self.client_context.wrap_bio(self.to["client"], self.out["client"], server_hostname=sni,
                                                   session=session_of.tls["client"].session if session_of else None),
            "server": self.server_context.wrap_bio(self.to["server"], self.out["server"], server_side=True)}
        self.handshake()

    def handshake(self):
        pending = ["client", "server"]
        while pending:
            for side in ("client", "server"):
                try:
                    self.tls[side].do_handshake()
                    pending = [name for name in pending if name != side]
                except ssl.SSLWantReadError:
                    pass
                self.flush(side)

    def flush(self, side):
        data = self.out[side].read()
        if data:
            self.tcp.send(side, data)
            self.to["server" if side == "client" else "client"].write(data)

    def send(self, side, data):
        receiver = self.tls["server" if side == "client" else "client"]
        self.tls[side].write(data)
        self.flush(side)
        arrived = b""
        while len(arrived) < len(data):
            arrived += receiver.read(1 << 20)
        assert arrived == data
        return self

    def client_sends(self, data):
        return self.send("client", data)

    def server_sends(self, data):
        return self.send("server", data)

    def wait(self, seconds):
        self.tcp.wait(seconds)
        return self

    def close(self, first="client"):
        """close_notify of both sides, then FINs."""
        for side in (first, "server" if first == "client" else "client"):
            try:
                self.tls[side].unwrap()
            except (ssl.SSLWantReadError, ssl.SSLError):
                pass
            self.flush(side)
        self.tcp.close(first)
        return self

    @property
    def segments(self):
        return self.tcp.segments
