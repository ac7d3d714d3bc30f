"""An identity provider on a free port: whoever posts gets a token, or what the test wants to be answered."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from tests.support.unsecured_token import unsecured_token


@dataclass
class Posted:
    """What somebody asked for."""

    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class IdentityProvider:
    """What it was asked, and what it will answer: the answers in turn, and then a token for `subject` each time."""

    url: str
    subject: str = "alice"
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)

    def answer(self) -> tuple[int, bytes]:
        """The next answer."""
        if self.answers:
            return self.answers.pop(0)
        return 200, json.dumps({"access_token": unsecured_token(self.subject), "token_type": "Bearer"}).encode()


@contextmanager
def identity_provider(context: ssl.SSLContext | None = None) -> Iterator[IdentityProvider]:
    """Answer in a thread of its own until the end; over TLS if there is a context."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            provider.posted.append(Posted(self.path, dict(self.headers), form))
            status, body = provider.answer()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Somebody hung up in the middle of a handshake: that is what some tests want."""

    with Server(("127.0.0.1", 0), Handler) as server:
        scheme = "http"
        if context is not None:
            scheme, server.socket = "https", context.wrap_socket(server.socket, server_side=True)
        provider = IdentityProvider(f"{scheme}://127.0.0.1:{server.server_address[1]}/oauth2/token?tenant=7")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="identity provider")
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
