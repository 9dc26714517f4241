"""Neutral to native and back for load balancers: pure functions, as in ``translate`` (sources: docs/clouds/vng.md).

What is written and what is read are spelled differently: ``listenerName`` and ``name``, ``poolProtocol`` and
``protocol``, ``algorithm`` and ``loadBalanceMethod``, ``ipAddress``/``port`` and ``address``/``protocolPort``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mcloud.model.base import Placement
from mcloud.model.network import ANYWHERE
from mcloud.units import Duration

Native = Mapping[str, Any]
Raw = dict[str, Any]

LAYERS = {"application": "Layer 7", "network": "Layer 4"}
ALGORITHMS = {"round-robin": "ROUND_ROBIN", "least-connections": "LEAST_CONNECTIONS", "source-ip": "SOURCE_IP"}
CHECKS = {"tcp": "TCP", "udp": "PING-UDP", "http": "HTTP", "https": "HTTPS"}
TIMEOUTS = {"timeoutClient": 50, "timeoutMember": 50, "timeoutConnection": 5}  # seconds, the vendor's defaults ([SDK])
THRESHOLDS = {"healthyThreshold": "healthy", "unhealthyThreshold": "unhealthy"}
SPANS = {"interval": "30 s", "timeout": "5 s"}  # the vendor's defaults are the model's
FORWARDED = tuple(  # the names that a listener has by default ([TF]); the value is what [SDK] sends
    {"headerName": f"X-Forwarded-{name}", "headerValue": "true"} for name in ("For", "Proto", "Port")
)


def last(native_id: Any) -> str:
    """The thing's own id in the id of something that is in a load balancer."""
    return str(native_id).rsplit("/", 1)[-1]


def seconds(text: str) -> int:
    """A duration as the service counts."""
    return Duration.parse(text).seconds


def balancer_body(inputs: Native, picks: Native) -> Raw:
    """Body of POST /loadBalancers. Listeners and pools are things of their own here, so none come with it."""
    return {
        "name": inputs["name"],
        "packageId": picks["flavorId"],
        "scheme": "Internet" if inputs.get("public") else "Internal",
        "subnetId": last(inputs["subnets"][0]),
        "type": LAYERS[picks["layer"]],
        "zoneId": picks["zone"],
        "autoScalable": False,
        "isPoc": False,
        "listener": None,
        "pool": None,
    }


def balancer_seen(at: Placement, native: Native) -> Raw:
    """What can be seen of a load balancer; ``native`` is {"balancer", "network"}, the network None where it is not
    known. Whether the scheme is written INTERNET or Internet is not known."""
    item, network = native["balancer"], native["network"]
    seen: Raw = {"name": item["name"], "public": str(item["loadBalancerSchema"]).lower() == "internet"}
    if network is not None:
        seen["subnets"] = [at.id_of(f"{network}/{item['privateSubnetId']}")]
    return seen


def balancer_picks(native: Native) -> Raw:
    """What was chosen for a load balancer, as the cloud shows it."""
    item = native["balancer"]
    layers = {vendor: neutral for neutral, vendor in LAYERS.items()}
    seen = {
        "zone": (item.get("zone") or {}).get("uuid"),
        "layer": layers.get(item.get("type", "")),
        "flavor": (item.get("packageInfo") or {}).get("name"),
        "flavorId": item.get("packageId"),
    }
    return {key: value for key, value in seen.items() if value is not None}


def pool_body(inputs: Native, picks: Native) -> Raw:
    """Body of POST /loadBalancers/{lb}/pools. ``picks["servers"]`` has name and address of each member."""
    return {
        "poolName": inputs["name"],
        "poolProtocol": "HTTP" if inputs["protocol"] in ("http", "https") else inputs["protocol"].upper(),
        **pool_settings(inputs),
        "members": members(inputs, picks["servers"]),
    }


def pool_settings(inputs: Native) -> Raw:
    """The part that an update can change: HTTP pools must say whether they are sticky (LIVE), others have no such."""
    protocol = inputs["protocol"]
    made: Raw = {"algorithm": ALGORITHMS[inputs.get("algorithm") or "round-robin"]}
    if protocol in ("http", "https"):
        made |= {"stickiness": bool(inputs.get("sticky")), "tlsEncryption": protocol == "https"}
    return {**made, "healthMonitor": monitor_body(inputs)}


def plain_check(protocol: str) -> str:
    """How members are checked where nothing is said: every pool must have a monitor."""
    return "udp" if protocol == "udp" else "tcp"


