"""The typed classes for programs in Python: made of the schema, told to type checkers by a stub that the model makes.

MCLOUD_REGEN=1 writes mcloud/pulumi/__init__.pyi anew; the difference is then read by a person.
"""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest

import mcloud.pulumi as typed
from mcloud import __version__
from mcloud.engine.provider.schema import provider_schema
from mcloud.engine.provider.typed import python_stub
from mcloud.pulumi.classes import Resource, Value

STUB = Path(typed.__file__).with_suffix(".pyi")
SCHEMA = provider_schema(__version__)
CLASSES = {name: getattr(typed, name) for name in typed.__all__}
RESOURCES = {name: item for name, item in CLASSES.items() if issubclass(item, Resource)}
AT = "cloud/region"


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any], pulumi.ResourceOptions]]:
    """What is registered with the engine, without one."""
    seen: list[tuple[str, str, dict[str, Any], pulumi.ResourceOptions]] = []

    def register(self: Any, token: str, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        seen.append((token, name, props, opts))
        self.__dict__.update({wire: f"<{name} {wire}>" for wire in ("id", *props)})

    monkeypatch.setattr(pulumi.CustomResource, "__init__", register)
    monkeypatch.setattr(pulumi.CustomResource, "id", property(lambda self: self.__dict__["id"]))
    monkeypatch.setattr(pulumi.Output, "secret", lambda value: ("secret", value))
    return seen


def test_the_stub_is_what_the_model_makes() -> None:
    if os.environ.get("MCLOUD_REGEN"):
        STUB.write_text(python_stub(__version__), encoding="utf-8")
    assert STUB.read_text(encoding="utf-8") == python_stub(__version__)


def test_every_kind_and_type_has_a_class() -> None:
    tokens = [*SCHEMA["resources"], *SCHEMA["types"]]
    assert typed.__all__ == sorted(token.rsplit(":", 1)[1] for token in tokens)
    assert {item._token for item in RESOURCES.values()} == set(SCHEMA["resources"])
    assert all(issubclass(item, (Resource, Value)) for item in CLASSES.values())


def test_the_stub_tells_what_the_classes_take_and_give() -> None:
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    told = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    assert told.keys() == CLASSES.keys()
    for name, node in told.items():
        methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
        making = next(item for item in methods if item.name == "__init__").args
        takes = {
            word.arg: default is None for word, default in zip(making.kwonlyargs, making.kw_defaults, strict=True)
        }
        really = [
            item
            for item in inspect.signature(CLASSES[name]).parameters.values()
            if item.kind is inspect.Parameter.KEYWORD_ONLY
        ]
        assert takes == {item.name: item.default is inspect.Parameter.empty for item in really}
        gives = [item.name for item in methods if item.name != "__init__"]
        assert gives == [key for key, value in vars(CLASSES[name]).items() if isinstance(value, property)]
        assert all(ast.get_docstring(item) for item in (node, *methods))


def test_no_output_hides_what_pulumi_has_of_its_own() -> None:
    own = set(dir(pulumi.CustomResource))
    assert [
        (name, key)
        for name, item in RESOURCES.items()
        for key, value in vars(item).items()
        if isinstance(value, property) and key in own
    ] == []


def test_names_are_the_schema_s_on_the_wire(registered: list[Any]) -> None:
    front = typed.Subnet("front", placement=AT, network="n-1", cidr="10.0.1.0/24")
    group = typed.SecurityGroup("web", placement=AT, open_egress=False)
    server = typed.Server(
        "web",
        pulumi.ResourceOptions(protect=True),
        placement=AT,
        size=typed.Size(vcpu=2, memory="4 GiB", gpu_model="l40s"),
        image=typed.Image(os="ubuntu", version="22.04"),
        subnet=front,
        security_groups=[group, "c/r/other"],
        disk=typed.RootDisk(class_="nvme", min_iops=3000, size=None),
        labels={"min_iops": "kept as it is"},
        user_data="#cloud-config",
        zone=None,
    )
    token, name, props, options = registered[2]
    assert (token, name) == ("mcloud:compute:Server", "web")
    given = {key: value for key, value in props.items() if value is not None}
    assert given == {
        "placement": AT,
        "size": {"vcpu": 2, "memory": "4 GiB", "gpuModel": "l40s"},
        "image": {"os": "ubuntu", "version": "22.04"},
        "subnet": "<front id>",
        "securityGroups": ["<web id>", "c/r/other"],
        "disk": {"class": "nvme", "minIops": 3000},
        "labels": {"min_iops": "kept as it is"},
        "userData": ("secret", "#cloud-config"),
    }
    assert set(props) == set(SCHEMA["resources"][token]["properties"])
    assert options.protect is True
    assert options.additional_secret_outputs == ["userData"]
    assert server.private_ip == "<web privateIp>"
    assert registered[1][2]["openEgress"] is False


def test_a_resource_within_a_nested_value(registered: list[Any]) -> None:
    pool = typed.Pool("web", placement=AT, load_balancer="lb", protocol="http", port=80)
    assert typed.ListenerRule(path="/x", pool=pool) == {"path": "/x", "pool": "<web id>"}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: typed.Network("main", cidr="10.0.0.0/16"), "Network main needs placement (cloud/region or cl"),
        (lambda: typed.Network("main", placement=None, cidr="10.0.0.0/16"), "needs placement (cloud/region"),
        (lambda: typed.Server("web", placement=AT, image=1), "Server web needs subnet"),
        (lambda: typed.Size(vcpu=2, memroy="4 GiB"), "Size has no input 'memroy'; did you mean 'memory'?"),
        (lambda: typed.Billing(qqq=1), "Billing has no input 'qqq'; known: renew"),
        (lambda: typed.KeyPair("k", {"protect": True}, placement=AT, public_key="x"), "are no pulumi.ResourceOptions"),
    ],
)
def test_what_is_wrong_is_told(registered: list[Any], make: Any, told: str) -> None:
    with pytest.raises(TypeError) as caught:
        make()
    assert told in str(caught.value)
    assert registered == []


