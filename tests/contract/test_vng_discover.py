"""What runs on an emulated account, found again as the stack that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcloud.catalog.overlay import overlay
from mcloud.catalog.types import Catalog
from mcloud.discover.discovery import Discovery
from mcloud.discover.live import discover_live
from mcloud.discover.write import to_json, to_yaml
from mcloud.match.resolve import resolve
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, build_graph
from mcloud.model.resource_references import reference_fields
from mcloud.model.resources import KINDS
from mcloud.model.stack import Stack
from mcloud_vng import adapter
from mcloud_vng.vendor_errors import VendorError

AT = Placement("vng", "hcm-3")
EXAMPLE = Path(__file__).parents[2] / "examples" / "web.yaml"
KEY = yaml.safe_load(EXAMPLE.read_text())["keys"]["deploy"]["public_key"]
UBUNTU = {"os": "ubuntu", "version": "22.04"}
STACK: dict[str, Any] = {
    "mcloud": 1,
    "name": "shop",
    "placement": "vng/hcm-3",
    "networks": {
        "main": {
            "cidr": "10.20.0.0/16",
            "subnets": {
                "web": {"cidr": "10.20.1.0/24", "zone": "HCM03-1C", "internet": "direct"},
                "db": {"cidr": "10.20.2.0/24", "zone": "HCM03-1C"},
            },
            "routes": [{"to": "192.168.7.0/24", "via": "gate"}],
        },
        "other": {"cidr": "10.30.0.0/16", "subnets": {"web": {"cidr": "10.30.1.0/24"}}},
    },
    "security_groups": {
        "web": {
            "description": "web servers",
            "ingress": [
                {"ports": "80", "from": ["anywhere"], "description": "everybody"},
                {"protocol": "icmp", "from": ["10.0.0.0/8"]},
                {"protocol": "47", "from": ["10.0.0.0/8"]},
            ],
        },
        "db": {
            "ingress": [{"ports": "5432", "from": [{"group": "web"}]}],
            "egress": [{"ports": "53", "protocol": "udp", "to": ["10.0.0.0/8"]}],
        },
    },
    "keys": {"deploy": {"public_key": KEY}},
    "placement_groups": {"apart": {"policy": "spread"}},
    "servers": {
        "web": {
            "count": 3,
            "size": {"vcpu": 2, "memory": "4 GiB"},
            "image": UBUNTU,
            "subnet": "main.web",
            "security_groups": ["web"],
            "key": "deploy",
            "public_ip": True,
            "placement_group": "apart",
            "disk": {"size": "40 GiB"},
        },
        "db": {
            "size": {"vcpu": 2, "memory": "8 GiB"},
            "image": {"os": "ubuntu", "version": "24.04"},
            "subnet": "main.db",
            "interfaces": ["main.web"],
            "security_groups": ["db"],
            "disk": {"size": "30 GiB", "min_iops": 10000},
        },
        "gate": {"flavor": {"vng": "s2-general-1x2"}, "image": UBUNTU, "subnet": "main.web"},
    },
    "volumes": {
        "data": {"size": "50 GiB", "attach": "web"},
        "logs": {"size": "20 GiB", "min_iops": 6400, "attach": "db"},
        "spare": {"size": "10 GiB", "encrypted": True, "zone": "HCM03-1C"},
    },
    "buckets": {
        "assets": {
            "versioning": True,
            "public_read": True,
            "lifecycle": [{"prefix": "tmp/", "expire_after_days": 7}],
            "cors": [{"origins": ["*"], "methods": ["GET"]}],
        }
    },
}


def offers(account: Any) -> Catalog:
    """What the account is sold."""
    return overlay(adapter.catalog(), adapter.live_catalog(account.operations.session, AT))


def graph_of(document: Mapping[str, Any]) -> Graph:
    return build_graph(Stack.model_validate(document))


def bring_up(account: Any, document: Mapping[str, Any]) -> dict[str, str]:
    """Make all of a stack with the kinds, named as the engine names them; address -> native id."""
    catalog, made = offers(account), {}
    for number, node in enumerate(graph_of(document).nodes):
        picks = resolve(node.kind, node.inputs, catalog, AT).picks
        inputs = {"name": f"{node.name.replace('.', '-').lower()}-abc234-{number:05x}", **node.inputs}
        for field in reference_fields(KINDS[node.kind].inputs):
            value = inputs.get(field)
            if isinstance(value, list):
                inputs[field] = [made[item[1:]] for item in value]
            elif value is not None:
                inputs[field] = made[value[1:]]
        made[node.address], _ = account.operations.create(adapter.kinds[node.kind], inputs, picks, node.address)
    return made


def discover(account: Any, **more: Any) -> Discovery:
    return discover_live(account.operations, AT, offers(account), name="shop", **more)


def said(document: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """A stack by what it asks of the cloud: every node with what is chosen for it; a group as a rule's peer is written
    as the blocks that stand for it here."""
    found: dict[str, Any] = {}
    for node in graph_of(document).nodes:
        inputs = {key: value for key, value in node.inputs.items() if key not in ("placement", "zone")}
        picks = resolve(node.kind, node.inputs, catalog, AT).picks
        if node.kind == "Server":
            # The size led to the flavor, the least IOPS to the disk type: they are in the picks.
            inputs = {key: value for key, value in inputs.items() if key not in ("size", "flavor")}
            inputs["disk"] = {key: value for key, value in inputs["disk"].items() if key != "minIops"}
        if node.kind == "SecurityGroupRule":
            del inputs["group"]
            inputs.pop("peerGroup", None)
            blocks = inputs.pop("peerCidrs", None) or [inputs.pop("cidr")]
            for block in blocks:
                address = f"{node.inputs['group']} {inputs['direction']} {inputs['protocol']} {block}"
                found[f"{address} {inputs.get('fromPort')}"] = {**inputs, "block": block}
            continue
        if node.kind in ("Subnet", "SecurityGroup"):
            # What reaches the internet no call shows, and groups are in no network here.
            inputs = {key: value for key, value in inputs.items() if key not in ("internet",)}
            if node.kind == "SecurityGroup":
                inputs.pop("network", None)
        found[node.address] = {**inputs, "picks": picks}
    return found


def use_keys(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Object storage takes the account's keys from now on."""
    monkeypatch.setenv("VSTORAGE_ACCESS_KEY", account.cloud.objects.access_key)
    monkeypatch.setenv("VSTORAGE_SECRET_KEY", account.cloud.objects.secret_key)


