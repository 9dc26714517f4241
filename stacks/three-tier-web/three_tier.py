"""Three tiers on one cloud: a public load balancer, web servers behind it, and a database server with a volume.

The listener speaks TCP so that one program fits each cloud: HTTP load balancers want subnets in two zones on one of
them, and are in exactly one subnet on another.
"""

from __future__ import annotations

from pathlib import Path

import pulumi

from mcloud.pulumi import (
    Image,
    Listener,
    LoadBalancer,
    Network,
    Pool,
    SecurityGroup,
    SecurityGroupRule,
    Server,
    Size,
    Subnet,
    Volume,
    VolumeAttachment,
)

UBUNTU = Image(os="ubuntu", version="22.04")
WEB_BLOCK = "10.60.1.0/24"
START_WEB = Path(__file__).with_name("web.cloud-init")


def network(at: str) -> tuple[Subnet, Subnet, SecurityGroup, SecurityGroup]:
    """A network; its subnets for web servers and database, and who may reach which."""
    main = Network("main", placement=at, cidr="10.60.0.0/16")
    web = Subnet("web", placement=at, network=main, cidr=WEB_BLOCK, internet="direct")
    db = Subnet("db", placement=at, network=main, cidr="10.60.2.0/24")
    web_group = SecurityGroup("web", placement=at, network=main)
    db_group = SecurityGroup("db", placement=at, network=main)
    SecurityGroupRule(
        "web-8080",
        placement=at,
        group=web_group,
        direction="ingress",
        protocol="tcp",
        from_port=8080,
        to_port=8080,
        cidr="0.0.0.0/0",
    )
    SecurityGroupRule(
        "db-from-web",
        placement=at,
        group=db_group,
        direction="ingress",
        protocol="tcp",
        from_port=5432,
        to_port=5432,
        peer_group=web_group,
        peer_cidrs=[WEB_BLOCK],  # what a cloud is told whose rules know no groups
    )
    return web, db, web_group, db_group


def database(at: str, subnet: Subnet, group: SecurityGroup, keep: bool) -> Server:
    """The database's server, and the volume that its data is on.

    Args:
        keep: whatever becomes of the volume's resource, the volume itself stays on its cloud.
    """
    size = Size(vcpu=2, memory="8 GiB")
    server = Server("db", placement=at, size=size, image=UBUNTU, subnet=subnet, security_groups=[group])
    data = Volume("data", pulumi.ResourceOptions(retain_on_delete=keep), placement=at, size="100 GiB")
    VolumeAttachment("data", placement=at, volume=data, server=server)
    return server


def front(at: str, subnet: Subnet, servers: list[Server]) -> LoadBalancer:
    """A public load balancer, whose port 80 leads to the servers' 8080."""
    balancer = LoadBalancer("front", placement=at, subnets=[subnet], public=True, protocols=["tcp"])
    pool = Pool("web", placement=at, load_balancer=balancer, protocol="tcp", port=8080, members=servers)
    Listener("http", placement=at, load_balancer=balancer, pool=pool, port=80, protocol="tcp")
    return balancer


def program() -> None:
    """Register it all, as the stack's configuration says, and export where it is."""
    config = pulumi.Config()
    at = config.get("placement") or "vng/hcm"
    web_subnet, db_subnet, web_group, db_group = network(at)
    servers = [
        Server(
            f"web-{number}",
            placement=at,
            size=Size(vcpu=2, memory="4 GiB"),
            image=UBUNTU,
            subnet=web_subnet,
            security_groups=[web_group],
            user_data=START_WEB.read_text(encoding="utf-8"),
            stateless=True,
        )
        for number in range(config.get_int("webCount") or 2)
    ]
    keep = config.get_bool("keepData")
    db = database(at, db_subnet, db_group, keep is None or keep)
    pulumi.export("address", front(at, web_subnet, servers).address)
    pulumi.export("web", [server.private_ip for server in servers])
    pulumi.export("database", db.private_ip)
