"""Tags: how mcloud's things are named and known on AWS, and what becomes of labels. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mcloud.adapter.gaps import Gap

NAME = "Name"
STATE = "mcloud:state"
"""The id of the state that made it, where the name has it."""
NETWORK, ROLE = "mcloud:network", "mcloud:role"
"""On what is made beside a subnet (gateways, route tables): the network that it serves, and what for."""
RESIZING = "mcloud:resizing"
"""On a server whose type is being changed, from before it is stopped until it runs again: the type that it gets."""
RESERVED = "mcloud:"

# docs.aws.amazon.com/tag-editor, "Tag naming limits and requirements", 2026-11.
_VALUE = re.compile(r"[\w\s+\-=.:/@]*")
MOST_LABELS = 48  # of 50 tags two are mcloud's
# What mcloud.adapter.naming makes: NAME-STATEID-xxxxx.
_MADE = re.compile(r".+-([a-hjkmnp-z2-9]{6})-[0-9a-f]{5}")

Tags = list[dict[str, str]]


def state_of(name: str) -> str | None:
    """The state's id in a physical name; None in a name that a person chose."""
    found = _MADE.fullmatch(name)
    return found[1] if found else None


def wanted_tags(inputs: Mapping[str, Any]) -> dict[str, str]:
    """All tags that a resource with these inputs has."""
    name = str(inputs["name"])
    state = state_of(name)
    labels = {key: value for key, value in (inputs.get("labels") or {}).items() if key != NAME}
    return {**labels, NAME: name, **({STATE: state} if state else {})}


def tag_list(tags: Mapping[str, str]) -> Tags:
    """Tags as the services take them, sorted."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tag_list_of(inputs: Mapping[str, Any]) -> Tags:
    """The tags of a resource as the services take them."""
    return tag_list(wanted_tags(inputs))


def specification(kind: str, inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``TagSpecifications`` of an EC2 create call."""
    return [{"ResourceType": kind, "Tags": tag_list_of(inputs)}]


def tag_map(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags by key, as a service shows them."""
    return {item["Key"]: item.get("Value", "") for item in tags or ()}


def named(tags: Iterable[Mapping[str, str]] | None) -> dict[str, Any]:
    """Name and labels in neutral words; the name is left out where there is no tag for it."""
    found = tag_map(tags)
    labels = {key: value for key, value in found.items() if key != NAME and not key.startswith((RESERVED, "aws:"))}
    return {**({"name": found[NAME]} if NAME in found else {}), "labels": labels}


def changes(
    there: Iterable[Mapping[str, str]] | None, old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[Tags, list[str]]:
    """Tags to write and keys to take away; tags of other makers stay.

    Args:
        old, new: the resource's inputs before and after.
    """
    shown, wanted = tag_map(there), wanted_tags(new)
    write = {key: value for key, value in wanted.items() if shown.get(key) != value}
    lost = set(wanted_tags({**old, "name": old.get("name") or new["name"]})) - set(wanted)
    return tag_list(write), sorted(key for key in lost if key in shown)


def token(*parts: str) -> str:
    """A client token: the same for the same parts, and no longer than every service takes."""
    return f"mcloud-{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:40]}"


def label_gaps(resource: str, inputs: Mapping[str, Any]) -> list[Gap]:
    """What cannot be a tag."""
    labels = inputs.get("labels") or {}
    found = []
    if NAME in labels:
        reason = "the tag Name is how mcloud finds its own"
        found.append(Gap("label-name", resource, "substituted", reason, "the label Name is not written"))
    odd = sorted(key for key, value in labels.items() if not _VALUE.fullmatch(value))
    if odd:
        reason = f"tags take letters, digits, spaces and + - = . _ : / @ only: {', '.join(odd)}"
        found.append(Gap("label-characters", resource, "blocking", reason, "write these labels without the others"))
    if len(labels) > MOST_LABELS:
        reason = f"a resource has at most 50 tags, two of them mcloud's; {len(labels)} labels are asked for"
        found.append(Gap("label-count", resource, "blocking", reason, f"keep {MOST_LABELS}"))
    return found
