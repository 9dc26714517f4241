"""Neutral rules on a stack: references, address blocks, exposure, placement. Pure and deterministic."""

from __future__ import annotations

from mcloud.model.stack import Stack
from mcloud.validate.finding import Finding
from mcloud.validate.network import check_blocks, check_exposure
from mcloud.validate.placement import check_names, check_placement, check_unused
from mcloud.validate.references import check_references

__all__ = ["Finding", "validate"]


def validate(stack: Stack) -> tuple[Finding, ...]:
    """All findings, sorted by place.

    Where a reference leads nowhere, the rules that follow references are left out: they would have nothing to follow.
    """
    found = [*check_references(stack), *check_blocks(stack), *check_exposure(stack), *check_names(stack)]
    if not any(item.code.startswith("reference") for item in found):
        found += [*check_placement(stack), *check_unused(stack)]
    return tuple(sorted(set(found), key=lambda item: ([str(part) for part in item.path], item.code, item.message)))
