"""From state files to a stack: read, give each resource its meaning, join the parts, account for everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from mcloud.discover.discovery import Discovery, Outcome
from mcloud.discover.join import join
from mcloud.discover.ledger import Item, Ledger
from mcloud.discover.meaning import Meaning, Meant, refused
from mcloud.discover.overlay import read_overlay
from mcloud.discover.parts import FactPart, NetworkPart, SubnetPart
from mcloud.discover.tfstate import StateResource, read_tfstate
from mcloud.errors import DiscoverError
from mcloud.model.stack import Stack


def discover_tfstate(
    paths: Sequence[Path | str],
    overlay_path: Path | str | None = None,
    *,
    placement: str,
    meanings: Mapping[str, Meaning],
    name: str = "discovered",
) -> Discovery:
    """Make one stack of Terraform states; references between files are joined by native id.

    Args:
        paths: state files, format version 4; a file given twice is read once.
        overlay_path: an assumptions file, see ``overlay.Overlay``.
        placement: where the stack shall run, cloud/region[/zone].
        meanings: type -> what it means, from the adapters' tables.
        name: the stack's name.

    Raises:
        DiscoverError: a file cannot be read, or two sources contradict each other.
    """
    files = tuple(dict.fromkeys(str(path) for path in paths))
    overlay = read_overlay(Path(overlay_path) if overlay_path else None)
    resources = [resource for file in files for resource in read_tfstate(Path(file))]
    ledger = Ledger(overlay)
    items: list[Item] = []
    # A managed resource tells more than a data source that reads the same thing, so it comes first.
    for resource in sorted(resources, key=lambda item: not item.managed):
        meant = _meaning_of(resource, ledger, meanings)
        if meant.part is None:
            ledger.outcomes[resource.key] = Outcome(
                *resource.key, resource.type, "remainder", "", meant.reason, meant.advice, meant.notes
            )
        else:
            items.append(Item(resource, meant.part, meant.notes))
    document = {"mcloud": 1, "name": name, "placement": placement, **join(ledger, items)}
    check_document(document)
    return Discovery(
        files=files,
        seen=tuple(resource.key for resource in resources),
        outcomes=tuple(ledger.outcomes[resource.key] for resource in resources),
        document=document,
        assumptions=tuple(ledger.assumptions),
    )


def _meaning_of(resource: StateResource, ledger: Ledger, meanings: Mapping[str, Meaning]) -> Meant:
    unwanted = ledger.answer("leave_out", resource.address)
    if unwanted is not None:
        return refused(f"left out by the assumptions file: {unwanted}", "")
    if resource.deposed:
        return refused("an old instance that waits for its deletion", "run `terraform apply` to be rid of it")
    meaning = meanings.get(resource.type)
    if meaning is None:
        return refused(f"no meaning is known for {resource.type}", "move it by hand, or leave it behind on purpose")
    meant = meaning(resource)
    if (
        not resource.managed
        and meant.part is not None
        and not isinstance(meant.part, NetworkPart | SubnetPart | FactPart)
    ):
        return refused(
            "a data source: this state reads it, another one manages it", "give the state that manages it too"
        )
    return meant


def check_document(document: Mapping[str, object]) -> None:
    """Refuse a document that is no stack.

    Raises:
        DiscoverError: it does not fit the model; ``where`` names the place.
    """
    try:
        Stack.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DiscoverError(
            f"what was found does not fit a stack: {first['msg']}",
            where=where,
            hint="leave the resource out with leave_out in an assumptions file",
        ) from None
