"""Reading EC2: every row of a describe call, by filters."""

from __future__ import annotations

from typing import Any

from mcloud_aws.errors import code_of
from mcloud_aws.session import AwsSession

PAGE = 1000
Raw = dict[str, Any]


def rows(session: AwsSession, operation: str, field: str, *, page: Any = PAGE, **filters: Any) -> list[Raw]:
    """All rows of a describe call.

    Args:
        operation, field: of the client, and of its answer.
        page: rows for each call, where the call pages.
        filters: names with ``_`` for ``-`` and ``__`` for ``.``, each with a value or values.
    """
    wanted = [
        {"Name": _filter_name(name), "Values": [value] if isinstance(value, str) else list(value)}
        for name, value in filters.items()
    ]
    arguments: Raw = {"Filters": wanted} if wanted else {}
    client = session.ec2
    if not client.can_paginate(operation):
        return list(getattr(client, operation)(**arguments).get(field) or ())
    paginator = client.get_paginator(operation)
    found = paginator.paginate(**arguments, PaginationConfig={"PageSize": page}).build_full_result()
    return list(found.get(field) or ())


def _filter_name(name: str) -> str:
    return name.replace("tag_", "tag:", 1) if name.startswith("tag_") else name.replace("__", ".").replace("_", "-")


def gone_is_well(error: Exception) -> bool:
    """Whether a refusal says that the thing is not there."""
    code = code_of(error)
    return "NotFound" in code or code.startswith("NoSuch") or code == "InvalidPlacementGroup.Unknown"
