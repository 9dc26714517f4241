"""A change of placement: what stays behind because it holds data, and what that was left behind is taken up again.

Pure: from the graph, the engine's state and the list of what was left behind to a ``Move``, and from a move to the
state that the engine is given before it runs. Everything else that changes its placement the engine replaces by itself.

What holds data stays behind whole: with what it needs (its network, subnet, groups, key), and with what is a part of
it (its rules, attachments, addresses, interfaces).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcloud.engine.aside import Left, name_of, referred
from mcloud.engine.provider.diff import UNFINISHED
from mcloud.errors import PlacementError
from mcloud.model.base import Placement, split_id
from mcloud.model.graph import Graph, Node, holds_data
from mcloud.model.resources import BY_TOKEN

Resource = Mapping[str, Any]
Key = tuple[str, str]
SPARED = "a run was going to delete it and was cut off; the next up goes on with it"
PARTS = ("VolumeAttachment", "PublicIp", "NetworkInterface", "Route")
"""A part stays where all that it refers to stays; a rule where its group does."""


@dataclass(frozen=True)
class Move:
    """What a run does about placements before the engine starts.

    Attributes:
        emptied: nodes with data that are made anew, empty, and where their data stays.
        stays: resources that leave the state and stay on the cloud.
        returns: what was left behind earlier and is taken up again.
        spared: ids of resources that a move was going to delete, was cut off before it did, and that are asked for
            again. Made anew beside them, a subnet would meet the old one's block.
        discarded: ids of resources that what returns or is spared takes the place of, and that hold no data.
        rezoned: servers with data that another zone of the same home makes anew, and the zone that they are in. The
            old one cannot stay, for the new one takes its subnet's block: it goes, and its disk with it.
        renumbered: nodes whose address or endpoint will be another one, and what it is now.
    """

    emptied: tuple[tuple[Node, str], ...] = ()
    stays: tuple[Resource, ...] = ()
    returns: tuple[Left, ...] = ()
    spared: frozenset[str] = frozenset()
    discarded: frozenset[str] = frozenset()
    rezoned: tuple[tuple[Node, str], ...] = ()
    renumbered: tuple[tuple[Node, str], ...] = ()

    @property
    def changes_state(self) -> bool:
        """Whether the engine's state must be changed first."""
        return bool(self.stays or self.returns or self.spared)


def plan_move(
    graph: Graph, resources: Iterable[Resource], left: Iterable[Left], canonical: Callable[[Placement], Placement]
) -> Move:
    """Work out the move.

    Args:
        graph: what should be there.
        resources: the state's resources of ours.
        left: what was left behind earlier.
        canonical: a placement in the cloud's own names.
    """
    nodes = {(node.token, node.name): (node, canonical(node.placement).home) for node in graph.nodes}
    there = [(_key(item), _home(item), item) for item in resources if item.get("id")]
    live = [(key, home, item) for key, home, item in there if not item.get("delete")]
    moving = {key: item for key, home, item in live if key in nodes and nodes[key][1] != home}
    at_home = {(key, home) for key, home, _ in live}
    returns = tuple(
        item
        for item in left
        if (key := _key(item.resource)) in nodes
        and nodes[key][1] == item.home
        and (key, item.home) not in at_home
    )
    spared = _spared(there, nodes, at_home | {(_key(item.resource), item.home) for item in returns})
    returning = {_key(item.resource) for item in returns} | spared.keys()
    data = {key: item for key, item in moving.items() if holds_data(nodes[key][0])}
    stays = _with_all_of_it(data.values(), [item for key, _, item in live if key not in nodes or key in moving])
    discarded = frozenset(
        str(item["id"]) for key, item in moving.items() if key in returning and item["id"] not in stays
    )
    return Move(
        tuple((nodes[key][0], _home(item)) for key, item in data.items() if key not in returning),
        tuple(item for _, _, item in live if item["id"] in stays),
        returns,
        frozenset(str(item["id"]) for item in spared.values()),
        discarded,
        tuple(_rezoned(graph, {key: item for key, _, item in live if key not in moving}, canonical)),
        tuple((nodes[key][0], known) for key, item in moving.items() for known in _known_as(item)),
    )


def _key(resource: Resource) -> Key:
    return str(resource["type"]), name_of(resource)


def _home(resource: Resource) -> str:
    return split_id(str(resource["id"]))[0].home


def _spared(
    resources: Iterable[tuple[Key, str, Resource]],
    nodes: Mapping[Key, tuple[Node, str]],
    there: set[tuple[Key, str]],
) -> dict[Key, Resource]:
    """What is to be deleted where the stack wants one of its kind and name again, and has no other."""
    found: dict[Key, list[Resource]] = {}
    for key, home, item in resources:
        node = nodes.get(key)
        if item.get("delete") and node is not None and node[1] == home and (key, home) not in there:
            found.setdefault(key, []).append(item)
    # Of several nobody knows which was the last one.
    return {key: items[0] for key, items in found.items() if len(items) == 1 and not holds_data(nodes[key][0])}


