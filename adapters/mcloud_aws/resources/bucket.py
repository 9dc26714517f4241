"""Buckets of S3 (sources: docs/clouds/aws.md). The native id is the bucket's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.errors import Conflict, InUse, InvalidRequest
from mcloud.model.base import Placement
from mcloud.model.storage import BUCKET
from mcloud_aws import storage
from mcloud_aws.errors import code_of
from mcloud_aws.policy import names_bucket
from mcloud_aws.session import AwsSession
from mcloud_aws.storage import Raw
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
        """Nothing: a new bucket would be empty and the old one's objects left behind."""
        if "name" in changed:
            raise InvalidRequest(
                "a bucket cannot be renamed, and a new bucket would be empty",
                hint="make a second bucket beside it, copy the objects (rclone sync), then remove the first",
            )
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
        if name and names_bucket(policy, name):
            reason = "the policy names its own bucket"
            found.append(Gap("policy-bucket-name", resource, "blocking", reason, f"write {BUCKET} instead of {name}"))
        return found

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return storage.bucket_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(
            storage.bucket_seen(native), {}, {"endpoint": native["Endpoint"]} if "Endpoint" in native else {}
        )

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        name = str(inputs["name"])
        if self.find(session, inputs).native_id is not None:
            # The service may say yes to its owner, and a bucket with objects would be taken for a new one.
            raise Conflict(
                f"the bucket {name} is there already", hint="import it, choose another name, or leave the name out"
            )
        place = {"CreateBucketConfiguration": {"LocationConstraint": session.region}}
        # Not repeated by the client: it would be refused as another one of that name.
        session.client("s3", once=True).create_bucket(Bucket=name, **({} if session.region == FIRST_REGION else place))
        return name

    def read(self, session: AwsSession, native_id: str) -> Native | None:
        s3 = session.s3
        versioning = _asked(lambda: s3.get_bucket_versioning(Bucket=native_id), "NoSuchBucket")
        if versioning is None:
            return None
        policy = _asked(lambda: s3.get_bucket_policy(Bucket=native_id), "NoSuchBucketPolicy")
        public = _asked(lambda: s3.get_public_access_block(Bucket=native_id), "NoSuchPublicAccessBlockConfiguration")
        cors = _asked(lambda: s3.get_bucket_cors(Bucket=native_id), "NoSuchCORSConfiguration")
        rules = _asked(lambda: s3.get_bucket_lifecycle_configuration(Bucket=native_id), "NoSuchLifecycleConfiguration")
        tags = _asked(lambda: s3.get_bucket_tagging(Bucket=native_id), "NoSuchTagSet")
        return {
            "Bucket": native_id,
            "Versioning": versioning.get("Status"),
            "Public": (public or {}).get("PublicAccessBlockConfiguration") or {},
            "Policy": (policy or {}).get("Policy"),
            "CORSRules": (cors or {}).get("CORSRules") or [],
            "Rules": (rules or {}).get("Rules") or [],
            "TagSet": (tags or {}).get("TagSet") or [],
            "Endpoint": session.endpoint("s3") or f"https://s3.{session.region}.amazonaws.com",
        }

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        wanted = self.translate(new, picks)
        put = _Settings(session.s3, native_id)
        there, asked = storage.comparable(storage.bucket_seen(native)), storage.comparable(storage.bucket_seen(wanted))
        if there["versioning"] != asked["versioning"]:
            put.versioning(bool(asked["versioning"]))
        self._open(put, native, wanted, there, asked)
        if there["cors"] != asked["cors"]:
            put.cors(wanted["CORSRules"])
        if there["lifecycle"] != asked["lifecycle"]:
            put.lifecycle(wanted["Rules"])
        write, lost = changes(native["TagSet"], old, {**new, "name": native_id})
        write = [item for item in write if item["Key"] != "Name"]
        if write or lost:
            kept = {key: value for key, value in tag_map(native["TagSet"]).items() if key not in lost}
            put.tags(kept | tag_map(write))
        return False

    def _open(self, put: _Settings, native: Native, wanted: Raw, there: Raw, asked: Raw) -> None:
        """Public access first where it opens, the policy first where it closes: the service refuses the rest."""
        block = None if native["Public"] == wanted["Public"] else wanted["Public"]
        if block == storage.OPEN:
            put.public(block)
        if (there["policy"], there["publicRead"]) != (asked["policy"], asked["publicRead"]):
            put.policy(wanted["Policy"])
        if block == storage.CLOSED:
            put.public(block)

    def delete(self, session: AwsSession, native_id: str) -> None:
        try:
            _asked(lambda: session.s3.delete_bucket(Bucket=native_id), "NoSuchBucket")
        except Exception as error:
            if code_of(error) != "BucketNotEmpty":
                raise
            refused = InUse(
                f"the bucket {native_id} still holds objects, and mcloud empties no bucket",
                hint="empty it yourself, older versions and unfinished uploads included, and run again; "
                "or write keep: true to leave it alone",
                vendor_code="BucketNotEmpty",
            )
            refused.passes = False
            raise refused from error

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


class _Settings:
    """Writes one setting of a bucket; nothing to write takes away what is there."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def versioning(self, on: bool) -> None:
        """Once on it can only be suspended: older versions stay."""
        status = {"Status": "Enabled" if on else "Suspended"}
        self._client.put_bucket_versioning(Bucket=self._bucket, VersioningConfiguration=status)

    def public(self, block: Raw) -> None:
        """Whether a policy may let everybody in."""
        self._client.put_public_access_block(Bucket=self._bucket, PublicAccessBlockConfiguration=block)

    def policy(self, text: str | None) -> None:
        if text is None:
            self._client.delete_bucket_policy(Bucket=self._bucket)
        else:
            self._client.put_bucket_policy(Bucket=self._bucket, Policy=text)

    def cors(self, rules: list[Raw]) -> None:
        if rules:
            self._client.put_bucket_cors(Bucket=self._bucket, CORSConfiguration={"CORSRules": rules})
        else:
            self._client.delete_bucket_cors(Bucket=self._bucket)

    def lifecycle(self, rules: list[Raw]) -> None:
        if rules:
            self._client.put_bucket_lifecycle_configuration(
                Bucket=self._bucket, LifecycleConfiguration={"Rules": rules}
            )
        else:
            self._client.delete_bucket_lifecycle(Bucket=self._bucket)

    def tags(self, tags: dict[str, str]) -> None:
        if tags:
            self._client.put_bucket_tagging(Bucket=self._bucket, Tagging={"TagSet": tag_list(tags)})
        else:
            self._client.delete_bucket_tagging(Bucket=self._bucket)


def _asked(call: Callable[[], Raw], absent: str) -> Raw | None:
    """The answer; None where the service says that there is no such thing."""
    try:
        return call()
    except Exception as error:
        if code_of(error) == absent:
            return None
        raise
