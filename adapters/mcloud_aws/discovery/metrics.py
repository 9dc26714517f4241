"""Figures of CloudWatch: what buckets hold, and how busy servers were.

Metrics: docs.aws.amazon.com/AmazonS3, "Monitoring metrics with Amazon CloudWatch"; docs.aws.amazon.com/AWSEC2, "List
the available CloudWatch metrics for your instances"; docs.aws.amazon.com/AmazonCloudWatch, "Metrics collected by the
CloudWatch agent" (all 2026-11).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mcloud.adapter.inventory import OBJECTS, Holdings, Usage
from mcloud_aws.discovery.look import Look, Raw

DAY = 86400
PERIOD = 300  # seconds: what basic monitoring has; kept for 63 days
POINTS = 100_800  # of an answer, GetMetricData, API reference 2026-11
QUERIES = 500  # of a call, the same
AGENT = "CWAgent"
MEMORY = ("mem_used_percent", "Memory % Committed Bytes In Use")
"""What the agent reports by default on Linux, and on Windows."""
SOURCE = "CloudWatch"
Series = tuple[tuple[datetime, float], ...]
Key = tuple[str, str]


def holdings(look: Look, names: Iterable[str]) -> dict[str, Holdings]:
    """What buckets hold: counted where that was asked for, else by the daily metrics."""
    wanted = list(names)
    if not wanted:
        return {}
    if OBJECTS in look.options:
        return dict(zip(wanted, look.side_by_side(lambda name: _counted(look, name), wanted), strict=True))
    sizes = look.rows("cloudwatch", "list_metrics", Namespace="AWS/S3", MetricName="BucketSizeBytes")
    queries: dict[Key, Raw] = {}
    for number, metric in enumerate(sizes):
        bucket = _dimensions(metric).get("BucketName", "")
        if bucket in wanted:
            queries[bucket, f"bytes {number}"] = _query(metric, DAY, "Average")
    for bucket in {bucket for bucket, _ in queries}:
        given = [{"Name": "StorageType", "Value": "AllStorageTypes"}, {"Name": "BucketName", "Value": bucket}]
        metric = {"Namespace": "AWS/S3", "MetricName": "NumberOfObjects", "Dimensions": given}
        queries[bucket, "objects"] = _query(metric, DAY, "Average")
    found = _ask(look, queries, timedelta(days=3), DAY)
    return {bucket: _holdings(bucket, found) for bucket in {bucket for bucket, _ in found}}


def _holdings(bucket: str, found: Mapping[Key, Series]) -> Holdings:
    mine = {what: series for (name, what), series in found.items() if name == bucket and series}
    latest = {what: series[-1] for what, series in mine.items()}
    when = max((at for at, _ in latest.values()), default=datetime.now(UTC))
    sizes = [value for what, (_, value) in latest.items() if what != "objects"]
    objects = latest.get("objects")
    return Holdings(int(sum(sizes)) if sizes else None, int(objects[1]) if objects else None, when.date(), SOURCE)


def _counted(look: Look, bucket: str) -> Holdings:
    rows = look.rows("s3", "list_objects_v2", Bucket=bucket)
    today = datetime.now(UTC).date()
    if not rows and look.was_refused("s3", "list_objects_v2"):
        return Holdings(None, None, today, "its objects may not be listed")
    return Holdings(sum(int(row["Size"]) for row in rows), len(rows), today, "listed")


def usage(look: Look, servers: Iterable[str], days: int) -> dict[str, Usage]:
    """How busy servers were; memory only where the agent reports it."""
    wanted = set(servers)
    queries: dict[Key, Raw] = {}
    for server in sorted(wanted):
        for name, stat in (("CPUUtilization", "Average"), ("NetworkIn", "Sum"), ("NetworkOut", "Sum")):
            metric = {
                "Namespace": "AWS/EC2",
                "MetricName": name,
                "Dimensions": [{"Name": "InstanceId", "Value": server}],
            }
            queries[server, name] = _query(metric, PERIOD, stat)
    for name in MEMORY if wanted else ():
        for metric in look.rows("cloudwatch", "list_metrics", Namespace=AGENT, MetricName=name):
            server = _dimensions(metric).get("InstanceId", "")
            if server in wanted:
                queries.setdefault((server, "memory"), _query(metric, PERIOD, "Average"))
    found = _ask(look, queries, timedelta(days=days), PERIOD)
    by_server: dict[str, dict[str, Series]] = defaultdict(dict)
    for (server, what), series in found.items():
        if series:
            by_server[server][what] = series
    return {
        server: Usage(
            PERIOD,
            mine.get("CPUUtilization", ()),
            mine.get("memory", ()),
            mine.get("NetworkIn", ()),
            mine.get("NetworkOut", ()),
            SOURCE,
        )
        for server, mine in by_server.items()
    }


def _dimensions(metric: Mapping[str, Any]) -> dict[str, str]:
    return {item["Name"]: item["Value"] for item in metric.get("Dimensions") or ()}


def _query(metric: Mapping[str, Any], period: int, stat: str) -> Raw:
    named = {key: metric[key] for key in ("Namespace", "MetricName", "Dimensions")}
    return {"MetricStat": {"Metric": named, "Period": period, "Stat": stat}, "ReturnData": True}


def _ask(look: Look, queries: Mapping[Key, Raw], span: timedelta, period: int) -> dict[Key, Series]:
    """The series of each query; so many in a call that one answer holds them all."""
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    many = max(1, min(QUERIES, POINTS // max(1, int(span.total_seconds()) // period)))
    keys = list(queries)
    parts = [keys[start : start + many] for start in range(0, len(keys), many)]

    def ask(part: list[Key]) -> list[Raw]:
        asked = [{"Id": f"m{number}", **queries[key]} for number, key in enumerate(part)]
        times = {"StartTime": end - span, "EndTime": end, "ScanBy": "TimestampAscending"}
        return look.rows("cloudwatch", "get_metric_data", MetricDataQueries=asked, **times)

    found: dict[Key, dict[datetime, float]] = {}
    for part, rows in zip(parts, look.side_by_side(ask, parts), strict=True):
        for row in rows:
            series = found.setdefault(part[int(row["Id"][1:])], {})
            series.update(zip(row.get("Timestamps") or (), row.get("Values") or (), strict=True))
    return {key: tuple(sorted(series.items())) for key, series in found.items()}
