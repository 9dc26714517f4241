"""``was``: what an entry was called before must be free, and one entry's alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mcloud.model.renames import COUNTED
from mcloud.model.stack import SECTIONS, Stack
from mcloud.validate.finding import Finding

Path = tuple[str | int, ...]


def check_renames(stack: Stack) -> Iterator[Finding]:
    """Former names that are in use, or that two entries claim."""
    # Where there are counts, an entry's own name as the former one says that it had none before, or had one.
    for section, word in SECTIONS.items():
        yield from _entries((section,), word, getattr(stack, section), own=section in COUNTED)
    for name, network in stack.networks.items():
        yield from _entries(("networks", name, "subnets"), "subnet", network.subnets, own=False)


def _entries(base: Path, word: str, entries: Mapping[str, Any], *, own: bool) -> Iterator[Finding]:
    claimed: dict[str, str] = {}
    for name, entry in entries.items():
        was, path = entry.was, (*base, name, "was")
        if was is None:
            continue
        if was == name and not own:
            yield Finding("was", "block", path, f"{name!r} is its name now", "take was out")
        elif was != name and was in entries:
            hint = f"take {was!r} out, or was; names that change hands need two runs"
            yield Finding("was", "block", path, f"there still is a {word} {was!r}, so this is another one", hint)
        elif was in claimed:
            message = f"{claimed[was]!r} says too that it was the {word} {was!r}"
            yield Finding("was", "block", path, message, "leave was where the resource goes on")
        claimed.setdefault(was, name)