def _rezoned(
    graph: Graph, staying: Mapping[Key, Resource], canonical: Callable[[Placement], Placement]
) -> Iterable[tuple[Node, str]]:
    for node in graph.nodes:
        found = staying.get((node.token, node.name))
        if node.kind != "Server" or found is None or not holds_data(node):
            continue
        there = ((found.get("outputs") or {}).get("resolved") or {}).get("zone")
        at = node.placement
        asked = node.inputs.get("zone") or at.zone
        if not there or not asked:
            continue
        try:
            wanted = canonical(Placement(at.cloud, at.region, asked)).zone
        except PlacementError:  # told where the zone is chosen, with its place in the file
            continue
        if wanted != there:
            yield node, str(there)


def _known_as(resource: Resource) -> list[str]:
    """Addresses and endpoints that others may know it by."""
    outputs = resource.get("outputs") or {}
    return [str(outputs[name]) for name in ("address", "publicIp", "endpoint") if outputs.get(name)]


def _with_all_of_it(data: Iterable[Resource], candidates: list[Resource]) -> set[str]:
    """Ids of what stays behind with these: what they need and what is a part of them, over and over."""
    by_id = {str(item["id"]): item for item in candidates}
    stays = {str(item["id"]) for item in data}
    if not stays:
        return stays
    while True:
        needed = {one for known in stays for ids in referred(by_id[known]).values() for one in ids}
        parts = {known for known, item in by_id.items() if _is_part(item, stays)}
        more = ((needed & by_id.keys()) | parts) - stays
        if not more:
            return stays
        stays |= more


def _is_part(resource: Resource, stays: set[str]) -> bool:
    kind, references = BY_TOKEN[resource["type"]].kind, referred(resource)
    if kind == "SecurityGroupRule":
        return references.get("group", set()) <= stays
    return kind in PARTS and all(ids <= stays for ids in references.values())


def moved_state(exported: Mapping[str, Any], move: Move) -> dict[str, Any]:
    """The engine's exported state as it must be before the run: without what stays, with what returns.

    What a returning resource takes the place of is marked for deletion, which the engine does at the run's end. What
    is spared may be half gone: it is awaited before it counts as there.
    """
    deployment = exported["deployment"]
    staying = {item["id"] for item in move.stays}
    old = [dict(item) for item in deployment.get("resources") or ()]
    ours = [item for item in old if item["type"] in BY_TOKEN and item.get("id") not in staying]
    frame = [item for item in old if item["type"] not in BY_TOKEN]
    for item in ours:
        if item.get("id") in move.discarded:
            item["delete"] = True
        elif item.get("id") in move.spared:
            item.pop("delete")
            item |= {"outputs": {**(item.get("outputs") or {}), UNFINISHED: True}, "initErrors": [SPARED]}
    provider = next((f"{item['urn']}::{item['id']}" for item in frame if "pulumi:providers:" in item["type"]), None)
    back = [{**item.resource, **({"provider": provider} if provider else {})} for item in move.returns]
    return {**exported, "deployment": {**deployment, "resources": consistent([*frame, *back, *ours])}}


def consistent(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without dependencies on what is not there, and each after what it depends on: the engine wants both."""
    known = {item["urn"] for item in resources}
    for item in resources:
        if item.get("dependencies"):
            item["dependencies"] = [urn for urn in item["dependencies"] if urn in known]
        if item.get("propertyDependencies"):
            item["propertyDependencies"] = {
                name: [urn for urn in urns or () if urn in known] for name, urns in item["propertyDependencies"].items()
            }
    ordered: list[dict[str, Any]] = []
    seen: set[str] = set()
    waiting = resources
    while waiting:
        later = []
        for item in waiting:
            if seen.issuperset(item.get("dependencies") or ()):
                ordered.append(item)
                seen.add(item["urn"])
            else:
                later.append(item)
        if len(later) == len(waiting):  # as the engine gave it: it refuses a ring itself
            return [*ordered, *later]
        waiting = later
    return ordered


def still_left(left: Iterable[Left], resources: Iterable[Resource]) -> tuple[Left, ...]:
    """Without what the state has: a move that was cut off between the list and the state is done again."""
    known = {item.get("id") for item in resources}
    return tuple(item for item in left if item.id not in known)


def left_after(left: Iterable[Left], move: Move, graph: Graph, now: datetime) -> tuple[Left, ...]:
    """The list once the move is made."""
    homes = {(node.token, node.name): node.placement.home for node in graph.nodes}
    back = {item.id for item in move.returns}
    kept = [item for item in left if item.id not in back]
    return (*kept, *(Left(dict(item), now, homes.get(_key(item), "")) for item in move.stays))
