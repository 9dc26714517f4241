"""libcloud's own users: the driver works with nothing of mcloud imported."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from mcloud.emulator.server import Running, serve
from mcloud_vng.emulator import SPEC

SCRIPT = """
    import json, sys, time
    import mcloud_vng.driver
    from mcloud_vng.vendor_errors import VendorError
    from libcloud.compute.base import Node
    from libcloud.compute.providers import get_driver
    from libcloud.compute.types import NodeState

    url, client_id = sys.argv[1:]
    driver = get_driver("vng")(
        client_id,
        sys.stdin.read(),
        region="hcm-3",
        iam_endpoint=f"{url}/accounts-api",
        vserver_endpoint=url + "/{region}/vserver/vserver-gateway",
    )

    def until(done):
        end = time.monotonic() + 30
        while not done():
            assert time.monotonic() < end, "waited too long"
            time.sleep(0.02)

    def state():
        return driver.ex_get_node(node.id).state

    zone = next(one for one in driver.list_locations() if one.id == "HCM03-1C")
    offered = driver.list_sizes(zone)
    small = min(offered, key=lambda size: size.extra["cpu"])
    large = next(size for size in offered if size.extra["cpu"] > small.extra["cpu"])
    image = next(one for one in driver.list_images() if one.extra["type"] == "Ubuntu")
    kind = driver.ex_list_volume_type_zones(zone.id)[0]
    disk = driver.ex_list_volume_types(kind["id"])[0]
    network = driver.ex_create_network({"name": "alone-net", "cidr": "10.42.0.0/16"})["id"]
    until(lambda: driver.ex_get_network(network)["status"] == "ACTIVE")
    wanted = {"name": "alone-subnet", "cidr": "10.42.1.0/24", "zoneId": zone.id}
    subnet = driver.ex_create_subnet(network, wanted)["uuid"]
    until(lambda: driver.ex_get_subnet(network, subnet)["status"] == "ACTIVE")

    node = driver.create_node(
        "alone-1", small, image, zone, ex_network=network, ex_subnet=subnet, ex_root_disk_type=disk["id"]
    )
    made = node.state
    waited = driver.wait_until_running([node], wait_period=0.02, timeout=30, ssh_interface="private_ips")
    listed = [(one.name, one.state, one.private_ips) for one in driver.list_nodes()]
    sizes = [waited[0][0].extra["flavor"]["flavorId"] == small.id]
    volumes = [(volume.size, volume.state) for volume in driver.list_volumes()]

    def volume_state(volume):
        return next((one.state for one in driver.list_volumes() if one.id == volume.id), None)

    data = driver.create_volume(20, "alone-data", zone, ex_volume_type=disk["id"])
    until(lambda: volume_state(data) == "available")
    try:
        driver.create_volume_snapshot(data)
        refused = ""
    except Exception as error:
        refused = str(error)
    driver.attach_volume(node, data)
    until(lambda: volume_state(data) == "inuse")
    driver.ex_grow_volume(data, 30)
    until(lambda: volume_state(data) == "inuse")
    snapshot = driver.create_volume_snapshot(data, "alone-point")
    points = [(one.name, one.size) for one in data.list_snapshots()]
    copy = driver.create_volume(40, "alone-copy", zone, snapshot, ex_volume_type=disk["id"])
    until(lambda: volume_state(copy) == "available")
    driver.detach_volume(data)
    until(lambda: volume_state(data) == "available")
    snapshot.destroy()
    points.append(len(driver.list_volume_snapshots(data)))
    for volume in (data, copy):
        volume.destroy()
        until(lambda: volume_state(volume) is None)

    driver.stop_node(node)
    until(lambda: state() == NodeState.STOPPED)
    driver.ex_resize_node(node, large)
    until(lambda: state() == NodeState.STOPPED)
    sizes.append(driver.ex_get_node(node.id).extra["flavor"]["flavorId"] == large.id)
    driver.start_node(node)
    until(lambda: state() == NodeState.RUNNING)
    driver.reboot_node(node)
    until(lambda: state() == NodeState.RUNNING)
    driver.destroy_node(node)
    until(lambda: driver.ex_get_node(node.id) is None)
    left = [one.name for one in driver.list_nodes()]
    driver.ex_delete_subnet(network, subnet)
    until(lambda: driver.ex_get_subnet(network, subnet) is None)

    def network_may_go():
        # The service refuses for a while after the last subnet (LIVE).
        try:
            driver.ex_delete_network(network)
        except VendorError as error:
            assert "contains the subnet" in str(error)
            return False
        return True

    until(network_may_go)
    until(lambda: driver.ex_get_network(network) is None)
    loaded = [name for name in sys.modules if name == "mcloud" or name.startswith("mcloud.")]
    print(json.dumps({
        "made": made, "listed": listed, "address": waited[0][1], "sizes": sizes, "volumes": volumes,
        "left": left, "loaded": loaded, "points": points, "refused": refused,
    }))
