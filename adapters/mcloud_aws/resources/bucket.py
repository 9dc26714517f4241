"""Buckets of S3 (sources: docs/clouds/aws.md). The native id is the bucket's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mcloud.adapter.buckets import Raw, Settings, asked, delete_empty, read_settings, refuse_rename, there_already
from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.catalog.types import Catalog
from mcloud.model.base import Placement
from mcloud.model.storage import BUCKET
from mcloud_aws import storage
from mcloud_aws.policy import POLICIES
from mcloud_aws.resources import payment
from mcloud_aws.session import AwsSession
from mcloud_aws.tags import changes, label_gaps, tag_list, tag_map

# docs.aws.amazon.com/AmazonS3, "General purpose bucket naming rules", 2026-11. Dots break TLS names; none is taken.
NAME = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)")
MOST_RULES = 1000
FIRST_REGION = "us-east-1"  # the one whose buckets have no LocationConstraint


class Bucket(Kind):
    """A bucket with its versioning, policy, CORS and lifecycle rules."""

    kind = "Bucket"
    deadline = 120.0
    believe_none_after = 5.0
    name_limit = 63
    reads_by_list: ClassVar[bool] = False

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        refuse_rename(changed)
        return frozenset()

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = label_gaps(resource, inputs)
        name, policy = inputs.get("name"), str(inputs.get("policy") or "")
        if name and not NAME.fullmatch(name):
            reason = f"a bucket's name on S3 is 3-63 lower-case letters, digits and hyphens; not {name!r}"
            found.append(Gap("bucket-name", resource, "blocking", reason, "choose such a name, or leave it out"))
        rules = len(inputs.get("lifecycle") or ())
        if rules > MOST_RULES:
            reason = f"a bucket on S3 has at most {MOST_RULES} lifecycle rules; asked for {rules}"
            found.append(Gap("lifecycle-rules", resource, "blocking", reason, "put rules together by their prefixes"))
        if name and POLICIES.names(policy, name):
            reason = "the policy names its own bucket"
            found.append(Gap("policy-bucket-name", resource, "blocking", reason, f"write {BUCKET} instead of {name}"))
        return found

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_bucket()

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return storage.bucket_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(
            storage.bucket_seen(native), {}, {"endpoint": native["Endpoint"]} if "Endpoint" in native else {}
        )

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        name = str(inputs["name"])
        if self.find(session, inputs).native_id is not None:
            raise there_already(name)
        place = {"CreateBucketConfiguration": {"LocationConstraint": session.region}}
        # Not repeated by the client: it would be refused as another one of that name.
        session.client("s3", once=True).create_bucket(Bucket=name, **({} if session.region == FIRST_REGION else place))
        return name

    def read(self, session: AwsSession, native_id: str) -> Native | None:
        s3 = session.s3
        found = read_settings(s3, native_id)
        if found is None:
            return None
        public = asked(lambda: s3.get_public_access_block(Bucket=native_id), "NoSuchPublicAccessBlockConfiguration")
        tags = asked(lambda: s3.get_bucket_tagging(Bucket=native_id), "NoSuchTagSet")
        return {
            **found,
            "Public": (public or {}).get("PublicAccessBlockConfiguration") or {},
            "TagSet": (tags or {}).get("TagSet") or [],
            "Endpoint": session.endpoint("s3") or f"https://s3.{session.region}.amazonaws.com",
        }

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        wanted = self.translate(new, picks)
        put = _Settings(session.s3, native_id)
        put.write_changed(native, wanted)
        self._open(put, native, wanted)
        write, lost = changes(native["TagSet"], old, {**new, "name": native_id})
        write = [item for item in write if item["Key"] != "Name"]
        if write or lost:
            kept = {key: value for key, value in tag_map(native["TagSet"]).items() if key not in lost}
            put.tags(kept | tag_map(write))
        return False

    def _open(self, put: _Settings, native: Native, wanted: Raw) -> None:
        """Public access first where it opens, the policy first where it closes: the service refuses the rest."""
        block = None if native["Public"] == wanted["Public"] else wanted["Public"]
        if block == storage.OPEN:
            put.public(block)
        there, asked_for = storage.bucket_seen(native), storage.bucket_seen(wanted)
        if any(there[key] != asked_for[key] for key in ("policy", "publicRead")):
            put.policy(wanted["Policy"])
        if block == storage.CLOSED:
            put.public(block)

    def delete(self, session: AwsSession, native_id: str) -> None:
        delete_empty(session.s3, native_id)

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        name = str(inputs["name"])
        return Found(name, (name,)) if name in self._names(session) else Found()

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        for name in self._names(session, session.region):
            native = self.read(session, name)
            if native is not None:
                yield name, native

    def _names(self, session: AwsSession, region: str | None = None) -> tuple[str, ...]:
        """The account's own buckets, of one region or of all."""
        paginator = session.s3.get_paginator("list_buckets")
        pages = paginator.paginate(**({"BucketRegion": region} if region else {}), PaginationConfig={"PageSize": 1000})
        return tuple(item["Name"] for page in pages for item in page.get("Buckets") or ())


class _Settings(Settings):
    """Access and tags too."""

    def public(self, block: Raw) -> None:
        """Whether a policy may let everybody in."""
        self._client.put_public_access_block(Bucket=self._bucket, PublicAccessBlockConfiguration=block)

    def tags(self, tags: dict[str, str]) -> None:
        if tags:
            self._client.put_bucket_tagging(Bucket=self._bucket, Tagging={"TagSet": tag_list(tags)})
        else:
            self._client.delete_bucket_tagging(Bucket=self._bucket)
