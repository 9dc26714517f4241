"""Neutral rules on a stack: references, address blocks, exposure, placement, names. Pure and deterministic."""

from __future__ import annotations

from mcloud.model.stack import Stack
from mcloud.validate.balancer import check_balancers
from mcloud.validate.finding import Finding
from mcloud.validate.names import check_names
from mcloud.validate.network import check_blocks, check_exposure
from mcloud.validate.placement import check_placement
from mcloud.validate.references import check_references
from mcloud.validate.renames import check_renames
from mcloud.validate.topology import check_destinations, check_gateways, check_interfaces
from mcloud.validate.usage import check_public_addresses, check_unused

__all__ = ["Finding", "validate"]


def validate(stack: Stack) -> tuple[Finding, ...]:
    """All findings, sorted by place.

    Where a reference leads nowhere, the rules that follow references are left out: they would have nothing to follow.
    """
    found = [*check_references(stack), *check_blocks(stack), *check_exposure(stack), *check_destinations(stack)]
    found += [*check_balancers(stack), *check_renames(stack)]
    if not any(item.code == "reference" for item in found):
        found += [*check_placement(stack), *check_names(stack)]
        found += [*check_gateways(stack), *check_interfaces(stack)]
        found += [*check_public_addresses(stack), *check_unused(stack)]
    return tuple(sorted(set(found), key=_order))


def _order(finding: Finding) -> tuple[list[tuple[int, str]], str, str]:
    """Indexes by number, so that entry 10 of a list comes after entry 2."""
    return [(part, "") if isinstance(part, int) else (-1, part) for part in finding.path], finding.code, finding.message
