"""Which data must be copied, and how much it is; what nobody told stays unknown. Pure but reading the figures' file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcloud.errors import LoadError, Problem
from mcloud.migrate.values import DataItem, DataTotal
from mcloud.model.graph import Graph, Node, holds_data
from mcloud.units import Size

COLUMNS = ("resource", "bytes", "objects")


@dataclass(frozen=True)
class Stored:
    """What is stored in a resource; None: not known."""

    bytes: int | None
    objects: int | None


def read_stored(path: Path) -> dict[str, Stored]:
    """Resource (``buckets.assets``, ``volumes.data``, ``servers.db``, or one instance: ``servers.db-0``) -> its data.

    A CSV file with the columns resource, bytes and objects; an empty cell is unknown.

    Raises:
        LoadError: it cannot be read, or rows that do not fit, with file:line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError([Problem(str(path), f"the figures cannot be read: {error}")]) from None
    reader = csv.DictReader(lines, restval="")
    lacking = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if lacking:
        hint = f"the first line is {','.join(COLUMNS)}"
        raise LoadError([Problem(f"{path}:1", f"there is no column {' and no column '.join(lacking)}", hint)])
    found: dict[str, Stored] = {}
    problems = []
    for row in reader:
        try:
            if row["resource"] in found:
                raise ValueError(f"{row['resource']} stands there twice")
            found[row["resource"]] = Stored(_whole(row, "bytes"), _whole(row, "objects"))
        except ValueError as error:
            problems.append(Problem(f"{path}:{reader.line_num}", str(error)))
    if problems:
        raise LoadError(problems)
    return found


def _whole(row: Mapping[str, str], name: str) -> int | None:
    text = row[name].strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{name}: {text!r} is no whole number")
    return int(text)


def data_of(graph: Graph, stored: Mapping[str, Stored] | None = None, source: str = "") -> tuple[DataItem, ...]:
    """The volumes, the root disks of servers that are not stateless, and the buckets of a graph.

    Args:
        graph: what there is today.
        stored: what is known of them.
        source: where that is from.

    Raises:
        LoadError: figures of something that holds no data.
    """
    known = dict(stored or {})
    found = tuple(_item(node, known, source) for node in graph.nodes if holds_data(node))
    names = {name for node in graph.nodes if holds_data(node) for name in _names(node)}
    if odd := sorted(known.keys() - names):
        hint = f"known: {', '.join(sorted(names)) or 'nothing holds data'}"
        raise LoadError([Problem(source, f"the stack has no data of {', '.join(odd)}", hint)])
    return found


def _names(node: Node) -> tuple[str, ...]:
    section = node.path[0]
    return tuple(dict.fromkeys((f"{section}.{node.name}", f"{section}.{node.path[1]}")))


def _item(node: Node, known: Mapping[str, Stored], source: str) -> DataItem:
    told = next((known[name] for name in _names(node) if name in known), None)
    bucket = node.kind == "Bucket"
    asked = node.inputs.get("size") if node.kind == "Volume" else (node.inputs.get("disk") or {}).get("size")
    return DataItem(
        resource=f"{node.path[0]}.{node.path[1]}",
        name=node.name,
        holds="objects" if bucket else "blocks",
        bytes=told.bytes if told else None,
        at_most=None if bucket or not asked else Size.parse(str(asked)).bytes,
        objects=told.objects if told and bucket else None,
        source=source if told else None,
    )


def total_of(items: Iterable[DataItem]) -> DataTotal:
    """The sums of what is known, and how many are not."""
    found = list(items)
    most = [item.bytes if item.bytes is not None else item.at_most for item in found]
    buckets = [item for item in found if item.holds == "objects"]
    return DataTotal(
        bytes=sum(item.bytes or 0 for item in found),
        unknown=sum(item.bytes is None for item in found),
        at_most=None if any(value is None for value in most) else sum(value or 0 for value in most),
        objects=sum(item.objects or 0 for item in buckets),
        objects_unknown=sum(item.objects is None for item in buckets),
    )
