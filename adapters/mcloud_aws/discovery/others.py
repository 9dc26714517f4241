"""Services that a stack has no word for: what is there, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mcloud.adapter.inventory import Surplus
from mcloud_aws.discovery.look import Look

DATABASE = "order the target's managed database, or a server with a volume, and move the data by dump or replication"


@dataclass(frozen=True)
class Service:
    """A list of things of a managed service.

    Attributes:
        service, operation: the call that lists them.
        resources: service and beginning of the resource in their ARNs, for those that the tagging service knows too.
        type: the word for one.
        id, name: of a row.
        reason, advice: for all of them; ``{...}`` are fields of a row.
    """

    service: str
    operation: str
    resources: str
    type: str
    id: Callable[[Any], str]
    name: Callable[[Any], str]
    reason: str
    advice: str


def _field(name: str) -> Callable[[Any], str]:
    return lambda row: str(row.get(name) or "")


def _last(row: Any) -> str:
    return str(row).replace("/", ":").rpartition(":")[2]


def _whole(row: Any) -> str:
    return str(row)


SERVICES = (
    Service(
        "rds", "describe_db_instances", "rds:db:", "database", _field("DBInstanceArn"), _field("DBInstanceIdentifier"),
        "a managed {Engine} {EngineVersion} ({DBInstanceClass}, {AllocatedStorage} GiB), which a stack has no word for",
        DATABASE,
    ),
    Service(
        "rds", "describe_db_clusters", "rds:cluster:", "database cluster", _field("DBClusterArn"),
        _field("DBClusterIdentifier"), "a managed {Engine} {EngineVersion}, which a stack has no word for", DATABASE,
    ),
    Service(
        "elasticache", "describe_cache_clusters", "elasticache:cluster:", "cache", _field("ARN"),
        _field("CacheClusterId"), "a managed {Engine} ({CacheNodeType}), which a stack has no word for",
        "order the target's managed cache, or run it on a server; it fills itself again",
    ),
    Service(
        "efs", "describe_file_systems", "elasticfilesystem:file-system/", "file system", _field("FileSystemArn"),
        _field("Name"), "a shared file system, which a stack has no word for",
        "order the target's, or run a file server with a volume; copy the files",
    ),
    Service(
        "eks", "list_clusters", "eks:cluster/", "Kubernetes cluster", lambda row: f"eks:{row}", _whole,
        "a managed Kubernetes, which a stack has no word for",
        "order the target's Kubernetes service and apply the manifests there",
    ),
    Service(
        "ecs", "list_clusters", "ecs:cluster/", "container cluster", _whole, _last,
        "containers that the cloud runs, which a stack has no word for",
        "run them on servers, or in the target's Kubernetes service",
    ),
    Service(
        "lambda", "list_functions", "lambda:function:", "function", _field("FunctionArn"), _field("FunctionName"),
        "a function without a server ({Runtime}), which a stack has no word for",
        "run its code on a server or in the target's container service; its variables are not read",
    ),
    Service(
        "dynamodb", "list_tables", "dynamodb:table/", "table", lambda row: f"dynamodb:{row}", _whole,
        "a table of a database that only this cloud has", "export it, and choose a database of the target's",
    ),
    Service(
        "sqs", "list_queues", "sqs:", "queue", _whole, _last, "a managed queue, which a stack has no word for",
        "run a message broker on a server, or order the target's",
    ),
    Service(
        "sns", "list_topics", "sns:", "topic", _field("TopicArn"), lambda row: _last(row.get("TopicArn")),
        "a managed topic, which a stack has no word for", "run a message broker on a server, or order the target's",
    ),
    Service(
        "ecr", "describe_repositories", "ecr:repository/", "image repository", _field("repositoryArn"),
        _field("repositoryName"), "a registry of container images, which a stack has no word for",
        "copy the images into the target's registry",
    ),
)  # fmt: skip
"""Those that are listed one by one."""

LISTED = (
    *("ec2:", "elasticloadbalancing:", "autoscaling:", "acm:certificate/", "s3:", "route53:hostedzone/"),
    *("cloudformation:stack/",),
)
"""Beginnings of what is listed elsewhere, or says nothing by itself: stacks of CloudFormation are sets of others."""


def services(look: Look) -> Iterator[Surplus]:
    """What the listed services have."""
    for item, rows in zip(SERVICES, look.side_by_side(lambda one: _rows(look, one), SERVICES), strict=True):
        for row in rows:
            fields = row if isinstance(row, Mapping) else {}
            reason = item.reason.format_map(_Shown(fields))
            yield Surplus(item.type, item.id(row), item.name(row), reason, item.advice)


def _rows(look: Look, item: Service) -> list[Any]:
    return look.rows(item.service, item.operation)


class _Shown(dict[str, Any]):
    """Fields of a row; those that it lacks are unknown."""

    def __missing__(self, key: str) -> str:
        return "unknown"


def tagged(look: Look) -> Iterator[Surplus]:
    """Whatever else has, or had, tags: it is named by its ARN, and its tags are not looked at."""
    known = [item.resources for item in SERVICES if not look.was_refused(item.service, item.operation)]
    for row in look.rows("resourcegroupstaggingapi", "get_resources"):
        arn = str(row["ResourceARN"])
        parts = arn.split(":", 5)
        if len(parts) < 6:
            continue
        what = f"{parts[2]}:{parts[5]}"
        if what.startswith((*LISTED, *known)):
            continue
        reason = f"something of the service {parts[2]}, which a stack has no word for"
        yield Surplus(parts[2], arn, _last(parts[5]), reason, "see what it is for, and whether it is needed elsewhere")
