"""An S3 service on loopback for tests of stores: moto with conditional writes made atomic, and faults on demand."""

from __future__ import annotations

import threading
from typing import Any

import httpx

SIGNED = "AWS4-HMAC-SHA256 Credential=testing/20261126/us-east-1/s3/aws4_request"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


class ObjectStore:
    """The service, in threads of this process.

    Attributes:
        faults: a bucket's name -> status line and error code that every write to it is answered with.
        lost: names of buckets; the next write to one is done, and its answer gets lost.
    """

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Silent(WSGIRequestHandler):
            def log(self, type: str, message: str, *args: Any) -> None:
                pass

        self.faults: dict[str, tuple[str, str]] = {}
        self.lost: set[str] = set()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._one = threading.Lock()
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=Silent)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, environ: Any, start_response: Any) -> list[bytes]:
        bucket = environ["PATH_INFO"].split("/")[1]
        writes = environ["REQUEST_METHOD"] == "PUT"
        if writes and bucket in self.faults:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            status, code = self.faults[bucket]
            return self._error(start_response, status, code)
        # moto looks whether a condition is met and then writes; a real service does both at once.
        with self._one:
            if writes and bucket in self.lost:
                self.lost.discard(bucket)
                list(self._moto(environ, lambda *given: None))
                return self._error(start_response, "503 Slow Down", "SlowDown")
            return list(self._moto(environ, start_response))

    def _error(self, start_response: Any, status: str, code: str) -> list[bytes]:
        start_response(status, [("Content-Type", "application/xml")])
        return [f"<Error><Code>{code}</Code><Message>told so by the test</Message></Error>".encode()]

    def bucket(self, name: str) -> str:
        """Make a bucket; the address of a store in it."""
        httpx.put(f"{self.url}/{name}", headers={"Authorization": SIGNED}, trust_env=False).raise_for_status()
        return f"s3://{name}/team/states?endpoint={self.url}&region=us-east-1"

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
