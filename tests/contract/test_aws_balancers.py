"""An HTTP load balancer of AWS in two zones, with TLS, rules and targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mcloud.adapter.conformance.pem import keys_at_hand, made
from mcloud.adapter.operations import Operations
from mcloud.adapter.profile import CloudProfile
from mcloud.emulator.clock import Clock
from mcloud.emulator.server import serve
from mcloud.errors import Conflict
from mcloud.model.base import Placement
from mcloud_aws import adapter
from mcloud_aws.emulator import SPEC

AT = Placement("aws", "ap-southeast-1")


class Front:
    """A network with two subnets, two servers and a load balancer."""

    def __init__(self, operations: Operations) -> None:
        self.operations = operations
        network = self.make("Network", name="net", cidr="10.1.0.0/16")
        zones = ("ap-southeast-1a", "ap-southeast-1b")
        subnets = [
            self.make(
                "Subnet", {"zone": zone}, name=zone, network=network, cidr=f"10.1.{index}.0/24", internet="direct"
            )
            for index, zone in enumerate(zones)
        ]
        image = operations.session.ec2.describe_images(Owners=["099720109477"])["Images"][0]["ImageId"]
        picks = {"zone": zones[0], "flavorId": "t3.micro", "diskTypeId": "gp3", "imageId": image}
        self.servers = [
            self.make("Server", picks, name=f"web-{index}", subnet=subnets[0], disk={"size": "20 GiB"})
            for index in (0, 1)
        ]
        layer = {"layer": "application"}
        self.balancer = self.make("LoadBalancer", layer, name="front", subnets=subnets, public=True)

    def make(self, kind: str, picks: Any = None, /, **inputs: Any) -> str:
        return self.operations.create(adapter.kinds[kind], inputs, picks or {}, kind)[0]

    def change(self, kind: str, native_id: str, /, **inputs: Any) -> None:
        self.operations.finish(adapter.kinds[kind], native_id, {}, inputs, {}, kind)

    def seen(self, kind: str, native_id: str) -> dict[str, Any]:
        native = self.operations.read(adapter.kinds[kind], native_id, kind)
        assert native is not None
        return adapter.kinds[kind].observe(AT, native).inputs

    def certificate(self, name: str) -> str:
        certificate, key = made(name)
        return self.make("Certificate", name=name, certificate=certificate, privateKey=key)

    def pool(self, name: str, **inputs: Any) -> str:
        given = {"protocol": "http", "port": 8080, **inputs}
        return self.make("Pool", name=name, loadBalancer=self.balancer, **given)


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    with serve(SPEC, clock=Clock(0.0005)) as cloud, keys_at_hand():
        monkeypatch.setenv("AWS_TEST_SECRET", cloud.client_secret)
        part = SPEC.whole_profile(cloud.url, cloud.client_id, None)
        profile = CloudProfile.model_validate({**part, "secrets": {"client_secret": "env:AWS_TEST_SECRET"}})
        yield Front(Operations(adapter, adapter.connect(profile, AT), longest_interval=0.05))


def test_rules_are_ordered_changed_and_taken_away(front: Front) -> None:
    web, api = front.pool("web", members=front.servers), front.pool("api", sticky=True)
    first, second = front.certificate("first"), front.certificate("second")
    asked: dict[str, Any] = {"name": "front-443", "loadBalancer": front.balancer, "port": 443, "protocol": "https"}
    asked |= {"pool": web, "certificate": first, "sni": [second]}
    rules = [
        {"host": "api.example.com", "pool": api},
        {"path": "/old/*", "redirect": "https://example.com/new/", "code": 301},
        {"path": "*.php", "reject": True},
    ]
    listener = front.make("Listener", **asked, rules=rules)
    seen = front.seen("Listener", listener)
    assert [rule.get("path") or rule["host"] for rule in seen["rules"]] == ["api.example.com", "/old/*", "*.php"]
    assert seen["rules"][0]["pool"] == AT.id_of(api)
    assert (seen["certificate"], seen["sni"]) == (AT.id_of(first), [AT.id_of(second)])
    changed = [rules[2], {"path": "/new/*", "pool": web}, {**rules[0], "pool": web}]
    front.change("Listener", listener, **{**asked, "certificate": second, "sni": []}, rules=changed)
    seen = front.seen("Listener", listener)
    assert [rule.get("path") or rule["host"] for rule in seen["rules"]] == ["*.php", "/new/*", "api.example.com"]
    assert seen["rules"][2]["pool"] == AT.id_of(web)
    assert (seen["certificate"], seen["sni"]) == (AT.id_of(second), [])
    front.change("Listener", listener, **asked)
    assert front.seen("Listener", listener)["rules"] == []


def test_members_come_and_go(front: Front) -> None:
    asked = {"name": "web", "loadBalancer": front.balancer, "protocol": "http", "port": 8080}
    pool = front.pool("web", members=front.servers[:1])
    front.change("Pool", pool, **asked, members=front.servers[1:], algorithm="least-connections", sticky=True)
    seen = front.seen("Pool", pool)
    assert seen["members"] == [AT.id_of(front.servers[1])]
    assert (seen["algorithm"], seen["sticky"], seen["monitor"]["protocol"]) == ("least-connections", True, "tcp")
    check = {"protocol": "http", "path": "/ready", "codes": "200-299"}
    front.change("Pool", pool, **asked, members=[], monitor=check)
    seen = front.seen("Pool", pool)
    assert seen["members"] == []
    assert {key: seen["monitor"][key] for key in check} == check
    assert (seen["algorithm"], seen["sticky"]) == ("round-robin", False)


def test_a_second_one_of_a_name_is_refused(front: Front) -> None:
    front.pool("web")
    front.certificate("first")
    for make in (lambda: front.pool("web"), lambda: front.certificate("first")):
        with pytest.raises(Conflict):
            make()


def test_a_load_balancer_answers_by_name_and_shows_its_subnets(front: Front) -> None:
    seen = front.seen("LoadBalancer", front.balancer)
    assert len(seen["subnets"]) == 2
    assert (seen["name"], seen["public"], seen["securityGroups"]) == ("front", True, [])
