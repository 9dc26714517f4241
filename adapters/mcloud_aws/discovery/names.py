"""DNS of Route 53: zones, and the names in them that lead to what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mcloud.adapter.inventory import Surplus
from mcloud_aws.discovery import natives
from mcloud_aws.discovery.look import Look, Raw
from mcloud_aws.translate import first_interface

OWN = ("SOA", "NS")


def names(looks: Sequence[Look]) -> Iterator[Surplus]:
    """Zones with what is in them, and each name that leads to something in one of the regions."""
    if not looks:
        return
    first = looks[0]
    targets = {name: what for look in looks for name, what in _targets(look)}
    zones = first.rows("route53", "list_hosted_zones")
    records = first.side_by_side(lambda zone: _records(first, zone), zones)
    for zone, rows in zip(zones, records, strict=True):
        native = str(zone["Id"]).rpartition("/")[2]
        name = str(zone["Name"]).rstrip(".")
        kind = "private" if (zone.get("Config") or {}).get("PrivateZone") else "public"
        told_of = [(row, _leads_to(row, targets)) for row in rows if row["Type"] not in OWN]
        led = [(row, what) for row, what in told_of if what]
        others = len(told_of) - len(led)
        reason = f"a {kind} zone; DNS has no word in a stack, and {others} of its names lead elsewhere"
        yield Surplus("DNS zone", native, name, reason, "keep it where it is, or move it by export")
        for row, what in led:
            label = str(row["Name"]).rstrip(".").replace("\\052", "*")
            told = f"{row['Type']} {row['SetIdentifier']}" if row.get("SetIdentifier") else str(row["Type"])
            advice = "at cutover point it to the new address; lower its TTL some days before"
            yield Surplus("DNS name", f"{native}/{label}/{told}", label, f"it leads to {what}", advice)


def _records(look: Look, zone: Raw) -> list[Raw]:
    return look.rows("route53", "list_resource_record_sets", HostedZoneId=zone["Id"])


def _leads_to(row: Raw, targets: dict[str, str]) -> str:
    alias = (row.get("AliasTarget") or {}).get("DNSName")
    values = [alias] if alias else [item["Value"] for item in row.get("ResourceRecords") or ()]
    if row["Type"] not in ("A", "AAAA", "CNAME"):
        return ""
    if alias and _plain(alias).startswith("s3-website"):
        # An alias to a website names no bucket: it is that of the record's own name.
        values = [f"{_plain(row['Name'])}.{_plain(alias)}"]
    return next((targets[_plain(value)] for value in values if _plain(value) in targets), "")


def _plain(name: Any) -> str:
    return str(name).lower().rstrip(".").removeprefix("dualstack.")


def _targets(look: Look) -> Iterator[tuple[str, str]]:
    """What a name may lead to: DNS names and addresses, each with what has it."""
    for row in look.rows("elbv2", "describe_load_balancers"):
        yield _plain(row.get("DNSName")), f"the load balancer {row['LoadBalancerName']}"
    for row in look.rows("elb", "describe_load_balancers"):
        yield _plain(row.get("DNSName")), f"the load balancer {row['LoadBalancerName']}"
    for row in natives.living(look):
        name = natives.called(row) or row["InstanceId"]
        public = (first_interface(row).get("Association") or {}).get("PublicIp") or row.get("PublicIpAddress")
        for address in (public, row.get("PublicDnsName"), row.get("PrivateIpAddress"), row.get("PrivateDnsName")):
            if address:
                yield _plain(address), f"the server {name}"
    servers = natives.interface_servers(look)
    called = {row["InstanceId"]: natives.called(row) or row["InstanceId"] for row in natives.living(look)}
    for row in look.rows("ec2", "describe_addresses"):
        server = row.get("InstanceId") or servers.get(row.get("NetworkInterfaceId") or "")
        what = f"the server {called.get(server, server)}" if server else f"the address {row['PublicIp']}"
        yield row["PublicIp"], what
    for bucket in natives.buckets(look):
        for form in ("s3-website-{}", "s3-website.{}", "s3.{}"):
            yield f"{bucket}.{form.format(look.region)}.amazonaws.com", f"the bucket {bucket}"
