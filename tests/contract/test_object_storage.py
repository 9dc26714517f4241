"""Emulated object storage as any S3 client meets it: keys, isolation, refusals, faults, recording, inventory."""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

from mcloud.emulator.faults import FaultRule
from mcloud.emulator.server import Running, serve
from mcloud_vng.emulator import SPEC

ONCE = Config(
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    retries={"total_max_attempts": 1, "mode": "standard"},
)
SESSION = boto3.session.Session()
RCLONE = Path(sys.executable).with_name("rclone")


def client(cloud: Running, **changes: Any) -> Any:
    assert cloud.objects is not None
    values = {
        "region_name": "HCM04",
        "endpoint_url": cloud.objects.url,
        "aws_access_key_id": cloud.objects.access_key,
        "aws_secret_access_key": cloud.objects.secret_key,
        "config": ONCE,
    }
    return SESSION.client("s3", **(values | changes))


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(SPEC) as found:
        yield found


@pytest.fixture
def cloud(running: Running) -> Running:
    """The one that all tests here share, empty and without faults."""
    running.app.faults.clear()
    httpx.post(f"{running.url}/_mcloud/reset").raise_for_status()
    return running


@pytest.fixture
def s3(cloud: Running) -> Any:
    made = client(cloud)
    made.create_bucket(Bucket="first")
    return made


def refused(call: Any, **values: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**values)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"aws_access_key_id": "SOMEBODY"}, 403, "InvalidAccessKeyId"),
        ({"aws_secret_access_key": "wrong"}, 403, "SignatureDoesNotMatch"),
        ({"region_name": "nowhere-1"}, 400, "AuthorizationHeaderMalformed"),
    ],
)
def test_only_the_emulators_own_key_is_accepted(
    cloud: Running, changes: dict[str, str], status: int, code: str
) -> None:
    stranger = client(cloud, **changes)
    assert refused(stranger.list_buckets) == (status, code)
    assert refused(stranger.put_object, Bucket="first", Key="a", Body=b"x") == (status, code)


def test_nobody_gets_in_without_a_key(cloud: Running, s3: Any) -> None:
    assert cloud.objects is not None
    for method, path in (
        ("GET", "/"),
        ("GET", "/first"),
        ("PUT", "/first/a"),
        ("DELETE", "/first"),
        ("GET", "/none/a"),
    ):
        answer = httpx.request(method, cloud.objects.url + path)
        assert answer.status_code == 403
        assert "<Code>AccessDenied</Code>" in answer.text
    basic = httpx.get(cloud.objects.url, auth=("a", "b"))
    assert (basic.status_code, "InvalidRequest" in basic.text) == (400, True)


