"""One list in place of many reads, and what it must never do: hide a change, or call something gone that is there."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import pytest

from mcloud.adapter import listing
from mcloud.adapter.kind import Found, Kind, Observed
from mcloud.adapter.listing import SINGLE_READS, Listings
from mcloud.adapter.operations import Operations
from mcloud.errors import Unauthorised


class Shelf(Kind):
    """Things by id; counts how it is asked."""

    kind = "Volume"

    def __init__(self, things: dict[str, Any]) -> None:
        self.things = things
        self.listed: dict[str, Any] | None = None
        self.reads: list[str] = []
        self.lists = 0
        self.refused = False

    def translate(self, inputs: Any, picks: Any) -> dict[str, Any]:
        return {}

    def observe(self, at: Any, native: Any) -> Observed:
        return Observed({})

    def create(self, session: Any, inputs: Any, picks: Any) -> str:
        raise NotImplementedError

    def read(self, session: Any, native_id: str) -> Any:
        self.reads.append(native_id)
        return self.things.get(native_id)

    def delete(self, session: Any, native_id: str) -> None:
        raise NotImplementedError

    def find(self, session: Any, inputs: Any) -> Found:
        raise NotImplementedError

    def list(self, session: Any) -> Iterable[tuple[str, Any]]:
        self.lists += 1
        if self.refused:
            raise Unauthorised("lists are not allowed")
        return list((self.things if self.listed is None else self.listed).items())


@pytest.fixture
def shelf() -> Shelf:
    return Shelf({f"v-{number}": {"number": number} for number in range(50)})


@pytest.fixture
def listings() -> Listings:
    adapter: Any = None  # every error here is one of ours, so that no adapter has to explain it
    return Listings(Operations(adapter, session=None))


def read_all(listings: Listings, shelf: Shelf) -> list[Any]:
    return [listings.read(shelf, native_id, native_id) for native_id in shelf.things]


def test_many_reads_are_one_list(listings: Listings, shelf: Shelf) -> None:
    assert read_all(listings, shelf) == list(shelf.things.values())
    assert (len(shelf.reads), shelf.lists) == (SINGLE_READS, 1)


def test_few_reads_are_reads(listings: Listings, shelf: Shelf) -> None:
    for number in range(SINGLE_READS):
        listings.read(shelf, f"v-{number}", "it")
    assert (len(shelf.reads), shelf.lists) == (SINGLE_READS, 0)


def test_what_the_list_lacks_is_read_by_itself(listings: Listings, shelf: Shelf) -> None:
    shelf.listed = {}
    assert read_all(listings, shelf) == list(shelf.things.values())
    del shelf.things["v-7"]
    assert listings.read(shelf, "v-7", "it") is None


def test_after_a_change_no_list_is_believed(listings: Listings, shelf: Shelf) -> None:
    read_all(listings, shelf)
    shelf.things = {name: {"number": -1} for name in shelf.things}
    listings.forget()
    assert {item["number"] for item in read_all(listings, shelf)} == {-1}


def test_an_old_list_is_taken_anew(listings: Listings, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    read_all(listings, shelf)
    shelf.things = {name: {"number": -1} for name in shelf.things}
    assert listings.read(shelf, "v-9", "it") == {"number": 9}
    monkeypatch.setattr(listing, "FRESH", -1.0)
    assert listings.read(shelf, "v-9", "it") == {"number": -1}


def test_a_refused_list_leaves_the_reads(listings: Listings, shelf: Shelf) -> None:
    shelf.refused = True
    assert read_all(listings, shelf) == list(shelf.things.values())
    assert (len(shelf.reads), shelf.lists) == (50, 1)


def test_at_once_from_many_threads_one_list(listings: Listings, shelf: Shelf) -> None:
    start = threading.Barrier(20)
    seen: list[Any] = []

    def read(number: int) -> None:
        start.wait()
        seen.append(listings.read(shelf, f"v-{number}", "it"))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item["number"] for item in seen) == list(range(20))
    assert shelf.lists == 1


def test_a_kind_whose_list_saves_nothing_is_read_one_by_one(listings: Listings, shelf: Shelf) -> None:
    class Dear(Shelf):
        reads_by_list = False

    dear = Dear(shelf.things)
    assert read_all(listings, dear) == list(shelf.things.values())
    assert (dear.lists, len(dear.reads)) == (0, 50)
