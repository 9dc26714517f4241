"""Which size of load balancer is taken, and why the others lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mcloud.catalog.overlay import overlay
from mcloud.catalog.types import BalancerSize, Catalog, Provenance, Region, Zone
from mcloud.errors import MatchError
from mcloud.match.balancer import layer_of, match_balancer
from mcloud.match.resolve import resolve
from mcloud.model.base import Placement

SOURCE = Provenance("a page", date(2026, 1, 1), "user")
AT = Placement("c", "r")


def size(name: str, connections: int | None, zone: str = "z1", layer: str = "application") -> BalancerSize:
    return BalancerSize(name, "r", zone, layer, SOURCE, f"id-{name}-{zone}", connections)


SIZES = (
    size("large", 10000),
    size("small", 2000),
    size("odd", None),
    size("tiny", 500, zone="z2"),
    size("net", 2000, layer="network"),
)
REGION = Region("r", (), "R", (Zone("z1", "Z1", True, True), Zone("z2", "Z2", True)), SOURCE)
CATALOG = Catalog("c", (REGION,), balancers=SIZES)


@pytest.mark.parametrize(
    ("connections", "forced", "pick", "losers"),
    [
        (None, None, "small", {"large": "larger than small", "odd": "larger than small"}),
        (
            5000,
            None,
            "large",
            {
                "small": "it holds 2,000 connections, 5,000 are asked for",
                "odd": "how many connections it holds is not known; 5,000 are asked for",
            },
        ),
        (None, "odd", "odd", {"small": "odd is asked for", "large": "odd is asked for"}),
    ],
)
def test_the_smallest_that_is_enough(
    connections: int | None, forced: str | None, pick: str, losers: dict[str, str]
) -> None:
    found = match_balancer("application", connections, forced, CATALOG, "r", "z1")
    assert found.pick is not None
    assert found.pick.name == pick
    assert {loser.name: loser.reason for loser in found.losers} == losers


@pytest.mark.parametrize(
    ("protocols", "layer"),
    [(["http"], "application"), (["https", "tcp"], "application"), (["tcp", "udp"], "network"), ([], "network")],
)
def test_layers(protocols: list[str], layer: str) -> None:
    assert layer_of(protocols) == layer


def picks(**inputs: Any) -> dict[str, Any]:
    return resolve("LoadBalancer", inputs, CATALOG, AT).picks


def test_zone_layer_and_size_are_chosen() -> None:
    small = {"zone": "z1", "layer": "application", "flavor": "small", "flavorId": "id-small-z1"}
    assert picks() == small
    assert picks(protocols=["tcp"])["flavor"] == "net"
    assert picks(zone="z2")["flavor"] == "tiny"
    reasons = resolve("LoadBalancer", {}, CATALOG, AT).reasons
    assert reasons == ("load balancers in z1 are small, not large (larger than small), odd (larger than small)",)


@pytest.mark.parametrize(
    ("inputs", "says", "hint"),
    [
        ({"minConnections": 99999}, "99,999 connections", "small: it holds 2,000 connections"),
        ({"flavor": "smal"}, "for smal", "did you mean 'small'?"),
        ({"flavor": "zzz"}, "for zzz", "large: zzz is asked for"),
    ],
)
def test_when_nothing_fits(inputs: dict[str, Any], says: str, hint: str) -> None:
    with pytest.raises(MatchError, match=says) as caught:
        picks(**inputs)
    assert hint in (caught.value.hint or "")


def test_where_no_size_is_known_only_the_account_can_tell() -> None:
    found = resolve("LoadBalancer", {"flavor": "any"}, Catalog("c", (REGION,)), AT)
    assert (found.picks["flavor"], found.picks["flavorId"]) == (None, None)
    assert "only the account's own list tells" in found.reasons[0]


def test_the_account_s_list_is_the_list() -> None:
    live = Catalog("c", (REGION,), balancers=(size("own", 1),))
    assert [row.name for row in overlay(CATALOG, live).balancers] == ["own"]
    assert overlay(CATALOG, Catalog("c", (REGION,))).balancers == SIZES
