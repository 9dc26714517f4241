"""An emulated VNG Cloud whose clock the test holds, and a plain HTTP client that is signed in to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mcloud.emulator.clock import ManualClock
from mcloud.emulator.server import Running, serve
from mcloud_vng.emulator import SPEC

EXAMPLE = Path(__file__).parents[2] / "examples" / "web.yaml"
FLAVOR = "flav-e2028a81-cc75-47e4-8af1-9eef2f857f84"  # s-general-2x4 in HCM03-1C
IMAGE = "img-b5bf635e-0456-4765-b493-31d5fcfc05aa"
DISK = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"


@dataclass
class Api:
    """The vendor's API, one call at a time."""

    cloud: Running
    clock: ManualClock
    client: httpx.Client
    project: str

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """One call below the gateway; ``{p}`` is the project."""
        return self.client.request(method, path.replace("{p}", self.project), json=body, params=query)

    def made(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """A call that must succeed, and then the time that it takes; the answer's ``data``."""
        answer = self.call(method, path, body)
        assert answer.status_code < 300, answer.text
        self.clock.advance(100)
        return dict(answer.json()["data"])

    def network(self, name: str = "test-network", cidr: str = "10.1.0.0/16") -> str:
        """A network that is there."""
        return str(self.made("POST", "/v2/{p}/networks", {"name": name, "cidr": cidr})["id"])

    def subnet(self, network: str, cidr: str = "10.1.1.0/24") -> str:
        """A subnet that is there."""
        body = {"name": "test-subnet", "cidr": cidr, "zoneId": "HCM03-1C"}
        return str(self.made("POST", f"/v2/{{p}}/networks/{network}/subnets", body)["uuid"])

    def server_body(self, **changes: Any) -> dict[str, Any]:
        """The body of a server in a network of its own."""
        network = self.network()
        body = {
            "name": "test-server",
            "flavorId": FLAVOR,
            "imageId": IMAGE,
            "networkId": network,
            "subnetId": self.subnet(network),
            "rootDiskSize": 20,
            "rootDiskTypeId": DISK,
            "encryptionVolume": False,
            "zoneId": "HCM03-1C",
        }
        return {**body, **changes}

    def key_text(self) -> str:
        """An RSA public key."""
        return str(yaml.safe_load(EXAMPLE.read_text())["keys"]["deploy"]["public_key"])


@pytest.fixture
def api() -> Iterator[Api]:
    """Signed in, the clock standing still."""
    clock = ManualClock()
    with serve(SPEC, clock=clock) as cloud:
        answer = httpx.post(f"{cloud.url}/accounts-api/v2/auth/token", auth=(cloud.client_id, cloud.client_secret))
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        with httpx.Client(base_url=f"{cloud.url}/vserver/vserver-gateway", headers=headers) as client:
            project = client.get("/v1/projects").json()["projects"][0]["projectId"]
            yield Api(cloud, clock, client, project)
