"""The command line without an engine: dispatch, exit codes, what is printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from mcloud.cli.main import COMMANDS, run

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_help_names_every_command_and_imports_no_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)
    code = "import sys; from mcloud.cli.main import run; run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = ("pydantic", "pulumi", "grpc", "libcloud", "typer", "rich", "httpx", "yaml")
    assert not [name for name in heavy if f"'{name}'" in done.stderr]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 1, ""),
        (["--version"], 0, ""),
        (["valdate"], 1, "did you mean 'validate'?"),
        (["zzz"], 1, "mcloud --help shows them"),
        (["up"], 1, "Missing argument"),
        (["validate", "nothing.yaml"], 1, "nothing.yaml: cannot be read"),
        (["catalog", "list", "nocloud"], 1, "no adapter is installed for the cloud 'nocloud'"),
        (["catalog", "list", "vng/nowhere"], 1, "vng has no region 'nowhere'"),
        (["emulator", "up", "nocloud"], 1, "no adapter is installed"),
        (["demo", "no-such-demo"], 1, "there is no demo 'no-such-demo'"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == code
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_has_its_own_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"Usage: mcloud {name}" in capsys.readouterr().out


def test_validate_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(EXAMPLES / "web.yaml"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["findings"] == []
    assert {gap["code"] for gap in found["gaps"]} == {"group-as-peer", "labels"}
    servers = [item for item in found["resources"] if item["kind"] == "Server"]
    assert [server["picks"]["zone"] for server in servers] == ["HCM03-1C"] * 3
    assert all(item["placement"] == "vng/hcm-3" for item in found["resources"])


def test_findings_that_block_are_3_and_tell_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = yaml.safe_load((EXAMPLES / "web.yaml").read_text())
    document["servers"]["db"]["subnet"] = "dbb"
    path = tmp_path / "web.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    assert run(["validate", str(path)]) == 3
    shown = capsys.readouterr().out
    assert "there is no subnet 'dbb'" in shown
    assert "did you mean 'db'?" in shown
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "subnet: dbb" in text)
    assert f"web.yaml:{line}:" in shown


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"networks": {"main": {"cidr": "172.31.0.0/16"}}}, "cannot be a VPC's block"),
        ({"networks": {"main": {"cidr": "10.0.0.0/17"}}}, "/16, /20, /22, /24"),
        ({"keys": {"k": {"public_key": "ssh-ed25519 AAAA x"}}}, "VNG takes RSA keys only"),
    ],
)
def test_what_the_cloud_cannot_do_is_3(
    tmp_path: Path, change: dict[str, object], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "stack.yaml"
    path.write_text(yaml.safe_dump({"mcloud": 1, "name": "t", "placement": "vng/hcm", **change}))
    assert run(["validate", str(path)]) == 3
    assert says in capsys.readouterr().out


def test_a_lossy_gap_goes_on_when_it_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subnet = {"a": {"cidr": "10.0.1.0/24", "internet": "outbound"}}
    document = {
        "mcloud": 1,
        "name": "t",
        "placement": "vng/hcm",
        "networks": {"n": {"cidr": "10.0.0.0/16", "subnets": subnet}},
    }
    path = tmp_path / "stack.yaml"
    path.write_text(yaml.safe_dump(document))
    assert run(["validate", str(path)]) == 3
    assert "[subnet-outbound-internet, lossy]" in capsys.readouterr().out
    document["accept"] = [{"gap": "subnet-outbound-internet", "reason": "it calls nobody"}]
    path.write_text(yaml.safe_dump(document))
    assert run(["validate", str(path)]) == 0


def test_the_catalog_shows_source_and_age_and_what_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "list", "vng/hcm", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 99
    priced = next(row for row in rows if row["flavor"] == "s2-general-1x2")
    assert priced["price"] == "283,800 VND/month (third-party, 2026-09-28)"
    assert {row["price"] for row in rows if row["flavor"] == "s1-standard-2x8"} == {"unknown"}
    assert all(row["source"] and row["stock"] == "unknown" for row in rows)


def test_the_printed_schema_takes_the_example_and_refuses_a_typing_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    example = yaml.safe_load((EXAMPLES / "web.yaml").read_text())
    jsonschema.validate(example, schema)
    example["servers"]["db"]["imgae"] = example["servers"]["db"].pop("image")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(example, schema)


def test_init_writes_a_stack_that_validates_and_overwrites_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "stack.yaml"
    assert run(["init", str(path), "--placement", "vng/hcm"]) == 0
    assert run(["validate", str(path)]) == 0
    text = path.read_text()
    assert run(["init", str(path)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert path.read_text() == text


def test_init_chooses_no_cloud_among_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "stack.yaml"
    assert run(["init", str(path)]) == 1
    told = capsys.readouterr().err
    assert "where shall it be placed?" in told
    assert "vng/hcm" in told
    assert not path.exists()


def test_discover_accounts_for_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = EXAMPLES / "tfstate"
    states = [str(path) for path in sorted(folder.glob("*.tfstate"))]
    words = [
        "discover",
        "tfstate",
        *states,
        "--assumptions",
        str(folder / "assumptions.yaml"),
        "--placement",
        "vng/hcm",
    ]
    assert run([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["seen"], found["mapped"], found["folded"], found["remainder"]) == (23, 12, 7, 4)
    assert len(found["outcomes"]) == 23
    target = tmp_path / "found.yaml"
    assert run([*words, "--output", str(target)]) == 0
    assert "23 seen: 12 mapped, 7 folded, 4 not mapped" in capsys.readouterr().err
    assert run(["validate", str(target)]) == 0


def test_discover_reads_lists_and_templates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    servers = tmp_path / "servers.csv"
    servers.write_text("name,cpu,ram,os,ip\nweb-1,2,4,ubuntu 22.04,10.1.1.1\nweb-2,2,4,ubuntu 22.04,10.1.1.2\n")
    target = tmp_path / "found.yaml"
    assert run(["discover", "csv", str(servers), "--placement", "vng/hcm", "-o", str(target)]) == 0
    assert "2 seen: 1 mapped, 1 folded, 0 not mapped" in capsys.readouterr().err
    assert yaml.safe_load(target.read_text())["servers"]["web"]["count"] == 2
    assert run(["validate", str(target)]) == 0
    capsys.readouterr()
    assert run(["discover", "csv", str(servers), "--placement", "vng/hcm", "--strict", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mapped"] == 1
    broken = tmp_path / "t.yaml"
    broken.write_text("Resources: [")
    assert run(["discover", "cloudformation", str(broken), "--placement", "vng/hcm"]) == 1
    assert f"{broken}:1:13" in capsys.readouterr().err


def test_the_schema_of_events_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "events"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["discriminator"]["mapping"]) >= {"begun", "waiting", "finished", "failed", "summary"}
