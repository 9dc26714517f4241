"""An estate of more than 200 resources on moto: counts, fates, calls, secrets, figures; built once in a process."""

from __future__ import annotations

import csv
import gzip
import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import yaml
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from mcloud.adapter.inventory import OBJECTS, UTILIZATION
from mcloud.adapter.operations import Operations
from mcloud.discover.discovery import Discovery
from mcloud.discover.live import Home, discover_homes
from mcloud.discover.utilization import write_samples
from mcloud.discover.write import to_json, to_yaml
from mcloud.model.base import Placement
from mcloud.model.graph import build_graph
from mcloud.model.stack import Stack
from mcloud_aws import adapter
from mcloud_aws.discovery.calls import CALLS, calls_for, policy
from mcloud_aws.session import AwsSession
from tests.estates import aws as estate
from tests.planted import found_in

AT = Placement("aws", estate.REGION)
FATES = Path(__file__).parents[2] / "data" / "aws-estate" / "fates.csv"


@dataclass(frozen=True)
class Looked:
    """What was made, what was found of it, and by which calls."""

    built: estate.Builder
    found: Discovery
    calls: frozenset[tuple[str, str]]


def session(calls: set[tuple[str, str]]) -> AwsSession:
    """A session that tells its calls: service, and method of boto3."""
    boto = boto3.session.Session("AKIDEXAMPLE", "secret", region_name=estate.REGION)

    def tell(model: Any, **more: Any) -> None:
        operations = {call.operation.replace("_", ""): call.operation for call in CALLS.values()}
        name = model.name.lower()
        calls.add((service_of(model), operations.get(name, name)))

    boto.events.register("before-call", tell)
    return AwsSession(boto, estate.REGION, {})


def service_of(model: Any) -> str:
    return str(model.service_model.service_name)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """moto answers one call after the other: it is not made for several threads."""
    lock, answer = threading.RLock(), BotocoreStubber.__call__

    def locked(stubber: Any, *given: Any, **named: Any) -> Any:
        with lock:
            return answer(stubber, *given, **named)

    with patch.object(BotocoreStubber, "__call__", locked):
        yield


@cache
def looked() -> Looked:
    """The estate, discovered with all that can be asked for."""
    with mock_aws(), one_at_a_time():
        estate.publish_images()
        boto = boto3.session.Session("AKIDEXAMPLE", "secret", region_name=estate.REGION)
        built = estate.build(boto)
        _measure(built)
        calls: set[tuple[str, str]] = set()
        home = Home(Operations(adapter, session(calls)), AT, adapter.catalog())
        _ = home.operations.session.account
        adapter.live_catalog(home.operations.session, AT)
        found = discover_homes((home,), name="shop", options=(UTILIZATION, OBJECTS))
    return Looked(built, found, frozenset(calls))


def _measure(built: estate.Builder) -> None:
    """Figures of two servers, of which one has the agent."""
    from moto.cloudwatch.models import MetricDatum, cloudwatch_backends

    now = datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0)
    rows = cloudwatch_backends["123456789012"][estate.REGION].metric_data

    def put(space: str, name: str, server: str, *values: float) -> None:
        dimensions = [{"Name": "InstanceId", "Value": built.ids[server]}]
        for number, value in enumerate(values):
            when = now - timedelta(minutes=5 * (len(values) - number))
            rows.append(MetricDatum(space, name, value, dimensions, when, "None"))

    put("AWS/EC2", "CPUUtilization", "db-1", *range(1, 101))
    put("AWS/EC2", "NetworkIn", "db-1", 37_500_000, 75_000_000)
    put("CWAgent", "mem_used_percent", "db-1", 40, 60)
    put("AWS/EC2", "CPUUtilization", "app-1", 5)


def fates(found: Discovery) -> dict[tuple[str, str], int]:
    return dict(Counter((outcome.type, outcome.fate) for outcome in found.outcomes))


def test_more_than_200_resources_are_counted_and_go_where_the_table_says() -> None:
    with FATES.open(newline="") as file:
        expected = {(row["type"], row["fate"]): int(row["count"]) for row in csv.DictReader(file)}
    assert fates(looked().found) == expected
    counts = looked().found.counts()
    assert counts.seen == sum(expected.values()) >= 200
    shown = json.loads(to_json(looked().found))
    assert shown["seen"] == shown["mapped"] + shown["folded"] + shown["remainder"]
    assert all(outcome.reason and outcome.advice for outcome in looked().found.remainder)


