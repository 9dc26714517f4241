"""The programs of the matrix: the three-tier example with one of each, on either cloud, and what changes in it."""

from __future__ import annotations

from typing import Any

AT = {"vng": "vng/hcm", "aws": "aws/ap-southeast-1"}
ZONES = {"vng": ("HCM03-1C", "HCM03-1C"), "aws": ("ap-southeast-1a", "ap-southeast-1b")}
"""Of the two subnets; AWS puts a load balancer into two zones at least."""
IMAGE = {"os": "ubuntu", "version": "22.04"}
KEY = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC6DjyfrUNYJXxOMjkWE3HupN+SDtD8of9I12vLpBe7QOW90l3k1wUjtgPyl0rHQiH7y/DoMHG7t"
    "EZsk7wz7IiPh7ngAOCTE6M6Nk9ZqbAAOQt8Kr7sLAQR9y7lCMb1M1/C6HH92VhJdf4jwH2uYfsqU9KKJiiyqtwyoGnmueZ7Fnis7DE6cSF/K0/Fdh"
    "BHURblnRxqnfAQmhVYYTcKDnsXOHudqBJr+xJZMTkAq25wAmXPfFphMatr3nsFTnWYn2NNDjIjT+uf3yFFdZLoGlMYRTqari84LFpAzDxCZ1SiWZY"
    "hCS3JSqz4DHnEp5YtnhhXaWhcP1a2coqH3s+9ezBn demo"
)
WITH_DATA = ("server/db", "volume/data", "bucket/assets")
Program = dict[str, Any]


def seed(cloud: str) -> Program:
    """What there was before the stack: its network."""
    web, db = ZONES[cloud]
    subnets = {
        "web": {"cidr": "10.20.1.0/24", "internet": "direct", "zone": web},
        "db": {"cidr": "10.20.2.0/24", "internet": "direct", "zone": db},
    }
    networks = {"main": {"cidr": "10.20.0.0/16", "subnets": subnets}}
    return {"mcloud": 1, "name": "shop", "placement": AT[cloud], "networks": networks}


def whole(cloud: str) -> Program:
    """A load balancer, a web server, a database server with a volume, a bucket, groups that refer to each other."""
    return seed(cloud) | {
        "security_groups": {
            "web": {"ingress": [_open(8080, "10.20.1.0/24"), _open(22, "203.0.113.0/24")]},
            # Two servers in two subnets are in the group web: where a rule names blocks, this one has two.
            "db": {"ingress": [_open(5432, {"group": "web"})]},
        },
        "keys": {"deploy": {"public_key": KEY}},
        "servers": {
            "web": _server("web", ["web"], 4) | {"stateless": True},
            "db": _server("db", ["web", "db"], 4),
        },
        "volumes": {"data": {"size": "20 GiB", "attach": "db"}},
        "load_balancers": {"front": _balancer(cloud, [{"path": "/admin*", "reject": True}], "/healthz")},
        "buckets": {"assets": {"versioning": True}},
    }


def changed(cloud: str) -> Program:
    """Something of everything that can change: made anew, in place, more of it and less of it."""
    program = whole(cloud)
    program["security_groups"]["web"]["ingress"][1] = _open(443, "203.0.113.0/24")
    program["security_groups"]["db"]["ingress"].append(_open(5433, {"group": "web"}))
    program["servers"]["web"] |= {"user_data": "#cloud-config\n"}
    program["servers"]["db"] |= {"size": {"vcpu": 2, "memory": "8 GiB"}}
    program["servers"]["more"] = _server("web", ["web"], 4) | {"stateless": True}
    program["volumes"]["data"] |= {"size": "30 GiB"}
    moved = {"path": "/old/*", "redirect": "https://new.example.com/", "code": 301}
    rules = [{"path": "/admin*", "reject": True}, moved]
    program["load_balancers"]["front"] = _balancer(cloud, rules, "/ready")
    return program


def reverted(cloud: str) -> Program:
    """The program from before the change, as far as it can be put back: a volume never shrinks."""
    program = whole(cloud)
    program["volumes"] = changed(cloud)["volumes"]
    return program


def _open(port: int, peer: Any) -> Program:
    return {"ports": port, "from": peer}


def _server(subnet: str, groups: list[str], memory: int) -> Program:
    size = {"vcpu": 2, "memory": f"{memory} GiB"}
    return {"size": size, "image": IMAGE, "subnet": subnet, "security_groups": groups, "key": "deploy"}


def _balancer(cloud: str, rules: list[Program], path: str) -> Program:
    to = {"servers": "web", "port": 8080, "check": {"protocol": "http", "path": path, "interval": "10 s"}}
    listener = {"port": 80, "protocol": "http", "rules": rules, "to": to}
    subnets = ["web"] if ZONES[cloud][0] == ZONES[cloud][1] else ["web", "db"]
    return {"subnets": subnets, "public": True, "listeners": [listener]}
