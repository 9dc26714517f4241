"""The flat attributes of Terraform states before 0.12: ``tags.%``, ``tags.Name``, ``groups.#``, ``groups.123456``.

Lists and sets have their length under ``#``, maps under ``%``. Every value is a text there; what reads as a switch or a
number becomes one, except in maps, which hold texts, and where the name says that it is a text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TEXT_NAME = re.compile(r"(^|_)(id|name|arn|protocol|description|owner|key|bucket|version|cidr|value)$")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,8})")


def unflatten(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The nested attributes of flat ones."""
    tree: dict[str, Any] = {}
    maps = {key.removesuffix(".%") for key in flat if key.endswith(".%")}
    for key, value in flat.items():
        owner = next((name for name in maps if key.startswith(f"{name}.")), None)
        # Keys of maps may themselves hold dots.
        steps = key.split(".") if owner is None else [*owner.split("."), key[len(owner) + 1 :]]
        place = tree
        for step in steps[:-1]:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[steps[-1]] = value
    return {name: _nested(name, value) for name, value in tree.items()}


def _nested(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return _scalar(name, value)
    if "%" in value:
        return {key: item for key, item in value.items() if key != "%"}
    if "#" in value:
        numbered = sorted(((key, item) for key, item in value.items() if key != "#"), key=_order)
        return [_nested(name, item) for _, item in numbered]
    return {key: _nested(key, item) for key, item in value.items()}


def _order(pair: tuple[str, Any]) -> tuple[int, str]:
    return (int(pair[0]), "") if pair[0].lstrip("-").isdigit() else (0, pair[0])


def _scalar(name: str, value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and _NUMBER.fullmatch(value) and not _TEXT_NAME.search(name):
        return int(value)
    return value
