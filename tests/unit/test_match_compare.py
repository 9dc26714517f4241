"""A stack at several placements, with the shipped catalogs: verdicts, exit codes, what is printed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcloud.catalog.rates import shipped_rates
from mcloud.catalog.types import Catalog, Provenance
from mcloud.cli.compare import kept_catalogs, targets_of
from mcloud.cli.main import run
from mcloud.errors import PlacementError
from mcloud.load import load_stack
from mcloud.match.compare import Terms, compare
from mcloud.match.verdict import Comparison, Verdict
from mcloud.model.base import Placement

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = date(2026, 11, 26)
SMALL = {
    "mcloud": 1,
    "name": "small",
    "placement": "aws/ap-southeast-1",
    "networks": {"main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24"}}}},
    "servers": {
        "web": {
            "count": 2,
            "size": {"vcpu": 2, "memory": "4 GiB"},
            "image": {"os": "ubuntu", "version": "22.04"},
            "subnet": "a",
        }
    },
}


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump({**SMALL, **changes}), encoding="utf-8")
    return path


def server(**changes: Any) -> dict[str, Any]:
    return {"web": {**SMALL["servers"]["web"], **changes}}  # type: ignore[index]


def compared(path: Path, *to: str) -> Comparison:
    loaded = load_stack(path)
    targets = [Placement.parse(text) for text in to]
    return compare(loaded.stack, targets, Terms(kept_catalogs(None), loaded.read_text, shipped_rates(), TODAY))


def one(path: Path, to: str) -> Verdict:
    return compared(path, to).targets[0]


def test_equal_servers_are_one_choice_and_every_price_has_its_age(tmp_path: Path) -> None:
    found = one(write(tmp_path), "aws/singapore")
    assert (found.placement, found.fits, found.resources) == ("aws/ap-southeast-1", "yes", 4)
    assert [(choice.resource, choice.names, choice.count) for choice in found.choices] == [
        ("servers.web", ("web-0", "web-1"), 2)
    ]
    assert found.bill.low is not None
    assert found.bill.high is not None
    assert 0 < found.bill.low < found.bill.high
    assert all(line.age_days == (TODAY - line.as_of).days for line in found.bill.lines if line.as_of)
    assert not found.bill.unknown


def test_what_has_no_price_is_listed_and_never_0(tmp_path: Path) -> None:
    found = one(write(tmp_path), "vng/hcm")
    unpriced = [line.item for line in found.bill.unknown]
    assert unpriced
    assert all(line.per_month is None and line.low is None for line in found.bill.unknown)
    assert len(found.bill.lines) == len(unpriced) + len([line for line in found.bill.lines if line.low])


@pytest.mark.parametrize(
    ("changes", "to", "problem", "hint"),
    [
        ({"size": {"vcpu": 2, "memory": "4000 GiB"}}, "vng/hcm", "no flavor in", "relax memory by"),
        (
            {"image": {"os": "ubuntu", "version": "18.04"}},
            "vng/hcm",
            "there is no image of ubuntu 18.04",
            "versions of",
        ),
        ({"size": None, "flavor": {"aws": "m9.odd"}}, "vng/hcm", "how large m9.odd is on", None),
        (
            {"disk": {"class": "nvme"}},
            "vng/hcm/HCM03-1C",
            "no disk class in HCM03-1C",
            "it fits in HCM03-1A and HCM03-1B",
        ),
    ],
)
def test_the_nearest_miss(tmp_path: Path, changes: dict[str, Any], to: str, problem: str, hint: str | None) -> None:
    found = one(write(tmp_path, servers=server(**changes)), to)
    assert found.fits == "no"
    (choice,) = found.choices
    assert choice.problem is not None
    assert choice.problem.startswith(problem)
    assert (choice.hint is None) if hint is None else hint in (choice.hint or "")
    assert [line.item for line in found.bill.lines] == ["nothing that fits"] * 2


def test_a_lossy_gap_fits_once_it_is_accepted(tmp_path: Path) -> None:
    lossy = yaml.safe_load((EXAMPLES / "three-tier.yaml").read_text(encoding="utf-8"))
    front = lossy["load_balancers"]["front"]
    del front["min_connections"]
    lossy["networks"]["main"]["subnets"]["web2"] = {
        "cidr": "10.20.3.0/24",
        "internet": "direct",
        "zone": "ap-southeast-1b",
    }
    front["subnets"] = ["web", "web2"]
    lossy["placement"] = "aws/ap-southeast-1"
    for name in ("web", "db"):
        lossy["networks"]["main"]["subnets"][name]["zone"] = "ap-southeast-1a"
    path = tmp_path / "lossy.yaml"
    path.write_text(yaml.safe_dump(lossy), encoding="utf-8")
    found = one(path, "aws/ap-southeast-1")
    stops = {gap.code for gap in found.gaps if gap.klass == "lossy"}
    assert (found.fits, bool(stops)) == ("when-accepted", True)
    lossy["accept"] = [{"gap": code, "reason": "tried and it does"} for code in sorted(stops)]
    path.write_text(yaml.safe_dump(lossy), encoding="utf-8")
    again = one(path, "aws/ap-southeast-1")
    assert again.fits == "yes"
    assert {gap.code for gap in again.gaps if gap.accepted} == stops


def test_what_has_no_place_at_all(tmp_path: Path) -> None:
    path = write(tmp_path, servers=server(zones=["ap-southeast-1x"]))
    found = one(path, "aws/ap-southeast-1")
    (choice,) = found.choices
    assert choice.problem == "aws/ap-southeast-1 has no zone 'ap-southeast-1x'"
    assert (choice.considered, choice.zone) == ((), None)


def test_a_kind_that_a_cloud_lacks_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mcloud_vng import adapter

    kinds = {name: kind for name, kind in adapter.kinds.items() if name != "Server"}
    monkeypatch.setattr(type(adapter), "kinds", property(lambda self: kinds))
    found = one(write(tmp_path), "vng/hcm")
    assert found.fits == "no"
    assert {(gap.code, gap.klass) for gap in found.gaps} == {("kind", "blocking")}
    assert found.choices[0].considered == ()


def test_the_document_is_json_and_reads_back(tmp_path: Path) -> None:
    found = compared(write(tmp_path), "aws/singapore", "vng/hcm")
    text = json.dumps(found.model_dump(mode="json", by_alias=True))
    assert Comparison.model_validate_json(text) == found
    assert found.ranking is None
    assert any("third-party" in reason for reason in found.no_ranking)
    assert {note.what for note in found.rates} == {"VND for 1 USD", "value added tax in %"}


def test_targets_by_default_are_the_stacks_own_and_one_region_of_each_cloud() -> None:
    found = [str(at) for at in targets_of([], "vng/hcm/HCM03-1C")]
    assert found == ["vng/hcm-3/HCM03-1C", "aws/ap-southeast-1"]
    assert [str(at) for at in targets_of([], "gone/away")] == ["aws/ap-southeast-1", "vng/hcm-3"]
    assert [str(at) for at in targets_of(["vng", "vng/hcm"], "aws/sydney")] == ["vng/hcm-3", "vng/han-1"]
    with pytest.raises(PlacementError):
        targets_of(["vng/nowhere"], "vng/hcm")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["--to", "vng/hcm"], 0),
        (["--to", "vng/hcm", "--to", "vng/han"], 3),
        (["--to", "vng/han"], 3),
        (["--to", "nocloud/x"], 1),
        (["--to", "aws", "--json"], 3),
        (["--rate", "USD=zero"], 1),
    ],
)
def test_exit_codes(tmp_path: Path, words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(write(tmp_path)), *words]) == code
    shown = capsys.readouterr()
    assert ("error: " in shown.err) == (code == 1)


def test_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    big, more = server(size={"vcpu": 2, "memory": "4000 GiB"}), {"data": {"size": "10 GiB"}}
    path = write(tmp_path, servers=big, volumes=more, labels={"a": "b"})
    assert run(["compare", str(path), "--rate", "USD=26,200"]) == 3
    shown = capsys.readouterr().out
    for words in (
        "does not fit",
        "relax memory by",
        "gap labels (substituted): networks.main and 1 more",
        "cost: at least",
        "unknown: nothing that fits (2 times)",
        "no ranking: fewer than two placements fit",
        "rate: 26,200 VND for 1 USD (user",
        "in no figure: traffic",
        "placement           fits          cost per month before tax",
        "as shipped, no account's list was kept",
    ):
        assert words in shown


def test_a_stack_with_findings_is_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(write(tmp_path, servers=server(subnet="nowhere")))]) == 3
    assert "there is no subnet 'nowhere'" in capsys.readouterr().err


def test_what_an_account_was_last_offered_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from mcloud.adapter import registry
    from mcloud.catalog.cache import cached_file, save_live

    monkeypatch.setenv("MCLOUD_CACHE_DIR", str(tmp_path / "cache"))
    shipped = registry.get("aws").catalog()
    mine = tuple(replace(row, sold_out=True) for row in shipped.flavors if row.region == "ap-southeast-1")
    kept = cached_file("default", "aws", "ap-southeast-1")
    mine = tuple(replace(row, provenance=Provenance("the account", TODAY, "account")) for row in mine)
    save_live(kept, Catalog("aws", (), flavors=mine))
    found = one(write(tmp_path), "aws/ap-southeast-1")
    assert found.fits == "no"
    reasons = {lost.reason for losers in found.losers if losers.part == "flavor" for lost in losers.lost}
    assert "sold out in ap-southeast-1a" in reasons
    assert found.catalog.startswith("what the account was offered on 2026-11-26; oldest fact of ")


BOOK = "item,amount,currency,unit,as_of,source,vat\n"


def test_a_price_book_of_ones_own_gives_a_ranking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLOUD_CONFIG_DIR", str(tmp_path / "config"))
    prices = tmp_path / "config" / "prices"
    prices.mkdir(parents=True)
    day, path = TODAY.isoformat(), write(tmp_path)
    book = f"{BOOK}flavor:a-general-2x4,500000,VND,month,{day},contract,excluded\n"
    (prices / "vng.csv").write_text(book + f"disk:ssd-3000,3000,VND,GB-month,{day},contract,excluded\n")
    book = f"{BOOK}flavor:t3a.medium,0.04,USD,hour,{day},contract,excluded\n"
    (prices / "aws.csv").write_text(book + f"disk:ssd-gp3,0.1,USD,GB-month,{day},contract,excluded\n")
    found = compared(path, "aws/singapore", "vng/hcm")
    assert found.no_ranking == ()
    assert found.ranking == ("vng/hcm-3", "aws/ap-southeast-1")
    sums = [(verdict.bill.low, verdict.bill.high) for verdict in found.targets]
    # Two servers with 20 GB each: 62.40 USD at 26,070 to 26,350 VND; 1,000,000 + 120,000 VND.
    assert sums == [(1_626_768, 1_644_240), (1_120_000, 1_120_000)]


def test_what_the_stack_keeps_to_itself_is_in_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted = "planted-pw-8k2"
    path = write(tmp_path, servers=server(user_data=f"#cloud-config\npassword: {planted}\n"), labels={"note": planted})
    page = tmp_path / "page.html"
    for words in (["compare"], ["migrate", "plan", "--to", "vng/hcm"]):
        for more in ([], ["--json"]):
            assert run([*words, str(path), *more, "--html", str(page)]) == 0
            shown = capsys.readouterr()
            assert planted not in shown.out + shown.err + page.read_text(encoding="utf-8")
