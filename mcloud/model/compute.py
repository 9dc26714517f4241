"""Servers, placement groups and keys as people write them in a stack."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from mcloud.model.base import FormerName, Labels, Model, Name, PlacementText, SecretReference
from mcloud.units import Size

OS_PATTERN = r"^[a-z][a-z0-9-]*$"
GPU_PATTERN = r"^[a-z0-9][a-z0-9-]*$"


def _version(value: Any) -> Any:
    # YAML reads 22.04 as a number; 22.10 would then lose its zero, so a number is not taken.
    if isinstance(value, float):
        raise ValueError(f'{value!r} is a number and may have lost a zero; put the version in quotes, like "22.04"')
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Version = Annotated[str, BeforeValidator(_version), WithJsonSchema({"type": "string", "examples": ["22.04"]})]


class MachineSize(Model):
    """The least a server needs; the cheapest flavor that has it is taken."""

    vcpu: Annotated[int, Field(ge=1, le=1024)]
    """Virtual CPUs."""
    memory: Size
    """Memory, like 4 GiB."""
    gpu: Annotated[int, Field(ge=0, le=64)] = 0
    """GPUs."""
    gpu_model: Annotated[str, Field(pattern=GPU_PATTERN, examples=["rtx4090"])] | None = None
    """Their model, as the cloud's flavors write it; left out, any."""

    @model_validator(mode="after")
    def _model_of_something(self) -> MachineSize:
        if self.gpu_model and not self.gpu:
            raise ValueError("gpu_model says which GPUs; say how many with gpu")
        return self


class Image(Model):
    """An operating system by name and version, the same words on every cloud."""

    os: Annotated[str, Field(pattern=OS_PATTERN, examples=["ubuntu"])]
    """The system's name in lower case."""
    version: Version
    """The system's version, in quotes."""


class Disk(Model):
    """A server's root disk."""

    size: Size = Size.gib(20)
    """Its size, like 40 GiB."""
    class_: Annotated[Literal["hdd", "ssd", "nvme"], Field(alias="class")] = "ssd"
    """The kind of storage."""
    min_iops: Annotated[int, Field(ge=1)] | None = None
    """The least input/output operations per second."""
    encrypted: bool = False
    """True: encrypted at rest."""


class Billing(Model):
    """For clouds that sell by the month."""

    renew: bool = False
    """Renew by itself at the end of the paid month."""


class Key(Model):
    """An SSH public key."""

    public_key: str
    """The key in OpenSSH format, or file:PATH."""
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}


class PlacementGroup(Model):
    """Which of its servers share a physical host."""

    policy: Literal["spread", "pack"]
    """spread: on hosts of their own, so that one host's failure takes one server; pack: close together."""
    strict: bool = False
    """True: rather no server than one that breaks the policy. False: as far as there is room."""
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}


class Server(Model):
    """A virtual machine, or ``count`` equal ones."""

    size: MachineSize | None = None
    """What it needs at least; or name a flavor per cloud."""
    flavor: dict[Name, str] = {}
    """One flavor by name, per cloud: overrides ``size`` there."""
    image: Image
    subnet: str
    """Name of the subnet; network.subnet where the name is used twice."""
    interfaces: tuple[str, ...] = ()
    """Names of further subnets: one more interface in each. The system inside may have to bring them up itself."""
    count: Annotated[int, Field(ge=0, le=1000)] | None = None
    """How many; they are named NAME-0, NAME-1, ... Left out: one, named NAME."""
    stateless: bool = False
    """True: nothing on its disk is missed when it is replaced."""
    keep: bool = False
    """True: destroy leaves it alone, and what it needs."""
    zones: Literal["any", "spread"] | tuple[str, ...] = "any"
    """any: the cloud's choice; spread: over all zones in turn; or a list of zones, taken in turn."""
    placement_group: str | None = None
    """Name of the placement group that it starts in."""
    public_ip: bool = False
    """True: each gets a public address of its own."""
    security_groups: tuple[str, ...] = ()
    """Names of security groups."""
    disk: Disk = Disk()
    key: str | None = None
    """Name of the SSH key."""
    user_data: str | SecretReference | None = None
    """cloud-init text or file:PATH, which the state then holds; {secret: env:NAME, keyring:NAME or file:PATH}: it does
    not."""
    billing: Billing | None = None
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}

    @model_validator(mode="after")
    def _size_or_flavor(self) -> Server:
        if self.size is None and not self.flavor:
            raise ValueError("give size: {vcpu, memory} or a flavor per cloud")
        return self
