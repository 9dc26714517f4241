"""A cloud from somebody else's distribution: nothing in mcloud changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ADAPTER = """
from collections.abc import Mapping
from datetime import date
from typing import Any

from mcloud.adapter.adapter import Adapter
from mcloud.adapter.kind import Found, Kind, Observed
from mcloud.catalog.types import Catalog, Provenance, Region, Zone
from mcloud.errors import CloudError

SOURCE = Provenance("its own page", date(2026, 11, 1), "vendor-doc")


class Network(Kind):
    kind = "Network"

    def translate(self, inputs, picks):
        return dict(inputs)

    def observe(self, at, native):
        return Observed(dict(native))

    def create(self, session, inputs, picks):
        return "net-1"

    def read(self, session, native_id):
        return None

    def delete(self, session, native_id):
        return None

    def find(self, session, inputs):
        return Found()

    def list(self, session):
        return ()


class Tiny(Adapter):
    name = "tiny"
    title = "Tiny Cloud"
    kinds = {"Network": Network()}

    def catalog(self):
        return Catalog("tiny", (Region("one", ("1",), "One", (Zone("a", "A", True, True),), SOURCE),))

    def connect(self, profile, at):
        raise CloudError("no account here")

    def live_catalog(self, session, at):
        return self.catalog()

    def explain(self, error, doing):
        return CloudError(doing)


adapter = Tiny()
"""


def test_a_cloud_from_another_distribution(tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "tiny_cloud-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "tiny_cloud.py").write_text(ADAPTER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-cloud\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mcloud.adapters]\ntiny = tiny_cloud:adapter\n")
    stack = tmp_path / "stack.yaml"
    stack.write_text("mcloud: 1\nname: t\nplacement: tiny/1\nnetworks: {n: {cidr: 10.0.0.0/16}}\nbuckets: {b: {}}\n")
    done = subprocess.run(
        [sys.executable, "-m", "mcloud.cli.main", "validate", str(stack), "--json"],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    found = json.loads(done.stdout)
    assert found["resources"][0]["placement"] == "tiny/one"
    assert [(gap["resource"], gap["class"]) for gap in found["gaps"]] == [("buckets.b", "blocking")]
    assert "the adapter for Tiny Cloud does no bucket" in found["gaps"][0]["reason"]
