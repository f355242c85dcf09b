"""A server in threads of the test's own process: what all origins are made of."""
import socket
import threading

import scope

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"


class Server:
    """Gives each connection, after TLS if there is a `context`, to `serve(connection)` in a thread of its own; what fails there is kept."""

    def __init__(self, serve, context=None, address="127.0.0.1", receive_buffer=None):
        self.serve, self.context, self.errors, self.threads = serve, context, [], []
        self.listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        if receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.bind((address, 0))
        self.listener.listen(512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)  # closing alone does not wake the thread that accepts
        self.listener.close()

    @property
    def connections(self):
        return len(self.threads)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _run(self, connection):
        try:
            # Else an answer waits until what was said before (session tickets) is acknowledged, and a reset takes it back.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(scope.PATIENCE)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                self.serve(connection)
        except Exception as error:  # told by the test, in its own thread
            self.errors.append(error)

    def finish(self):
        """All connections have been served without an error."""
        for thread in self.threads:
            thread.join(scope.PATIENCE)
        if self.errors:
            raise AssertionError(f"the origin failed: {self.errors}")


class NamedServer(Server):
    """Answers every request (without content) with its own name; `received` is what came."""

    def __init__(self, name, context=None, address="127.0.0.1"):
        self.name, self.received = name.encode(), b""
        super().__init__(self._answer, context, address)

    def _answer(self, connection):
        held = b""
        while data := connection.recv(65536):
            self.received += data
            held += data
            while b"\r\n\r\n" in held:
                held = held.split(b"\r\n\r\n", 1)[1]
                connection.sendall(RESPONSE % (len(self.name), self.name))