def test_it_loads_nothing_else_of_mcloud() -> None:
    words = "import sys, mcloud.pulumi; print(sorted(name for name in sys.modules if name.split('.')[0] in %r))"
    done = subprocess.run(
        [sys.executable, "-c", words % (("mcloud", "pydantic", "typer"),)], capture_output=True, text=True, check=True
    )
    parts = ["mcloud", "mcloud.engine", "mcloud.engine.provider", "mcloud.pulumi", "mcloud.pulumi.classes"]
    assert done.stdout.strip() == str(parts)


def test_without_pulumi_it_says_what_to_install(tmp_path: Path) -> None:
    words = "import sys; sys.modules['pulumi'] = None; import mcloud.pulumi"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert "mcloud.pulumi needs Pulumi's SDK for Python: pip install 'mcloud-vn[engine]'" in done.stderr


def test_a_type_checker_helps(tmp_path: Path, repository: Path) -> None:
    docs = (repository / "docs" / "pulumi.md").read_text(encoding="utf-8")
    (tmp_path / "of_the_docs.py").write_text(docs.split("```python\n")[1].split("```")[0])
    program = tmp_path / "program.py"
    program.write_text(
        "import pulumi\n"
        "from mcloud.pulumi import Image, Network, RootDisk, Server, Size, Subnet\n"
        "main = Network('main', placement='a/b', cidr='10.0.0.0/16')\n"
        "front = Subnet('front', placement='a/b', network=main, cidr=main.cidr)\n"
        "image = Image(os='ubuntu', version='22.04')\n"
        "web = Server('web', placement='a/b', image=image, subnet=front, size=Size(vcpu=2, memory='4 GiB'))\n"
        "address: pulumi.Output[str] = web.private_ip\n"
        "Server('x', image=image, subnet=front)\n"
        "Server('x', placement='a/b', image=image, subnet=main)\n"
        "Size(vcpu='two', memory='4 GiB')\n"
        "RootDisk(class_='tape')\n"
        "number: pulumi.Output[int] = web.public_ip\n"
        "web.privateIp\n"
    )
    options = ("--strict", "--cache-dir", str(tmp_path / "cache"))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "program.py", "of_the_docs.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    lines = [line.split(": ")[0] for line in done.stdout.splitlines() if ": error: " in line]
    assert lines == [f"program.py:{number}" for number in range(8, 14)], done.stdout