def fetched(url: str) -> tuple[int, bytes]:
    """Status and body of exactly this address; other clients take dots out of paths."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    with contextlib.closing(connection):
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("key", ["a//b", "é ü+%2F/z", "p?q=1&r#s", "a/../b", " ", "tëst/日本.txt"])
def test_an_object_comes_back_whatever_its_key(cloud: Running, s3: Any, key: str) -> None:
    s3.put_object(Bucket="first", Key=key, Body=key.encode(), Metadata={"kind": "test"}, ContentType="text/plain")
    answer = s3.get_object(Bucket="first", Key=key)
    assert (answer["Body"].read(), answer["Metadata"], answer["ContentType"]) == (
        key.encode(),
        {"kind": "test"},
        "text/plain",
    )
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="first")["Contents"]] == [key]
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "first", "Key": key})
    assert fetched(url) == (200, key.encode())
    assert fetched(url.replace("X-Amz-Signature=", "X-Amz-Signature=0"))[0] == 403
    s3.copy_object(Bucket="first", Key="copy", CopySource={"Bucket": "first", "Key": key})
    s3.delete_objects(Bucket="first", Delete={"Objects": [{"Key": key}]})
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="first")["Contents"]] == ["copy"]


def test_checksums_of_newer_clients_are_taken_too(cloud: Running, s3: Any) -> None:
    newer = client(cloud, config=Config(s3={"addressing_style": "path"}))
    newer.put_object(Bucket="first", Key="a", Body=b"content")
    assert s3.get_object(Bucket="first", Key="a")["Body"].read() == b"content"


def test_a_large_object_in_parts(cloud: Running, s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket="first", Key="big")["UploadId"]
    parts = []
    for number, body in enumerate((b"a" * 5 * 1024 * 1024, b"end"), 1):
        made = s3.upload_part(Bucket="first", Key="big", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": made["ETag"]})
    s3.complete_multipart_upload(Bucket="first", Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket="first", Key="big")["ContentLength"] == 5 * 1024 * 1024 + 3
    assert s3.get_object(Bucket="first", Key="big", Range="bytes=5242879-")["Body"].read() == b"aend"


def test_two_emulators_know_nothing_of_each_other(cloud: Running, s3: Any) -> None:
    s3.put_object(Bucket="first", Key="a", Body=b"of the first")
    with serve(SPEC, access_key="SECONDKEY") as other:
        second = client(other)
        assert second.list_buckets()["Buckets"] == []
        assert refused(second.get_object, Bucket="first", Key="a") == (404, "NoSuchBucket")
        second.create_bucket(Bucket="first")
        second.put_object(Bucket="first", Key="a", Body=b"of the second")
        assert refused(client(other, aws_access_key_id="TESTACCESSKEY").list_buckets) == (403, "InvalidAccessKeyId")
        httpx.post(f"{other.url}/_mcloud/reset").raise_for_status()
        assert second.list_buckets()["Buckets"] == []
    assert s3.get_object(Bucket="first", Key="a")["Body"].read() == b"of the first"


def test_a_reset_empties_it(cloud: Running, s3: Any) -> None:
    s3.put_object(Bucket="first", Key="a", Body=b"x")
    httpx.post(f"{cloud.url}/_mcloud/reset").raise_for_status()
    assert cloud.app.inventory()["buckets"] == []
    s3.create_bucket(Bucket="first")
    assert "Contents" not in s3.list_objects_v2(Bucket="first")


def test_status_and_inventory_tell_of_buckets(cloud: Running, s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="first", VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b", "gone"):
        s3.put_object(Bucket="first", Key=key, Body=b"x")
        s3.put_object(Bucket="first", Key=key, Body=b"newer")
    s3.delete_object(Bucket="first", Key="gone")
    status = httpx.get(f"{cloud.url}/_mcloud/status").json()
    assert status["objects"]["buckets"] == 1
    found = httpx.get(f"{cloud.url}/_mcloud/inventory").json()["buckets"]
    assert found == [{"name": "first", "region": "HCM04", "objects": 2}]


NAMES = ["ab", "Upper", "under_score", "dotted.name", "-dash", "dash-", "x" * 64]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_the_service_does_not_take(cloud: Running, name: str) -> None:
    assert refused_raw(cloud, "PUT", f"/{name}") == (400, "InvalidBucketName")


def refused_raw(cloud: Running, method: str, path: str, body: bytes = b"", query: str = "") -> tuple[int, str]:
    """A signed request that no client library would send."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    assert cloud.objects is not None
    request = AWSRequest(method, f"{cloud.objects.url}{path}{query}", data=body)
    keys = Credentials(cloud.objects.access_key, cloud.objects.secret_key)
    S3SigV4Auth(keys, "s3", "HCM04").add_auth(request)
    answer = httpx.request(method, request.url, content=body, headers=dict(request.headers))
    code = answer.text.partition("<Code>")[2].partition("</Code>")[0]
    return answer.status_code, code


LOCK = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
SSE = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}


def test_object_lock_knows_no_governance(s3: Any) -> None:
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    assert s3.get_bucket_versioning(Bucket="locked")["Status"] == "Enabled"
    put = s3.put_object_lock_configuration
    assert refused(put, Bucket="locked", ObjectLockConfiguration=LOCK) == (400, "InvalidArgument")
    until = datetime.now(UTC) + timedelta(days=1)
    lock = {
        "ObjectLockMode": "GOVERNANCE",
        "ObjectLockRetainUntilDate": until,
        "ContentMD5": "XUFAKrxLKna5cZ2REBfFkg==",
    }
    assert refused(s3.put_object, Bucket="locked", Key="a", Body=b"hello", **lock) == (400, "InvalidArgument")
    lock["ObjectLockMode"] = "COMPLIANCE"
    version = s3.put_object(Bucket="locked", Key="a", Body=b"hello", **lock)["VersionId"]
    assert refused(s3.delete_object, Bucket="locked", Key="a", VersionId=version) == (403, "AccessDenied")


