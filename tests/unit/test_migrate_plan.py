"""A migration plan: data, order, mapping, cost on both sides; as JSON by its schema, as a page, as text."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mcloud.catalog.rates import shipped_rates
from mcloud.cli.compare import kept_catalogs
from mcloud.cli.main import run
from mcloud.errors import LoadError
from mcloud.load import load_stack
from mcloud.match.compare import Terms
from mcloud.migrate.data import Stored, data_of, read_stored, total_of
from mcloud.migrate.order import waves_of
from mcloud.migrate.plan import Known, plan_migration
from mcloud.migrate.utilization import Load, Usage
from mcloud.migrate.values import MigrationPlan
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, Node, build_graph
from mcloud.report.html import to_html
from mcloud.report.migration import migration_report
from mcloud.report.value import Bars, Picture, Report, Table

EXAMPLES = Path(__file__).parents[2] / "examples"
REAL = Path(__file__).parents[1] / "data" / "utilization" / "vms-240.csv.gz"
TODAY = date(2026, 11, 26)
IMAGE = {"os": "ubuntu", "version": "22.04"}
ESTATE: dict[str, Any] = {
    "mcloud": 1,
    "name": "estate",
    "placement": "aws/ap-southeast-1",
    "networks": {"main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.0.0/20"}}}},
    "servers": {
        "web": {"size": {"vcpu": 4, "memory": "16 GiB"}, "image": IMAGE, "subnet": "a", "count": 2, "stateless": True},
        "db": {"size": {"vcpu": 4, "memory": "16 GiB"}, "image": IMAGE, "subnet": "a", "disk": {"size": "30 GiB"}},
    },
    "volumes": {"data": {"size": "100 GiB", "attach": "db"}},
    "buckets": {"assets": {}},
}


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "estate.yaml"
    path.write_text(yaml.safe_dump({**ESTATE, **changes}, sort_keys=False), encoding="utf-8")
    return path


def planned(path: Path, to: str = "vng/hcm", known: Known | None = None) -> MigrationPlan:
    loaded = load_stack(path)
    terms = Terms(kept_catalogs(None), loaded.read_text, shipped_rates(), TODAY)
    return plan_migration(loaded.stack, Placement.parse(to), terms, known or Known())


def busy(cpu: float, memory: float) -> Usage:
    return Usage(Load(288, cpu, cpu), Load(288, memory, memory), 1435)


def test_what_is_stored_is_unknown_until_it_is_told(tmp_path: Path) -> None:
    plan = planned(write(tmp_path))
    assert [(item.resource, item.bytes, item.at_most, item.objects) for item in plan.data] == [
        ("servers.db", None, 30 * 2**30, None),
        ("volumes.data", None, 100 * 2**30, None),
        ("buckets.assets", None, None, None),
    ]
    total = plan.data_total
    assert (total.bytes, total.unknown, total.at_most, total.objects_unknown) == (0, 3, None, 1)
    stored = {"buckets.assets": Stored(5_000, 7), "servers.db": Stored(10, None)}
    told = planned(tmp_path / "estate.yaml", known=Known(stored=stored, stored_file="data.csv"))
    assert told.data_total.bytes == 5_010
    assert told.data_total.unknown == 1
    assert told.data_total.at_most == 5_010 + 100 * 2**30
    assert (told.data_total.objects, told.data_total.objects_unknown) == (7, 0)
    assert {item.resource: item.source for item in told.data} == {
        "servers.db": "data.csv",
        "volumes.data": None,
        "buckets.assets": "data.csv",
    }


def test_figures_of_what_holds_no_data_are_refused(tmp_path: Path) -> None:
    graph = build_graph(load_stack(write(tmp_path)).stack)
    with pytest.raises(LoadError, match=r"the stack has no data of servers\.web"):
        data_of(graph, {"servers.web": Stored(1, None)}, "data.csv")
    assert total_of(()).at_most == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("resource,bytes\n", "there is no column objects"),
        ("resource,bytes,objects\na,1.5,\n", "data.csv:2: bytes: '1.5' is no whole number"),
        ("resource,bytes,objects\na,1,-2\n", "data.csv:2: objects: '-2' is no whole number"),
        ("resource,bytes,objects\na,1,\na,2,\n", "data.csv:3: a stands there twice"),
    ],
)
def test_a_file_of_figures_that_does_not_fit(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "data.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        read_stored(path)
    assert says in str(caught.value)
    with pytest.raises(LoadError):
        read_stored(tmp_path / "none.csv")


def test_each_wave_needs_only_the_ones_before(tmp_path: Path) -> None:
    plan = planned(write(tmp_path))
    assert [[step.key for step in wave.steps] for wave in plan.waves] == [
        ["Network:networks.main", "Volume:volumes.data", "Bucket:buckets.assets"],
        ["Subnet:networks.main.subnets.a"],
        ["Server:servers.web", "Server:servers.db"],
        ["VolumeAttachment:volumes.data"],
    ]
    assert plan.waves[2].steps[0].count == 2


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_the_order_keeps_every_need(pairs: list[tuple[int, int]]) -> None:
    needs: dict[int, list[int]] = {number: [] for number in range(31)}
    for one, two in pairs:
        if one != two:
            needs[max(one, two)].append(min(one, two))
    nodes = tuple(
        Node(
            "Server",
            f"s{number}",
            {"placement": "c/r", "securityGroups": [f"@Server/s{one}" for one in needs[number]]},
            ("servers", f"s{number}"),
        )
        for number in range(31)
    )
    waves = waves_of(Graph("x", nodes))
    level = {step.resource: wave.number for wave in waves for step in wave.steps}
    assert len(level) == 31
    for number, ones in needs.items():
        assert level[f"servers.s{number}"] == 1 + max((level[f"servers.s{one}"] for one in ones), default=0)


def test_a_long_chain_needs_no_recursion() -> None:
    nodes = tuple(
        Node(
            "Server",
            f"s{n}",
            {"placement": "c/r", "key": f"@Server/s{n + 1}" if n < 2999 else None},
            ("servers", f"s{n}"),
        )
        for n in range(3000)
    )
    assert len(waves_of(Graph("x", nodes))) == 3000


def test_both_sides_and_both_sizes(tmp_path: Path) -> None:
    usage = {"web-0": busy(10, 10), "web-1": busy(12, 20), "db": busy(80, 60)}
    plan = planned(write(tmp_path), "aws/ap-southeast-2", Known(usage, "use.csv"))
    assert plan.today is not None
    assert plan.target_by_use is not None
    mapped = {item.resource: item for item in plan.mapping if item.kind == "Server"}
    assert mapped["servers.web"].today == "t3a.xlarge, 20 GiB disk gp3, ap-southeast-1a"
    assert mapped["servers.web"].as_is != mapped["servers.web"].by_use
    sizes = {item.resource: (item.vcpu_by_use, str(item.memory_by_use)) for item in plan.sizing}
    assert sizes == {"servers.web": (1, "4 GiB"), "servers.db": (4, "12 GiB")}
    assert plan.utilization is not None
    assert (plan.utilization.matched, plan.utilization.span_hours) == (3, 23.9)
    assert plan.target.losers == ()


def table(report: Report, key: str) -> Table:
    found = [block for section in report.sections for block in section.blocks]
    return next(block for block in found if isinstance(block, Table) and block.key == key)


def test_the_page_counts_servers_and_not_entries(tmp_path: Path) -> None:
    usage = {"web-0": busy(10, 10), "web-1": busy(12, 20), "db": busy(80, 60)}
    report = migration_report(planned(write(tmp_path), "aws/ap-southeast-2", Known(usage, "use.csv")))
    assert any("3 of 3 servers can be smaller" in sentence for sentence in report.summary)
    [bars] = [
        block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Bars) and block.caption == "How busy the servers are"
    ]
    assert {bar.label: bar.low for bar in bars.bars if bar.low} == {
        "CPU: 10 to 20 %": 2,
        "CPU: 80 to 90 %": 1,
        "Memory: 20 to 30 %": 2,
        "Memory: 60 to 70 %": 1,
    }
    assert len(table(report, "sizing").columns) == 10
    as_it_is = table(migration_report(planned(write(tmp_path))), "sizing")
    assert [column.title for column in as_it_is.columns] == ["Server", "vCPU", "Memory, GiB", "Why"]


def test_a_box_of_many_is_marked_as_the_worst_of_them(tmp_path: Path) -> None:
    subnets = {f"s{n}": {"cidr": f"10.0.{n}.0/24", "internet": "outbound" if n == 7 else "none"} for n in range(20)}
    networks = {"main": {"cidr": "10.0.0.0/16", "subnets": subnets}}
    report = migration_report(planned(write(tmp_path, networks=networks, servers={}, volumes={})))
    [picture] = [block for section in report.sections for block in section.blocks if isinstance(block, Picture)]
    [box] = [box for column in picture.columns for box in column if box.detail.startswith("subnet")]
    assert (box.title, box.tone) == ("20 entries", "warn")


def test_a_source_that_is_not_installed_costs_an_unknown_sum(tmp_path: Path) -> None:
    plan = planned(write(tmp_path, placement="gone/away"))
    assert plan.today is None
    assert plan.today_unknown == "no adapter is installed for the cloud 'gone'"
    assert all(item.today is None for item in plan.mapping)
    page = to_html(migration_report(plan))
    assert "no adapter is installed for the cloud" in page


def test_what_does_not_fit_is_told_where_it_stands(tmp_path: Path) -> None:
    servers = {**ESTATE["servers"], "web": {**ESTATE["servers"]["web"], "size": {"vcpu": 4, "memory": "4000 GiB"}}}
    plan = planned(write(tmp_path, servers=servers))
    web = next(item for item in plan.mapping if item.resource == "servers.web")
    assert (web.as_is, plan.target.fits) == (None, "no")
    assert "relax memory by" in (web.hint or "")
    assert "does not fit" in to_html(migration_report(plan))


@pytest.mark.parametrize("what", ["comparison", "plan"])
def test_the_answers_are_as_their_published_schemas_say(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schema", what]) == 0
    schema = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    words = ["compare"] if what == "comparison" else ["migrate", "plan", "--to", "vng/hcm"]
    assert run([*words, str(write(tmp_path)), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []
    assert document[what] == 1
    del document["stack"]
    assert list(Draft202012Validator(schema).iter_errors(document))


def test_a_plan_by_real_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = {"size": {"vcpu": 4, "memory": "16 GiB"}, "image": IMAGE, "subnet": "a"}
    names = ["1297383150_10", "1297383150_6", "1329653148_1"]
    servers = {f"vm-{number}": {**server, "labels": {"vm": name}} for number, name in enumerate(names)}
    path = write(tmp_path, servers=servers, volumes={})
    page, data = tmp_path / "plan.html", tmp_path / "data.csv"
    data.write_text("resource,bytes,objects\nbuckets.assets,734003200000,1200345\n", encoding="utf-8")
    words = ["--to", "vng/hcm", "--utilization", str(REAL), "--data", str(data), "--html", str(page)]
    assert run(["migrate", "plan", str(path), *words]) == 0
    shown = capsys.readouterr().out
    for told in (
        "estate: aws/ap-southeast-1 -> vng/hcm-3",
        "sizing by use: 3 of 240 machines are servers here; 23.9 h, 20 % head-room",
        "no server here: ",
        "data to copy: 734,003,200,000 bytes known, 3 unknown",
        "1,200,345 objects known, 0 buckets unknown",
        "wave 3: server servers.vm-0",
        "target, by use:",
    ):
        assert told in shown
    assert "683.6 GiB known to be stored" in page.read_text(encoding="utf-8")


def test_a_plan_as_text_tells_gaps_and_what_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["migrate", "plan", str(EXAMPLES / "three-tier.yaml"), "--to", "aws/singapore"]) == 3
    shown = capsys.readouterr().out
    for told in (
        "does not fit: no size of application load balancers",
        "gap balancer-zones (blocking)",
        "sizing: as it is",
        "unknown: load balancer",
        "in no figure: traffic",
    ):
        assert told in shown
    assert run(["migrate", "plan", str(EXAMPLES / "web.yaml"), "--to", "nocloud/x"]) == 1
