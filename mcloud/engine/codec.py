"""Property maps on the wire: protobuf structs to plain Python values and back.

The engine marks what JSON lacks by signatures and sentinel strings (Pulumi SDK, pkg/resource/plugin/rpc.go, v3.259.0):
values that are not known yet, secrets, outputs, references to resources, assets and archives. Assets and archives are
refused: no resource of ours takes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import struct_pb2

from mcloud.errors import EngineError

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public marker of the protocol, no secret
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
SENTINELS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string; the others: bool, number, array, asset, archive, object
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Unknown:
    """A value that is not known before something else exists; there is one, ``UNKNOWN``."""

    _one: Unknown | None = None

    def __new__(cls) -> Unknown:
        if cls._one is None:
            cls._one = super().__new__(cls)
        return cls._one

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: Any) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


class Secret:
    """A value that must not be shown. Equal to another secret of the same value."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.value == self.value

    def __hash__(self) -> int:
        # Equal values have equal hashes whatever their type (1 and 1.0); those that have none share one.
        try:
            return hash((Secret, self.value))
        except TypeError:
            return hash(Secret)


def is_unknown(value: object) -> bool:
    """Whether this very value is not known."""
    return value is UNKNOWN


def contains_unknown(value: object) -> bool:
    """Whether it, or anything in it, is not known."""
    if isinstance(value, Secret):
        return contains_unknown(value.value)
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(contains_unknown(item) for item in value)
    return value is UNKNOWN


def decode(struct: struct_pb2.Struct, *, keep_secrets: bool = False) -> dict[str, Any]:
    """A property map as a plain dict. Whole numbers become ints; keys without a value are left out.

    Args:
        keep_secrets: wrap secret values in ``Secret`` instead of unwrapping them.

    Raises:
        EngineError: an asset, an archive or an unknown signature.
    """
    decoded = {key: _decode(value, keep_secrets) for key, value in struct.fields.items()}
    return {key: value for key, value in decoded.items() if value is not None}


def _decode(value: struct_pb2.Value, keep: bool) -> Any:
    which = value.WhichOneof("kind")
    if which == "struct_value":
        return _decode_struct(value.struct_value, keep)
    if which == "list_value":
        return [_decode(item, keep) for item in value.list_value.values]
    if which == "string_value":
        return UNKNOWN if value.string_value in SENTINELS else value.string_value
    if which == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if which == "bool_value" else None


def _decode_struct(struct: struct_pb2.Struct, keep: bool) -> Any:
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else None
    if signature is None:
        return decode(struct, keep_secrets=keep)
    if signature == SECRET:
        inner = _decode(struct.fields["value"], keep)
        return Secret(inner) if keep else inner
    if signature == OUTPUT:
        inner = _decode(struct.fields["value"], keep) if "value" in struct.fields else UNKNOWN
        secret = "secret" in struct.fields and struct.fields["secret"].bool_value
        return Secret(inner) if keep and secret else inner
    if signature == RESOURCE:
        found = _decode(struct.fields["id"], keep) if "id" in struct.fields else ""
        return UNKNOWN if found == "" else found
    if signature in (ASSET, ARCHIVE):
        raise EngineError("files and archives cannot be inputs here", hint="pass text, or file:PATH where it is taken")
    raise EngineError(f"the engine sent a value with the signature {signature}, which this version does not know")


def encode(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """A dict as a property map; ``None`` is left out.

    Raises:
        EngineError: a value that has no form on the wire; a whole number that the wire's doubles cannot hold.
    """
    struct = struct_pb2.Struct()
    for key, value in values.items():
        if value is not None:
            struct.fields[key].CopyFrom(_encode(value))
    return struct


def _encode(value: Any) -> struct_pb2.Value:
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=UNKNOWN_STRING)
    if isinstance(value, Secret):
        marked = struct_pb2.Struct()
        marked.fields[SIGNATURE].string_value = SECRET
        marked.fields["value"].CopyFrom(_encode(value.value))
        return struct_pb2.Value(struct_value=marked)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int):
        return struct_pb2.Value(number_value=_as_double(value))
    if isinstance(value, float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=encode(value))
    if isinstance(value, (list, tuple)):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encode(item) for item in value]))
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    raise EngineError(f"a {type(value).__name__} cannot be sent to the engine")


def as_sent(values: Mapping[str, Any]) -> dict[str, Any]:
    """What ``decode`` makes of what ``encode`` makes of it, for those who compare and send nothing.

    Raises:
        EngineError: as they do.
    """
    sent = {key: _as_sent(value) for key, value in values.items()}
    return {key: value for key, value in sent.items() if value is not None}


def _as_sent(value: Any) -> Any:
    if isinstance(value, str):
        return UNKNOWN if value in SENTINELS else value
    if isinstance(value, Mapping) and SIGNATURE not in value:
        return as_sent(value)
    if isinstance(value, (list, tuple)):
        return [_as_sent(item) for item in value]
    return value if value is None or isinstance(value, bool) else _decode(_encode(value), keep=False)


def _as_double(value: int) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = 0.0
    if int(number) != value:
        raise EngineError("a whole number of more than 53 bits cannot be sent to the engine", hint="pass it as text")
    return number