def test_what_is_encrypted_cannot_be_copied(s3: Any) -> None:
    s3.create_bucket(Bucket="safe")
    s3.put_bucket_encryption(Bucket="safe", ServerSideEncryptionConfiguration=SSE)
    s3.put_object(Bucket="first", Key="plain", Body=b"x")
    s3.put_object(Bucket="first", Key="hidden", Body=b"x", ServerSideEncryption="AES256")
    s3.put_object(Bucket="safe", Key="in-safe", Body=b"x")
    copies = [("safe", "first/plain"), ("first", "first/hidden"), ("first", "safe/in-safe")]
    for bucket, source in copies:
        assert refused(s3.copy_object, Bucket=bucket, Key="b", CopySource=source) == (501, "NotImplemented")
    s3.copy_object(Bucket="first", Key="b", CopySource="first/plain")


def test_limits(s3: Any) -> None:
    rules = [
        {"ID": str(i), "Status": "Enabled", "Filter": {"Prefix": f"{i}/"}, "Expiration": {"Days": 1}} for i in range(51)
    ]
    put = s3.put_bucket_lifecycle_configuration
    assert refused(put, Bucket="first", LifecycleConfiguration={"Rules": rules}) == (400, "InvalidRequest")
    put(Bucket="first", LifecycleConfiguration={"Rules": rules[:50]})
    assert len(s3.get_bucket_lifecycle_configuration(Bucket="first")["Rules"]) == 50


def test_so_many_buckets_and_no_more() -> None:
    assert SPEC.objects is not None
    with serve(replace(SPEC, objects=replace(SPEC.objects, buckets=2))) as small:
        s3 = client(small)
        for name in ("one", "two", "two"):
            s3.create_bucket(Bucket=name)
        assert refused(s3.create_bucket, Bucket="three") == (400, "TooManyBuckets")
        s3.delete_bucket(Bucket="one")
        s3.create_bucket(Bucket="three")


def test_what_is_no_part_of_the_service(s3: Any) -> None:
    for call in (s3.get_bucket_tagging, s3.get_bucket_replication, s3.get_bucket_logging):
        assert refused(call, Bucket="first") == (501, "NotImplemented")


def test_a_bucket_is_in_the_region_that_was_asked(cloud: Running, s3: Any) -> None:
    assert s3.get_bucket_location(Bucket="first")["LocationConstraint"] == "HCM04"
    s3.create_bucket(Bucket="second", CreateBucketConfiguration={"LocationConstraint": "HCM04"})
    elsewhere = {"LocationConstraint": "HAN02"}
    assert refused(s3.create_bucket, Bucket="third", CreateBucketConfiguration=elsewhere) == (
        400,
        "InvalidLocationConstraint",
    )
    assert refused(client(cloud, region_name="HAN02").list_objects_v2, Bucket="first") == (404, "NoSuchBucket")


def test_a_bucket_that_is_not_empty_stays(s3: Any) -> None:
    s3.put_object(Bucket="first", Key="a", Body=b"x")
    assert refused(s3.delete_bucket, Bucket="first") == (409, "BucketNotEmpty")
    s3.delete_object(Bucket="first", Key="a")
    s3.delete_bucket(Bucket="first")
    assert refused(s3.delete_bucket, Bucket="first") == (404, "NoSuchBucket")


