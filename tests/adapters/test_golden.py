"""Every kind of every cloud: neutral in, native and gaps out, as the golden files have it."""

from __future__ import annotations

import json

import pytest

from mcloud.adapter import registry
from tests.adapters.golden import CLOUDS, REGENERATE, cases, file_of, made, unless_regenerated

ALL = {(cloud, kind, name): case for cloud in CLOUDS for (kind, name), case in cases(cloud).items()}


@pytest.mark.parametrize(("cloud", "kind"), [(cloud, kind) for cloud in CLOUDS for kind in registry.get(cloud).kinds])
def test_each_kind_has_its_golden_file(cloud: str, kind: str) -> None:
    path = file_of(cloud, kind)
    found = json.loads(path.read_text())
    if REGENERATE:
        fresh = {name: made(cloud, kind, case) for name, case in found.items()}
        path.write_text(json.dumps(fresh, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found


@unless_regenerated
@pytest.mark.parametrize(("cloud", "kind", "name"), ALL)
def test_native_and_gaps_are_the_golden_ones(cloud: str, kind: str, name: str) -> None:
    case = ALL[cloud, kind, name]
    assert made(cloud, kind, case) == case
