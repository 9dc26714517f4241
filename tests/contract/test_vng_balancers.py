"""Load balancers, pools, listeners and certificates on the emulated cloud, as the adapter's kinds do them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mcloud.adapter.conformance.pem import made
from mcloud.adapter.operations import Operations
from mcloud.errors import Conflict, InUse, InvalidRequest, NotFound, QuotaExceeded, TimedOut
from mcloud.model.base import Placement
from mcloud_vng import adapter
from mcloud_vng.resources import KINDS

AT = Placement("vng", "hcm-3")
HOME = str(AT)


def picks(account: Any, name: str) -> dict[str, str]:
    """What is chosen for a load balancer of this package."""
    rows = account.operations.session.balancers.ex_list_packages("HCM03-1C")
    found = next(row["uuid"] for row in rows if row["name"] == name)
    layer = "application" if name.startswith("ALB") else "network"
    return {"zone": "HCM03-1C", "layer": layer, "flavor": name, "flavorId": found}


def balancer(account: Any, subnet: str, package: str = "ALB_Small", **inputs: Any) -> str:
    given = {"name": f"front-{package.lower()}", "subnets": [subnet], **inputs}
    kind, chosen = KINDS["LoadBalancer"], picks(account, package)
    native_id, _ = account.operations.create(kind, given, chosen, "load balancer front")
    return str(native_id)


@pytest.fixture
def place(account: Any) -> dict[str, str]:
    """A network with two servers and an application load balancer."""
    _, subnet = account.network()
    servers = {name: account.server(name, subnet) for name in ("web-0", "web-1")}
    return {"subnet": subnet, "balancer": balancer(account, subnet), **servers}


def pool_inputs(place: dict[str, str], **changes: Any) -> dict[str, Any]:
    members = [place["web-0"], place["web-1"]]
    return {"loadBalancer": place["balancer"], "protocol": "http", "port": 8080, "members": members, **changes}


def listener_inputs(place: dict[str, str], **changes: Any) -> dict[str, Any]:
    return {"loadBalancer": place["balancer"], "port": 80, "protocol": "http", **changes}


def address(account: Any, server: str) -> str:
    return str(account.seen("Server", server).outputs["privateIp"])


def test_a_load_balancer_is_seen_as_it_was_asked_for(account: Any, place: dict[str, str]) -> None:
    seen = account.seen("LoadBalancer", place["balancer"])
    assert seen.inputs == {"name": "front-alb_small", "public": False, "subnets": [f"{HOME}/{place['subnet']}"]}
    assert seen.picks == picks(account, "ALB_Small")
    assert seen.outputs["address"].startswith("10.20.1.")
    assert account.find("LoadBalancer", name="front-alb_small") == place["balancer"]
    assert account.find("LoadBalancer", name="front-alb") is None, "a part of a name is none"

    public = balancer(account, place["subnet"], "NLB_Medium", public=True)
    seen = account.seen("LoadBalancer", public)
    assert (seen.inputs["public"], seen.picks["layer"]) == (True, "network")
    assert seen.outputs["address"].startswith("203.0.113.")
    assert set(account.listed("LoadBalancer")) == {place["balancer"], public}
    account.drop("LoadBalancer", public)
    assert account.native("LoadBalancer", public) is None
    account.drop("LoadBalancer", public)


def test_a_load_balancer_gets_another_size_in_place(account: Any, place: dict[str, str]) -> None:
    kind, chosen = KINDS["LoadBalancer"], picks(account, "ALB_Large")
    account.operations.finish(kind, place["balancer"], {}, {"name": "front-alb_small"}, chosen, "load balancer")
    assert account.seen("LoadBalancer", place["balancer"]).picks == chosen
    wrong = picks(account, "NLB_Large")
    with pytest.raises(InvalidRequest, match="Invalid package id"):
        account.operations.finish(kind, place["balancer"], {}, {"name": "x"}, wrong, "load balancer")


def test_a_pool_has_its_members_by_address_and_follows_the_servers(account: Any, place: dict[str, str]) -> None:
    asked = pool_inputs(place, monitor={"protocol": "http", "path": "/ok", "interval": "10 s", "port": 8081})
    pool = account.make("Pool", "pool-web", **asked)
    seen = account.seen("Pool", pool).inputs
    assert pool.startswith(f"{place['balancer']}/pool-")
    assert sorted(seen["members"]) == sorted(f"{HOME}/{place[name]}" for name in ("web-0", "web-1"))
    assert (seen["port"], seen["protocol"], seen["loadBalancer"]) == (8080, "http", f"{HOME}/{place['balancer']}")
    assert {key: seen["monitor"][key] for key in asked["monitor"]} == asked["monitor"]
    assert account.find("Pool", name="pool-web", **asked) == pool
    assert dict(account.listed("Pool"))[pool] == account.native("Pool", pool)

    fewer = pool_inputs(place, members=[place["web-1"]], port=9090, algorithm="source-ip", sticky=True)
    account.change("Pool", pool, name="pool-web", **fewer)
    seen = account.seen("Pool", pool).inputs
    assert (seen["members"], seen["port"]) == ([f"{HOME}/{place['web-1']}"], 9090)
    assert (seen["algorithm"], seen["sticky"]) == ("source-ip", True)
    # Nothing was said about the monitor this time: the one that is there stays, but for its port, the members' own.
    assert (seen["monitor"]["path"], seen["monitor"]["port"]) == ("/ok", 9090)
    account.drop("Pool", pool)
    assert account.native("Pool", pool) is None
    account.drop("Pool", pool)


def test_members_that_somebody_else_wrote_are_seen_and_go(account: Any, place: dict[str, str]) -> None:
    pool = account.make("Pool", "pool-web", **pool_inputs(place))
    driver = account.operations.session.balancers
    rows = driver.ex_list_members(*pool.split("/"))
    kept = {"name": "web-0", "ipAddress": rows[0]["address"], "port": 8080, "monitorPort": 8080, "weight": 1}
    foreign = {**kept, "name": "stranger", "ipAddress": "10.20.1.200"}
    driver.ex_replace_members(*pool.split("/"), [{**kept, "backup": False}, {**foreign, "backup": False}])
    assert f"{HOME}/10.20.1.200:8080" in account.seen("Pool", pool).inputs["members"]
    account.change("Pool", pool, name="pool-web", **pool_inputs(place))
    found = {row["address"] for row in driver.ex_list_members(*pool.split("/"))}
    assert found == {address(account, place[name]) for name in ("web-0", "web-1")}


def test_a_server_without_an_address_is_no_member(account: Any, place: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match="is not there or has no private address"):
        account.make("Pool", "pool-web", **pool_inputs(place, members=["ins-gone"]))
    with pytest.raises(NotFound):
        account.make("Pool", "pool-web", **pool_inputs(place, loadBalancer="lb-gone"))
    assert account.inventory("pools") == []


RULES = [
    {"host": "api.example.com", "path": "/v1/*"},
    {"path": "/old", "redirect": "https://example.com/new", "code": 301, "keepQuery": True},
    {"path": "/a/*/b", "reject": True},
]


def test_a_listener_has_its_rules_in_their_order(account: Any, place: dict[str, str]) -> None:
    front = account.make("Pool", "pool-front", **pool_inputs(place))
    api = account.make("Pool", "pool-api", **pool_inputs(place, port=9090))
    rules = [{**RULES[0], "pool": api}, *RULES[1:]]
    asked = listener_inputs(place, pool=front, rules=rules, allowedCidrs=["203.0.113.0/24"], idleTimeout="2 min")
    listener = account.make("Listener", "listener-80", **asked)
    seen = account.seen("Listener", listener)
    plain = {"code": 302, "keepQuery": False, "reject": False}
    assert seen.inputs["rules"] == [
        {**RULES[0], **plain, "pool": f"{HOME}/{api}"},
        {**RULES[1], "reject": False},
        {**RULES[2], **plain, "reject": True},
    ]
    assert (seen.inputs["allowedCidrs"], seen.inputs["idleTimeout"]) == (["203.0.113.0/24"], "2 min")
    assert seen.inputs["pool"] == f"{HOME}/{front}"
    assert "rules" in seen.ordered
    assert account.find("Listener", name="listener-80", **asked) == listener
    assert dict(account.listed("Listener"))[listener] == account.native("Listener", listener)

    ids = {item["uuid"] for item in account.inventory("policies")}
    changed = [rules[2], {**rules[1], "redirect": "https://example.com/newer"}, rules[0]]
    account.change("Listener", listener, name="listener-80", **listener_inputs(place, pool=api, rules=changed))
    seen = account.seen("Listener", listener).inputs
    assert [rule.get("path") for rule in seen["rules"]] == ["/a/*/b", "/old", "/v1/*"]
    assert seen["rules"][1]["redirect"] == "https://example.com/newer"
    assert (seen["pool"], seen["allowedCidrs"]) == (f"{HOME}/{api}", [])
    assert {item["uuid"] for item in account.inventory("policies")} == ids, "changed and moved, not made anew"

    with pytest.raises(TimedOut, match="still in use"):
        hasty(account).delete(patient(KINDS["Pool"]), api, "pool api")
    account.drop("Listener", listener)
    assert account.native("Listener", listener) is None
    account.drop("Listener", listener)
    account.drop("Pool", api)
    assert account.inventory("policies") == []


def patient(kind: Any) -> Any:
    """The kind, with little patience."""
    made_ = type(kind)()
    made_.__dict__["deadline"] = 0.3
    return made_


def hasty(account: Any) -> Operations:
    return Operations(adapter, account.operations.session, longest_interval=0.05)


def test_rules_that_somebody_else_wrote_go_and_a_lost_answer_makes_none_twice(
    account: Any, place: dict[str, str]
) -> None:
    front = account.make("Pool", "pool-front", **pool_inputs(place))
    asked = listener_inputs(place, pool=front, rules=[RULES[1]])
    account.fault(action="lost", seconds=0.05, method="POST", path="/l7policies$", effect=True)
    listener = account.make("Listener", "listener-80", **asked)
    assert len(account.inventory("policies")) == 1
    driver = account.operations.session.balancers
    body = {"name": "stranger", "action": "REJECT", "rules": [{**ANYTHING, "ruleValue": "/x"}]}
    driver.ex_create_policy(*listener.split("/"), body)
    assert len(account.seen("Listener", listener).inputs["rules"]) == 2
    account.change("Listener", listener, name="listener-80", **asked)
    assert [rule["path"] for rule in account.seen("Listener", listener).inputs["rules"]] == ["/old"]


ANYTHING = {"ruleType": "PATH", "compareType": "STARTS_WITH"}


def test_many_parts_of_one_load_balancer_are_made_at_once_and_go_at_once(account: Any, place: dict[str, str]) -> None:
    names = [f"pool-{number}" for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        made_ = list(threads.map(lambda name: account.make("Pool", name, **pool_inputs(place)), names))
        assert sorted(item["name"] for item in account.inventory("pools")) == names
        wanted = zip(range(81, 87), made_, strict=True)
        ports = list(threads.map(lambda item: listener_of(account, place, item), wanted))
        assert sorted(item["protocolPort"] for item in account.inventory("listeners")) == list(range(81, 87))
        list(threads.map(lambda native_id: account.drop("Listener", native_id), ports))
        list(threads.map(lambda native_id: account.drop("Pool", native_id), made_))
    assert account.inventory("pools") == account.inventory("listeners") == []


def listener_of(account: Any, place: dict[str, str], item: tuple[int, str]) -> str:
    port, pool = item
    return str(account.make("Listener", f"listener-{port}", **listener_inputs(place, port=port, pool=pool)))


def test_a_busy_load_balancer_is_not_written_to(account: Any, place: dict[str, str]) -> None:
    world = account.cloud.app.cloud.worlds["hcm-3"]
    world.balancers[place["balancer"]]["status"] = "UPDATING"
    session = account.operations.session
    with pytest.raises(InUse, match="is UPDATING"):
        KINDS["Pool"].create(session, {"name": "pool-web", **pool_inputs(place)}, {})
    with pytest.raises(TimedOut, match="has to wait"):
        hasty(account).create(patient(KINDS["Pool"]), {"name": "pool-web", **pool_inputs(place)}, {}, "pool web")
    assert account.inventory("pools") == []
    world.balancers[place["balancer"]]["status"] = "CREATED"
    account.make("Pool", "pool-web", **pool_inputs(place))


def test_what_is_gone_with_its_load_balancer_counts_as_gone(account: Any, place: dict[str, str]) -> None:
    pool = account.make("Pool", "pool-web", **pool_inputs(place))
    listener = account.make("Listener", "listener-80", **listener_inputs(place, pool=pool))
    account.drop("LoadBalancer", place["balancer"])
    for kind, native_id in (("Pool", pool), ("Listener", listener)):
        assert account.native(kind, native_id) is None
        account.drop(kind, native_id)
        assert account.find(kind, name="pool-web", loadBalancer=place["balancer"]) is None


def test_two_listeners_of_one_port_are_a_conflict(account: Any, place: dict[str, str]) -> None:
    pool = account.make("Pool", "pool-web", **pool_inputs(place))
    account.make("Listener", "listener-80", **listener_inputs(place, pool=pool))
    with pytest.raises(Conflict, match="Duplicated listener protocol port"):
        account.make("Listener", "listener-81", **listener_inputs(place, pool=pool))
    with pytest.raises(Conflict, match="Duplicated pool name"):
        account.make("Pool", "pool-web", **pool_inputs(place))


def test_more_than_a_load_balancer_takes_is_a_quota(account: Any, place: dict[str, str]) -> None:
    account.cloud.app.cloud.tune("quota", {"name": "POOL_PER_LB", "limit": 0})
    with pytest.raises(QuotaExceeded, match="exceeded pool_per_lb quota"):
        account.make("Pool", "pool-web", **pool_inputs(place))


def certificate(account: Any, name: str, key: str) -> str:
    """Inputs of a call: the key is text in them."""
    return str(account.make("Certificate", f"site-{name}", certificate=made(name)[0], privateKey=key))


def test_https_listeners_have_certificates_that_can_be_exchanged(
    account: Any, place: dict[str, str]
) -> None:
    first, second = (certificate(account, name, made(name)[1]) for name in ("first", "second"))
    assert account.find("Certificate", name="site-first") == first
    assert set(account.listed("Certificate")) == {first, second}
    assert account.seen("Certificate", first).inputs == {"name": "site-first"}

    pool = account.make("Pool", "pool-web", **pool_inputs(place))
    asked = listener_inputs(place, port=443, protocol="https", pool=pool, certificate=first, sni=[second])
    listener = account.make("Listener", "listener-443", **asked)
    seen = account.seen("Listener", listener).inputs
    assert (seen["certificate"], seen["sni"]) == (f"{HOME}/{first}", [f"{HOME}/{second}"])
    with pytest.raises(TimedOut, match="still in use"):
        hasty(account).delete(patient(KINDS["Certificate"]), first, "certificate site")
    account.change("Listener", listener, name="listener-443", **{**asked, "certificate": second, "sni": []})
    account.drop("Certificate", first)
    assert account.native("Certificate", first) is None
    account.drop("Certificate", first)


def test_a_key_of_another_certificate_is_refused_without_showing_it(account: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        certificate(account, "first", made("second")[1])
    text = f"{caught.value}{caught.value.__cause__!r}{caught.value.__cause__}"
    assert "PRIVATE KEY" not in text
    assert made("second")[1].splitlines()[1] not in text


def test_the_account_s_catalog_has_the_sizes(account: Any) -> None:
    catalog = adapter.live_catalog(account.operations.session, AT)
    small = next(row for row in catalog.balancers if (row.name, row.zone) == ("ALB_Small", "HCM03-1C"))
    assert (small.layer, small.connections, small.region) == ("application", 2000, "hcm-3")
    assert {row.layer for row in catalog.balancers} == {"application", "network"}
    assert catalog.oldest() is not None


def test_an_account_without_the_right_for_load_balancers_has_a_catalog(account: Any) -> None:
    account.fault(action="status", status=403, method="GET", path="/loadBalancers/packages$", times=0)
    catalog = adapter.live_catalog(account.operations.session, AT)
    assert catalog.balancers == ()
    assert catalog.flavors
