"""The engine's messages and stubs, without the SDK that they come in.

``pulumi.runtime.proto`` needs nothing of the SDK, but imported by its name alone it runs all of ``pulumi`` first: more
than a tenth of a second of each command, and again of each provider.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType


@contextmanager
def _bare() -> Iterator[None]:
    """For as long as it lasts the packages around the messages are folders and nothing else.

    Whoever imports the SDK afterwards gets it whole, with these same messages.
    """
    names = ("pulumi", "pulumi.runtime")
    spec = None if any(name in sys.modules for name in names) else find_spec(names[0])
    if spec is None or not spec.submodule_search_locations:
        yield
        return
    roots = list(spec.submodule_search_locations)
    for name, places in zip(names, (roots, [f"{root}/runtime" for root in roots]), strict=True):
        bare = ModuleType(name)
        bare.__path__ = places
        sys.modules[name] = bare
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


with _bare():
    from pulumi.runtime.proto import (
        alias_pb2,
        engine_pb2,
        engine_pb2_grpc,
        language_pb2,
        language_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        resource_pb2,
        resource_pb2_grpc,
        status_pb2,
    )

__all__ = [
    "alias_pb2",
    "engine_pb2",
    "engine_pb2_grpc",
    "language_pb2",
    "language_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "resource_pb2",
    "resource_pb2_grpc",
    "status_pb2",
]
