"""A store in a bucket that speaks S3, for people who work on one state from several machines.

Documents are objects that are written with a condition on their ETag. A journal is a row of numbered objects, each
written under the condition that there is none of its number; so two who believe they hold it never both succeed, and
who takes it over writes a last object that nobody can write behind, and that stays when the others are removed.

The service must know conditional writes (If-Match and If-None-Match on PutObject): a store that passes them over would
let two runs write one state, so the first use tries it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import create_loader
from botocore.session import get_session

from mcloud.engine.stateserver.store import Blob, Changed, Fenced, StoreFull
from mcloud.errors import StateError
from mcloud.secrets import remember, without_secrets

CLOSED = b"\0closed"
"""The last object of a journal that takes nothing more."""
TAKEN = ("PreconditionFailed", "412", "ConditionalRequestConflict", "409")
MISSING = ("NoSuchKey", "404", "NotFound")
NO_ROOM = ("QuotaExceeded", "XAmzStorageFull", "StorageFull", "507", "EntityTooLarge")
UNCHANGED = ("304", "NotModified", "Not Modified")
KEPT = ("/state.json", "/00000000")
"""Objects that are asked for again and again and seldom change: a service sends them once."""
PROBE = ".conditional"
FIRST = f"{0:08}"
AT_ONCE = 8
"""So many parts of a journal are read or removed side by side."""


class BucketStore:
    """A store below a prefix of a bucket.

    Args:
        bucket, prefix: where.
        endpoint: the service's URL, None for the one that the client knows by itself.
        region: the service's region, None for what the environment says.
    """

    def __init__(self, bucket: str, prefix: str, endpoint: str | None, region: str | None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._next: dict[str, int] = {}
        self._taken_over: set[str] = set()
        self._known: dict[str, Blob] = {}
        self._written: dict[str, bytes] = {}
        self._probed = False
        settings = Config(
            s3={"addressing_style": "path"},
            # Many services refuse the checksums that the client adds by itself.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"max_attempts": 5, "mode": "standard"},
        )
        with self._explained("reach"):
            session = boto3.session.Session(botocore_session=_session())
            _remember(session.get_credentials())
            self._client: Any = session.client("s3", endpoint_url=endpoint, region_name=region, config=settings)

    @property
    def title(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def stacks(self) -> list[str]:
        names = [name.rstrip("/") for name in self._names("", folders=True)]
        return [name for name in names if self.get(f"{name}/state.json") is not None]

    def get(self, key: str) -> Blob | None:
        known = self._known.get(key)
        condition = {} if known is None else {"IfNoneMatch": known.tag}
        with self._explained(f"read {key}"):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key, **condition)
            except ClientError as error:
                if known is not None and _code(error) in UNCHANGED:
                    return known
                if _code(error) in MISSING:
                    self._known.pop(key, None)
                    return None
                raise
            blob = Blob(found["Body"].read(), found["ETag"])
        if key.endswith(KEPT):
            self._known[key] = blob
        return blob

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        self._probe()
        tag = self._put_once(key, data, expected)
        if tag is None:
            raise Changed(f"{key} was changed by somebody else", hint="run again", where=self.title)
        return tag

    def _put_once(self, key: str, data: bytes, expected: str | None) -> str | None:
        """The same where the answer got lost and the client repeated the call: then it is there already, and ours."""
        tag = self._put(key, data, expected)
        if tag is None:
            there = self.get(key)
            tag = there.tag if there is not None and there.data == data else None
        return tag

    def _put(self, key: str, data: bytes, expected: str | None) -> str | None:
        """The object's new ETag; None when it is not as expected."""
        condition = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
        with self._explained(f"write {key}"):
            try:
                answer = self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=data, **condition)
            except ClientError as error:
                if _code(error) in (*TAKEN, *MISSING):
                    return None
                raise
            return str(answer["ETag"])

    def _probe(self) -> None:
        if self._probed:
            return
        if self._put(PROBE, b"", None) is not None and self._put(PROBE, b"", None) is not None:
            raise StateError(
                "this service passes over the conditions of conditional writes, so two runs could write one state",
                hint="keep the state in another bucket, or locally",
                where=self.title,
            )
        self._probed = True

    def delete(self, key: str) -> None:
        with self._explained(f"remove {key}"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def keys(self, prefix: str) -> list[str]:
        # A journal is a folder of numbered objects; without the first one it was removed.
        folders = [name.rstrip("/") for name in self._names(prefix, folders=True)]
        journals = [name for name in folders if self.get(f"{prefix}{name}/{FIRST}") is not None]
        return sorted(prefix + name for name in (*self._names(prefix), *journals))

    def _names(self, prefix: str, *, folders: bool = False) -> list[str]:
        with self._explained("list"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix, Delimiter="/"
            )
            found = [
                item["Prefix" if folders else "Key"]
                for page in pages
                for item in page.get("CommonPrefixes" if folders else "Contents") or ()
            ]
        return sorted(name.removeprefix(self._prefix + prefix) for name in found)

    def start_journal(self, key: str, data: bytes) -> None:
        self._probe()
        if self._put_once(_part(key, 0), data, None) is None:
            raise Changed(f"{key} is there already", where=self.title)
        self._next[key] = 1

    def append(self, key: str, data: bytes) -> None:
        number = self._next[key] if key in self._next else self._free(key)
        while self._put(_part(key, number), data, None) is None:
            there = self.get(_part(key, number))
            if there is not None and there.data == data:
                break  # our own, whose answer got lost
            if there is None or there.data == CLOSED:
                self._next.pop(key, None)
                raise self._fenced(key)
            number += 1
        self._next[key] = number + 1
        self._written[_part(key, number)] = data

    def _free(self, key: str) -> int:
        """The number of the next part of a journal that another process of the same run has written so far."""
        names = self._names(f"{key}/")
        if FIRST not in names or self._is_closed(key, names):
            raise self._fenced(key)
        return int(names[-1]) + 1

    def _is_closed(self, key: str, names: list[str]) -> bool:
        last = self.get(f"{key}/{names[-1]}")
        return last is None or last.data == CLOSED

    def _fenced(self, key: str) -> Fenced:
        return Fenced(f"{key} was taken over by another run", where=self.title)

    def read_journal(self, key: str) -> bytes | None:
        names = self._names(f"{key}/")
        if FIRST not in names:
            return None
        with ThreadPoolExecutor(AT_ONCE) as pool:
            parts = list(pool.map(lambda name: self._read_part(f"{key}/{name}"), names))
        return b"".join(part for part in parts if part is not None and part != CLOSED)

    def _read_part(self, key: str) -> bytes | None:
        """A part is never written again, so what we have written ourselves need not be asked for."""
        if key in self._written:
            return self._written[key]
        blob = self.get(key)
        return None if blob is None else blob.data

    def close_journal(self, key: str) -> None:
        names = self._names(f"{key}/")
        if FIRST not in names:
            return
        if key not in self._next:
            self._taken_over.add(key)
        if self._is_closed(key, names):
            return
        # A run that still writes takes number after number. Several are taken at once, so that it meets one of them;
        # it can pass over none.
        number, width = int(names[-1]) + 1, 1 if key in self._next else AT_ONCE
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while True:
                row = range(number, number + width)
                if any(list(pool.map(lambda one: self._put(_part(key, one), CLOSED, None), row))):
                    return
                number += width

    def drop_journal(self, key: str) -> None:
        names = self._names(f"{key}/")
        if FIRST not in names:
            return
        # Of one that was taken over its end stays, for its run may come back at any time and must find its place taken.
        while names and key in self._taken_over and self._is_closed(key, names):
            names.pop()
        # The first object goes first: without it there is no journal.
        self.delete(_part(key, 0))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda name: self.delete(f"{key}/{name}"), names[1:]))
        for memory in (self._known, self._written):
            for name in names:
                memory.pop(f"{key}/{name}", None)
        self._next.pop(key, None)

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            said = error.response.get("Error", {}).get("Message") or _code(error)
            kind = StoreFull if _code(error) in NO_ROOM else StateError
            words = without_secrets(f"the state's bucket refuses to {doing}: {said}")
            raise kind(words, where=self.title) from error
        except BotoCoreError as error:
            raise StateError(f"the state's bucket cannot be used to {doing}: {error}", where=self.title) from error


@cache
def _loader() -> Any:
    """The service's description: reading it takes longer than all else that a client needs."""
    return create_loader()


def _session() -> Any:
    made = get_session()
    made.register_component("data_loader", _loader())
    return made


def _remember(held: Any) -> None:
    if held is not None:
        frozen = held.get_frozen_credentials()
        for value in (frozen.secret_key, frozen.token):
            remember(value or "")


def _part(key: str, number: int) -> str:
    return f"{key}/{number:08}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
