"""What VNG has no place for: labels, knobs, and the limits of its tags. Pure (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from mcloud.adapter.gaps import Gap

MOST_TAGS = 10  # TAG_PER_RESOURCE (LIVE); whether the platform's own vng.* tags count is not known
TAG_KEY = re.compile(r"(?!vng\.)[A-Za-z0-9_.@-]+")  # vng.* is the platform's (MCP-LIVE)
TAG_VALUE = re.compile(r"[A-Za-z0-9_.@-]{3,255}")  # [MCP] 2026-08
IN_STATE = "the labels stay in the state only"


def tags_of(labels: Mapping[str, str] | None) -> dict[str, str]:
    """The labels that can be tags, the first ten by name."""
    able = [(key, value) for key, value in sorted((labels or {}).items()) if _is_tag(key, value)]
    return dict(able[:MOST_TAGS])


def _is_tag(key: str, value: str) -> bool:
    return bool(TAG_KEY.fullmatch(key) and TAG_VALUE.fullmatch(value))


def tag_gaps(resource: str, inputs: Mapping[str, Any]) -> list[Gap]:
    """Labels that cannot be tags of something that has tags."""
    labels = inputs.get("labels") or {}
    found = []
    odd = sorted(key for key, value in labels.items() if not _is_tag(key, value))
    if odd:
        reason = (
            f"{', '.join(odd)}: tags on VNG have values of 3-255 letters, digits and _ . @ -, and keys that do not "
            "begin with vng. ([MCP] 2026-08)"
        )
        found.append(Gap("label-characters", resource, "substituted", reason, "these labels stay in the state only"))
    left = len(labels) - len(odd) - MOST_TAGS
    if left > 0:
        reason = f"{left} labels too many: a resource on VNG has at most {MOST_TAGS} tags (LIVE [3P] 2026-09)"
        found.append(Gap("label-count", resource, "substituted", reason, "the first ones by name are written"))
    return found


NO_TAGS = "the tag API is known for servers and volumes only ([MCP] 2026-08, [SDK] 2026-05)"


def untagged(resource: str, inputs: Mapping[str, Any], why: str = NO_TAGS) -> list[Gap]:
    """Labels of something whose tags cannot be kept up to date, or that has none."""
    if not inputs.get("labels"):
        return []
    return [Gap("labels", resource, "substituted", f"labels are not written here: {why}", IN_STATE)]


def unknown_knobs(resource: str, inputs: Mapping[str, Any], known: Collection[str] = ()) -> list[Gap]:
    """Extensions that nothing here knows."""
    odd = sorted(set(inputs.get("extensions") or {}) - set(known))
    if not odd:
        return []
    reason = f"the adapter for VNG knows no extension {', '.join(odd)} here"
    alternative = f"it knows {', '.join(sorted(known))}" if known else "it knows none here; take them out"
    return [Gap("extension", resource, "blocking", reason, alternative)]