def test_what_was_made_is_found_again(account: Any, second_account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use_keys(account, monkeypatch)
    made = bring_up(account, STACK)
    found = discover(account)
    assert {outcome.address: outcome.reason for outcome in found.remainder} == {}
    assert said(found.document, offers(account)) == said(STACK, offers(account))
    for section in ("placement_groups", "keys"):
        assert found.document[section] == STACK[section]
    assert found.document["servers"]["web"]["count"] == 3
    assert found.document["servers"]["gate"]["flavor"] == {"vng": "s2-general-1x2"}
    assert found.document["volumes"]["data"]["attach"] == "web"
    counts = found.counts()
    # What was made, the root disks, both main tables, and the default group with its rules.
    groups = [item for item in found.outcomes if item.type == "SecurityGroup" and "default" in item.address]
    assert len(groups) == 1
    assert counts.seen >= len(made) + 5 + 2 + 1
    assert counts.seen == counts.mapped + counts.folded
    assert "No call that is made shows:" in to_yaml(found)
    use_keys(second_account, monkeypatch)
    bring_up(second_account, found.document)
    assert discover(second_account).document == found.document


def test_system_defaults_belong_to_what_they_are_of(account: Any) -> None:
    server = account.server("web-1", account.network()[1])
    found = discover(account)
    fates = {(item.type, item.fate, item.target) for item in found.outcomes}
    assert ("root disk", "folded", "servers.web-1") in fates
    assert ("route table", "folded", "networks.network-20") in fates
    assert ("SecurityGroup", "folded", "") in fates
    assert "security_groups" not in found.document["servers"]["web-1"]
    assert any(server in item.address for item in found.mapped)


def test_what_no_stack_can_say_is_left_over_with_a_reason(account: Any) -> None:
    network, subnet = account.network()
    volume = account.make("Volume", "volume-1", size="20 GiB")
    world = account.cloud.app.cloud.worlds["hcm-3"]
    world.holdings |= {
        "acls": [{"uuid": "netPolicy-1", "name": "acl", "defaultAcl": False}],
        "peerings": [{"uuid": "peer-1", "name": "p", "fromCidr": "10.20.0.0/16", "endCidr": "10.9.0.0/16"}],
        "dhcp_options": [{"uuid": "dop-1", "name": "dns", "dnsServers": ["10.166.12.196"]}],
        "user_images": [{"uuid": "img-own", "name": "golden", "imageSize": 10}],
    }
    world.vips["vip-1"] = {
        "uuid": "vip-1", "name": "shared", "ipAddress": "10.20.1.9", "subnetId": subnet.split("/")[1]
    }  # fmt: skip
    world.elastic["eni-1"] = {
        "uuid": "eni-1", "name": "outside", "ip": "203.0.113.9", "serverId": None, "zoneId": "HCM03-1C"
    }  # fmt: skip
    world.snapshots["snap-1"] = {"id": "snap-1", "name": "nightly", "volumeId": volume}
    world.add_route_table("rt-further", "further", network, "ACTIVE")["routes"].append(
        {"uuid": "r-1", "destinationCidrBlock": "172.16.0.0/16", "target": "10.20.1.5"}
    )
    world.addresses["wan-1"] = {"uuid": "wan-1", "ip": "203.0.113.7", "networkInterfaceId": None, "status": "AVAILABLE"}
    world.subnets[subnet.split("/")[1]]["secondarySubnets"] = [{"cidr": "10.20.9.0/24"}]
    found = discover(account)
    left = {outcome.type: outcome for outcome in found.remainder}
    assert sorted(left) == [
        *("DHCP options", "elastic interface", "floating address", "network ACL", "peering", "route table"),
        *("snapshot", "user image", "virtual IP"),
    ]
    assert all(outcome.reason and outcome.advice for outcome in found.remainder)
    assert "172.16.0.0/16 via 10.20.1.5" in left["route table"].reason
    assert "volume-1" in left["snapshot"].reason
    [noted] = [outcome for outcome in found.mapped if outcome.notes]
    assert noted.notes[0].what == "secondary range 10.20.9.0/24"
    text = to_yaml(found)
    assert "# Not in this stack:" in text
    assert "(snap-1): a snapshot of the volume volume-1" in text
    assert yaml.safe_load(text)["volumes"] == {"volume-1": {"size": "20 GiB", "class": "ssd", "zone": "HCM03-1C"}}


def test_a_refused_call_is_reported_and_nothing_else_is_lost(account: Any) -> None:
    account.network()
    account.make("KeyPair", "key-one", publicKey=KEY)
    refused = [{"code": "IAM_PERMISSION_DENIED", "message": "IAM denied action"}]
    for path in ("/sshKeys", "/virtualIpAddress"):
        account.fault(action="status", path=path, status=403, body=refused, times=0)
    found = discover(account)
    assert {gap.what for gap in found.unread if "does not know" not in gap.reason} == {"keys", "virtual IPs", "buckets"}
    assert "networks" in found.document
    assert "keys" not in found.document
    assert "Could not be looked at:" in to_yaml(found)
    assert '"unread"' in to_json(found)


def test_a_rule_that_would_be_widened_and_a_servers_image_that_nobody_knows(account: Any) -> None:
    subnet = account.network()[1]
    group = account.make("SecurityGroup", "group-1")
    body = {
        "securityGroupId": group,
        "direction": "ingress",
        "etherType": "IPv4",
        "protocol": "icmp",
        "portRangeMin": 8,
        "portRangeMax": 8,
        "remoteIpPrefix": "0.0.0.0/0",
        "description": "",
    }
    account.driver.ex_create_security_group_rule(group, body)
    account.server("server-1", subnet, securityGroups=[group])
    world = account.cloud.app.cloud.worlds["hcm-3"]
    [native] = world.servers.values()
    world.images["img-own"] = {**world.images[native["imageId"]], "id": "img-own", "version": "golden image"}
    native["imageId"] = "img-own"
    found = discover(account)
    reasons = {outcome.type: outcome.reason for outcome in found.remainder}
    assert "ICMP types 8-8" in reasons["SecurityGroupRule"]
    assert "operating system of img-own is not known" in reasons["Server"]
    assert reasons["root disk"].endswith("which is not in the stack")
    assert found.document["security_groups"]["group-1"]["ingress"] == []


def test_each_list_is_asked_for_once_and_a_refused_one_again(account: Any) -> None:
    account.network()
    driver = adapter.inventory().snapshot(account.operations.session).driver
    assert driver.ex_list_networks() is driver.ex_list_networks()
    account.fault(action="status", path="/sshKeys", status=403, body={"message": "no"})
    with pytest.raises(VendorError):
        driver.ex_list_ssh_keys()
    assert driver.ex_list_ssh_keys() == []
    assert driver.region == account.driver.region
