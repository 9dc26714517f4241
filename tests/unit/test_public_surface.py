"""What ``import mcloud`` offers, and how little it costs."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mcloud

SURFACE = {
    "Bucket": "mcloud.model.storage",
    "Certificate": "mcloud.model.balancer",
    "CorsRule": "mcloud.model.storage",
    "Disk": "mcloud.model.compute",
    "GroupPeer": "mcloud.model.network",
    "HealthCheck": "mcloud.model.balancer",
    "Image": "mcloud.model.compute",
    "Key": "mcloud.model.compute",
    "LifecycleRule": "mcloud.model.storage",
    "Listener": "mcloud.model.balancer",
    "ListenerRule": "mcloud.model.balancer",
    "LoadBalancer": "mcloud.model.balancer",
    "MachineSize": "mcloud.model.compute",
    "Network": "mcloud.model.network",
    "PlacementGroup": "mcloud.model.compute",
    "PublicIp": "mcloud.model.network",
    "Route": "mcloud.model.network",
    "Rule": "mcloud.model.network",
    "SecurityGroup": "mcloud.model.network",
    "Server": "mcloud.model.compute",
    "Size": "mcloud.units",
    "Stack": "mcloud.model.stack",
    "Subnet": "mcloud.model.network",
    "Target": "mcloud.model.balancer",
    "Volume": "mcloud.model.storage",
    "build_graph": "mcloud.model.graph",
    "load_stack": "mcloud.load",
    "validate_stack": "mcloud.validate",
}


def test_the_names_are_these() -> None:
    assert mcloud.__all__ == sorted([*SURFACE, "__version__"])
    assert dir(mcloud) == mcloud.__all__


@pytest.mark.parametrize(("name", "home"), SURFACE.items())
def test_a_name_is_the_one_of_its_module(name: str, home: str) -> None:
    there = "validate" if name == "validate_stack" else name
    assert getattr(mcloud, name) is getattr(importlib.import_module(home), there)


def test_the_version_is_the_package_s() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert mcloud.__version__ == project["project"]["version"]


def test_another_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'mcloud' has no attribute 'Sever'"):
        _ = mcloud.Sever  # type: ignore[attr-defined]


def test_type_checkers_see_the_same_names() -> None:
    stub = Path(mcloud.__file__).with_suffix(".pyi")
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    names = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    [declared] = [ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign)]
    assert names == set(SURFACE)
    assert declared == mcloud.__all__


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys; before = set(sys.modules); import mcloud; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert {name for name in loaded if name not in sys.stdlib_module_names} == {"mcloud"}
