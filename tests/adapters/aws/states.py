"""Terraform states of AWS made for a test, and what is found in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mcloud.discover.discovery import Discovery
from mcloud.discover.meaning import Meant
from mcloud.discover.pipeline import discover_tfstate, meaning_for
from mcloud.discover.tfstate import StateResource
from mcloud.model.stack import Stack
from mcloud.validate import validate
from mcloud_aws.terraform import MEANINGS

Row = tuple[str, str, dict[str, Any]]
VPC: Row = ("aws_vpc", "main", {"id": "vpc-1", "cidr_block": "10.0.0.0/16"})
ANY = "0.0.0.0/0"


def subnet(name: str, number: int, **more: Any) -> Row:
    return (
        "aws_subnet",
        name,
        {"id": f"subnet-{name}", "vpc_id": "vpc-1", "cidr_block": f"10.0.{number}.0/24", **more},
    )


def server(name: str, where: str, **more: Any) -> Row:
    values = {"id": f"i-{name}", "ami": "ami-1", "instance_type": "t3.micro", "subnet_id": f"subnet-{where}"}
    return ("aws_instance", name, {**values, **more})


def discover(folder: Path, *rows: Row, version: int = 4, strict: bool = False) -> Discovery:
    path = folder / "a.tfstate"
    instances = [{"type": kind, "name": name, "instances": [{"attributes": values}]} for kind, name, values in rows]
    path.write_text(json.dumps({"version": version, "resources": instances}), encoding="utf-8")
    return discover_tfstate([path], placement="vng/hcm", meanings=MEANINGS, strict=strict)


def fates(found: Discovery) -> dict[str, str]:
    return {outcome.address.partition(".")[2]: outcome.target or outcome.fate for outcome in found.outcomes}


def blocking(found: Discovery) -> list[str]:
    return [row.message for row in validate(Stack.model_validate(found.document)) if row.severity == "block"]


def meant(kind: str, **attributes: Any) -> Meant:
    meaning = meaning_for(kind, MEANINGS)
    assert meaning is not None
    return meaning(StateResource("f", f"{kind}.x", kind, attributes=attributes))
