"""moto inside an emulator: its answers, without a server and without its sharing of data.

moto keeps everything in the process, so calls are made one at a time. It takes seconds to import, so that is done at
the first call.
"""

from __future__ import annotations

import io
import threading
from functools import cache
from typing import Any
from urllib.parse import quote

from mcloud.emulator.signature import SIGNATURE_QUERY, WireCall
from mcloud.emulator.wire import WireAnswer

ONE_AT_A_TIME = threading.RLock()
"""Held by whoever touches moto."""


@cache
def application(service: str) -> Any:
    """moto's WSGI application for one service."""
    from moto.moto_server.werkzeug_app import create_backend_app

    made = create_backend_app(service)
    # It would let every origin in, whatever a bucket's own CORS rules say.
    made.after_request_funcs.clear()
    return made


def run(service: str, call: WireCall, account: str, region: str, access_key: str = "x") -> WireAnswer:
    """moto's answer, for an account and region; who may ask is not looked at."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
        started.append((status, headers))

    body = application(service)(_environment(service, call, account, f"{access_key}/20000101/{region}"), start_response)
    try:
        raw = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    status, headers = started[-1]
    return WireAnswer(int(status.split(" ", 1)[0]), tuple(headers), raw)


def _environment(service: str, call: WireCall, account: str, who: str) -> dict[str, Any]:
    # In place of the caller's signature.
    signed = f"AWS4-HMAC-SHA256 Credential={who}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    raw_path = quote(call.path, safe="/-_.~")
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" if value else quote(name, safe="")
        for name, value in call.query
        if name.lower() not in SIGNATURE_QUERY
    )
    environ: dict[str, Any] = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in call.headers.items()
        if not name.startswith("x-moto-") and name not in ("content-type", "content-length", "transfer-encoding")
    }
    return environ | {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": call.path.encode().decode("latin-1"),
        "RAW_URI": f"{raw_path}?{query}" if query else raw_path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        # An address, so that no part of it is taken for a bucket.
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": signed,
        "HTTP_X_MOTO_ACCOUNT_ID": account,
        "CONTENT_TYPE": call.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
