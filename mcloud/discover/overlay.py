"""The assumptions file: what a person knows and a source does not say.

Everything in it goes by native id, and everything taken from it is marked in the stack file as assumed.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator

from mcloud.errors import DiscoverError
from mcloud.model.base import Model, Name
from mcloud.model.compute import Image, MachineSize
from mcloud.model.network import Cidr
from mcloud.units import Size

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class AssumedNetwork(Model):
    """A network that the sources refer to and do not hold."""

    cidr: Cidr
    name: Name | None = None


class AssumedSubnet(Model):
    """A subnet that the sources refer to and do not hold."""

    network: str
    """Native id of its network."""
    cidr: Cidr
    name: Name | None = None
    internet: Literal["none", "outbound", "direct"] | None = None


class AssumedGroup(Model):
    """A security group whose rules the sources hold, but not the group itself."""

    network: str
    """Native id of its network."""
    name: Name | None = None


class Overlay(Model):
    """An assumptions file; ids are the source's own."""

    networks: dict[str, AssumedNetwork] = Field(default_factory=dict)
    subnets: dict[str, AssumedSubnet] = Field(default_factory=dict)
    groups: dict[str, AssumedGroup] = Field(default_factory=dict)
    images: dict[str, Image] = Field(default_factory=dict)
    """Image id -> operating system."""
    sizes: dict[str, MachineSize] = Field(default_factory=dict)
    """Flavor name -> what it has, for flavors that the tables lack."""
    public_keys: dict[str, str] = Field(default_factory=dict)
    """Key name -> the key in OpenSSH format, or file:PATH."""
    same: tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...] = ()
    """Ids that stand for one and the same thing; the first one stays."""
    renumber: dict[str, Cidr] = Field(default_factory=dict)
    """Network id -> its new block; subnets and rules inside the old block move along."""
    internet: dict[str, Literal["none", "outbound", "direct"]] = Field(default_factory=dict)
    """Subnet id -> what it reaches, where the sources show no routes."""
    disk_min: Size | None = None
    """Smaller root disks and volumes are made this large."""
    leave_out: dict[str, Annotated[str, Field(min_length=3)]] = Field(default_factory=dict)
    """Address of a resource -> why it is not wanted."""

    @field_validator("public_keys")
    @classmethod
    def _are_public(cls, value: dict[str, str]) -> dict[str, str]:
        # The message must not hold the text: it may be a private key.
        if any("PRIVATE KEY" in key for key in value.values()):
            raise ValueError("holds a private key; give the public one")
        return value


def read_overlay(path: Path | None) -> Overlay:
    """Read an assumptions file; none is an empty one.

    Raises:
        DiscoverError: not there, no YAML, or it does not fit; ``where`` names the place.
    """
    if path is None:
        return Overlay()
    try:
        document: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except OSError as error:
        raise DiscoverError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise DiscoverError("is not YAML", where=where) from error
    try:
        return Overlay.model_validate(document or {})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        known = ", ".join(Overlay.model_fields)
        raise DiscoverError(f"{where}: {first['msg']}", where=str(path), hint=f"sections: {known}") from None


def move_block(block: str, old: str, new: str) -> str | None:
    """Where a block goes when the network around it is renumbered; None where it is not inside.

    Raises:
        ValueError: the new network is smaller than the old one.
    """
    inner, before, after = ipaddress.IPv4Network(block), ipaddress.IPv4Network(old), ipaddress.IPv4Network(new)
    if after.prefixlen > before.prefixlen:
        raise ValueError(f"{new} is smaller than {old}")
    if not inner.subnet_of(before):
        return None
    offset = int(inner.network_address) - int(before.network_address)
    return str(ipaddress.IPv4Network((int(after.network_address) + offset, inner.prefixlen)))
