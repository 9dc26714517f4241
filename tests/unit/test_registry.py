"""Clouds are found by entry point; one that is missing or broken is told as such."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from mcloud.adapter import registry
from mcloud.errors import PlacementError

GROUP = "mcloud.adapters"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    points = {
        "north": EntryPoint("north", "not_there.at_all:adapter", GROUP),
        "south": EntryPoint("south", "mcloud.paths:config_dir", GROUP),
    }
    monkeypatch.setattr(registry, "_points", lambda: points)
    registry.get.cache_clear()
    yield
    registry.get.cache_clear()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("cloud", "says", "hint"),
    [
        ("nroth", "no adapter is installed for the cloud 'nroth'", "did you mean 'north'?"),
        ("zzz", "no adapter is installed for the cloud 'zzz'", "installed: north, south"),
        ("north", "the adapter for 'north' cannot be loaded: No module named 'not_there'", "install mcloud-vn[all]"),
        ("south", "the entry point mcloud.paths:config_dir of 'south' is not an Adapter", None),
    ],
)
def test_no_adapter(cloud: str, says: str, hint: str | None) -> None:
    with pytest.raises(PlacementError) as caught:
        registry.get(cloud)
    assert (caught.value.message, caught.value.hint) == (says, hint)


def test_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_points", dict)
    with pytest.raises(PlacementError, match="installed: none"):
        registry.get("somewhere")


@pytest.mark.parametrize("name", registry.names())
def test_an_adapter_is_the_one_of_its_name(name: str) -> None:
    adapter = registry.get(name)
    assert adapter.name == name
    assert adapter is registry.get(name)
    assert adapter.title
    assert {kind.kind: kind for kind in adapter.kinds.values()} == dict(adapter.kinds)
