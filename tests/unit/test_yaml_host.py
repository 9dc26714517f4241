"""Finding and getting the host for YAML: a fake on PATH, in the archive, and built by a fake Go."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcloud.cli.main import run
from mcloud.engine import install, yaml_host
from mcloud.errors import EngineMissing
from tests.unit.test_engine_install import ARCHIVE, SUMS, Machine, archive, digest_line, machine, published

__all__ = ["machine", "published"]
RUNS = "Usage of host:\n  -root string"
MAKES = f"printf '#!/bin/sh\\necho \"{RUNS}\" >&2\\n' > {yaml_host.NAME}"


def test_the_one_on_path_is_used(machine: Machine) -> None:
    path = machine.script(yaml_host.NAME, "exit 1")
    assert yaml_host.ensure(machine.said.append) == path
    assert machine.said == []


def test_it_is_built_beside_the_engine(machine: Machine) -> None:
    machine.go(build=MAKES, listing=f'while read -r line; do echo "$line"; done < go.sum > {machine.bin}/sums; echo x')
    kept = install.cached_path().with_name(yaml_host.NAME)
    assert yaml_host.ensure(machine.said.append) == kept
    assert machine.said[2:4] == [
        "fetching the host for YAML's sources from the Go module proxy",
        "building the host for YAML: 1 packages at most, some minutes",
    ]
    [call] = (machine.bin / "calls").read_text().splitlines()
    assert call.endswith(f"version.Version={yaml_host.VERSION} -o {yaml_host.NAME} {yaml_host.PACKAGE}")
    tools = Path(install.__file__).parent / "tools" / "yaml"
    assert (machine.bin / "sums").read_text() == (tools / "go.sum").read_text()
    machine.said.clear()
    assert yaml_host.ensure(machine.said.append) == kept
    assert machine.said == []


@pytest.mark.parametrize("says", ["-root string >&2", "nothing of the kind"])
def test_the_official_archive_has_it(machine: Machine, published: dict[str, bytes], says: str) -> None:
    content = archive("pulumi/pulumi-language-yaml", says)
    published.update({ARCHIVE: content, SUMS: digest_line(content)})
    machine.go(build=MAKES)
    assert yaml_host.ensure(machine.said.append) == yaml_host.kept_path()
    assert ("the host for YAML that was got does not run here" in machine.said) is ("-root" not in says)


def test_none_can_be_got(machine: Machine) -> None:
    with pytest.raises(EngineMissing) as caught:
        yaml_host.ensure(machine.said.append)
    assert "Go is not installed, so the host for YAML cannot be built" in caught.value.message
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("then: mcloud engine install --yaml")


def test_one_version_is_pinned() -> None:
    module = (Path(install.__file__).parent / "tools" / "yaml" / "go.mod").read_text(encoding="utf-8")
    assert re.findall(r"github\.com/pulumi/pulumi-yaml (\S+)", module) == [yaml_host.VERSION]
    assert re.findall(r"^tool (\S+)$", module, re.MULTILINE) == [yaml_host.PACKAGE]


def test_the_command(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    engine, host = machine.script("pulumi", f"echo {install.VERSION}"), machine.script(yaml_host.NAME, "")
    assert run(["engine", "install", "--yaml"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{engine} {install.VERSION}", str(host)]
