"""What a run does to data: what starts empty elsewhere, what is made anew in place, what is deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from mcloud.cli import out
from mcloud.engine.aside import name_of
from mcloud.engine.deploy import Deployment
from mcloud.engine.events import Event
from mcloud.engine.losses import Loss
from mcloud.engine.move import Move
from mcloud.engine.renaming import not_found, renames
from mcloud.errors import BlockedError, UsageError
from mcloud.load import Loaded
from mcloud.model.graph import Node
from mcloud.model.resources import BY_TOKEN, KINDS

EMPTY, DELETE = "--accept-empty", "--delete-data"


@dataclass(frozen=True)
class Asked:
    """One thing that a person must name before it is done.

    Attributes:
        kind, name: of the resource.
        option: under which option.
        text: what would happen to it.
        deleted: whether it is deleted, with its data.
    """

    kind: str
    name: str
    option: str
    text: str
    deleted: bool

    @property
    def full(self) -> str:
        """KIND/NAME, which says it for sure."""
        return f"{KINDS[self.kind].word}/{self.name}"


def permitted(
    deployment: Deployment,
    loaded: Loaded,
    empty: list[str],
    delete: list[str],
    changes: Iterable[Event] | None = None,
) -> list[str]:
    """What may be deleted though it holds data, as the provider is told it: all that a person has named.

    Args:
        empty, delete: names given under ``--accept-empty`` and ``--delete-data``.
        changes: what the engine would do, where it has been asked already.

    Raises:
        BlockedError: something with data that nobody has named would start empty, or be deleted.
        UsageError: a name of nothing that this happens to.
    """
    losses = deployment.losses() if changes is None else deployment.losses_among(changes)
    asked = _asked(deployment, loaded, losses)
    for option, names in ((EMPTY, empty), (DELETE, delete)):
        known = [item for item in asked if item.option == option]
        for name in names:
            if not any(name in _called(item, known) for item in known):
                _refuse_name(option, name, known)
    missing = [item for item in asked if not _called(item, _same(item, asked)) & set(empty + delete)]
    if missing:
        _refuse(missing, asked)
    return [f"{item.kind}/{item.name}" for item in asked if item.deleted]


def _asked(deployment: Deployment, loaded: Loaded, losses: Iterable[Loss]) -> list[Asked]:
    move = deployment.move()
    found = [
        Asked(
            node.kind,
            node.name,
            EMPTY,
            f"{loaded.locate(node.path)}: {_words(node)} is at {home} and would be empty at {node.placement}",
            False,
        )
        for node, home in move.emptied
    ]
    found += [
        Asked(node.kind, node.name, EMPTY, f"{loaded.locate(node.path)}: {_gone_with_its_disk(node, zone)}", True)
        for node, zone in move.rezoned
    ]
    told = {(item.kind, item.name) for item in found}
    for loss in losses:
        if (loss.kind, loss.name) not in told:
            found.append(Asked(loss.kind, loss.name, EMPTY if loss.node else DELETE, _loss_line(loss, loaded), True))
    return found


def _loss_line(loss: Loss, loaded: Loaded) -> str:
    if loss.node is None:
        return f"{loss.words} is not in the stack any more and would be deleted with its data"
    return f"{loaded.locate(loss.node.path)}: {loss.words} would be made anew, empty, and the old one deleted"


def _refuse(missing: list[Asked], asked: list[Asked]) -> NoReturn:
    names = " ".join(f"{item.option} {min(_called(item, _same(item, asked)), key=len)}" for item in asked)
    hints = [f"{names} goes on"]
    if any(item.option == EMPTY and not item.deleted for item in missing):
        hints.append("what stays at its old place is listed by mcloud cleanup")
    if any(item.option == EMPTY for item in missing):
        hints.append("or undo the change; or mark a server stateless: true if nothing on its disk is missed")
    if any(item.option == DELETE for item in missing):
        hints.append("or put it back into the stack")
    raise BlockedError(
        "data would be lost or left behind:\n  " + "\n  ".join(item.text for item in missing), hint="; ".join(hints)
    )


def _same(item: Asked, asked: list[Asked]) -> list[Asked]:
    return [other for other in asked if other.option == item.option]


def _called(item: Asked, among: Iterable[Asked]) -> set[str]:
    """What it may be called on the command line: KIND/NAME, and NAME where nothing else has it."""
    alone = [other.name for other in among].count(item.name) == 1
    return {item.full, *([item.name] if alone else [])}


def _refuse_name(option: str, name: str, known: list[Asked]) -> NoReturn:
    same = [item for item in known if item.name == name]
    words = ", ".join(sorted(item.full for item in same or known))
    if same:
        raise UsageError(f"{option} {name}: there are several of that name", hint=f"say which: {words}")
    what = "made anew, empty," if option == EMPTY else "deleted with its data"
    raise UsageError(f"{option} {name}: that is not {what} by this run", hint=f"known: {words or 'nothing is'}")


def _words(node: Node) -> str:
    return f"{KINDS[node.kind].word} {node.name}"


def _gone_with_its_disk(node: Node, zone: str) -> str:
    anew = "in another zone it is made anew, empty, and the old one is deleted with its disk"
    return f"{_words(node)} is in {zone}; {anew}"


def show_losses(losses: Iterable[Loss], loaded: Loaded) -> None:
    """What holds data and would be deleted."""
    for loss in losses:
        out.tell(f"data: {_loss_line(loss, loaded)}; up wants it named")


def show_renames(deployment: Deployment) -> int:
    """What goes on under another name; how many do."""
    resources = deployment.state.resources(deployment.graph.stack)
    found = renames(deployment.graph, resources)
    for urn, node in found.items():
        out.tell(f"renamed: {KINDS[node.kind].word} {name_of({'urn': urn})} is {node.name} from now on, as it is")
    if resources:
        for node in not_found(deployment.graph, resources):
            out.tell(f"note: {_words(node)} was {node.was[0]}, says the stack, but the state has neither; it is made")
    return len(found)


def show_move(move: Move) -> None:
    """What a change of placement does beside what the engine shows."""
    for node, home in move.emptied:
        out.tell(f"data: {_words(node)} stays at {home} with its data; the new one is empty")
    for node, zone in move.rezoned:
        out.tell(f"data: {_gone_with_its_disk(node, zone)}")
    for left in move.returns:
        if left.holds_data:
            out.tell(f"back: {left.words}, left behind on {left.since:%Y-%m-%d}, is taken up again as it was left")
    if move.stays:
        words = [f"{BY_TOKEN[item['type']].word} {name_of(item)}" for item in move.stays]
        out.tell(f"left behind, until mcloud cleanup: {', '.join(words)}")
    for node, known in move.renumbered:
        out.tell(f"address: {_words(node)} will be known by another one than {known}")


def move_document(move: Move, losses: Iterable[Loss]) -> dict[str, Any]:
    """The same as data."""

    def about(node: Node, **more: str) -> dict[str, str]:
        return {"kind": KINDS[node.kind].word, "name": node.name, **more}

    stays = [(BY_TOKEN[item["type"]].word, name_of(item), str(item["id"])) for item in move.stays]
    return {
        "emptied": [about(node, stays_at=home) for node, home in move.emptied],
        "rezoned": [about(node, zone=zone) for node, zone in move.rezoned],
        "left_behind": [{"kind": word, "name": name, "id": known} for word, name, known in stays],
        "returns": [{"kind": left.type.word, "name": left.name, "id": left.id} for left in move.returns],
        "renumbered": [about(node, known_as=known) for node, known in move.renumbered],
        "losses": [
            {"kind": KINDS[loss.kind].word, "name": loss.name, "at": loss.home, "made_anew": loss.node is not None}
            for loss in losses
        ],
    }
