"""The daemon: ``python -m mcloud.emulator.serve``. It reads its credentials from standard input."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mcloud.emulator.clock import Clock
from mcloud.emulator.server import Credentials, build, listen, listen_for_objects, make_server
from mcloud.emulator.spec import load
from mcloud.errors import EmulatorError


def main() -> None:
    """Serve until told to stop; prints its ports, that of object storage last, as soon as it listens."""
    parser = argparse.ArgumentParser(prog="mcloud-emulator")
    parser.add_argument("--cloud", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--time-factor", type=float, required=True)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_args()
    credentials = Credentials(**json.loads(sys.stdin.readline()))
    app = build(load(arguments.cloud), credentials, Clock(arguments.time_factor), arguments.record)
    try:
        listener, objects = listen(arguments.port), listen_for_objects(app)
    except EmulatorError as error:
        sys.exit(error.message)
    sockets = [listener] if objects is None else [listener, objects]
    sys.stdout.write(" ".join(str(one.getsockname()[1]) for one in sockets) + "\n")
    sys.stdout.flush()
    make_server(app, objects).run(sockets=sockets)


if __name__ == "__main__":
    main()
