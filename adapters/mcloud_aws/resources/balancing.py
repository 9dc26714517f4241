"""What the kinds of Elastic Load Balancing share: things are found by name, and their tags are a call of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Inputs
from mcloud.errors import Conflict
from mcloud_aws.errors import code_of
from mcloud_aws.session import AwsSession
from mcloud_aws.tags import changes

TAGS_AT_ONCE = 20  # DescribeTags, API reference 2026-11
NAME_LIMIT = 32
Raw = dict[str, Any]


def pages(session: AwsSession, operation: str, field: str, **arguments: Any) -> list[Raw]:
    """All rows of a describe call; none where the service says that there is no such thing."""
    client = session.client("elbv2")
    try:
        if client.can_paginate(operation):
            found = client.get_paginator(operation).paginate(**arguments).build_full_result()
        else:
            found = getattr(client, operation)(**arguments)
    except Exception as error:
        if code_of(error).endswith("NotFound"):
            return []
        raise
    return list(found.get(field) or ())


def tags_of(session: AwsSession, arns: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """Tags by ARN."""
    wanted, found = list(arns), {}
    for start in range(0, len(wanted), TAGS_AT_ONCE):
        part = wanted[start : start + TAGS_AT_ONCE]
        for item in pages(session, "describe_tags", "TagDescriptions", ResourceArns=part):
            found[str(item["ResourceArn"])] = list(item.get("Tags") or ())
    return found


def retag(session: AwsSession, arn: str, tags: Any, old: Inputs, new: Inputs) -> None:
    """Write name and labels where they differ."""
    write, lost = changes(tags, old, new)
    if write:
        session.client("elbv2").add_tags(ResourceArns=[arn], Tags=write)
    if lost:
        session.client("elbv2").remove_tags(ResourceArns=[arn], TagKeys=lost)


def attributes(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Attributes by key."""
    return {row["Key"]: row["Value"] for row in rows}


def refuse_twin(there: Iterable[str], name: Any) -> None:
    """The service answers a create with the thing that is there; that would be taken for the new one.

    Raises:
        Conflict: there is one already.
    """
    for arn in there:
        raise Conflict(f"{arn} has the name {name} already", hint="choose another name, or leave it out")


def name_gaps(resource: str, inputs: Inputs, word: str) -> list[Gap]:
    """What is asked for as a name and cannot be one."""
    name = str(inputs.get("name") or "x")
    plain = name.replace("-", "")
    fits = plain.isascii() and plain.isalnum() and len(name) <= NAME_LIMIT and name == name.strip("-")
    if fits and not name.startswith("internal-"):
        return []
    reason = f"a {word}'s name on AWS has at most 32 letters, digits and inner hyphens; not {name!r}"
    return [Gap("balancer-name", resource, "blocking", reason, "choose such a name, or leave it out")]
