"""Tags of servers and volumes (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from mcloud.adapter.kind import Inputs
from mcloud_vng import translate
from mcloud_vng.session import VngSession


def rewrite(session: VngSession, native_id: str, resource_type: str, old: Inputs, new: Inputs) -> None:
    """Let the tags follow a change of labels; tags of other makers stay."""
    there = session.driver.ex_list_tags(native_id)
    rows = translate.retagged(list(there), old, new)
    if rows is not None:
        session.driver.ex_replace_tags(native_id, resource_type, [dict(row) for row in rows])
