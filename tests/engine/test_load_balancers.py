"""Load balancers on the real engine: the three-tier example, and certificates whose keys are references."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcloud.adapter.conformance.pem import made

pytestmark = pytest.mark.engine
EXAMPLE = Path(__file__).parents[2] / "examples" / "three-tier.yaml"


def example(desk: Any) -> dict[str, Any]:
    shutil.copy(EXAMPLE, desk.folder / EXAMPLE.name)
    return dict(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))


def only(desk: Any, kind: str) -> dict[str, Any]:
    (found,) = desk.inventory()[kind]
    return dict(found)


def policies(desk: Any) -> list[tuple[str, str]]:
    rows = sorted(desk.inventory()["policies"], key=lambda item: item["position"])
    return [(item["rules"][0]["ruleValue"], item["action"]) for item in rows]


@pytest.mark.timeout(900)  # ten runs of the engine
def test_three_tiers_come_up_change_drift_and_go(desk: Any) -> None:
    document = example(desk)
    done = desk.run("up", EXAMPLE.name)
    balancer, listener, pool = (only(desk, kind) for kind in ("load_balancers", "listeners", "pools"))
    assert f"address = {balancer['address']}" in done.stdout
    assert (balancer["scheme"], balancer["type"]) == ("Internet", "Layer 7")
    webs = [item for item in desk.inventory()["servers"] if item["name"].startswith("web")]
    assert {row["address"] for row in pool["members"]} == {item["fixedIp"] for item in webs}
    assert (pool["stickiness"], pool["healthMonitor"]["healthCheckPath"]) == (True, "/healthz")
    assert (listener["defaultPoolId"], listener["timeoutClient"]) == (pool["uuid"], 60)
    assert policies(desk) == [("/admin", "REJECT"), ("/docs/", "REDIRECT_TO_URL")]
    assert desk.counts()["buckets"] == 1
    assert "nothing to change" in desk.run("preview", EXAMPLE.name).stdout
    desk.run("drift", EXAMPLE.name)

    front = document["load_balancers"]["front"]
    front["min_connections"] = 3000
    front["listeners"][0]["rules"].insert(0, {"host": "old.example.com", "redirect": "https://example.com/"})
    front["listeners"][0]["to"] |= {"sticky": False, "algorithm": "least-connections"}
    desk.write(EXAMPLE.name, document)
    shown = desk.run("preview", EXAMPLE.name, "--set", "web_count=3", exit_code=2).stdout
    assert "~ change load balancer front (" in shown
    assert "~ change pool front-80 (" in shown
    assert "~ change listener front-80 (rules)" in shown
    desk.run("up", EXAMPLE.name, "--set", "web_count=3")
    after = {kind: only(desk, kind) for kind in ("load_balancers", "listeners", "pools")}
    assert [item["uuid"] for item in after.values()] == [item["uuid"] for item in (balancer, listener, pool)]
    assert after["load_balancers"]["packageId"] != balancer["packageId"]
    assert len(after["pools"]["members"]) == 3
    assert (after["pools"]["stickiness"], after["pools"]["loadBalanceMethod"]) == (False, "LEAST_CONNECTIONS")
    assert policies(desk) == [
        ("old.example.com", "REDIRECT_TO_URL"),
        ("/admin", "REJECT"),
        ("/docs/", "REDIRECT_TO_URL"),
    ]
    assert "nothing to change" in desk.run("preview", EXAMPLE.name, "--set", "web_count=3").stdout

    world = desk.cloud.app.cloud.worlds["hcm-3"]
    world.pools[pool["uuid"]]["members"].pop()
    for item in world.policies.values():
        item["position"] = 4 - item["position"]
    found = desk.run("drift", EXAMPLE.name, "--set", "web_count=3", exit_code=2).stdout
    assert "pool front-80 differs on the cloud (members)" in found
    assert "listener front-80 differs on the cloud (rules)" in found
    desk.run("up", EXAMPLE.name, "--set", "web_count=3")
    assert len(only(desk, "pools")["members"]) == 3
    assert policies(desk)[0][0] == "old.example.com"
    desk.run("drift", EXAMPLE.name, "--set", "web_count=3")

    desk.run("destroy", EXAMPLE.name, "--yes")
    assert desk.counts() == {}


def secured(desk: Any) -> dict[str, Any]:
    """One server behind an https listener, and a listener that sends everybody to it."""
    to = {"servers": "web", "port": 8080}
    secure = {"port": 443, "protocol": "https", "certificate": "site", "to": to}
    plain = {"port": 80, "protocol": "http", "rules": [{"redirect": "https://www.example.com/"}]}
    document: dict[str, Any] = desk.small(
        certificates={"site": {"certificate": "file:site.pem", "private_key": "file:site.key"}},
        load_balancers={"front": {"subnets": ["a"], "listeners": [secure, plain]}},
    )
    return document


def put(desk: Any, name: str) -> str:
    """Certificate and key beside the stack file; the key."""
    certificate, key = made(name)
    (desk.folder / "site.pem").write_text(certificate)
    (desk.folder / "site.key").write_text(key)
    (desk.folder / "site.key").chmod(0o600)
    return key


def everything_written(desk: Any) -> str:
    """All that this run wrote, but for what a person wrote."""
    files = [path for path in desk.folder.rglob("*") if path.is_file() and path.name != "site.key"]
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in files)


def certificate_of(desk: Any) -> dict[str, Any]:
    resources = json.loads(desk.run("state", "export", "small.yaml").stdout)["deployment"]["resources"]
    return next(dict(item) for item in resources if item["type"] == "mcloud:network:Certificate")


def test_a_certificate_s_key_is_nowhere_and_another_one_is_seen(desk: Any) -> None:
    desk.write("small.yaml", secured(desk))
    first_key = put(desk, "first")
    said = desk.run("up", "small.yaml", "--debug")
    first = only(desk, "certificates")
    secret_part = first_key.splitlines()[1]
    assert secret_part not in said.stdout + said.stderr + everything_written(desk)
    state = certificate_of(desk)
    assert state["inputs"]["privateKey"]["secret"] == "file:site.key"
    assert len(state["outputs"]["privateKey"]["digest"]) == 64
    listeners = {item["protocolPort"]: item for item in desk.inventory()["listeners"]}
    assert listeners[443]["defaultCertificateAuthority"] == first["uuid"]
    assert listeners[80]["defaultPoolId"] is None
    assert policies(desk) == [("/", "REDIRECT_TO_URL")]
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout

    # The same key somewhere else is no other key.
    document = secured(desk)
    document["certificates"]["site"]["private_key"] = "env:SITE_KEY"
    desk.write("small.yaml", document)
    assert "nothing to change" in desk.run("preview", "small.yaml", SITE_KEY=first_key.strip()).stdout

    desk.write("small.yaml", secured(desk))
    put(desk, "second")
    assert "certificate site" in desk.run("preview", "small.yaml", exit_code=2).stdout
    desk.run("up", "small.yaml")
    second = only(desk, "certificates")
    assert second["uuid"] != first["uuid"]
    listeners = {item["protocolPort"]: item for item in desk.inventory()["listeners"]}
    assert listeners[443]["defaultCertificateAuthority"] == second["uuid"]

    (desk.folder / "site.key").chmod(0o644)
    refused = desk.run("preview", "small.yaml", exit_code=None)
    assert refused.returncode == 1
    assert "others may read the secret's file" in refused.stderr
    (desk.folder / "site.key").unlink()
    desk.run("destroy", "small.yaml", "--yes")
    assert desk.counts() == {}
