"""Buckets with the settings that other resources hold for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcloud.discover.ledger import Ledger, Namer, Pairs
from mcloud.discover.parts import BelongsPart, BucketDetailPart, BucketPart


@dataclass
class Buckets:
    """The section ``buckets``, and native id -> section.name."""

    section: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)


def write_buckets(
    ledger: Ledger,
    buckets: Pairs[BucketPart],
    details: Pairs[BucketDetailPart] | None = None,
    belonging: Pairs[BelongsPart] | None = None,
) -> Buckets:
    """The section ``buckets``. A bucket gets a new name on the cloud, for names hold the state's id."""
    found = Buckets()
    namer = Namer()
    for item, part in buckets:
        name = namer.give(item.label)
        found.section[name] = dict(part.settings)
        found.targets[part.id] = f"buckets.{name}"
        ledger.settle(item, "mapped", f"buckets.{name}")
    asked = [part.bucket for _, part in details or ()]
    asked += [part.owner for _, part in belonging or () if part.of == "bucket"]
    for native in dict.fromkeys(asked):
        if native not in found.targets and not ledger.strict:
            name = namer.give(native)
            found.section[name] = {}
            found.targets[native] = f"buckets.{name}"
            ledger.ask(("buckets", name), native, f"{native} is in none of the sources; what else is set for it?")
    for item, detail in details or ():
        target = found.targets.get(detail.bucket)
        if target is None:
            ledger.leave(item, f"its bucket {detail.bucket} is in none of the sources", "give the source that holds it")
            continue
        _merge(found.section[target.removeprefix("buckets.")], detail.settings)
        ledger.settle(item, "folded", target, reason=detail.reason)
    return found


def _merge(entry: dict[str, Any], settings: Mapping[str, Any]) -> None:
    """Lists of rules grow, other settings are set."""
    for word, value in settings.items():
        entry[word] = [*entry.get(word, ()), *value] if isinstance(value, list) else value
