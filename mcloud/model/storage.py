"""Volumes and buckets as people write them in a stack."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mcloud.model.base import FormerName, Labels, Model, PlacementText
from mcloud.model.compute import Billing
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
    """True: destroy leaves it alone, and what it needs."""
    encrypted: bool = False
    """True: encrypted at rest."""
    zone: str | None = None
    """The zone, by the cloud's own name; left out, that of its server."""
    billing: Billing | None = None
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}


BUCKET = "BUCKET"
"""Stands in a policy for the bucket's own name, which is made when the bucket is."""


def canonical_policy(text: str) -> str:
    """A bucket policy in the one way in which it is compared: sorted keys, no white space, a list of statements.

    Raises:
        ValueError: no JSON object, or one without statements.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the policy is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("the policy is not a JSON object")
    statements = document.get("Statement")
    statements = statements if isinstance(statements, list) else [statements]
    if not statements or not all(isinstance(item, dict) for item in statements):
        raise ValueError("the policy has no Statement")
    return json.dumps({**document, "Statement": statements}, sort_keys=True, separators=(",", ":"))


def _written_policy(text: str) -> str:
    """Of a file only the path is known here; its text is checked when it is read."""
    if not text.startswith("file:"):
        canonical_policy(text)
    return text


def _sorted(values: tuple[str, ...]) -> tuple[str, ...]:
    """Their order means nothing, and services give them back in another one."""
    return tuple(sorted(set(values)))


Words = Annotated[tuple[str, ...], AfterValidator(_sorted)]
CorsMethod = Literal["GET", "HEAD", "PUT", "POST", "DELETE"]
Days = Annotated[int, Field(ge=1, le=36500)]


class CorsRule(Model):
    """Which web pages of other origins may use a bucket."""

    origins: Annotated[Words, Field(min_length=1)]
    """Origins like https://example.com, or "*"."""
    methods: Annotated[tuple[CorsMethod, ...], AfterValidator(_sorted), Field(min_length=1)]
    """What they may do: GET, HEAD, PUT, POST, DELETE."""
    headers: Words = ()
    """Headers that they may send."""
    expose_headers: Words = ()
    """Headers of the answer that they may read."""
    max_age_seconds: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """How long a browser may remember this."""


class LifecycleRule(Model):
    """What becomes of objects by themselves; at least one of the three."""

    prefix: str = ""
    """Only objects whose keys begin with this; left out, all."""
    expire_after_days: Days | None = None
    """Objects go so many days after they were written."""
    expire_noncurrent_after_days: Days | None = None
    """Older versions go so many days after they were replaced."""
    abort_multipart_after_days: Days | None = None
    """Unfinished uploads go so many days after they were begun."""

    @model_validator(mode="after")
    def _does_something(self) -> LifecycleRule:
        if not (self.expire_after_days or self.expire_noncurrent_after_days or self.abort_multipart_after_days):
            raise ValueError(
                "the rule does nothing: give expire_after_days, expire_noncurrent_after_days or "
                "abort_multipart_after_days"
            )
        return self


class Bucket(Model):
    """Object storage, spoken to by S3."""

    versioning: bool = False
    """True: older versions of an object are kept."""
    public_read: bool = False
    """True: everybody may read its objects."""
    cors: tuple[CorsRule, ...] = ()
    """Which web pages of other origins may use it."""
    lifecycle: tuple[LifecycleRule, ...] = ()
    """What becomes of its objects by themselves."""
    policy: Annotated[str, AfterValidator(_written_policy)] | None = None
    """The bucket policy as JSON text, or file:PATH; BUCKET in a resource stands for its own name."""
    keep: bool = False
    """True: destroy leaves it alone, and what it needs."""
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}
