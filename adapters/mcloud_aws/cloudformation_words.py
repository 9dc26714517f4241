"""CloudFormation's properties in the other words for the same things: ``CidrBlock`` is ``cidr_block``."""

from __future__ import annotations

import re
from typing import Any

Words = dict[str, Any]

_VERBATIM = ("PolicyDocument",)
"""Documents with a language of their own; their keys stay, under ``@`` and their name."""


def snake_name(name: str) -> str:
    """``VPCZoneIdentifier`` as ``vpc_zone_identifier``."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return parted.lower()


def snake(value: Any) -> Any:
    """The value with every property in snake_case; lists of tags stay under ``@tags`` too."""
    if isinstance(value, list):
        return [snake(item) for item in value]
    if not isinstance(value, dict):
        return value
    found: Words = {}
    for key, item in value.items():
        if key in _VERBATIM:
            found[f"@{snake_name(key)}"] = item
            continue
        found[snake_name(key)] = snake(item)
        if key == "Tags":
            found["@tags"] = snake(item)
    return found


def items(value: Any) -> list[Words]:
    """The mappings of a list; a single one counts as a list of one."""
    value = [value] if isinstance(value, dict) else value
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> Words:
    """A mapping, or an empty one."""
    return value if isinstance(value, dict) else {}


def tags(value: Any) -> dict[str, Any]:
    """``[{key, value}]`` as a mapping of texts."""
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items() if isinstance(item, str)}
    pairs = {str(one.get("key")): one.get("value") for one in items(value)}
    return {key: str(item) for key, item in pairs.items() if isinstance(item, str | int)}


def attributes(value: Any) -> dict[str, str]:
    """``[{key, value}]`` of a load balancer or a target group."""
    return {str(one.get("key")): str(one.get("value")) for one in items(value)}
