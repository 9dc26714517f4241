"""What the emulated account is offered: envelopes, per-zone ids, and that it is not the catalog that is shipped."""

from __future__ import annotations

import base64
import csv
import struct
from pathlib import Path
from typing import Any

import httpx
import pytest

SHIPPED = Path(__file__).parents[2] / "adapters" / "mcloud_vng" / "catalog" / "flavors.csv"


def flavors(api: Any) -> list[dict[str, Any]]:
    """Every flavor, with the zone that only its family names."""
    found = []
    for family in api.call("GET", "/v1/{p}/flavor_zones/product").json()["flavorZones"]:
        answer = api.call("GET", f"/v1/{{p}}/{family['id']}/flavors").json()
        found += [{**row, "of": family["zoneId"]} for row in answer["flavors"]]
    return found


def test_a_flavor_has_no_zone_of_its_own_and_an_id_for_each_zone(api: Any) -> None:
    rows = flavors(api)
    assert {row["zoneId"] for row in rows} == {None}
    assert {row["of"] for row in rows} == {"HCM03-1B", "HCM03-1C"}
    assert len({row["flavorId"] for row in rows}) == len(rows)
    sold_out = [row for row in rows if row["isSoldOut"]]
    assert sold_out
    assert {row["remainingVms"] for row in sold_out} == {0}


def test_it_is_not_the_catalog_that_is_shipped(api: Any) -> None:
    rows = list(csv.DictReader(SHIPPED.read_text(encoding="utf-8").splitlines()))
    shipped = [row for row in rows if row["region"] == "hcm-3"]
    offered = flavors(api)
    assert len({row["name"] for row in shipped} - {row["name"] for row in offered}) > len(offered)
    own = {row["flavorId"] for row in offered} - {row["native_id"] for row in shipped}
    assert len(own) > len(offered) / 2


def test_families_and_platforms_are_bare_arrays(api: Any) -> None:
    families = api.call("GET", "/v1/{p}/flavor_zones/families").json()
    codes = {row["key"]: row["condition"]["codes"] for row in families}
    assert codes == {"general-purpose": ["code-a", "code-s"], "gpu": ["code-rtx4090"]}
    platforms = [row["key"] for row in api.call("GET", "/v1/{p}/flavor_zones/codes").json()]
    assert platforms == sorted({code for group in codes.values() for code in group})
    found = {
        row["flavorId"]
        for family, group in codes.items()
        for code in group
        for row in api.call("GET", f"/v1/{{p}}/flavors/families/{family}/platforms/{code}").json()
    }
    assert found == {row["flavorId"] for row in flavors(api)}
    path = "/v1/{p}/flavors/families/general-purpose/platforms/code-a"
    assert api.call("GET", path, zoneId="HCM03-1C").json() == []
    assert api.call("GET", path, zoneId="HCM03-1B").json() != []


@pytest.mark.parametrize(
    ("path", "plural"),
    [
        ("/v1/projects", "projects"),
        ("/v1/{p}/flavor_zones/product", "flavorZones"),
        ("/v1/{p}/images/os", "images"),
        ("/v1/{p}/volume_type_zones", "volumeTypeZones"),
    ],
)
def test_the_envelope_of_the_first_version(api: Any, path: str, plural: str) -> None:
    answer = api.call("GET", path).json()
    rows = answer.pop(plural)
    assert answer == {"errorCode": 0, "errorMsg": "", "extra": None, "success": True}
    assert rows


def test_zones_are_told_closed_ones_too(api: Any) -> None:
    zones = {zone["uuid"]: zone for zone in api.call("GET", "/v1/{p}/zones").json()["data"]}
    assert {name for name, zone in zones.items() if not zone["isEnabled"]} == {"HCM03-1A"}
    assert zones["HCM03-1A"]["isDefault"]


def test_stock_and_quota_can_be_set_for_what_is_there_only(api: Any) -> None:
    url = f"{api.cloud.url}/_mcloud"
    assert httpx.post(f"{url}/stock", json={"flavor": "s-general-1x2", "remaining": 0}).status_code == 200
    assert {row["isSoldOut"] for row in flavors(api) if row["name"] == "s-general-1x2"} == {True}
    for what, values, text in (
        ("stock", {"flavor": "t3.large", "remaining": 1}, "no flavor 't3.large' is sold here"),
        ("stock", {"flavor": "s-general-1x2"}, "'remaining' must be given, as a number"),
        ("quota", {"name": "VPCS", "limit": 1}, "no quota 'VPCS' here"),
        ("quota", {"name": "VPC", "limit": "2"}, "'limit' must be given, as a number"),
        ("weather", {}, "no setting 'weather'"),
    ):
        answer = httpx.post(f"{url}/{what}", json=values)
        assert (answer.status_code, answer.json()["error"]) == (400, text)


def test_a_generated_key_is_a_pair(api: Any, tmp_path: Path) -> None:
    made = api.made("POST", "/v2/{p}/sshKeys", {"name": "test-key"})
    read = api.call("GET", f"/v2/{{p}}/sshKeys/{made['id']}").json()["data"]
    assert "privateKey" not in read
    assert {name: read[name] for name in ("id", "name", "pubKey")} == {
        name: made[name] for name in ("id", "name", "pubKey")
    }
    lines = made["privateKey"].splitlines()
    assert (lines[0], lines[-1]) == ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----")
    version, modulus, exponent, private, first, second, *halves = integers(base64.b64decode("".join(lines[1:-1])))
    assert (version, modulus.bit_length(), exponent, first * second) == (0, 2048, 65537, modulus)
    assert halves == [private % (first - 1), private % (second - 1), pow(second, -1, first)]
    assert pow(pow(42, exponent, modulus), private, modulus) == 42
    assert openssh(made["pubKey"]) == (exponent, modulus)
    again = api.call("POST", "/v2/{p}/sshKeys/import", {"name": "test-key-two", "pubKey": made["pubKey"]})
    assert again.status_code == 201


def integers(der: bytes) -> list[int]:
    """The integers of a DER sequence."""
    content, rest = element(der)
    assert rest == b""
    found = []
    while content:
        number, content = element(content)
        found.append(int.from_bytes(number, "big", signed=True))
    return found


def element(der: bytes) -> tuple[bytes, bytes]:
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    return der[start : start + size], der[start + size :]


def openssh(line: str) -> tuple[int, int]:
    """Exponent and modulus of a public key line."""
    blob, parts = base64.b64decode(line.split()[1]), []
    while blob:
        (size,) = struct.unpack(">I", blob[:4])
        parts.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    assert parts[0] == b"ssh-rsa"
    return int.from_bytes(parts[1], "big", signed=True), int.from_bytes(parts[2], "big", signed=True)
