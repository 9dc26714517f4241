"""S3's refusals that depend on the region, which moto does not keep to.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mcloud.emulator import objects
from mcloud.emulator.buckets import Farm
from mcloud.emulator.signature import S3Call, S3Refusal
from mcloud.emulator.wire import WireAnswer

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
NAME = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def answer(farm: Farm, call: S3Call, region: str | None, limits: Mapping[str, int]) -> WireAnswer:
    """What S3 says to a call that is signed for a region; None: it is not signed.

    Raises:
        S3Refusal: there are too many buckets, or the name of a new one is none.
    """
    creates = call.method == "PUT" and call.bucket and not call.key and not call.query
    if creates and not farm.has(call.bucket) and farm.count() >= limits["buckets"]:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html
        raise S3Refusal(400, "TooManyBuckets", "You have attempted to create more buckets than allowed")
    if creates and not NAME.fullmatch(call.bucket):
        raise S3Refusal(400, "InvalidBucketName", "The specified bucket is not valid.")
    where = farm.region(call.bucket)
    if region is None or where is None or where == region or creates or call.asks("location"):
        return farm.serve(call, region or where)
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html : the header tells clients where to go.
    message = f"The authorization header is malformed; the region '{region}' is wrong; expecting '{where}'"
    wrong = objects.told(400, "AuthorizationHeaderMalformed", message, call, Region=where)
    return WireAnswer(wrong.status, (*wrong.headers, ("x-amz-bucket-region", where)), wrong.body)
