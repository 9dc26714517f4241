"""Whether what is there is what a stack asks for, and the state with what was taken into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcloud.adapter import registry
from mcloud.engine.importing import Taken, with_taken
from mcloud.engine.provider.diff import Difference
from mcloud.engine.targets import node_called
from mcloud.errors import UsageError
from mcloud.match.satisfied import completed, unfit
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, Node

CATALOG = registry.get("vng").catalog()
AT = CATALOG.canonical(Placement.parse("vng/hcm/HCM03-1C"))
ASKED = {
    "size": {"vcpu": 2, "memory": "4 GiB"},
    "image": {"os": "ubuntu", "version": "22.04"},
    "disk": {"class": "ssd"},
}
SHORT = "its flavor s-general-2x4 is not what the size asks for:"
THERE = {"zone": "HCM03-1C", "flavor": "s-general-2x4"}


@pytest.mark.parametrize(
    ("asked", "there", "reasons"),
    [
        ({}, {}, []),
        ({"size": {"vcpu": 4, "memory": "4 GiB"}}, {}, [f"{SHORT} 2 vCPU short"]),
        ({"size": {"vcpu": 1, "memory": "1 GiB"}}, {}, []),
        ({"size": None, "flavor": "s-general-4x8"}, {}, ["its flavor is s-general-2x4, not s-general-4x8"]),
        ({"size": None, "flavor": "s-general-2x4"}, {}, []),
        ({}, {"flavor": "sold-no-more"}, []),
        ({}, {"flavor": None, "imageId": "img-unknown", "diskTypeId": "vtype-unknown"}, []),
    ],
)  # fmt: skip
def test_what_was_chosen_by_somebody_else(asked: dict[str, Any], there: dict[str, Any], reasons: list[str]) -> None:
    inputs = {key: value for key, value in {**ASKED, **asked}.items() if value is not None}
    assert list(unfit("Server", inputs, THERE | there, CATALOG, AT)) == reasons


def test_images_and_disks_by_their_ids() -> None:
    image = next(
        row for row in CATALOG.images_in(AT.region, "HCM03-1C") if (row.os, row.version) == ("ubuntu", "24.04")
    )
    disks = CATALOG.disks_in(AT.region, "HCM03-1C")
    slow = replace(disks[0], class_="hdd", native_id="vtype-slow")
    catalog = replace(CATALOG, images=(replace(image, native_id="img-1"),), disks=(slow,))
    there = THERE | {"imageId": "img-1", "diskTypeId": "vtype-slow"}
    assert list(unfit("Server", ASKED, there, catalog, AT)) == [
        "its image is ubuntu 24.04, not ubuntu 22.04",
        "its disk is hdd, not ssd",
    ]
    assert list(unfit("Volume", {"class": "nvme"}, there, catalog, AT)) == ["its disk is hdd, not nvme"]
    assert list(unfit("Volume", {"class": "hdd"}, there, catalog, AT)) == []
    assert list(unfit("Network", {}, {}, catalog, AT)) == []


def test_what_is_shown_by_its_id_gets_its_name() -> None:
    disk = replace(CATALOG.disks_in(AT.region, "HCM03-1C")[0], native_id="vtype-1")
    catalog = replace(CATALOG, disks=(disk,))
    made = completed("Volume", {"class": "ssd"}, {"zone": "HCM03-1C", "diskTypeId": "vtype-1"}, catalog, AT)
    assert made == {"zone": "HCM03-1C", "diskTypeId": "vtype-1", "diskType": disk.name}
    # Nothing of the kind is sold any more, and nobody knows the name.
    gone = replace(CATALOG, disks=(), images=(), flavors=())
    there = {"flavor": "old", "flavorId": "flav-9", "imageId": "img-9"}
    assert completed("Server", ASKED, there, gone, AT) == {**there, "image": "img-9"}


TAKEN = Taken(
    {"urn": "urn:a", "type": "mcloud:network:Network", "id": "one/east/1", "dependencies": []}, Difference(), (), ()
)


def test_a_state_that_is_empty_gets_its_frame() -> None:
    made = with_taken({"version": 3, "deployment": {}}, "shop", [TAKEN])["deployment"]["resources"]
    root, provider, network = made
    assert root == {
        "urn": "urn:pulumi:shop::mcloud::pulumi:pulumi:Stack::mcloud-shop",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
    }
    assert provider["urn"] == "urn:pulumi:shop::mcloud::pulumi:providers:mcloud::default"
    assert network["provider"] == f"{provider['urn']}::{provider['id']}"
    assert network["parent"] == root["urn"]
    again = with_taken({"version": 3, "deployment": {"resources": made[:2]}}, "shop", [TAKEN])
    assert again["deployment"]["resources"] == made


def test_one_node_is_called_by_kind_and_name() -> None:
    placed = {"placement": "one/east"}
    nodes = (
        Node("Server", "web", placed, ("servers", "web")),
        Node("SecurityGroup", "web", placed, ("security_groups",)),
    )
    graph = Graph("shop", nodes)
    assert node_called("security-group/web", graph) is nodes[1]
    for text, words in (
        ("web", "say which: server/web, security-group/web"),
        ("server/wbe", "did you mean server/web"),
    ):
        with pytest.raises(UsageError) as refused:
            node_called(text, graph)
        assert words in str(refused.value)
