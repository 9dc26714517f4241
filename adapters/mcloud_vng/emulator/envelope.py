"""The vendor's envelopes: they are not uniform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.world import Item, refuse

Kinds = Mapping[str, type]
WORDS: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    bool: "a boolean",
    list: "a list of strings",
    dict: "an object",
}


def data(item: Any, status: int = 200) -> Answer:
    """``{"data": …}``."""
    return Answer(status, {"data": item})


def v1(plural: str, items: list[Item]) -> Answer:
    """The v1 catalogue: the Terraform provider's data sources want ``success: true``."""
    return Answer(200, {"errorCode": 0, "errorMsg": "", "extra": None, "success": True, plural: items})


def page(call: Call, items: list[Item]) -> Answer:
    """``listData`` with 1-based paging; without page and size everything, with zeros (MCP-LIVE)."""
    wanted = call.query.get("name", "").lower()
    found = [item for item in items if wanted in str(item.get("name") or item.get("displayName") or "").lower()]
    try:
        number, size = int(call.query.get("page") or 0), int(call.query.get("size") or 0)
    except ValueError as error:
        raise refuse(400, "page or size invalid") from error
    if number < 0 or size < 0:
        raise refuse(400, "page or size invalid")
    if not (number and size):
        body = {"listData": found, "page": 0, "pageSize": 0, "totalPage": 0, "totalItem": len(found)}
        return Answer(200, body)
    part = found[(number - 1) * size : number * size]
    total = -(-len(found) // size)
    return Answer(
        200, {"listData": part, "page": number, "pageSize": size, "totalPage": total, "totalItem": len(found)}
    )


def body_of(call: Call) -> dict[str, Any]:
    """The JSON object that was sent.

    Raises:
        Refusal: 400 with a null message, as for a PUT without a body (LIVE).
    """
    if not isinstance(call.body, dict):
        raise refuse(400, None)
    return call.body


def fields(call: Call, needed: Kinds, optional: Kinds | None = None) -> dict[str, Any]:
    """The JSON object that was sent, its fields of the right types; unknown ones are tolerated.

    Args:
        call: the request.
        needed: name -> type of what must be there; ``list`` is a list of texts.
        optional: the same, of what may be left out or null.

    Raises:
        Refusal: 400; a missing field in the LIVE form ``field: must not be null;``, a wrong type in words of our own.
    """
    return fields_of(body_of(call), needed, optional)


def fields_of(body: dict[str, Any], needed: Kinds, optional: Kinds | None = None) -> dict[str, Any]:
    """The same of an object that is inside another one."""
    missing = [name for name in needed if body.get(name) is None]
    if missing:
        raise refuse(400, " ".join(f"{name}: must not be null;" for name in missing))
    kinds = {**needed, **(optional or {})}
    wrong = [name for name, kind in kinds.items() if body.get(name) is not None and not _is(body[name], kind)]
    if wrong:
        raise refuse(400, " ".join(f"{name}: must be {WORDS[kinds[name]]};" for name in wrong))
    return body


def _is(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def not_emulated(body: dict[str, Any], *names: str) -> None:
    """Refuse what the service would do and this emulator does not: it must not look done."""
    asked = [name for name in names if body.get(name)]
    if asked:
        raise refuse(400, f"the emulator does not have {', '.join(asked)}", "NotEmulated")