def test_the_stack_is_as_a_person_would_have_written_it() -> None:
    document = looked().found.document
    assert {name: entry.get("count") for name, entry in document["servers"].items()} == {
        **{"app": 12, "db": 2, "runner": 8, "web": 6, "worker": 23},
        **dict.fromkeys(("bastion", "ci", "master", "old", "worker-01")),
    }
    assert document["volumes"]["app-data"] == {"size": "50 GiB", "class": "ssd", "attach": "app"}
    assert document["volumes"]["db-data"] == {"size": "500 GiB", "class": "nvme", "min_iops": 6000, "attach": "db"}
    assert sorted(document["networks"]) == ["data", "shop", "tools"]
    reach = {name: entry["internet"] for name, entry in document["networks"]["shop"]["subnets"].items()}
    assert reach == {
        **dict.fromkeys(("public-a", "public-b"), "direct"),
        **dict.fromkeys(("app-a", "app-b"), "outbound"),
        "db-a": "none",
    }
    assert document["security_groups"]["web"]["ingress"][1] == {
        "protocol": "tcp",
        "ports": "8080",
        "from": [{"group": "front"}],
    }
    [listener] = document["load_balancers"]["front"]["listeners"]
    assert [rule["path"] for rule in listener["rules"]] == ["/api/*", "/v1/*"]
    assert listener["to"]["servers"] == "web"
    assert document["load_balancers"]["legacy"]["listeners"][0]["to"]["servers"] == ["app-0", "app-1"]
    assert document["load_balancers"]["rows"]["listeners"][0]["to"]["servers"] == "db"
    assert document["servers"]["bastion"]["public_ip"] is True
    assert document["public_ips"] == {"spare-ip": {}}
    build_graph(Stack.model_validate(yaml.safe_load(to_yaml(looked().found))))


def test_names_that_lead_here_and_what_buckets_hold() -> None:
    led = [outcome for outcome in looked().found.outcomes if outcome.type == "DNS name"]
    names = {outcome.address.split(" ")[2]: outcome.reason for outcome in led}
    assert names == {
        "www.shop.example": "it leads to the load balancer front",
        "bastion.shop.example": "it leads to the server bastion",
    }
    held = {item.path[-1]: item.figures for item in looked().found.measured if item.path[0] == "buckets"}
    assert (held["shop-assets-0451"]["bytes"], held["shop-assets-0451"]["objects"]) == (3000, 3)
    assert held["shop-assets-0451"]["source"] == "listed"
    assert "shop-assets-0451: {}  # 3000 B, 3 objects on" in to_yaml(looked().found)


def test_exactly_the_calls_of_the_table_are_made() -> None:
    made = {call for call in looked().calls if CALLS.get(call) is None or CALLS[call].action}
    asked = {(call.service, call.operation) for call in calls_for((UTILIZATION, OBJECTS)) if call.action}
    assert made == asked - NEVER_HERE
    allowed = json.loads(policy((UTILIZATION, OBJECTS)))["Statement"]
    assert [statement["Effect"] for statement in allowed] == ["Allow"]
    assert set(allowed[0]["Action"]) == {CALLS[call].action for call in asked}


NEVER_HERE = {
    # There are no certificates and no such listeners.
    ("acm", "get_certificate"),
    ("acm", "list_tags_for_certificate"),
    ("elbv2", "describe_listener_certificates"),
}


def test_the_policy_follows_the_options_and_allows_nothing_but_looking() -> None:
    plain, more = (
        set(json.loads(policy(options))["Statement"][0]["Action"]) for options in ((), ("objects", "regions"))
    )
    assert more - plain == {"s3:ListBucket", "ec2:DescribeRegions"}
    assert all(action.split(":")[1].startswith(("Describe", "Get", "List")) for action in more)
    # User data, variables and parameters are never asked for.
    assert not more & {"ec2:DescribeInstanceAttribute", "ec2:DescribeLaunchTemplateVersions", "s3:GetObject"}


def test_planted_secrets_are_in_no_output(tmp_path: Path) -> None:
    found = looked().found
    write_samples(tmp_path / "samples.csv", found.usage)
    outputs = [to_yaml(found), to_json(found), repr(found), (tmp_path / "samples.csv").read_text()]
    texts = [(str(number), text.encode()) for number, text in enumerate(outputs)]
    assert found_in({secret: secret for secret in estate.SECRETS}, texts) == []



def test_how_busy_servers_were_is_told_and_written(tmp_path: Path) -> None:
    found = looked().found
    figures = {item.figures["instance"]: item.figures for item in found.measured if item.path[0] == "servers"}
    busy = next(item for item in figures.values() if "memory_percent" in item)
    assert busy["instance"].startswith("db-")
    assert busy["cpu_percent"] == {"p95": 95.0, "max": 100.0, "samples": 100}
    assert busy["memory_percent"] == {"p95": 60.0, "max": 60.0, "samples": 2}
    assert busy["received_mbps"] == {"p95": 2.0, "max": 2.0, "samples": 2}
    assert (busy["period_seconds"], busy["source"]) == (300, "CloudWatch")
    assert 0 <= busy["age_hours"] < 1
    assert len(figures) == 56
    assert sum(1 for item in figures.values() if "cpu_percent" in item) == 2
    for name in ("samples.csv", "samples.csv.gz"):
        assert write_samples(tmp_path / name, found.usage) == 101
    text = gzip.decompress((tmp_path / "samples.csv.gz").read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert text == (tmp_path / "samples.csv").read_text()
    assert list(rows[0])[:4] == ["vm", "minute", "cpu_percent", "memory_percent"]
    mine = [row for row in rows if row["vm"] == busy["instance"]]
    assert [row["minute"] for row in mine[:3]] == ["0", "5", "10"]
    assert [row["memory_percent"] for row in mine[-2:]] == ["40.0", "60.0"]
    assert {row["memory_percent"] for row in mine[:-2]} == {""}


def test_what_the_service_does_not_do_is_told() -> None:
    assert [gap.what for gap in looked().found.unread] == ["placement groups"]
