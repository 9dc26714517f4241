"""What ``import mcloud`` offers: these names, no more and no less, and nothing heavy before it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mcloud
from mcloud.model.stack import Stack
from mcloud.validate import validate

ROOT = Path(__file__).parents[2]
SURFACE = [
    "Bucket",
    "Certificate",
    "Disk",
    "GroupPeer",
    "Image",
    "Key",
    "Listener",
    "LoadBalancer",
    "MachineSize",
    "Network",
    "PublicIp",
    "Rule",
    "SecurityGroup",
    "Server",
    "Size",
    "Stack",
    "Subnet",
    "Target",
    "Volume",
    "__version__",
    "build_graph",
    "load_stack",
    "validate_stack",
]


def test_the_surface_is_this() -> None:
    assert sorted(mcloud.__all__) == SURFACE
    assert dir(mcloud) == sorted(SURFACE)


@pytest.mark.parametrize("name", [name for name in SURFACE if name != "__version__"])
def test_every_name_is_there(name: str) -> None:
    value = getattr(mcloud, name)
    assert value.__name__ == {"validate_stack": "validate"}.get(name, name)
    assert value.__doc__


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'mcloud' has no attribute 'Servr'"):
        mcloud.Servr  # type: ignore[attr-defined]  # noqa: B018


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((ROOT / "mcloud" / "__init__.pyi").read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted([*imported, "__version__"]) == SURFACE
    for name, (module, there) in imported.items():
        assert getattr(sys.modules.get(str(module)) or __import__(str(module), fromlist=[there]), there) is getattr(
            mcloud, name
        )


def test_importing_it_is_cheap() -> None:
    code = "import sys, mcloud; print([m for m in sys.modules if m.split('.')[0] in ('pydantic', 'yaml', 'mcloud')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['mcloud']"


def test_the_version_is_that_of_the_distribution() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["version"] == mcloud.__version__


def test_a_stack_written_in_python() -> None:
    server = mcloud.Server(
        size=mcloud.MachineSize(vcpu=2, memory=mcloud.Size.gib(4)),
        image=mcloud.Image(os="ubuntu", version="22.04"),
        subnet="web",
    )
    network = mcloud.Network(cidr="10.0.0.0/16", subnets={"web": mcloud.Subnet(cidr="10.0.1.0/24")})
    stack = mcloud.Stack(mcloud=1, name="s", placement="c/r", networks={"n": network}, servers={"w": server})
    assert isinstance(stack, Stack)
    assert mcloud.validate_stack(stack) == validate(stack) == ()
