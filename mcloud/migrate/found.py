"""What a discovery found beside the stack: what is not in it, and what buckets hold. Reads what it printed as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcloud.errors import LoadError, Problem
from mcloud.migrate.data import Stored
from mcloud.migrate.values import LeftOver

HINT = "give what mcloud discover … --json printed"


@dataclass(frozen=True)
class Found:
    """What is not in the stack, what could not be looked at, and what is stored."""

    left_over: tuple[LeftOver, ...]
    not_seen: tuple[LeftOver, ...]
    stored: Mapping[str, Stored]


def read_found(path: Path, buckets: Collection[str]) -> Found:
    """Read the account of a discovery.

    Args:
        path: what ``discover --json`` printed.
        buckets: names of the stack's buckets; figures of others are left out, for they do not move.

    Raises:
        LoadError: it cannot be read, or is something else.
    """
    try:
        whole = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError([Problem(str(path), f"what was found cannot be read: {error}")]) from None
    except json.JSONDecodeError as error:
        # Its own error holds the whole text.
        raise LoadError([Problem(f"{path}:{error.lineno}:{error.colno}", f"is not JSON: {error.msg}", HINT)]) from None
    try:
        wanted = {f"buckets.{name}" for name in buckets}
        return Found(
            left_over=tuple(_left_over(whole["outcomes"])),
            not_seen=tuple(
                LeftOver(
                    type="not looked at",
                    name=str(row["what"]),
                    where=str(row.get("where") or ""),
                    reason=str(row["reason"]),
                    advice=str(row["advice"]),
                )
                for row in whole["unread"]
            ),
            stored={
                row["path"]: Stored(_whole(row["bytes"]), _whole(row["objects"]))
                for row in whole["measured"]
                if row["path"] in wanted
            },
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        raise LoadError([Problem(str(path), "is no account of a discovery", HINT)]) from None


def _left_over(outcomes: Any) -> Iterator[LeftOver]:
    for row in outcomes:
        if row["fate"] == "remainder":
            yield LeftOver(
                type=str(row["type"]),
                name=str(row["address"]),
                where=str(row["file"]),
                reason=str(row["reason"]),
                advice=str(row["advice"]),
            )


def _whole(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("no whole number")
    return value
