"""The daemon: ``python -m mcloud.emulator.serve``. It reads its credentials from standard input."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mcloud.emulator.clock import Clock
from mcloud.emulator.server import build, listen, make_server
from mcloud.emulator.spec import load
from mcloud.errors import EmulatorError


def main() -> None:
    """Serve until told to stop; prints the port as soon as it listens."""
    parser = argparse.ArgumentParser(prog="mcloud-emulator")
    parser.add_argument("--cloud", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--time-factor", type=float, required=True)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_args()
    credentials = json.loads(sys.stdin.readline())
    app = build(
        load(arguments.cloud),
        credentials["client_id"],
        credentials["client_secret"],
        Clock(arguments.time_factor),
        arguments.record,
    )
    try:
        listener = listen(arguments.port)
    except EmulatorError as error:
        sys.exit(error.message)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    make_server(app).run(sockets=[listener])


if __name__ == "__main__":
    main()
