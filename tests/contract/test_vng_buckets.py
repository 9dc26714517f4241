"""Buckets on the emulated vStorage, as the engine makes them: through the kind and its operations."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from mcloud.adapter.operations import Operations
from mcloud.adapter.profile import CloudProfile
from mcloud.emulator.faults import FaultRule
from mcloud.emulator.server import Running, serve
from mcloud.errors import (
    Conflict,
    InUse,
    InvalidRequest,
    ProfileError,
    QuotaExceeded,
    RateLimited,
    Temporary,
    Unauthorised,
    Unreachable,
)
from mcloud.model.base import Placement
from mcloud.model.resources import BucketInputs
from mcloud_vng import adapter
from mcloud_vng.emulator import SPEC
from mcloud_vng.resources.bucket import Bucket
from mcloud_vng.session import VngSession

AT = Placement("vng", "hcm-3")
SECRETS = {"TEST_SECRET": "a-client-secret", "TEST_S3": "an-s3-secret"}
NAME = "shop-assets-ab12cd-1a2b3"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "list",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam:::user/u-1"},
            "Action": ["s3:ListBucket"],
            "Resource": "arn:aws:s3:::BUCKET",
        }
    ],
}
WHOLE: dict[str, Any] = {
    "versioning": True,
    "publicRead": True,
    "cors": [{"origins": ["https://b.example", "https://a.example"], "methods": ["PUT", "GET"], "maxAgeSeconds": 60}],
    "lifecycle": [
        {"prefix": "logs/", "expireAfterDays": 30},
        {"expireNoncurrentAfterDays": 7, "abortMultipartAfterDays": 2},
    ],
    "policy": json.dumps(POLICY),
}


def inputs(**values: Any) -> dict[str, Any]:
    """Inputs as Check leaves them."""
    model = BucketInputs.model_validate({"placement": str(AT), "name": NAME, **values})
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


@dataclass
class Desk:
    """A bucket's kind, its operations, and the cloud that they go to."""

    cloud: Running
    work: Operations
    kind: Bucket

    @property
    def client(self) -> Any:
        return self.work.session.buckets.client

    def make(self, **values: Any) -> dict[str, Any]:
        """Create; the native bucket."""
        return dict(self.work.create(self.kind, inputs(**values), {}, "bucket assets")[1])

    def change(self, old: dict[str, Any], **values: Any) -> dict[str, Any]:
        """Update; what is there then in neutral words."""
        native = self.work.finish(self.kind, NAME, inputs(**old), inputs(**values), {}, "bucket assets")
        return self.kind.observe(AT, native).inputs

    def seen(self) -> dict[str, Any]:
        native = self.work.read(self.kind, NAME, "bucket assets")
        assert native is not None
        return self.kind.observe(AT, native).inputs

    def fault(self, **rule: Any) -> None:
        self.cloud.app.faults.add(FaultRule(**rule))

    def delete(self) -> None:
        self.work.delete(self.kind, NAME, "bucket assets")


def profile(cloud: Running, **changes: Any) -> CloudProfile:
    assert cloud.objects is not None
    part: dict[str, Any] = SPEC.whole_profile(cloud.url, cloud.client_id, cloud.objects.url)
    part["settings"] |= {"access_key": cloud.objects.access_key}
    part["secrets"] = {"client_secret": "env:TEST_SECRET", "secret_key": "env:TEST_S3"}
    assert (cloud.client_secret, cloud.objects.secret_key) == (SECRETS["TEST_SECRET"], SECRETS["TEST_S3"])
    return CloudProfile.model_validate(part | changes)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(SPEC, client_secret=SECRETS["TEST_SECRET"], secret_key=SECRETS["TEST_S3"]) as found:
        yield found


@pytest.fixture(scope="module")
def session(running: Running) -> VngSession:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        found = adapter.connect(profile(running), AT)
        assert found.buckets.client is found.buckets.client
    return found