@pytest.mark.parametrize(
    ("statement", "open_"),
    [
        ({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::first/*"}, True),
        ({"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:*", "Resource": "arn:aws:s3:::first/a*"}, True),
        ({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::first/b*"}, False),
        ({"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::first/*"}, False),
        (
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam:::user/u"},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::first/*",
            },
            False,
        ),
    ],
)
def test_a_policy_decides_what_everybody_may_read(
    cloud: Running, s3: Any, statement: dict[str, Any], open_: bool
) -> None:
    s3.put_object(Bucket="first", Key="a", Body=b"x")
    s3.put_bucket_policy(Bucket="first", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert cloud.objects is not None
    assert httpx.get(f"{cloud.objects.url}/first/a").status_code == (200 if open_ else 403)
    denial = statement | {"Effect": "Deny", "Principal": "*"}
    both = {"Version": "2012-10-17", "Statement": [statement, denial]}
    s3.put_bucket_policy(Bucket="first", Policy=json.dumps(both))
    assert httpx.get(f"{cloud.objects.url}/first/a").status_code == 403


def test_an_acl_decides_too(cloud: Running, s3: Any) -> None:
    s3.put_object(Bucket="first", Key="a", Body=b"x", ACL="public-read")
    assert cloud.objects is not None
    url = f"{cloud.objects.url}/first/a"
    assert httpx.get(url).text == "x"
    block = {
        "IgnorePublicAcls": True,
        "BlockPublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    s3.put_public_access_block(Bucket="first", PublicAccessBlockConfiguration=block)
    assert httpx.get(url).status_code == 403


def test_cors_is_what_the_rules_say(cloud: Running, s3: Any) -> None:
    assert cloud.objects is not None
    rule = {"AllowedOrigins": ["https://shop.example"], "AllowedMethods": ["GET"]}
    s3.put_bucket_cors(Bucket="first", CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket="first", Key="a", Body=b"x", ACL="public-read")
    for origin, allowed in (("https://shop.example", True), ("https://other.example", False)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        answer = httpx.options(f"{cloud.objects.url}/first/a", headers=headers)
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed


FAULTS: list[tuple[dict[str, Any], int, str]] = [
    ({"action": "status", "status": 500}, 500, "InternalError"),
    ({"action": "status", "status": 503}, 503, "ServiceUnavailable"),
    ({"action": "status", "status": 403, "body": {"Code": "AccessDenied", "Message": "no"}}, 403, "AccessDenied"),
    ({"action": "rate-limit", "seconds": 3}, 503, "SlowDown"),
]


@pytest.mark.parametrize(("rule", "status", "code"), FAULTS)
def test_faults_come_in_s3_s_own_words(cloud: Running, s3: Any, rule: dict[str, Any], status: int, code: str) -> None:
    cloud.app.faults.add(FaultRule(method="PUT", path="/second$", **rule))
    assert refused(s3.create_bucket, Bucket="second") == (status, code)
    assert [row["name"] for row in cloud.app.inventory()["buckets"]] == ["first"]
    s3.create_bucket(Bucket="second")


def test_a_fault_meets_one_part_of_a_bucket(cloud: Running, s3: Any) -> None:
    cloud.app.faults.add(FaultRule(action="status", path=r"/first\?policy$", times=0))
    assert refused(s3.get_bucket_policy, Bucket="first") == (500, "InternalError")
    s3.get_bucket_versioning(Bucket="first")
    s3.put_object(Bucket="first", Key="policy", Body=b"x")


def test_an_answer_that_is_cut_off_may_have_had_its_effect(cloud: Running, s3: Any) -> None:
    assert cloud.objects is not None
    for effect, name in ((False, "none"), (True, "made")):
        cloud.app.faults.add(FaultRule(action="reset", method="PUT", path=f"/{name}$", effect=effect))
        with pytest.raises(Exception, match=r"500|Connection"):
            s3.create_bucket(Bucket=name)
    assert [row["name"] for row in cloud.app.inventory()["buckets"]] == ["first", "made"]


def test_recordings_hold_neither_objects_nor_keys(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with serve(SPEC, record=record) as cloud:
        s3 = client(cloud)
        s3.create_bucket(Bucket="first")
        s3.put_object(Bucket="first", Key="a", Body=b"the owner's own")
        s3.get_object(Bucket="first", Key="a")["Body"].read()
        s3.put_bucket_versioning(Bucket="first", VersioningConfiguration={"Status": "Enabled"})
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "first", "Key": "a"})
        httpx.get(url)
        assert cloud.objects is not None
        keys = [cloud.objects.access_key, cloud.objects.secret_key]
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    calls = [(line["method"], line["path"], line["status"]) for line in lines]
    put, get, got = ("PUT", "/first/a", 200), ("GET", "/first/a", 200), ("GET", "/first/a", 200)
    assert calls == [("PUT", "/first", 200), put, get, ("PUT", "/first", 200), got]
    assert lines[1]["request"].startswith("15 bytes, SHA-256 ")
    assert "<Status>Enabled</Status>" in lines[3]["request"]
    assert lines[4]["query"]["X-Amz-Signature"] == lines[4]["query"]["X-Amz-Credential"] == "***"
    text = record.read_text()
    assert [item for item in [*keys, "owner's own"] if item in text] == []


def test_a_body_other_than_the_signed_one_is_refused(cloud: Running, s3: Any) -> None:
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    assert cloud.objects is not None
    request = AWSRequest("PUT", f"{cloud.objects.url}/first/a", data=b"signed")
    request.headers["x-amz-content-sha256"] = "0" * 64
    S3SigV4Auth(Credentials(cloud.objects.access_key, cloud.objects.secret_key), "s3", "HCM04").add_auth(request)
    answer = httpx.put(request.url, content=b"another", headers=dict(request.headers))
    assert (answer.status_code, "XAmzContentSHA256Mismatch" in answer.text) == (400, True)


def test_the_daemon_has_it_and_rclone_copies_there_and_back(tmp_path: Path) -> None:
    mcloud = [sys.executable, "-m", "mcloud.cli.main", "emulator"]

    def run(*command: str, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    shown = run(*mcloud, "up", "vng")
    try:
        printed = run(*mcloud, "env", "vng")
        pairs = [line.removeprefix("export ").split("=", 1) for line in printed.splitlines()]
        variables = {name: shlex.split(value)[0] for name, value in pairs}
        assert variables["RCLONE_CONFIG_VNG_ENDPOINT"] in shown
        profile = yaml.safe_load((Path(os.environ["MCLOUD_CONFIG_DIR"]) / "profiles" / "emulator.yaml").read_text())
        part = profile["clouds"]["vng"]
        assert part["endpoints"]["vstorage"] == variables["RCLONE_CONFIG_VNG_ENDPOINT"]
        for name, variable in (("access_key", "VSTORAGE_ACCESS_KEY"), ("secret_key", "VSTORAGE_SECRET_KEY")):
            file = Path(part["secrets"][name].removeprefix("file:"))
            assert (file.read_text(), file.stat().st_mode & 0o777) == (variables[variable], 0o600)

        source, back = tmp_path / "source", tmp_path / "back"
        texts = {"a.txt": b"one", "deep/er/b c.bin": bytes(range(256)) * 40, "ü.txt": "é".encode(), "empty": b""}
        for name, content in texts.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        rclone = [str(RCLONE), "--config", str(tmp_path / "none.conf"), "--retries", "1", "--low-level-retries", "1"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **variables}
        run(*rclone, "copy", str(source), "vng:copies/there", env=environment)
        run(*rclone, "check", str(source), "vng:copies/there", env=environment)
        run(*rclone, "copy", "vng:copies/there", str(back), env=environment)
        assert {str(path.relative_to(back)): path.read_bytes() for path in back.rglob("*") if path.is_file()} == texts

        assert "copies" in run(*mcloud, "inventory", "vng")
        assert "4 objects" in run(*mcloud, "inventory", "vng")
        found = json.loads(run(*mcloud, "status", "vng", "--json"))
        assert (found["objects"]["buckets"], found["objects_url"]) == (1, variables["RCLONE_CONFIG_VNG_ENDPOINT"])
    finally:
        run(*mcloud, "down", "vng")
    assert not Path(part["secrets"]["secret_key"].removeprefix("file:")).exists()


def test_objects_that_are_gone_hold_no_files(cloud: Running, s3: Any) -> None:
    body = b"x" * (6 * 1024 * 1024)  # more than is kept in memory
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(6):
        s3.put_object(Bucket="first", Key="big", Body=body)
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before + 3
    assert s3.head_object(Bucket="first", Key="big")["ContentLength"] == len(body)
    httpx.post(f"{cloud.url}/_mcloud/reset").raise_for_status()
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before + 2
