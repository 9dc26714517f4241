"""A run that is about some resources only: which ones a name means, and what belongs to the run with them. Pure.

``up`` takes what they need with it, ``destroy`` what needs them; all else is left as it is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from mcloud.engine.aside import name_of, referred
from mcloud.engine.events import ANEW, Event
from mcloud.engine.state import urn_of
from mcloud.errors import BlockedError, UsageError
from mcloud.model.graph import Graph, Node
from mcloud.model.resource_references import map_references, nested_references, reference_fields
from mcloud.model.resources import BY_TOKEN, KINDS
from mcloud.model.stack import SECTIONS

Resource = Mapping[str, Any]
Called = tuple[str, str]
"""Word for the kind, and name."""


def chosen(names: Iterable[str], graph: Graph, resources: Iterable[Resource]) -> frozenset[str]:
    """URNs of what is named.

    Args:
        names: NAME or KIND/NAME of an entry of the stack file, which means all that is made of it (instances, rules,
            listeners, attachments), or of one resource as preview shows it.
        resources: the state's; what has left the stack is known by these alone.

    Raises:
        UsageError: nothing is called so, or several things are.
    """
    known = _known(graph, resources)
    found: set[str] = set()
    for text in names:
        found |= _one(text, known)
    return frozenset(found)


def node_called(text: str, graph: Graph) -> Node:
    """The one node of KIND/NAME, or of NAME where nothing else has it.

    Raises:
        UsageError: there is none, or there are several.
    """
    kind, slash, name = text.rpartition("/")
    word = kind.replace("-", " ").lower()
    found = [
        node
        for node in graph.nodes
        if node.name == name and (not slash or KINDS[node.kind].word.lower() == word)
    ]
    if len(found) == 1:
        return found[0]
    known = [_typed(KINDS[node.kind].word, node.name) for node in found or graph.nodes]
    close = difflib.get_close_matches(text, known, n=3)
    hint = f"say which: {', '.join(known)}" if found else f"did you mean {' or '.join(close)}?" if close else None
    raise UsageError(f"{text}: the stack has {'several of that name' if found else 'nothing of that name'}", hint=hint)


def _known(graph: Graph, resources: Iterable[Resource]) -> dict[Called, set[str]]:
    known: dict[Called, set[str]] = {}
    for node in graph.nodes:
        urn = urn_of(graph.stack, node.token, node.name)
        known.setdefault((KINDS[node.kind].word, node.name), set()).add(urn)
        known.setdefault((SECTIONS[str(node.path[0])], str(node.path[1])), set()).add(urn)
    for item in resources:
        known.setdefault((BY_TOKEN[item["type"]].word, name_of(item)), set()).add(str(item["urn"]))
    return known


def _one(text: str, known: Mapping[Called, set[str]]) -> set[str]:
    kind, slash, name = text.rpartition("/")
    word = kind.replace("-", " ").lower()
    matches = {
        called: urns
        for called, urns in known.items()
        if called[1] == name and (not slash or called[0].lower() == word)
    }
    if not matches:
        close = [_typed(*called) for called in sorted(known) if called[1] == name]
        close = close or difflib.get_close_matches(text, _names(known, full=bool(slash)), n=1)
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else "mcloud preview shows the names"
        raise UsageError(f"--target {text}: neither the stack nor the state has it", hint=hint)
    whole = max(matches.values(), key=len)
    if not all(urns <= whole for urns in matches.values()):
        words = ", ".join(sorted(_typed(*called) for called in matches))
        raise UsageError(f"--target {text}: there are several of that name", hint=f"say which: {words}")
    return whole


def _names(known: Iterable[Called], *, full: bool) -> list[str]:
    return sorted({_typed(*called) if full else called[1] for called in known})


def with_needs(urns: Iterable[str], graph: Graph) -> frozenset[str]:
    """The same and all that they need, by the stack file."""
    nodes = graph.by_address
    by_urn = {urn_of(graph.stack, node.token, node.name): node for node in graph.nodes}
    found, waiting = set(urns), [by_urn[urn] for urn in urns if urn in by_urn]
    while waiting:
        for need in waiting.pop().needs:
            node = nodes[need]
            urn = urn_of(graph.stack, node.token, node.name)
            if urn not in found:
                found.add(urn)
                waiting.append(node)
    return frozenset(found)


def with_dependents(urns: Iterable[str], resources: Iterable[Resource]) -> frozenset[str]:
    """The same and all that needs them, by the state."""
    found, items = set(urns), list(resources)
    while True:
        more = {str(item["urn"]) for item in items if found.intersection(item.get("dependencies") or ())} - found
        if not more:
            return frozenset(found)
        found |= more


def kept_with(resources: Iterable[Resource]) -> frozenset[str]:
    """URNs of what is marked ``keep``, with what it needs and what makes it of use.

    A server that stays keeps its public address, its further interfaces and the rules of its groups; a volume's
    attachment goes unless both ends stay.
    """
    items = [item for item in resources if item.get("id")]
    by_urn = {str(item["urn"]): item for item in items}
    found = {urn for urn, item in by_urn.items() if item.get("protect")}
    while found:
        ids = {str(by_urn[urn]["id"]) for urn in found}
        needed = {urn for known in found for urn in by_urn[known].get("dependencies") or () if urn in by_urn}
        parts = {urn for urn, item in by_urn.items() if _stays_with(item, ids)}
        if needed | parts <= found:
            break
        found |= needed | parts
    return frozenset(found)


def _stays_with(item: Resource, ids: set[str]) -> bool:
    kind, named = BY_TOKEN[item["type"]].kind, referred(item)
    if kind == "SecurityGroupRule":
        return bool(named.get("group", set()) & ids)
    if kind in ("PublicIp", "NetworkInterface"):
        return bool(named.get("server", set()) & ids)
    return kind == "VolumeAttachment" and {one for each in named.values() for one in each} <= ids


def part_of(graph: Graph, urns: frozenset[str]) -> Graph:
    """The graph of these nodes alone, with the outputs that they give in full."""
    kept: list[Node] = []
    apart: list[Node] = []
    for node in graph.nodes:
        (kept if urn_of(graph.stack, node.token, node.name) in urns else apart).append(node)
    outputs = {name: path for name, path in graph.outputs.items() if not any(_speaks_of(path, node) for node in apart)}
    return Graph(graph.stack, tuple(kept), outputs)


def left_alone(
    graph: Graph, resources: Iterable[Resource], renamed: Iterable[Resource], urns: frozenset[str]
) -> tuple[Node, ...]:
    """What the state has beside the targets, as nodes.

    The engine leaves them as they are, whatever they ask for; what is there and nobody names to it, it takes for gone
    where it needs a target.

    Args:
        graph: of the targets.
        resources: the state's.
        renamed: the same, under the names that the stack file gives them.
        urns: of the targets.
    """
    addresses: dict[tuple[str, str], str] = {}
    beside: list[Resource] = []
    for item, new in zip(resources, renamed, strict=True):
        named = new if new["urn"] in urns else item
        kind = BY_TOKEN[item["type"]].kind
        addresses[kind, str(item.get("id"))] = f"{kind}/{name_of(named)}"
        if named is item and item.get("id") and not item.get("delete"):
            beside.append(item)
    known = {*graph.by_address, *(addresses[BY_TOKEN[item["type"]].kind, str(item["id"])] for item in beside)}
    addresses = {key: address for key, address in addresses.items() if address in known}
    return tuple(_as_it_is(item, addresses) for item in beside)


def _as_it_is(item: Resource, addresses: Mapping[tuple[str, str], str]) -> Node:
    """A resource as a node that comes after what it needs."""
    type_ = BY_TOKEN[item["type"]]
    nested = nested_references(type_.inputs).items()
    within = {f"{name}.{part}": kind for name, parts in nested for part, kind in parts.items()}
    kinds = {**reference_fields(type_.inputs), **within}

    def followed(value: Any, name: str) -> Any:
        address = addresses.get((kinds[name], str(value)))
        return value if address is None else f"@{address}"

    inputs = map_references(type_.inputs, item.get("inputs") or {}, followed)
    return Node(type_.kind, name_of(item), inputs, (), bool(item.get("protect")))


def _speaks_of(output: str, node: Node) -> bool:
    """Whether an output (section.name.attribute) is of this node, alone or as one of several instances."""
    section, name, _ = output.split(".")
    return KINDS[node.kind].word == SECTIONS[section] and (node.name == name or node.path == (section, name))


def require_whole(urns: frozenset[str], changes: Iterable[Event], resources: Iterable[Resource]) -> None:
    """Refuse to take something away from under what is left alone.

    Args:
        changes: what would be done to the targets.

    Raises:
        BlockedError: with what else must be named.
    """
    going = {event.urn for event in changes if event.op in ANEW or event.op == "delete"}
    items = list(resources)
    left = sorted(with_dependents(going, items) - going - urns)
    if left:
        words = [_words(urn) for urn in left]
        named = " ".join(f"--target {_option(urn)}" for urn in left)
        raise BlockedError(
            f"what is deleted or replaced is needed by what is left alone: {', '.join(words)}",
            hint=f"{named} takes it along; without --target all is done",
        )


def require_unkept(urns: frozenset[str], resources: Iterable[Resource]) -> None:
    """Refuse to delete what is marked ``keep``.

    Raises:
        BlockedError: with what is marked so.
    """
    kept = sorted(str(item["urn"]) for item in resources if item.get("protect") and item["urn"] in urns)
    if kept:
        raise BlockedError(
            f"marked keep: true, and it would go with what is named: {', '.join(map(_words, kept))}",
            hint="take keep out of the stack file and run mcloud up first",
        )


def _words(urn: str) -> str:
    return f"{BY_TOKEN[urn.split('::')[2]].word} {urn.rsplit('::', 1)[1]}"


def _option(urn: str) -> str:
    return _typed(BY_TOKEN[urn.split("::")[2]].word, urn.rsplit("::", 1)[1])


def _typed(word: str, name: str) -> str:
    """As one types it."""
    return f"{word.replace(' ', '-').lower()}/{name}"


def targeted(urns: Iterable[str]) -> list[str]:
    """The engine's words for a run about these."""
    return [word for urn in sorted(urns) for word in ("--target", urn)]
