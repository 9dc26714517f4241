"""A session that only looks: each list is asked for once, and what is refused is noted and does not stop the rest."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from mcloud.errors import Unauthorised
from mcloud_aws.discovery.calls import CALLS, Call
from mcloud_aws.errors import code_of, explain
from mcloud_aws.session import AwsSession

Raw = dict[str, Any]
A = TypeVar("A")
B = TypeVar("B")
AT_ONCE = 8
NAMED = 5
"""So many things are named of those that a call was refused for."""
SUBJECTS = ("Bucket", "TargetGroupArn", "LoadBalancerArn", "ListenerArn", "CertificateArn", "HostedZoneId")


class Look:
    """Looks through an account in one region. It makes the calls of the table and no others.

    Attributes:
        session: the account, signed in to.
        options: words of discovery's for what is looked at on request only.
    """

    def __init__(self, session: AwsSession, options: Collection[str] = ()) -> None:
        self.session = session
        self.options = frozenset(options)
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str, str], Future[Any]] = {}
        self._refused: dict[tuple[str, str], tuple[Exception, list[str]]] = {}

    @property
    def region(self) -> str:
        """Where it looks."""
        return self.session.region

    def rows(self, service: str, operation: str, **arguments: Any) -> list[Raw]:
        """All rows of all pages; none where the call was refused."""
        call = CALLS[service, operation]
        found: list[Raw] = self._once(call, arguments, lambda: self._pages(call, arguments), [])
        return found

    def one(self, service: str, operation: str, absent: str = "", **arguments: Any) -> Raw | None:
        """A whole answer; None where the call was refused, and empty where the code ``absent`` says there is none."""
        call = CALLS[service, operation]
        client = self.session.client(service)
        ask = partial(getattr(client, operation), **arguments)
        found: Raw | None = self._once(call, arguments, ask, None, absent)
        return found

    def side_by_side(self, function: Callable[[A], B], items: Iterable[A]) -> list[B]:
        """The function of each item, several at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(function, items))

    def was_refused(self, service: str, operation: str) -> bool:
        """Whether such a call was refused: then its empty list means nothing."""
        return (service, operation) in self._refused

    def refused(self) -> Iterator[tuple[str, str, str]]:
        """What was not seen, why, and what to do."""
        for (service, operation), (error, subjects) in sorted(self._refused.items()):
            call = CALLS[service, operation]
            told = explain(error, f"list {call.what}")
            more = f" and {len(subjects) - NAMED} more" if len(subjects) > NAMED else ""
            named = ", ".join(subjects[:NAMED]) + more
            advice = told.hint or ""
            if isinstance(told, Unauthorised):
                advice = f"allow {call.action or operation}; mcloud discover aws --policy prints all that is needed"
            yield f"{call.what} of {named}" if named else call.what, told.message, advice

    def _once(self, call: Call, arguments: Raw, ask: Callable[[], Any], nothing: Any, absent: str = "") -> Any:
        key = (call.service, call.operation, json.dumps(arguments, sort_keys=True, default=str))
        with self._lock:
            answer = self._answers.get(key)
            mine = answer is None
            if answer is None:
                answer = self._answers[key] = Future()
        if mine:
            try:
                answer.set_result(ask())
            except (KeyboardInterrupt, SystemExit) as error:
                answer.set_exception(error)
                raise
            except Exception as error:  # whatever it is, the other calls are still worth making
                if absent and code_of(error) == absent:
                    answer.set_result({})
                else:
                    self._note(call, arguments, error)
                    answer.set_result(nothing)
        return answer.result()

    def _pages(self, call: Call, arguments: Raw) -> list[Raw]:
        client = self.session.client(call.service)
        if not client.can_paginate(call.operation):
            return list(getattr(client, call.operation)(**arguments).get(call.field) or ())
        size = {"PageSize": call.page[1]} if call.page else {}
        pages = client.get_paginator(call.operation).paginate(**arguments, PaginationConfig=size)
        return [row for page in pages for row in page.get(call.field) or ()]

    def _note(self, call: Call, arguments: Raw, error: Exception) -> None:
        subject = next((str(arguments[name]).rpartition(":")[2] for name in SUBJECTS if name in arguments), "")
        with self._lock:
            _, subjects = self._refused.setdefault((call.service, call.operation), (error, []))
            if subject:
                subjects.append(subject)


def by(rows: Iterable[Raw], field: str) -> dict[str, list[Raw]]:
    """Rows by what they have in a field."""
    found: dict[str, list[Raw]] = defaultdict(list)
    for row in rows:
        found[str(row.get(field) or "")].append(row)
    return found
