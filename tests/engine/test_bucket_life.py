"""The life of a bucket on the real engine."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config

pytestmark = pytest.mark.engine


def stack(**bucket: Any) -> dict[str, Any]:
    return {
        "mcloud": 1,
        "name": "site",
        "placement": "vng/hcm",
        "buckets": {"assets": bucket},
        "outputs": {"endpoint": "buckets.assets.endpoint", "bucket": "buckets.assets.name"},
    }


def s3(desk: Any) -> Any:
    access = desk.cloud.objects
    return boto3.session.Session().client(
        "s3",
        region_name="HCM04",
        endpoint_url=access.url,
        aws_access_key_id=access.access_key,
        aws_secret_access_key=access.secret_key,
        config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
    )


def the_bucket(desk: Any) -> dict[str, Any]:
    (found,) = desk.inventory()["buckets"]
    return dict(found)


def test_a_bucket_comes_up_changes_drifts_and_goes(desk: Any) -> None:
    desk.write(
        "policy.json",
        json.dumps(
            {
                "Statement": {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:PutObject",
                    "Resource": "arn:aws:s3:::BUCKET/locked/*",
                }
            }
        ),
    )
    desk.write("site.yaml", stack(versioning=True, policy="file:policy.json", lifecycle=[{"expire_after_days": 30}]))
    desk.run("up", "site.yaml")
    name = the_bucket(desk)["name"]
    assert name.startswith("assets-")
    client = s3(desk)
    assert client.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    outputs = json.loads(desk.run("outputs", "site.yaml", "--json").stdout)
    assert outputs == {"endpoint": desk.cloud.objects.url, "bucket": name}
    assert "nothing to change" in desk.run("preview", "site.yaml").stdout
    client.put_object(Bucket=name, Key="index.html", Body=b"<p>hello")

    cors = [{"origins": ["https://shop.example"], "methods": ["GET"]}]
    desk.write("site.yaml", stack(public_read=True, cors=cors))
    shown = desk.run("preview", "site.yaml", exit_code=2).stdout
    assert "~ change bucket assets (cors, lifecycle, policy, publicRead, versioning)" in shown
    desk.run("up", "site.yaml")
    assert the_bucket(desk) == {"name": name, "region": "HCM04", "objects": 1}
    assert client.get_object(Bucket=name, Key="index.html")["Body"].read() == b"<p>hello"
    assert "nothing to change" in desk.run("preview", "site.yaml").stdout

    client.delete_bucket_policy(Bucket=name)
    assert "publicRead" in desk.run("drift", "site.yaml", exit_code=2).stdout
    desk.run("up", "site.yaml")
    assert "s3:GetObject" in client.get_bucket_policy(Bucket=name)["Policy"]

    done = desk.run("destroy", "site.yaml", "--yes", exit_code=None, timeout=60)
    assert done.returncode in (1, 4)
    assert f"the bucket {name} still holds objects, and mcloud empties no bucket" in done.stderr
    assert "keep: true" in done.stderr
    assert the_bucket(desk)["objects"] == 1

    for item in client.list_object_versions(Bucket=name)["Versions"]:
        client.delete_object(Bucket=name, Key=item["Key"], VersionId=item["VersionId"])
    desk.run("destroy", "site.yaml", "--yes")
    assert desk.counts() == {}
