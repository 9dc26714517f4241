"""Printing: data as JSON, tables and lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import typer

from mcloud.catalog.rates import HOME
from mcloud.engine.events import Event
from mcloud.model.resources import BY_TOKEN

SIGNS = {
    "create": ("+", "create"),
    "delete": ("-", "delete"),
    "update": ("~", "change"),
    "replace": ("±", "replace"),
    "create-replacement": ("±", "replace"),
    "delete-replaced": ("-", "delete the old"),
    "import": ("=", "import"),
}


def print_json(value: Any) -> None:
    """Print data."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def money(low: Decimal | None, high: Decimal | None) -> str:
    """A range in words."""
    if low is None or high is None:
        return "unknown"
    return f"{low:,.0f} {HOME}" if low == high else f"{low:,.0f} - {high:,.0f} {HOME}"


def print_outputs(outputs: Mapping[str, Any]) -> None:
    """Print a stack's outputs, a line each; what is no text as JSON."""
    for name, value in sorted(outputs.items()):
        typer.echo(f"{name} = {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; columns are as wide as they must be."""
    lines = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(line[index]) for line in [list(headers), *lines]) for index in range(len(headers))]
    for line in [list(headers), *lines]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def tell(text: str) -> None:
    """A remark on the way; not part of the data."""
    typer.echo(text, err=True)


def word(event: Event) -> str:
    """The resource in words: ``server web-0``."""
    kind = BY_TOKEN.get(event.type)
    return f"{kind.word if kind else event.type} {event.name}"


def change_line(event: Event) -> str:
    """One change: ``~ change server db (size)``."""
    sign, verb = SIGNS.get(event.op, ("?", event.op))
    named = {name.removeprefix("resolved.") for name in event.diffs}
    shown = sorted(name for name in named if not name.endswith("Id"))
    return f"{sign} {verb} {word(event)}" + (f" ({', '.join(shown)})" if shown and event.op != "create" else "")
