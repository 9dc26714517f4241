"""Our own look at the cloud before the engine's: where all is as the state has it, the engine need not look.

The engine's refresh costs a process of the provider, two exchanges with it, three events and two entries of the journal
for each resource, and as a rule finds nothing. Ours takes the same reads. It says yes only where the refresh would
leave the state as it is; whatever else it meets, an error too, is the engine's to find again and to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mcloud.engine.aside import name_of
from mcloud.engine.codec import as_sent
from mcloud.engine.events import QUIET_TYPES
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.work import Work
from mcloud.model.base import split_id
from mcloud.model.resources import BY_TOKEN

THREADS = 64
UNFINISHED = ("delete", "pendingReplacement", "initErrors", "external", "taint")
"""What the state says of a resource that a refresh, or the run, has more to do with."""


def is_as_recorded(context: Context, deployment: Mapping[str, Any]) -> bool:
    """Whether the cloud shows everything in the state as the state has it."""
    if deployment.get("pending_operations"):
        return False
    resources = [item for item in deployment.get("resources") or () if not item["type"].startswith(QUIET_TYPES)]
    if not all(_is_plain(item) for item in resources):
        return False
    if not resources:
        return True
    pool = ThreadPoolExecutor(min(THREADS, len(resources)))
    try:
        for at in {split_id(item["id"])[0] for item in resources}:
            context.listings(at).forget()
        return all(pool.map(lambda item: _is_same(context, item), resources))
    except Exception:
        return False
    finally:
        pool.shutdown(cancel_futures=True)


def _is_plain(item: Mapping[str, Any]) -> bool:
    return item["type"] in BY_TOKEN and bool(item.get("id")) and not any(item.get(name) for name in UNFINISHED)


def _is_same(context: Context, item: Mapping[str, Any]) -> bool:
    inputs, outputs = item.get("inputs") or {}, item.get("outputs") or {}
    work = Work(context, BY_TOKEN[item["type"]], name_of(item), urn=item["urn"])
    found = work.read(item["id"], inputs, outputs)
    return bool(inputs) and found is not None and as_sent(found[1]) == outputs