"""


@pytest.fixture
def emulator() -> Iterator[Running]:
    with serve(SPEC, client_id="alone-client", client_secret="alone-secret") as running:
        yield running


def test_libclouds_own_users_need_nothing_of_mcloud(emulator: Running) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(SCRIPT), emulator.url, emulator.client_id],
        input=emulator.client_secret,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["loaded"] == []
    assert said["made"] == "pending"
    (address,) = said["address"]
    assert said["listed"] == [["alone-1", "running", [address]]]
    assert address.startswith("10.42.1.")
    assert said["volumes"] == [[20, "inuse"]]
    assert said["sizes"] == [True, True]
    assert said["points"] == [["alone-point", 30], 0]
    assert "has never been attached" in said["refused"]
    assert said["left"] == []
    assert {kind: items for kind, items in emulator.app.cloud.inventory().items() if items} == {}


def test_importing_twice_registers_once() -> None:
    script = """
        import importlib, mcloud_vng.driver
        from libcloud.compute.providers import get_driver
        importlib.reload(mcloud_vng.driver)
        print(get_driver("vng").__module__)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "mcloud_vng.driver\n"


BALANCER_SCRIPT = """
    import json, sys, time
    import mcloud_vng.balancer_driver, mcloud_vng.driver
    from libcloud.common.types import LibcloudError
    from libcloud.compute.providers import get_driver as get_node_driver
    from libcloud.loadbalancer.base import Algorithm, Member
    from libcloud.loadbalancer.providers import get_driver
    from libcloud.loadbalancer.types import State

    url, client_id = sys.argv[1:]
    secret = sys.stdin.read()
    # Load balancers have a gateway of their own, beside the one that is given.
    arguments = {
        "region": "hcm-3",
        "iam_endpoint": f"{url}/accounts-api",
        "vserver_endpoint": url + "/{region}/vserver/vserver-gateway",
    }
    nodes = get_node_driver("vng")(client_id, secret, **arguments)
    driver = get_driver("vng")(client_id, secret, **arguments)

    def ready(balancer):
        return driver.ex_wait_until_ready(balancer, timeout=60, interval=0.02)

    network = nodes.ex_create_network({"name": "alone-net", "cidr": "10.42.0.0/16"})["id"]
    while nodes.ex_get_network(network)["status"] != "ACTIVE":
        time.sleep(0.02)
    wanted = {"name": "alone-subnet", "cidr": "10.42.1.0/24", "zoneId": "HCM03-1C"}
    subnet = nodes.ex_create_subnet(network, wanted)["uuid"]
    while nodes.ex_get_subnet(network, subnet)["status"] != "ACTIVE":
        time.sleep(0.02)
    package = next(one["uuid"] for one in driver.ex_list_packages("HCM03-1C") if one["name"] == "ALB_Small")
    made = driver.create_balancer(
        "alone-front", 80, "http", Algorithm.ROUND_ROBIN, [Member(None, "10.42.1.10", 8080)],
        ex_subnet=subnet, ex_package=package, ex_zone="HCM03-1C", ex_public=True,
    )
    state = made.state
    balancer = ready(made)
    listed = [(one.name, one.port, one.state == State.RUNNING) for one in driver.list_balancers()]
    first = [(one.ip, one.port) for one in balancer.list_members()]
    balancer.attach_member(Member(None, "10.42.1.11", 8080))
    balancer = ready(balancer)

    class Node:
        private_ips = ["10.42.1.12"]

    balancer.attach_compute_node(Node())
    balancer = ready(balancer)
    more = sorted((one.ip, one.port) for one in balancer.list_members())
    balancer.detach_member(Member(None, "10.42.1.10", 8080))
    balancer = ready(balancer)
    balancer.detach_member(Member(None, "10.42.1.10", 8080))
    left = sorted((one.ip, one.port) for one in balancer.list_members())
    driver.update_balancer(balancer, algorithm=Algorithm.PERSISTENT_IP)
    balancer = ready(balancer)
    method = driver.ex_list_pools(balancer.id)[0]["loadBalanceMethod"]
    refused = []
    for call in (
        lambda: driver.update_balancer(balancer, port=81),
        lambda: driver.create_balancer("alone-other", 443, "https", ex_subnet=subnet, ex_package=package),
        lambda: driver.get_balancer("lb-gone"),
    ):
        try:
            call()
        except LibcloudError as error:
            refused.append(str(error.value))
    balancer.destroy()
    while any(one.id == balancer.id for one in driver.list_balancers()):
        time.sleep(0.02)
    loaded = [name for name in sys.modules if name == "mcloud" or name.startswith("mcloud.")]
    print(json.dumps({
        "state": state == State.PENDING, "ip": made.ip, "listed": listed, "first": first, "more": more, "left": left,
        "method": method, "refused": refused, "protocols": driver.list_protocols(), "loaded": loaded,
        "shown": repr(driver),
    }))
"""


def test_libclouds_own_users_have_load_balancers(emulator: Running) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(BALANCER_SCRIPT), emulator.url, emulator.client_id],
        input=emulator.client_secret,
        capture_output=True,
        text=True,
        timeout=200,
    )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["loaded"] == []
    assert said["state"]
    assert said["ip"].startswith("203.0.113.")
    assert said["listed"] == [["alone-front", 80, True]]
    assert said["first"] == [["10.42.1.10", 8080]]
    assert said["more"] == [["10.42.1.10", 8080], ["10.42.1.11", 8080], ["10.42.1.12", 8080]]
    assert said["left"] == [["10.42.1.11", 8080], ["10.42.1.12", 8080]]
    assert said["method"] == "SOURCE_IP"
    assert said["protocols"] == ["http", "tcp", "udp"]
    assert said["shown"] == "VNGLBDriver(region='hcm-3')"
    assert said["refused"] == [
        "VNG Cloud cannot change port of a load balancer",
        "'https' cannot be; one of http, tcp, udp",
        "there is no load balancer lb-gone",
    ]
    assert emulator.app.cloud.inventory()["load_balancers"] == []
