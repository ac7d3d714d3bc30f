"""A web server for a folder, on this machine only.

Java: no counterpart.
"""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import typer

from kafka_nio.cli.problem import Problem

HOST = "127.0.0.1"


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line on the terminal for each of them."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Answers every request on a thread of its own."""

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves in the middle of an answer is nobody's problem."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # it only prints the address


def serve(folder: Path, port: int) -> None:
    """Serve a folder until Ctrl-C; port 0 takes any free one."""
    try:
        server = Server((HOST, port), partial(QuietHandler, directory=str(folder)))
    except OSError as error:
        raise Problem(f"cannot serve on {HOST}:{port}: {error.strerror or error}; try --port 0") from error
    with server:
        typer.echo(f"Open http://{HOST}:{server.server_address[1]}/ in a browser. Ctrl-C ends it.")
        server.serve_forever()
