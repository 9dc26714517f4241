"""A session of AWS whose calls are answered from a table, without a network and without moto."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session

from mcloud.adapter.operations import Operations
from mcloud.discover.discovery import Discovery
from mcloud.discover.live import Home, discover_homes
from mcloud.model.base import Placement
from mcloud_aws import adapter
from mcloud_aws.session import AwsSession

Answers = Mapping[str, Any]
"""``service.Operation`` -> the answer, or a refusal."""


class Refusal(Exception):
    """A refusal of a service, to be put in the place of an answer."""

    def __init__(self, code: str, status: int = 403) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass
class _Desk:
    """One session for all tests of a process: making the clients of so many services takes seconds."""

    session: AwsSession
    answers: Answers = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def answer(self, model: Any, params: Any, **more: Any) -> Any:
        """In the place of what the service would say."""
        name = f"{model.service_model.service_name}.{model.name}"
        self.calls.append(name)
        found = self.answers.get(name, {})
        if isinstance(found, Refusal):
            error = {"Code": found.code, "Message": "You are not authorized to perform this operation."}
            meta = {"HTTPStatusCode": found.status, "HTTPHeaders": {}}
            return SimpleNamespace(status_code=found.status), {"Error": error, "ResponseMetadata": meta}
        return SimpleNamespace(status_code=200), dict(found)


@cache
def _desk(region: str) -> _Desk:
    base = botocore.session.Session()
    base.set_credentials("AKIDEXAMPLE", "secret")
    boto = boto3.session.Session(botocore_session=base, region_name=region)
    desk = _Desk(AwsSession(boto, region, {}))
    boto.events.register("before-call", desk.answer)
    return desk


def discover(answers: Answers, region: str = "us-west-2", calls: list[str] | None = None, **more: Any) -> Discovery:
    """What discovery makes of these answers; what they lack is empty. ``calls`` gets each call."""
    desk = _desk(region)
    desk.answers = {"sts.GetCallerIdentity": {"Account": "644160558196"}, **answers}
    desk.calls = [] if calls is None else calls
    home = Home(Operations(adapter, desk.session), Placement("aws", region), adapter.catalog())
    return discover_homes((home,), **{"strict": False, **more})
