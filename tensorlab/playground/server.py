"""The web server of the playground: for this machine alone."""

from __future__ import annotations

import errno
import json
import sys
import traceback
import warnings
import webbrowser
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Thread
from typing import Annotated, Any

from ..options import checked
from ..options.kinds import Whole
from . import messages
from .sessions import COMMANDS, Sessions, UnknownSession

LOOPBACK = "127.0.0.1"
HOST_NAMES = ("127.0.0.1", "localhost")
"""The names by which a browser on this machine reaches the server.

Another site can let its name resolve to 127.0.0.1, so that its page could read this server's answers (DNS rebinding);
but then the header ``Host`` has that name. The port may be another one, as that of a tunnel.
"""

DEFAULT_PORT = 8765
Port = Annotated[int, Whole(0, 65535)]

MOST_BYTES = 1 << 16
"""The largest message that is read."""

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@cache
def page_files() -> dict[str, tuple[str, bytes]]:
    """Return the content types and the contents of the files of the page, by path."""
    found = {
        f"/{file.name}": (f"{TYPES[file.name.rpartition('.')[2]]}; charset=utf-8", file.read_bytes())
        for file in (files(__package__) / "page").iterdir()
        if file.name.rpartition(".")[2] in TYPES
    }
    return {"/": found["/index.html"], **found}


class Refused(Exception):
    """A request is not answered; the status says why."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of a page: for its files, and messages in JSON to ``/api/<command>``."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "tensorlab", ""
    wbufsize = -1  # headers and contents leave together, without waiting for one another
    timeout = 120  # seconds without a request, after which the connection is closed
    server: PlaygroundServer

    def do_GET(self) -> None:
        """Answer with a file of the page, or with what can be chosen."""
        self._answer(self._file)

    def do_POST(self) -> None:
        """Carry out a command."""
        self._answer(self._command)

    def _answer(self, find: Callable[[str], tuple[str, bytes]]) -> None:
        try:
            self._check_host()
            kind, contents = find(self.path.partition("?")[0])
            self._send(HTTPStatus.OK, kind, contents)
        except Refused as refusal:
            self._send_error(refusal.status, str(refusal))
        except UnknownSession as error:
            self._send_error(HTTPStatus.GONE, str(error))
        except (TypeError, ValueError, IndexError, MemoryError) as error:
            self._send_error(HTTPStatus.BAD_REQUEST, str(error))
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            traceback.print_exc()
            self._send_error(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}: {error}")

    def _file(self, path: str) -> tuple[str, bytes]:
        if path == "/api/choices":
            return as_json(messages.choices())
        if path not in page_files():
            raise Refused(HTTPStatus.NOT_FOUND, f"there is nothing at {path}")
        return page_files()[path]

    def _command(self, path: str) -> tuple[str, bytes]:
        self._check_origin()
        message = self._message()
        command = COMMANDS.get(path.removeprefix("/api/"))
        if command is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"there is no command at {path}")
        return as_json(command(self.server.sessions, **message))

    def _check_host(self) -> None:
        if self.headers.get("Host", "").partition(":")[0].lower() not in HOST_NAMES:
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "this server answers to 127.0.0.1 and localhost alone")

    def _check_origin(self) -> None:
        """Refuse messages from pages of other sites: browsers say where a message is from."""
        origin = self.headers.get("Origin")
        if origin not in (None, f"http://{self.headers['Host']}"):
            raise Refused(HTTPStatus.FORBIDDEN, "messages from other sites are refused")

    def _message(self) -> dict[str, Any]:
        if self.headers.get_content_type() != "application/json":  # other sites cannot send it without asking
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a message must be application/json")
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "a message must say how long it is")
        if len(length) > 9 or int(length) > MOST_BYTES:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a message may have {MOST_BYTES} bytes")
        try:
            message = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise Refused(HTTPStatus.BAD_REQUEST, f"a message must be JSON: {error}") from None
        if not isinstance(message, dict):
            raise Refused(HTTPStatus.BAD_REQUEST, "a message must be an object")
        return message

    def _send_error(self, status: HTTPStatus, reason: str) -> None:
        self.close_connection = True  # what was not read of the message would be taken for the next request
        self._send(status, *as_json({"error": reason}))

    def _send(self, status: HTTPStatus, kind: str, contents: bytes) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(contents)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(contents)

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: a page sends many messages a second."""


class PlaygroundServer(ThreadingHTTPServer):
    """The server, bound to the loopback interface.

    Parameters
    ----------
    port : int
        The port; 0 takes a free one.

    Attributes
    ----------
    address : str
        The address of the page.
    sessions : Sessions
        The open experiments.
    """

    def __init__(self, port: int = 0) -> None:
        self.sessions = Sessions()
        super().__init__((LOOPBACK, port), Handler)
        self.address = f"http://{LOOPBACK}:{self.server_address[1]}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Show errors, but not that a page was closed."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def as_json(value: Any) -> tuple[str, bytes]:
    """Return the content type of JSON, and a value written as JSON."""
    return "application/json", json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


@checked
def serve(port: Port = DEFAULT_PORT, open_browser: bool = True) -> None:
    """Serve the playground on this machine until it is interrupted by Ctrl-C.

    Only programs on this machine can reach the page. Each page that is open has an experiment of its own.

    Parameters
    ----------
    port : int
        The port to listen on; 0 takes a free one.
    open_browser : bool
        Whether to open the page in a browser.

    Raises
    ------
    OSError
        If the port is in use.

    Examples
    --------
    >>> tl.playground.serve(port=0)  # doctest: +SKIP
    The playground is at http://127.0.0.1:40123/ (Ctrl-C ends it)
    """
    try:
        server = PlaygroundServer(port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OSError(f"port {port} is in use; port 0 takes a free one") from None
        raise
    with server, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the page says when a loss overflows
        print(f"The playground is at {server.address} (Ctrl-C ends it)", flush=True)
        if open_browser:
            Thread(target=webbrowser.open, args=(server.address,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