def monitor_body(inputs: Native) -> Raw:
    """``healthMonitor`` of a pool; the HTTP fields are for HTTP checks only ([SDK])."""
    check = inputs.get("monitor") or {"protocol": plain_check(inputs["protocol"])}
    made: Raw = {"healthCheckProtocol": CHECKS[check["protocol"]]}
    made |= {vendor: int(check.get(neutral) or 3) for vendor, neutral in THRESHOLDS.items()}
    made |= {name: seconds(check.get(name) or default) for name, default in SPANS.items()}
    if check["protocol"] in ("http", "https"):
        host = check.get("host")
        made |= {
            "healthCheckMethod": check.get("method") or "GET",
            "httpVersion": "1.1" if host else "1.0",
            "healthCheckPath": check.get("path") or "/",
            "domainName": host,
            "successCode": check.get("codes") or "200",
        }
    return made


def monitor_seen(native: Native) -> Raw:
    """A health monitor in neutral words."""
    protocols = {vendor: neutral for neutral, vendor in CHECKS.items()}
    word = native.get("healthCheckProtocol") or ""
    seen: Raw = {"protocol": protocols.get(word, word)}
    seen |= {neutral: native.get(vendor) for vendor, neutral in THRESHOLDS.items()}
    seen |= {name: str(Duration(int(native[name]))) for name in SPANS if native.get(name) is not None}
    if seen["protocol"] in ("http", "https"):
        # An empty one where none was asked for: it is compared with what was asked for.
        seen |= {"path": native.get("healthCheckPath") or "/", "host": native.get("domainName") or ""}
        seen |= {"method": native.get("healthCheckMethod") or "GET", "codes": native.get("successCode") or "200"}
    return {key: value for key, value in seen.items() if value is not None}


def members(inputs: Native, servers: Iterable[Native]) -> list[Raw]:
    """The full list of members, in the order of the servers: each {"name", "address"}."""
    check_port = (inputs.get("monitor") or {}).get("port") or inputs["port"]
    return [
        {
            "name": server["name"],
            "ipAddress": server["address"],
            "port": inputs["port"],
            "monitorPort": check_port,
            "weight": 1,
            "backup": False,
        }
        for server in servers
    ]


def pool_seen(at: Placement, native: Native) -> Raw:
    """What can be seen of a pool; ``native`` is {"balancer", "pool", "monitor", "members", "servers"}, the last being
    address -> id of the server that has it.

    A member that is no server, or answers on another port than most, is shown by its address: that is a difference.
    """
    pool, rows = native["pool"], native["members"]
    encrypted = bool(pool.get("tlsEncryption"))
    protocol = "https" if encrypted else str(pool["protocol"]).lower()
    methods = {vendor: neutral for neutral, vendor in ALGORITHMS.items()}
    seen: Raw = {
        "name": pool["name"],
        "loadBalancer": at.id_of(native["balancer"]),
        "protocol": protocol,
        "algorithm": methods.get(pool["loadBalanceMethod"], pool["loadBalanceMethod"]),
        "sticky": bool(pool.get("stickiness")),
        "monitor": monitor_seen(native["monitor"] or {}),
    }
    ports = Counter(row["protocolPort"] for row in rows)
    usual = min(ports, key=lambda port: (-ports[port], port), default=None)
    checks = {row.get("monitorPort") for row in rows} - {None}
    if usual is not None:
        seen["port"] = usual
        # Without a port of its own the check goes to the members'; a mixture is shown as none that anybody asked for.
        seen["monitor"]["port"] = next(iter(checks)) if len(checks) == 1 else 0
    seen["members"] = [_member_seen(at, row, native["servers"], usual) for row in rows]
    return seen


def _member_seen(at: Placement, row: Native, servers: Mapping[str, str], usual: int | None) -> str:
    server = servers.get(row["address"])
    plain = row["protocolPort"] == usual and int(row.get("weight") or 0) == 1 and not row.get("backup")
    return at.id_of(server if server is not None and plain else f"{row['address']}:{row['protocolPort']}")


def same_members(wanted: list[Raw], rows: list[Native]) -> bool:
    """Whether the members are what is wanted; an equal list would be refused."""

    def said(name: Any, address: Any, port: Any, row: Native) -> tuple[Any, ...]:
        return name, address, port, row.get("monitorPort") or port, row.get("weight"), bool(row.get("backup"))

    there = sorted(said(row.get("name"), row["address"], row["protocolPort"], row) for row in rows)
    return there == sorted(said(row["name"], row["ipAddress"], row["port"], row) for row in wanted)


