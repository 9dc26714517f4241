"""Tells the state server what is about to be made and what was made.

The engine writes down that a create begins and how it ended. Between the two only the provider knows what the cloud
has answered, and when the provider itself is cut off, the engine takes it that nothing was made. So each create is
told before the cloud is asked, with the id as soon as there is one, and as refused where surely nothing was made.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

import tenacity

from mcloud.engine.stateserver.client import TOKEN, URL
from mcloud.errors import StateError

if TYPE_CHECKING:
    import httpx  # a quarter of a second, and only a create needs it

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
    """Tells a state server."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        headers = {"Authorization": f"token {self._token}"}
        return httpx.Client(base_url=self._url, headers=headers, timeout=SECONDS, trust_env=False)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def begun(self, urn: str, account: str) -> None:
        self._tell(urn, phase="begun", account=account)

    def made(self, urn: str, account: str, resource_id: str) -> None:
        self._tell(urn, phase="made", account=account, id=resource_id)

    def refused(self, urn: str) -> None:
        self._tell(urn, phase="refused")

    def _tell(self, urn: str, **create: str) -> None:
        import httpx

        stack = quote(urn.split("::", 1)[0].removeprefix("urn:pulumi:"), safe="")

        @tenacity.retry(
            # Saying it twice is the same as once; a server that was ended is followed by a new one.
            retry=tenacity.retry_if_exception_type(httpx.TransportError),
            wait=tenacity.wait_exponential(multiplier=0.1, max=2),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        def tell() -> httpx.Response:
            return self._client.post(f"/mcloud/stacks/{stack}/creates", json={"urn": urn, **create})

        try:
            answer = tell()
        except httpx.TransportError as error:
            raise StateError(
                "the state server does not answer, so nothing new may be made", hint="run again"
            ) from error
        if answer.is_error:
            raise StateError(f"the state server refuses to write: {_message(answer)}")


def from_environment() -> Creates:
    """The state server that the command line has started for this run, where there is one."""
    url, token = os.environ.get(URL), os.environ.get(TOKEN)
    return ToldToServer(url, token) if url and token else NotTold()


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {answer.status_code}"
