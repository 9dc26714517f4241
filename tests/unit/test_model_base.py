"""Placements, ids, names: what is read, what is written, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mcloud.errors import PlacementError
from mcloud.model.base import Name, Placement, json_schema, split_id
from mcloud.model.compute import MachineSize
from mcloud.model.references import home_of
from mcloud.model.resource_references import reference_fields
from mcloud.model.resources import BY_TOKEN, KINDS, ServerInputs

PARTS = st.from_regex(r"[A-Za-z0-9-]{1,12}", fullmatch=True)
CLOUD = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


@given(CLOUD, PARTS, st.none() | PARTS)
def test_a_placement_comes_back(cloud: str, region: str, zone: str | None) -> None:
    placement = Placement(cloud, region, zone)
    assert Placement.parse(str(placement)) == placement
    assert placement.home == f"{cloud}/{region}"


@given(CLOUD, PARTS, st.text(min_size=1, max_size=20))
def test_an_id_comes_apart(cloud: str, region: str, native: str) -> None:
    at = Placement(cloud, region, "zone")
    assert split_id(at.id_of(native)) == (Placement(cloud, region), native)


@pytest.mark.parametrize("text", ["", "a", "a/", "/b", "A/b", "a/b/c/d", "a//c", "a/b c", "a/b/"])
def test_no_placement(text: str) -> None:
    with pytest.raises(PlacementError) as caught:
        Placement.parse(text)
    assert str(caught.value) == (f"{text!r} is not a placement\n  hint: write it as cloud/region or cloud/region/zone")


@pytest.mark.parametrize("text", ["", "a/b", "a/b/", "/b/c", "a//c"])
def test_no_id(text: str) -> None:
    with pytest.raises(PlacementError, match="is not a resource id") as caught:
        split_id(text)
    assert caught.value.hint == "an id is cloud/region/native-id"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("web", True),
        ("web-0", True),
        ("a1-b2", True),
        ("a" * 40, True),
        ("a" * 41, False),
        ("Web", False),
        ("0web", False),
        ("web-", False),
        ("web--a", False),
        ("web_a", False),
        ("wéb", False),
        ("", False),
    ],
)
def test_names(name: str, good: bool) -> None:
    adapter = TypeAdapter(Name)
    if good:
        assert adapter.validate_python(name) == name
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(name)


def test_schema_of_a_model_tells_units() -> None:
    schema = json_schema(MachineSize)
    assert schema["properties"]["memory"]["examples"] == ["4 GiB"]
    assert schema["properties"]["vcpu"] == {
        "description": "Virtual CPUs.",
        "maximum": 1024,
        "minimum": 1,
        "title": "Vcpu",
        "type": "integer",
    }
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["vcpu", "memory"]


REFERENCES = {
    "Network": {},
    "Subnet": {"network": "Network"},
    "SecurityGroup": {"network": "Network"},
    "SecurityGroupRule": {"group": "SecurityGroup", "peerGroup": "SecurityGroup"},
    "PublicIp": {"server": "Server"},
    "LoadBalancer": {"subnets": "Subnet", "securityGroups": "SecurityGroup"},
    "Listener": {"loadBalancer": "LoadBalancer", "pool": "Pool", "certificate": "Certificate", "sni": "Certificate"},
    "Pool": {"loadBalancer": "LoadBalancer", "members": "Server"},
    "Certificate": {},
    "Server": {
        "subnet": "Subnet",
        "securityGroups": "SecurityGroup",
        "key": "KeyPair",
        "placementGroup": "PlacementGroup",
    },
    "PlacementGroup": {},
    "NetworkInterface": {"server": "Server", "subnet": "Subnet"},
    "Route": {"network": "Network", "gateway": "Server"},
    "KeyPair": {},
    "Volume": {},
    "VolumeAttachment": {"volume": "Volume", "server": "Server"},
    "Bucket": {},
}
TOKENS = {
    "network": "Network Subnet SecurityGroup SecurityGroupRule PublicIp NetworkInterface Route LoadBalancer Listener "
    "Pool Certificate",
    "compute": "Server KeyPair PlacementGroup",
    "storage": "Volume VolumeAttachment Bucket",
}


@pytest.mark.parametrize(("kind", "fields"), REFERENCES.items())
def test_references_of_a_kind(kind: str, fields: dict[str, str]) -> None:
    assert reference_fields(KINDS[kind].inputs) == fields


def test_tokens_are_everyones_urns_and_stay() -> None:
    written = {kind: f"mcloud:{module}:{kind}" for module, kinds in TOKENS.items() for kind in kinds.split()}
    assert {kind: item.token for kind, item in KINDS.items()} == written
    assert {token: item.kind for token, item in BY_TOKEN.items()} == {token: kind for kind, token in written.items()}


def test_inputs_are_camel_case_on_the_wire() -> None:
    inputs = ServerInputs.model_validate(
        {
            "placement": "c/r",
            "size": {"vcpu": 1, "memory": "1 GiB"},
            "image": {"os": "ubuntu", "version": "22.04"},
            "subnet": "c/r/n/s",
            "userData": "#cloud-config",
            "disk": {"minIops": 3000},
        }
    )
    wire = inputs.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert wire["userData"] == "#cloud-config"
    assert wire["disk"] == {"size": "20 GiB", "class": "ssd", "minIops": 3000}
    assert wire["size"] == {"vcpu": 1, "memory": "1 GiB", "gpu": 0}


class Placed:
    def __init__(self, placement: str | None) -> None:
        self.placement = placement


@pytest.mark.parametrize(
    ("own", "stacks", "home"), [(None, "c/r/z", "c/r"), ("d/q", "c/r", "d/q"), ("d/q/z", "c/r", "d/q")]
)
def test_home(own: str | None, stacks: str, home: str) -> None:
    assert home_of(Placed(stacks), Placed(own)) == home  # type: ignore[arg-type]