def same_settings(inputs: Native, native: Native) -> bool:
    """Whether a pool's settings are what is asked for; without a monitor in the inputs the one that is there does."""
    pool, wanted = native["pool"], pool_settings(inputs)
    there = {"algorithm": pool["loadBalanceMethod"]}
    there |= {key: bool(pool.get(key)) for key in ("stickiness", "tlsEncryption") if key in wanted}
    monitor = wanted.pop("healthMonitor")
    if inputs.get("monitor") is None:
        return bool(wanted == there)
    shown = native["monitor"] or {}
    return bool(wanted == there) and all((shown.get(key) or None) == value for key, value in monitor.items())


def listener_body(inputs: Native) -> Raw:
    """Body of POST /loadBalancers/{lb}/listeners."""
    return {
        "listenerName": inputs["name"],
        "listenerProtocol": inputs["protocol"].upper(),
        "listenerProtocolPort": inputs["port"],
        **listener_settings(inputs, {}),
    }


def listener_settings(inputs: Native, native: Native) -> Raw:
    """All that an update replaces: what the model does not know keeps the value that it has in ``native``."""
    timeouts = {name: int(native.get(name) or default) for name, default in TIMEOUTS.items()}
    if inputs.get("idleTimeout"):
        timeouts |= dict.fromkeys(("timeoutClient", "timeoutMember"), seconds(inputs["idleTimeout"]))
    is_http = inputs["protocol"] in ("http", "https")
    kept = [dict(row) for row in native.get("insertHeaders") or ()]
    return {
        "allowedCidrs": ",".join(inputs.get("allowedCidrs") or (ANYWHERE,)),
        **timeouts,
        "defaultPoolId": last(inputs["pool"]) if inputs.get("pool") else None,
        "certificateAuthorities": list(inputs.get("sni") or ()) or None,
        "clientCertificate": native.get("clientCertificateAuthentication"),
        "defaultCertificateAuthority": inputs.get("certificate"),
        "insertHeaders": (kept or [dict(row) for row in FORWARDED]) if is_http else None,
    }


def _blocks(text: str | None) -> list[str]:
    blocks = sorted(block.strip() for block in (text or "").split(",") if block.strip())
    return [] if ANYWHERE in blocks else blocks


def same_listener(inputs: Native, native: Native) -> bool:
    """Whether a listener's settings are what is asked for."""
    wanted = listener_settings(inputs, native)
    there = {
        **{name: native.get(name) for name in TIMEOUTS},
        "defaultPoolId": native.get("defaultPoolId") or None,
        "defaultCertificateAuthority": native.get("defaultCertificateAuthority") or None,
    }
    return (
        all(wanted[name] == value for name, value in there.items())
        and sorted(wanted["certificateAuthorities"] or ()) == sorted(_further(native))
        and _blocks(wanted["allowedCidrs"]) == _blocks(native.get("allowedCidrs"))
    )


def _further(native: Native) -> list[str]:
    """The certificates beside the default one; whether the list has that one too is not known."""
    default = native.get("defaultCertificateAuthority")
    return [item for item in native.get("certificateAuthorities") or () if item != default]


def listener_seen(at: Placement, native: Native) -> Raw:
    """What can be seen of a listener; ``native`` is {"balancer", "listener", "policies"}. Nothing, where something
    could be asked for, is an empty text: it then differs from what was asked for."""
    item, balancer = native["listener"], native["balancer"]
    idle = {int(item.get(name) or 0) for name in ("timeoutClient", "timeoutMember")}
    pool, certificate = item.get("defaultPoolId"), item.get("defaultCertificateAuthority")
    return {
        "name": item["name"],
        "loadBalancer": at.id_of(balancer),
        "pool": at.id_of(f"{balancer}/{pool}") if pool else "",
        "port": item["protocolPort"],
        "protocol": str(item["protocol"]).lower(),
        "certificate": at.id_of(certificate) if certificate else "",
        "sni": [at.id_of(one) for one in _further(item)],
        "allowedCidrs": _blocks(item.get("allowedCidrs")),
        "idleTimeout": str(Duration(max(idle))) if len(idle) == 1 else json.dumps(sorted(idle)),
    }


def certificate_body(inputs: Native) -> Raw:
    """Body of POST /cas; the private key is text in a call's inputs, and where it is kept in any others."""
    return {
        "name": inputs["name"],
        "type": "TLS/SSL",
        "certificate": inputs["certificate"],
        "certificateChain": inputs.get("chain"),
        "privateKey": str(inputs["privateKey"]),
        "passphrase": None,
    }


def certificate_seen(native: Native) -> Raw:
    """What can be seen of a certificate: neither its text nor its key."""
    return {"name": native["name"]}