@pytest.fixture
def cloud(running: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The one that all tests here share, empty and without faults."""
    running.app.faults.clear()
    assert running.app.objects is not None
    running.app.objects.reset()
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return running


@pytest.fixture
def desk(cloud: Running, session: VngSession) -> Desk:
    kind = adapter.kinds["Bucket"]
    assert isinstance(kind, Bucket)
    return Desk(cloud, Operations(adapter, session, longest_interval=0.05), kind)


def test_a_plain_bucket_comes_and_goes(desk: Desk) -> None:
    native = desk.make()
    observed = desk.kind.observe(AT, native)
    assert desk.cloud.objects is not None
    assert observed.outputs == {"endpoint": desk.cloud.objects.url}
    assert observed.inputs == {
        "name": NAME,
        "versioning": False,
        "publicRead": False,
        "cors": [],
        "lifecycle": [],
        "policy": "",
    }
    assert desk.cloud.app.inventory()["buckets"] == [{"name": NAME, "region": "HCM04", "objects": 0}]
    desk.delete()
    assert desk.cloud.app.inventory()["buckets"] == []
    assert desk.work.read(desk.kind, NAME, "bucket assets") is None
    desk.delete()


def test_everything_that_is_asked_for_is_there_and_is_seen(desk: Desk) -> None:
    desk.make(**WHOLE)
    asked = inputs(**WHOLE)
    assert desk.seen() == {key: value for key, value in asked.items() if key in desk.seen()}
    assert desk.client.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"
    statements = json.loads(desk.client.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"]
    assert [statement["Resource"] for statement in statements] == [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]
    (rule,) = desk.client.get_bucket_cors(Bucket=NAME)["CORSRules"]
    assert rule["AllowedOrigins"] == ["https://a.example", "https://b.example"]
    rules = desk.client.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]
    assert [rule["Filter"]["Prefix"] for rule in rules] == ["logs/", ""]
    assert rules[0]["Expiration"] == {"Days": 30}
    assert rules[1]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}


def test_public_read_is_for_everybody_and_reading_only(desk: Desk) -> None:
    desk.make(publicRead=True)
    desk.client.put_object(Bucket=NAME, Key="a/b.txt", Body=b"hello")
    assert desk.cloud.objects is not None
    url = f"{desk.cloud.objects.url}/{NAME}"
    assert httpx.get(f"{url}/a/b.txt").text == "hello"
    assert [httpx.get(url).status_code, httpx.put(f"{url}/c", content=b"x").status_code] == [403, 403]
    assert httpx.delete(f"{url}/a/b.txt").status_code == 403
    desk.change({"publicRead": True}, publicRead=False)
    assert httpx.get(f"{url}/a/b.txt").status_code == 403
    assert desk.client.get_object(Bucket=NAME, Key="a/b.txt")["Body"].read() == b"hello"


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_each_setting_changes_in_place_and_goes_again(desk: Desk, name: str) -> None:
    desk.make()
    plain = desk.seen()
    desk.client.put_object(Bucket=NAME, Key="kept", Body=b"1")
    changed = desk.change({}, **{name: WHOLE[name]})
    assert changed == plain | {name: inputs(**{name: WHOLE[name]})[name]}
    assert changed != plain
    assert desk.change({name: WHOLE[name]}) == plain
    assert desk.client.get_object(Bucket=NAME, Key="kept")["Body"].read() == b"1"


def test_nothing_is_written_that_is_there_already(desk: Desk) -> None:
    desk.make(**WHOLE)
    desk.fault(action="status", method="PUT|DELETE", status=500, times=0)
    assert desk.change(WHOLE, **WHOLE) == desk.seen()


DRIFT: dict[str, tuple[str, dict[str, Any]]] = {
    "versioning": ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    "publicRead": ("delete_bucket_policy", {}),
    "cors": ("delete_bucket_cors", {}),
    "lifecycle": (
        "put_bucket_lifecycle_configuration",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "ID": "x",
                        "Status": "Enabled",
                        "Filter": {"Prefix": "logs/"},
                        "Transitions": [{"Days": 3, "StorageClass": "GLACIER"}],
                    }
                ]
            }
        },
    ),
    "policy": ("delete_bucket_policy", {}),
}


@pytest.mark.parametrize("name", sorted(DRIFT))
def test_what_was_changed_behind_its_back_is_seen_and_put_right(desk: Desk, name: str) -> None:
    desk.make(**WHOLE)
    whole = desk.seen()
    call, values = DRIFT[name]
    getattr(desk.client, call)(Bucket=NAME, **values)
    assert desk.seen()[name] != whole[name]
    assert desk.change(WHOLE, **WHOLE) == whole


def test_a_statement_that_somebody_added_is_drift_of_the_policy(desk: Desk) -> None:
    desk.make(publicRead=True)
    document = json.loads(desk.client.get_bucket_policy(Bucket=NAME)["Policy"])
    alien = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{NAME}/*"}
    document["Statement"].append(alien)
    desk.client.put_bucket_policy(Bucket=NAME, Policy=json.dumps(document))
    seen = desk.seen()
    assert seen["publicRead"] is True
    assert json.loads(seen["policy"])["Statement"] == [{**alien, "Resource": "arn:aws:s3:::BUCKET/*"}]
    assert desk.change({"publicRead": True}, publicRead=True)["policy"] == ""


@pytest.mark.parametrize("versioned", [False, True])
def test_a_bucket_with_objects_is_left_alone_and_it_is_told_at_once(desk: Desk, versioned: bool) -> None:
    desk.make(versioning=versioned)
    desk.client.put_object(Bucket=NAME, Key="a", Body=b"1")
    if versioned:
        desk.client.delete_object(Bucket=NAME, Key="a")
    with pytest.raises(InUse, match=f"the bucket {NAME} still holds objects, and mcloud empties no bucket") as caught:
        desk.delete()
    assert caught.value.hint is not None
    assert "keep: true" in caught.value.hint
    assert desk.cloud.app.inventory()["buckets"] == [{"name": NAME, "region": "HCM04", "objects": int(not versioned)}]


def test_a_bucket_that_is_there_is_not_taken_for_a_new_one(desk: Desk) -> None:
    desk.client.create_bucket(Bucket=NAME)
    with pytest.raises(Conflict, match=f"the bucket {NAME} is there already"):
        desk.make()


def test_a_bucket_is_found_by_name_listed_and_imported_by_id(desk: Desk) -> None:
    for name in ("other-bucket", NAME):
        desk.client.create_bucket(Bucket=name)
    assert desk.work.find(desk.kind, inputs(), "bucket assets") == NAME
    assert [native_id for native_id, _ in desk.kind.list(desk.work.session)] == ["other-bucket", NAME]
    native = desk.work.read(desk.kind, "other-bucket", "it")
    assert native is not None
    BucketInputs.model_validate({"placement": str(AT), **desk.kind.observe(AT, native).inputs})
    desk.client.delete_bucket(Bucket=NAME)
    assert desk.kind.find(desk.work.session, inputs()).native_id is None


def test_an_answer_to_a_create_that_gets_lost_makes_one_bucket(desk: Desk) -> None:
    desk.fault(action="reset", method="PUT", path=f"/{NAME}$", effect=True)
    assert desk.make(versioning=True)["Versioning"] == "Enabled"
    assert len(desk.cloud.app.inventory()["buckets"]) == 1


def test_what_passes_is_tried_again_and_no_more_often_than_that(desk: Desk) -> None:
    desk.make()
    desk.fault(action="rate-limit", path=r"\?versioning$", method="GET", seconds=0.05)
    desk.fault(action="status", status=503, path=r"\?cors$", method="GET")
    assert desk.seen()["versioning"] is False
    counts = [rule["seen"] for rule in desk.cloud.app.faults.rules()]
    # The second round meets both again; the library itself repeats nothing.
    assert counts == [3, 2]


REFUSALS: list[tuple[str, int, type[Exception]]] = [
    ("BucketAlreadyExists", 409, Conflict),
    ("BucketAlreadyOwnedByYou", 409, Conflict),
    ("TooManyBuckets", 400, QuotaExceeded),
    ("AccessDenied", 403, Unauthorised),
    ("InvalidAccessKeyId", 403, Unauthorised),
    ("SlowDown", 503, RateLimited),
    ("InternalError", 500, Temporary),
    ("NotImplemented", 501, InvalidRequest),
    ("SomethingNew", 403, Unauthorised),
    ("SomethingNew", 502, Temporary),
    ("SomethingNew", 400, InvalidRequest),
]


@pytest.mark.parametrize(("code", "status", "kind"), REFUSALS)
def test_refusals_are_sorted(desk: Desk, code: str, status: int, kind: type[Exception]) -> None:
    desk.fault(action="status", status=status, body={"Code": code, "Message": "the service's own words"})
    with pytest.raises(Exception) as raw:  # noqa: PT011 - the client library makes its classes as it goes
        desk.client.create_bucket(Bucket=NAME)
    found = adapter.explain(raw.value, "create bucket assets")
    assert type(found) is kind
    assert found.message == "cannot create bucket assets: the service's own words"
    assert (found.vendor_code, found.vendor_text) == (code, "the service's own words")


def cut_off(listener: socket.socket) -> None:
    """Take one request and say nothing to it."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(100_000)


@pytest.mark.parametrize("sent", [True, False])
def test_a_connection_that_fails_says_whether_the_request_got_there(cloud: Running, sent: bool) -> None:
    elsewhere = profile(cloud)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        elsewhere.endpoints["vstorage"] = f"http://127.0.0.1:{listener.getsockname()[1] if sent else 1}"
        work = Operations(adapter, adapter.connect(elsewhere, AT))
        silent = pool.submit(cut_off, listener) if sent else None
        with pytest.raises(Unreachable, match="no answer from vStorage") as caught:
            work.call("create", lambda: work.session.buckets.client.create_bucket(Bucket=NAME), retry=False)
        assert caught.value.sent is sent
        if silent is not None:
            silent.result(10)


def test_an_answer_that_ends_in_the_middle_may_have_made_something(desk: Desk) -> None:
    desk.fault(action="reset", method="PUT")
    with pytest.raises((Temporary, Unreachable)):
        desk.work.call("create", lambda: desk.client.create_bucket(Bucket=NAME), retry=False)


def test_without_s3_keys_only_buckets_fail_and_it_is_told_what_to_set(cloud: Running) -> None:
    keyless = profile(cloud, settings={"client_id": cloud.client_id}, secrets={"client_secret": "env:TEST_SECRET"})
    work = Operations(adapter, adapter.connect(keyless, AT))
    assert list(adapter.kinds["Network"].list(work.session)) == []
    with pytest.raises(ProfileError, match="access_key and secret_key missing") as caught:
        work.read(adapter.kinds["Bucket"], NAME, "bucket assets")
    assert caught.value.hint is not None
    assert "VSTORAGE_ACCESS_KEY and VSTORAGE_SECRET_KEY" in caught.value.hint


def test_keys_come_from_the_environment_too(cloud: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cloud.objects is not None
    monkeypatch.setenv("VSTORAGE_ACCESS_KEY", cloud.objects.access_key)
    monkeypatch.setenv("VSTORAGE_SECRET_KEY", cloud.objects.secret_key)
    # What belongs to another cloud on the same machine is not looked at.
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-another-cloud")
    bare = profile(cloud, settings={"client_id": cloud.client_id}, secrets={"client_secret": "env:TEST_SECRET"})
    assert adapter.connect(bare, AT).buckets.client.list_buckets()["Buckets"] == []


def test_wrong_keys_are_unauthorised_and_the_secret_is_not_told(
    cloud: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_S3", "not-the-secret")
    work = Operations(adapter, adapter.connect(profile(cloud), AT))
    with pytest.raises(Unauthorised, match="does not match") as caught:
        work.read(adapter.kinds["Bucket"], NAME, "bucket assets")
    assert "not-the-secret" not in str(caught.value) + repr(work.session)
    assert caught.value.hint is not None
    assert "secret_key" in caught.value.hint


def test_each_region_has_its_own(desk: Desk, cloud: Running) -> None:
    desk.make()
    there = adapter.connect(profile(cloud), Placement("vng", "han-1")).buckets
    assert there.client.list_buckets()["Buckets"] == []
    there.client.create_bucket(Bucket="in-hanoi")
    rows = cloud.app.inventory()["buckets"]
    assert [(row["name"], row["region"]) for row in rows] == [(NAME, "HCM04"), ("in-hanoi", "HAN02")]


def test_the_service_s_own_address_is_the_region_s(cloud: Running) -> None:
    plain = profile(cloud)
    del plain.endpoints["vstorage"]
    for region, host in (("hcm-3", "hcm04"), ("han-1", "han02")):
        buckets = adapter.connect(plain, Placement("vng", region)).buckets
        assert buckets.endpoint == f"https://{host}.vstorage.vngcloud.vn"
        assert buckets.client.meta.region_name == host.upper()


def test_one_client_serves_many_threads(desk: Desk) -> None:
    names = [f"bucket-{index}" for index in range(6)]
    fresh = adapter.connect(profile(desk.cloud), AT).buckets
    ready = threading.Barrier(len(names))

    def make(name: str) -> int:
        ready.wait(10)
        fresh.client.create_bucket(Bucket=name)
        return id(fresh.client)

    with ThreadPoolExecutor(len(names)) as pool:
        assert len(set(pool.map(make, names))) == 1
    assert sorted(row["name"] for row in desk.cloud.app.inventory()["buckets"]) == sorted(names)


def test_s3_s_library_is_loaded_when_a_bucket_is_touched() -> None:
    code = (
        "import sys; from mcloud_vng import adapter; adapter.kinds; import mcloud_vng.session, mcloud_vng.errors; "
        "from mcloud_vng.emulator import SPEC; "
        "assert not {'boto3', 'botocore', 'moto'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
