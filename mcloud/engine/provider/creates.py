"""Tells the state server what is about to be made and what was made.

The engine writes down that a create begins and how it ended. Between the two only the provider knows what the cloud
has answered, and when the provider itself is cut off, the engine takes it that nothing was made. So each create is
told before the cloud is asked, with the id as soon as there is one, and as refused where surely nothing was made.
"""

from __future__ import annotations

import http.client
import json
import os
from typing import Any, Protocol
from urllib.parse import quote

import tenacity

from mcloud.engine.stateserver.client import TOKEN, URL
from mcloud.engine.stateserver.commit import GroupCommit
from mcloud.errors import StateError

SECONDS = 30.0
ATTEMPTS = 6


class Creates(Protocol):
    """Who hears of creates; each call returns when what it said is durable.

    Raises:
        StateError: it could not be written down.
    """

    def begun(self, urn: str, account: str) -> None:
        """The cloud is going to be asked."""
        ...

    def made(self, urn: str, account: str, resource_id: str) -> None:
        """The cloud has accepted; the engine's id."""
        ...

    def refused(self, urn: str) -> None:
        """Surely nothing was made."""
        ...


class NotTold:
    """For runs without a state server: the engine's own pending operation is all there is."""

    def begun(self, urn: str, account: str) -> None: ...

    def made(self, urn: str, account: str, resource_id: str) -> None: ...

    def refused(self, urn: str) -> None: ...


class ToldToServer:
    """Tells a state server. What many say while it writes is told, and written, together."""

    def __init__(self, url: str, token: str) -> None:
        self._headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
        # One at a time goes through it, the one whose turn it is to tell for all. A client library would take a
        # quarter of a second to import.
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=SECONDS)
        self._together = GroupCommit(self._tell_all)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def begun(self, urn: str, account: str) -> None:
        self._together.add([{"urn": urn, "phase": "begun", "account": account}])

    def made(self, urn: str, account: str, resource_id: str) -> None:
        self._together.add([{"urn": urn, "phase": "made", "account": account, "id": resource_id}])

    def refused(self, urn: str) -> None:
        self._together.add([{"urn": urn, "phase": "refused"}])

    def _tell_all(self, creates: list[dict[str, str]]) -> None:
        stacks: dict[str, list[dict[str, str]]] = {}
        for create in creates:
            stack = create["urn"].split("::", 1)[0].removeprefix("urn:pulumi:")
            stacks.setdefault(stack, []).append(create)
        for stack, told in stacks.items():
            self._tell(f"/mcloud/stacks/{quote(stack, safe='')}/creates", json.dumps({"creates": told}))

    def _tell(self, path: str, body: str) -> None:
        try:
            status, answer = self._post(path, body)
        except (OSError, http.client.HTTPException) as error:
            raise StateError(
                "the state server does not answer, so nothing new may be made", hint="run again"
            ) from error
        if status >= http.client.BAD_REQUEST:
            raise StateError(f"the state server refuses to write: {_message(status, answer)}")

    @tenacity.retry(
        # Saying it twice is the same as once; a server that was ended is followed by a new one.
        retry=tenacity.retry_if_exception_type((OSError, http.client.HTTPException)),
        wait=tenacity.wait_exponential(multiplier=0.1, max=2),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        reraise=True,
    )
    def _post(self, path: str, body: str) -> tuple[int, bytes]:
        try:
            self._connection.request("POST", path, body, self._headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise


def from_environment() -> Creates:
    """The state server that the command line has started for this run, where there is one."""
    url, token = os.environ.get(URL), os.environ.get(TOKEN)
    return ToldToServer(url, token) if url and token else NotTold()


def _message(status: int, answer: bytes) -> str:
    try:
        found: Any = json.loads(answer)["message"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {status}"
    return str(found)
