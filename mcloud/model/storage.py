"""Volumes and buckets as people write them in a stack."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mcloud.model.base import Labels, Model, PlacementText
from mcloud.units import Size


class Volume(Model):
    """A block device that outlives the server it is attached to."""

    size: Size
    """Its size, like 200 GiB."""
    class_: Annotated[Literal["hdd", "ssd", "nvme"], Field(alias="class")] = "ssd"
    """The kind of storage."""
    min_iops: Annotated[int, Field(ge=1)] | None = None
    """The least input/output operations per second."""
    attach: str | None = None
    """Name of a server; with ``count`` there is one volume for each."""
    keep: bool = False
    """True: destroy leaves it alone."""
    encrypted: bool = False
    """True: encrypted at rest."""
    zone: str | None = None
    """The zone, by the cloud's own name; left out, that of its server."""
    placement: PlacementText | None = None
    labels: Labels = {}


class Bucket(Model):
    """Object storage, spoken to by S3."""

    versioning: bool = False
    """True: older versions of an object are kept."""
    keep: bool = False
    """True: destroy leaves it alone."""
    placement: PlacementText | None = None
    labels: Labels = {}
