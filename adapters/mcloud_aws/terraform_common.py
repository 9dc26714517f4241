"""What the meanings of AWS's types share: labels, refusals, disks, health checks.

Attributes are those of Terraform's AWS provider (registry.terraform.io/providers/hashicorp/aws, docs of 3.x to 5.x).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mcloud.discover.meaning import Meant, Note, Unknown, labels, refused, text
from mcloud.discover.parts import VolumePart
from mcloud.discover.tfstate import StateResource

COMMON = ("id", "arn", "owner_id", "tags", "tags_all", "timeouts", "region")
_DISK_CLASSES = {"standard": "hdd", "st1": "hdd", "sc1": "hdd"}
# Only these volume types sell IOPS apart from the size; what gp2 shows follows from its size.
_SOLD_IOPS = ("io1", "io2", "gp3")
# gp3 brings 3,000 along at no charge (docs.aws.amazon.com/ebs, general purpose volumes).
_GP3_BASE_IOPS = 3000
_CHECK_USUAL = {"interval": 30, "timeout": 5, "healthy": 3, "unhealthy": 3}
"""What a stack's health check has where it says nothing."""


def aws_labels(attributes: Mapping[str, Any]) -> tuple[dict[str, str], list[Note]]:
    """Tags as labels; the Name tag stays behind, for a stack's resources have names of their own."""
    found, notes = labels(attributes.get("tags"))
    if "Name" in found:
        reason = f"it says {found.pop('Name')!r}; the stack goes by the source's name"
        notes.append(Note("tag Name", reason, "rename it"))
    return found, notes


def broken(resource: StateResource, *names: str) -> Meant | None:
    """A refusal where an attribute that everything hangs on is missing."""
    for name in names:
        if text(resource.attributes, name) is None:
            return refused(f"the source does not say its {name}", "refresh the source, then give it again")
    return None


def rows(attributes: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The blocks of one kind; a single one counts as a list of one."""
    value = attributes.get(name)
    value = [value] if isinstance(value, Mapping) else value
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def row(attributes: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The first block of one kind, or an empty one."""
    return next(iter(rows(attributes, name)), {})


def number(value: Any) -> int | None:
    """A whole number, also where the source has it as a text; None where it is none."""
    if isinstance(value, bool | Unknown):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    plain = value.strip() if isinstance(value, str) else ""
    return int(plain) if plain.isascii() and plain.removeprefix("-").isdigit() and len(plain) < 12 else None


def switch(value: Any) -> bool | None:
    """A switch, also where the source has it as a text; None where it is none."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower()) if isinstance(value, str) else None


def listed(attributes: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts; one text counts as a list of one."""
    value = attributes.get(name)
    value = [value] if isinstance(value, str) else value
    return tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, list | tuple) else ()


def disk_words(disk: Mapping[str, Any]) -> tuple[int | None, str, int | None]:
    """GiB, class and the IOPS that were bought, of a block with volume_size (or size) and volume_type (or type)."""
    kind = str(disk.get("volume_type") or disk.get("type") or "")
    iops = number(disk.get("iops"))
    sold = kind in _SOLD_IOPS and iops is not None and not (kind == "gp3" and iops <= _GP3_BASE_IOPS) and iops > 0
    size = number(disk.get("volume_size") if "volume_size" in disk else disk.get("size"))
    return size if size and size > 0 else None, _DISK_CLASSES.get(kind, "ssd"), iops if sold else None


def data_volume(native: str, disk: Mapping[str, Any], labels_: Mapping[str, str] | None = None) -> VolumePart:
    """A volume of the words for a disk."""
    gib, class_, iops = disk_words(disk)
    encrypted = switch(disk.get("encrypted")) is True
    return VolumePart(native, gib, class_, iops, None, encrypted, None, labels_ or {})


def health_check(
    protocol: str, path: str | None, port: int | None, codes: str | None, counts: Mapping[str, int | None]
) -> Any:
    """A stack's words for a health check; None where it has none. ``counts``: interval, timeout, healthy, unhealthy."""
    if protocol not in ("tcp", "http", "https"):
        return None
    said: dict[str, Any] = {"port": port} if port else {}
    if protocol != "tcp" and codes not in (None, "", "200"):
        said["codes"] = codes
    for word, value in counts.items():
        if value is not None and value != _CHECK_USUAL[word]:
            said[word] = f"{value} s" if word in ("interval", "timeout") else value
    interval = counts.get("interval") or _CHECK_USUAL["interval"]
    if (counts.get("timeout") or _CHECK_USUAL["timeout"]) > interval:
        said["timeout"] = f"{interval} s"
    plain = protocol if protocol == "tcp" else f"{protocol}:{path or '/'}"
    if not said:
        return plain
    return {"protocol": protocol, **({} if protocol == "tcp" else {"path": path or "/"}), **said}


def noted(attributes: Mapping[str, Any], table: Mapping[str, tuple[str, ...]]) -> list[Note]:
    """A note for each attribute of a table that has a value."""
    return [Note(*words) for name, words in table.items() if attributes.get(name)]


def changed(attributes: Mapping[str, Any], usual: Mapping[str, Iterable[Any]]) -> list[Note]:
    """A note for each setting that is not as it is by itself, and that a stack has no word for."""
    return [
        Note(name, f"it is {attributes[name]}, and a stack has no word for it", "set it by hand")
        for name, values in usual.items()
        if attributes.get(name) not in (None, "", *values)
    ]
