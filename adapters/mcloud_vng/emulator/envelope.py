"""The vendor's envelopes: they are not uniform."""

from __future__ import annotations

from typing import Any

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.world import Item, refuse


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


def required(body: dict[str, Any], *names: str) -> None:
    """Refuse when one of these is missing or null (LIVE form: ``field: must not be null;``)."""
    missing = [name for name in names if body.get(name) is None]
    if missing:
        raise refuse(400, " ".join(f"{name}: must not be null;" for name in missing))
