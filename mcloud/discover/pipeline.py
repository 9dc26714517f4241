"""From files to a stack: read, give each resource its meaning, join the parts, account for everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from mcloud.discover.discovery import Assumption, Discovery, Outcome
from mcloud.discover.join import join
from mcloud.discover.ledger import Item, Ledger
from mcloud.discover.meaning import Meaning, Meant, refused
from mcloud.discover.overlay import read_overlay
from mcloud.discover.parts import FactPart, NetworkPart, SubnetPart
from mcloud.discover.secrets import without_known_secrets
from mcloud.discover.tfstate import StateResource, read_tfstate
from mcloud.errors import DiscoverError
from mcloud.model.stack import Stack


@dataclass(frozen=True)
class Aim:
    """What shall become of what is found.

    Attributes:
        placement: where the stack shall run, cloud/region[/zone].
        name: the stack's name.
        overlay_path: an assumptions file, see ``overlay.Overlay``.
        strict: what the sources refer to and do not hold makes a remainder; else something stands for it that is
            marked as open.
    """

    placement: str
    name: str = "discovered"
    overlay_path: Path | str | None = None
    strict: bool = False


def discover_tfstate(
    paths: Sequence[Path | str],
    overlay_path: Path | str | None = None,
    *,
    placement: str,
    meanings: Mapping[str, Meaning],
    name: str = "discovered",
    strict: bool = False,
) -> Discovery:
    """Make one stack of Terraform states; references between files are joined by native id.

    Args:
        paths: state files, format version 3 or 4; a file given twice is read once.
        overlay_path: an assumptions file, see ``overlay.Overlay``.
        placement: where the stack shall run, cloud/region[/zone].
        meanings: type -> what it means, from the adapters' tables.
        name: the stack's name.
        strict: see ``Aim``.

    Raises:
        DiscoverError: a file cannot be read, or two sources contradict each other.
    """
    files = tuple(dict.fromkeys(str(path) for path in paths))
    resources = without_known_secrets([resource for file in files for resource in read_tfstate(Path(file))])
    return discover_resources(files, resources, meanings, Aim(placement, name, overlay_path, strict))


def discover_resources(
    files: Sequence[str],
    resources: Sequence[StateResource],
    meanings: Mapping[str, Meaning],
    aim: Aim,
    said: Iterable[Assumption] = (),
) -> Discovery:
    """Make one stack of resources that were read from files; each file and address is unique.

    Args:
        files: the files, in order.
        resources: what they hold, without secrets.
        meanings: type -> what it means.
        aim: what shall become of it.
        said: what was assumed when the files were read.

    Raises:
        DiscoverError: two sources contradict each other, or the assumptions file.
    """
    ledger = Ledger(read_overlay(Path(aim.overlay_path) if aim.overlay_path else None), strict=aim.strict)
    ledger.assumptions += said
    items: list[Item] = []
    within: list[Item] = []
    # A managed resource tells more than a data source that reads the same thing, so it comes first.
    for resource in sorted(resources, key=lambda item: not item.managed):
        meant = _meaning_of(resource, ledger, meanings)
        if meant.part is None:
            fate: Literal["folded", "remainder"] = "folded" if meant.folded else "remainder"
            ledger.outcomes[resource.key] = Outcome(
                *resource.key, resource.type, fate, "", meant.reason, meant.advice, meant.notes
            )
        else:
            items.append(Item(resource, meant.part, meant.notes))
            within += [Item(resource, part, (), word) for word, part in meant.inline]
    # What a resource holds within itself comes last, so that what stands on its own wins.
    document = {"mcloud": 1, "name": aim.name, "placement": aim.placement, **join(ledger, [*items, *within])}
    check_document(document)
    return Discovery(
        files=tuple(files),
        seen=tuple(resource.key for resource in resources),
        outcomes=tuple(ledger.outcomes[resource.key] for resource in resources),
        document=document,
        assumptions=tuple(ledger.assumptions),
    )


def _meaning_of(resource: StateResource, ledger: Ledger, meanings: Mapping[str, Meaning]) -> Meant:
    unwanted = ledger.answer("leave_out", resource.address)
    if unwanted is not None:
        return refused(f"left out by the assumptions file: {unwanted}", "")
    if resource.absent:
        return refused(resource.absent, "give other values to have it")
    if resource.deposed:
        return refused("an old instance that waits for its deletion", "run `terraform apply` to be rid of it")
    if resource.instead is not None:
        return replace(refused(resource.instead.reason, resource.instead.advice), folded=resource.instead.folded)
    meaning = meaning_for(resource.type, meanings)
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


def meaning_for(type_: str, meanings: Mapping[str, Meaning]) -> Meaning | None:
    """What a type means: its own entry, else that of the longest beginning, which is written with a star at its end."""
    if type_ in meanings:
        return meanings[type_]
    fitting = [key for key in meanings if key.endswith("*") and type_.startswith(key[:-1])]
    return meanings[max(fitting, key=len)] if fitting else None


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
