"""Starts the provider: prints its port and serves until the engine goes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from mcloud.imports import uncollected

THREADS = 288
"""One for each resource under way, and some to spare: Cancel must be heard while all of them wait."""


def main() -> None:
    """Entry point of ``pulumi-resource-mcloud``; the engine's address is the last argument."""
    with uncollected():
        import grpc

        from mcloud.engine.provider.context import Context
        from mcloud.engine.provider.servicer import Provider
        from mcloud.engine.wire import provider_pb2_grpc

    limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=limits)
    provider = Provider(Context.from_environment)
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if addresses:
        provider.attach_engine(addresses[-1])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # The engine ends us by SIGINT when all is done; whoever waits for a cloud was told by Cancel before.
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(0))
    threading.Thread(target=_leave_with_the_engine, daemon=True).start()
    server.wait_for_termination()


def _leave_with_the_engine() -> None:
    """The engine holds our standard input open; its end means that the engine is gone, however it went."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
