"""A session of AWS whose calls are answered from a table, without a network and without moto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session

from mcloud.adapter.operations import Operations
from mcloud.catalog.types import Catalog
from mcloud.discover.discovery import Discovery
from mcloud.discover.live import Home, discover_homes
from mcloud.model.base import Placement
from mcloud_aws import adapter
from mcloud_aws.session import AwsSession

Answers = Mapping[str, Any]
"""``service.Operation`` -> the answer, or a function of the arguments, or an error to raise."""
DENIED = {"ec2": "UnauthorizedOperation"}


class Refusal(Exception):
    """A refusal of a service, to be put in the place of an answer."""

    def __init__(self, code: str, status: int = 403) -> None:
        super().__init__(code)
        self.code, self.status = code, status


def session(answers: Answers, region: str, calls: list[str] | None = None) -> AwsSession:
    """A session; ``calls`` gets each call as ``service.Operation``."""
    base = botocore.session.Session()
    base.set_credentials("AKIDEXAMPLE", "secret")
    boto = boto3.session.Session(botocore_session=base, region_name=region)

    def answer(model: Any, params: Any, **more: Any) -> Any:
        name = f"{model.service_model.service_name}.{model.name}"
        if calls is not None:
            calls.append(name)
        found = answers.get(name, {})
        given = found(params) if isinstance(found, Callable) and not isinstance(found, Refusal) else found  # type: ignore[arg-type]
        if isinstance(given, Refusal):
            error = {"Code": given.code, "Message": "You are not authorized to perform this operation."}
            meta = {"HTTPStatusCode": given.status, "HTTPHeaders": {}}
            return SimpleNamespace(status_code=given.status), {"Error": error, "ResponseMetadata": meta}
        return SimpleNamespace(status_code=200), dict(given)

    boto.events.register("before-call", answer)
    return AwsSession(boto, region, {})


def discover(
    answers: Answers, region: str = "us-west-2", calls: list[str] | None = None, **more: Any
) -> Discovery:
    """What discovery makes of these answers; what they lack is empty."""
    known = {"sts.GetCallerIdentity": {"Account": "644160558196"}, **answers}
    at = Placement("aws", region)
    home = Home(Operations(adapter, session(known, region, calls)), at, catalog())
    return discover_homes((home,), **{"strict": False, **more})


def catalog() -> Catalog:
    """The shipped one."""
    return adapter.catalog()
