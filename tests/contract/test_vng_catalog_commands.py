"""catalog list, show and refresh against an emulated account, as a person types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcloud.adapter.profile import save_profile
from mcloud.cli.main import run
from mcloud.emulator.clock import Clock
from mcloud.emulator.server import Running, serve
from mcloud.paths import config_dir
from mcloud_vng.emulator import SPEC


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A profile that leads to an emulator, and a cache of its own."""
    monkeypatch.setenv("MCLOUD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MCLOUD_PROFILE", "mine")
    with serve(SPEC, clock=Clock(0.001)) as running:
        monkeypatch.setenv("CLIENT_SECRET", running.client_secret)
        save_profile("mine", {"vng": SPEC.whole_profile(running.url, running.client_id, "")})
        yield running


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_refresh_tells_what_is_different_and_later_lists_use_it(
    cloud: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    before = said(capsys, "catalog", "list", "vng/hcm")
    assert {row["stock"] for row in before} == {"unknown"}
    found = said(capsys, "catalog", "refresh", "vng/hcm")
    assert found["placement"] == "vng/hcm-3"
    changes = {(item["kind"], item["name"], item["how"]) for item in found["changes"]}
    assert ("zones", "HCM03-1A", "closed") in changes
    assert ("zones", "HCM03-1C", "opened") in changes
    assert ("zones", "HCM03-BKK-01", "gone") in changes
    assert ("flavors", "s2-general-2x4", "sold out") in changes
    assert ("limits", "SECGROUP", "changed") in changes
    after = said(capsys, "catalog", "list", "vng/hcm")
    assert len(after) == found["counts"]["flavors"]
    assert {row["stock"] for row in after} == {"yes", "sold out"}
    assert {row["age"] for row in after} == {"today"}
    assert {row["source"].split(",")[0] for row in after} == {"account"}
    # The shipped price stays where the account's list has none.
    assert any(row["price"].startswith("567,600 VND/month (third-party") for row in after)
    assert run(["catalog", "refresh", "vng/hcm"]) == 0
    text = capsys.readouterr().out
    assert "closed: zone HCM03-1A (to this account)" in text
    assert "kept for later" in text
    # Another region, and another profile, know nothing of it.
    assert {row["stock"] for row in said(capsys, "catalog", "list", "vng/hcm", "--profile", "other")} == {"unknown"}


@pytest.mark.parametrize("what", ["flavors", "images", "disks", "regions", "limits", "prices"])
def test_every_list_shows_source_and_age(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = said(capsys, "catalog", "list", "vng", "--what", what)
    assert rows
    if what != "flavors":
        assert all(row["kind"] == what and row["source"] and row["mark"] and row["age_days"] >= 0 for row in rows)
    assert run(["catalog", "list", "vng", "--what", what]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[-2:] == ["source", "age"]
    assert lines[-1] == f"{len(rows)} {what}"


def test_show_one_thing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "show", "vng/hcm", "s2-general-1x2"]) == 0
    text = capsys.readouterr().out
    assert "283,800 VND per month, whether VAT is in it is unknown" in text
    assert "[third-party, 2026-09-28, " in text
    rows = said(capsys, "catalog", "show", "vng", "Ubuntu 22.04")
    assert [(row["kind"], row["min_disk"], row["mark"]) for row in rows] == [("images", None, "vendor-doc")]
    assert run(["catalog", "show", "vng", "s2-generl-1x2"]) == 1
    assert "did you mean s2-general-1x2" in capsys.readouterr().err
    assert run(["catalog", "show", "vng/nowhere", "x"]) == 1


def test_the_price_book_is_over_both(cloud: Running, capsys: pytest.CaptureFixture[str]) -> None:
    book = config_dir() / "prices" / "vng.csv"
    book.parent.mkdir(parents=True)
    header = "item,amount,currency,unit,as_of,source,vat\n"
    book.write_text(
        f"{header}flavor:s2-general-1x2,200000,VND,month,2026-11-01,contract 7,excluded\n"
        "flavor:s2-generl-1x2,1,VND,month,2026-11-01,contract 7,\n"
    )
    for _ in range(2):
        [shown] = [
            row for row in said(capsys, "catalog", "show", "vng/hcm", "s2-general-1x2") if row["kind"] == "flavors"
        ]
        assert shown["price"]["amount"] == "200000"
        assert (shown["price"]["mark"], shown["price"]["vat"]) == ("user", "excluded")
        assert run(["catalog", "refresh", "vng/hcm"]) == 0
        capsys.readouterr()
    assert run(["catalog", "list", "vng/hcm"]) == 0
    assert "flavor:s2-generl-1x2 is the price of nothing" in capsys.readouterr().err
    book.write_text(f"{header}flavor:x,much,VND,month,2026-11-01,me,\n")
    assert run(["catalog", "list", "vng/hcm"]) == 1
    assert f"{book}:2:10: 'much' is no amount" in capsys.readouterr().err
