"""In which order things can be made: each wave needs only the waves before it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mcloud.migrate.values import Step, Wave
from mcloud.model.graph import Graph, Node


def waves_of(graph: Graph) -> tuple[Wave, ...]:
    """Levels of dependency: a resource's is one more than the highest of what it needs.

    Equal instances of one entry are one step, at the level of the last of them.
    """
    keys = {node.address: _key(node) for node in graph.nodes}
    members: dict[str, list[Node]] = {}
    for node in graph.nodes:
        members.setdefault(keys[node.address], []).append(node)
    needs = {
        key: tuple(dict.fromkeys(keys[one] for node in nodes for one in node.needs if keys[one] != key))
        for key, nodes in members.items()
    }
    levels: dict[str, int] = {}
    for key in members:
        _level(key, needs, levels)
    waves: dict[int, list[Step]] = {}
    for key, nodes in members.items():
        step = Step(key=key, kind=nodes[0].kind, resource=_resource(nodes[0]), count=len(nodes), needs=needs[key])
        waves.setdefault(levels[key], []).append(step)
    return tuple(Wave(number=number + 1, steps=tuple(waves[level])) for number, level in enumerate(sorted(waves)))


def _level(key: str, needs: Mapping[str, tuple[str, ...]], levels: dict[str, int]) -> int:
    """Without recursion: a chain may be long. Steps that need each other share the level where the ring was met."""
    waiting, open_ = [key], set()
    while waiting:
        now = waiting[-1]
        lacking = [one for one in needs[now] if one not in levels and one not in open_]
        open_.add(now)
        if lacking:
            waiting += lacking
            continue
        waiting.pop()
        levels.setdefault(now, 1 + max((levels[one] for one in needs[now] if one in levels), default=-1))
    return levels[key]


def _resource(node: Node) -> str:
    return ".".join(str(part) for part in node.path[: 4 if node.kind == "Subnet" else 2])


def _key(node: Node) -> str:
    return f"{node.kind}:{_resource(node)}"
