"""Placements and ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mcloud.errors import PlacementError
from mcloud.model.base import Placement, json_schema, split_id
from mcloud.model.compute import Image, Server
from mcloud.model.network import Listener, Rule, SecurityGroup, Subnet, Target
from mcloud.model.stack import Stack


@pytest.mark.parametrize(
    ("text", "cloud", "region", "zone"),
    [("c/r", "c", "r", None), ("c-1/R-2/Z-3", "c-1", "R-2", "Z-3"), ("c/r/1a", "c", "r", "1a")],
)
def test_a_placement_is_read_and_printed(text: str, cloud: str, region: str, zone: str | None) -> None:
    placement = Placement.parse(text)
    assert (placement.cloud, placement.region, placement.zone) == (cloud, region, zone)
    assert str(placement) == text
    assert placement.home == f"{cloud}/{region}"


@pytest.mark.parametrize("text", ["", "c", "c/", "/r", "c/r/", "c/r/z/more", "C/r", "c /r", "c/r\n/z"])
def test_what_is_no_placement(text: str) -> None:
    with pytest.raises(PlacementError, match="is not a placement") as caught:
        Placement.parse(text)
    assert caught.value.hint == "write it as cloud/region or cloud/region/zone"


@given(st.text(alphabet="ab1-/", min_size=1))
def test_an_id_holds_any_native_id(native: str) -> None:
    placement = Placement("c", "r", "z")
    assert split_id(placement.id_of(native)) == (Placement("c", "r"), native)


@pytest.mark.parametrize("text", ["", "c/r", "c//x", "/r/x", "c/r/"])
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(PlacementError, match="is not a resource id"):
        split_id(text)


def test_values_are_frozen_and_refuse_unknown_keys() -> None:
    image = Image(os="ubuntu", version="22.04")
    with pytest.raises(ValidationError):
        image.os = "debian"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Image.model_validate({"os": "ubuntu", "version": "1", "arch": "x"})


@pytest.mark.parametrize(("given", "version"), [("22.04", "22.04"), (9, "9")])
def test_versions(given: object, version: str) -> None:
    assert Image.model_validate({"os": "ubuntu", "version": given}).version == version


@pytest.mark.parametrize("given", [22.04, True, None])
def test_versions_that_may_have_lost_a_zero(given: object) -> None:
    with pytest.raises(ValidationError):
        Image.model_validate({"os": "ubuntu", "version": given})


@pytest.mark.parametrize("check", ["tcp", "http:/", "https:/health?x=1"])
def test_health_checks(check: str) -> None:
    assert Target(servers="w", port=80, check=check).check == check


@pytest.mark.parametrize("check", ["", "udp", "http:", "http:/a b", "http://host/x y"])
def test_what_is_no_health_check(check: str) -> None:
    with pytest.raises(ValidationError, match="is no health check"):
        Target(servers="w", port=80, check=check)


def test_https_needs_a_certificate() -> None:
    target = Target(servers="w", port=80)
    assert Listener(port=443, protocol="https", certificate="c", to=target).certificate == "c"
    with pytest.raises(ValidationError, match="an https listener needs a certificate"):
        Listener(port=443, protocol="https", to=target)


def test_a_stack_in_python_is_the_stack_of_the_file() -> None:
    server = Server(image=Image(os="ubuntu", version="22.04"), subnet="a", flavor={"c": "big"})
    group = SecurityGroup.model_validate({"ingress": [Rule.model_validate({"ports": 80, "from_": "anywhere"})]})
    made = Stack(mcloud=1, name="s", placement="c/r", servers={"w": server}, security_groups={"g": group})
    read = Stack.model_validate(
        {
            "mcloud": 1,
            "name": "s",
            "placement": "c/r",
            "servers": {"w": {"image": {"os": "ubuntu", "version": "22.04"}, "subnet": "a", "flavor": {"c": "big"}}},
            "security_groups": {"g": {"ingress": [{"ports": 80, "from": "anywhere"}]}},
        }
    )
    assert made == read
    assert Stack.model_validate_json(made.model_dump_json(by_alias=True)) == made


def test_the_schema_of_a_part() -> None:
    assert set(json_schema(Subnet)["properties"]) == {"cidr", "internet", "zone", "labels"}
