"""moto as a process of its own on loopback. It answers one call after the other: it is not made for several threads.

``python -m tests.estates.moto_server [--account KEY=NUMBER …] [--deny REGION …]`` prints its address. A key of an
account has that one's things; in a region that is denied everything but the account's own number is refused.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/")
MESSAGE = "You are not authorized to perform this operation."
CODE = "UnauthorizedOperation"
XML = f"<Response><Errors><Error><Code>{CODE}</Code><Message>{MESSAGE}</Message></Error></Errors></Response>"
FORM = "application/x-www-form-urlencoded"
JSON = json.dumps({"__type": "AccessDeniedException", "message": MESSAGE})


class Front:
    """A WSGI application before moto's: whose account it is by the key, and which regions are denied."""

    def __init__(self, inner: Any, accounts: Mapping[str, str], denied: Collection[str]) -> None:
        self._inner = inner
        self._accounts = dict(accounts)
        self._denied = frozenset(denied)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is not None:
            key, region, service = scope.groups()
            if region in self._denied and service != "sts":
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                # Services that speak forms answer in XML, the others in JSON.
                is_xml = environ.get("CONTENT_TYPE", "").startswith(FORM)
                text, kind = (XML, "text/xml") if is_xml else (JSON, "application/json")
                named = ("x-amzn-errortype", "AccessDeniedException")
                start_response("403 Forbidden", [("Content-Type", kind), ("Content-Length", str(len(text))), named])
                return [text.encode()]
            if key in self._accounts:
                environ["HTTP_X_MOTO_ACCOUNT_ID"] = self._accounts[key]
        return self._inner(environ, start_response)


def main() -> None:
    """Serve until the process is ended."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    from tests.estates import aws

    parser = argparse.ArgumentParser()
    parser.add_argument("--account", action="append", default=[])
    parser.add_argument("--deny", action="append", default=[])
    parser.add_argument("--images", action="append", default=[])
    given = parser.parse_args()
    accounts = dict(pair.split("=") for pair in given.account)
    for account in accounts.values() or ("123456789012",):
        for region in given.images or (aws.REGION,):
            aws.publish_images(account, region)
    front = Front(DomainDispatcherApplication(create_backend_app), accounts, given.deny)
    server = make_server("127.0.0.1", 0, front, threaded=False, request_handler=MotoRequestHandler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.log = lambda *_: None  # type: ignore[method-assign]
    server.serve_forever()


@contextmanager
def moto_server(
    accounts: Mapping[str, str] | None = None, denied: Collection[str] = (), regions: Collection[str] = ()
) -> Iterator[str]:
    """Such a process while the block runs; its address.

    Args:
        accounts: access key -> number of its account; left out: all keys are of one.
        denied: regions in which calls are refused.
        regions: where makers' images are published; left out: in the estate's own region.
    """
    words = [f"--account={key}={number}" for key, number in (accounts or {}).items()]
    words += [f"--deny={region}" for region in denied] + [f"--images={region}" for region in regions]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.estates.moto_server", *words],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "moto did not start"
        yield address
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


if __name__ == "__main__":
    main()
