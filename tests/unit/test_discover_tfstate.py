"""The Terraform state reader: forms, addresses, errors, and secrets that stay behind."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import pytest

from mcloud.discover.secrets import without_known_secrets
from mcloud.discover.tfstate import StateResource, read_tfstate
from mcloud.errors import DiscoverError

SECRET = "hunter2"


def write(folder: Path, document: Any) -> Path:
    path = folder / "x.tfstate"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 4, "resources": list(resources)}


def read_one(folder: Path, instance: dict[str, Any], **resource: Any) -> StateResource:
    entry = {"mode": "managed", "type": "t", "name": "n", "instances": [instance], **resource}
    (found,) = read_tfstate(write(folder, state(entry)))
    return found


@pytest.mark.parametrize(
    ("resource", "instance", "address", "base"),
    [
        ({}, {}, "t.n", "t.n"),
        ({}, {"index_key": 0}, "t.n[0]", "t.n"),
        ({}, {"index_key": "a b"}, 't.n["a b"]', "t.n"),
        ({"mode": "data"}, {}, "data.t.n", "data.t.n"),
        ({"module": "module.net"}, {"index_key": 2}, "module.net.t.n[2]", "module.net.t.n"),
        ({"module": 'module.a["x"]', "mode": "data"}, {}, 'module.a["x"].data.t.n', 'module.a["x"].data.t.n'),
    ],
)
def test_address_is_what_terraform_prints(
    tmp_path: Path, resource: dict[str, Any], instance: dict[str, Any], address: str, base: str
) -> None:
    found = read_one(tmp_path, {"attributes": {"id": "1"}, **instance}, **resource)
    assert (found.address, found.base, found.attributes) == (address, base, {"id": "1"})
    assert found.managed is (resource.get("mode") != "data")


def test_deposed_instance_has_an_address_of_its_own(tmp_path: Path) -> None:
    entry = {"type": "t", "name": "n", "instances": [{"attributes": {}}, {"deposed": "ab12", "attributes": {}}]}
    current, old = read_tfstate(write(tmp_path, state(entry)))
    assert (current.deposed, old.deposed, old.address) == (False, True, "t.n (deposed ab12)")


@pytest.mark.parametrize(
    ("document", "where", "says"),
    [
        ("{\n  nope", "x.tfstate:2:3", "not JSON"),
        ("[]", "x.tfstate", "not a Terraform state"),
        ({"version": 2, "modules": []}, "x.tfstate:version", "version 2"),
        ({"version": 3, "modules": [7]}, "x.tfstate:modules[0]", "no resources"),
        ({"version": 3, "modules": [{"resources": {"a.b": 7}}]}, "modules[0].resources.a.b", "is no resource"),
        ({"version": 3, "modules": [{"resources": {"a": {"primary": {}}}}]}, ".resources.a", "no type"),
        ({"version": 3, "modules": [{"resources": {"a.b": {"primary": {}}}}] * 2}, ".resources.a.b", "twice"),
        ({"resources": []}, "x.tfstate:version", "version None"),
        ({"encrypted_data": "x", "encryption_version": "v0"}, "x.tfstate", "encrypted"),
        ({"version": 4, "resources": {}}, "x.tfstate", "not a list"),
        (state({"type": "t"}), "x.tfstate:resources[0]", "no type and name"),
        (state({"type": "t", "name": "n", "mode": "odd"}), "resources[0].mode", "odd"),
        (state({"type": "t", "name": "n", "instances": [7]}), "resources[0].instances[0]", "no attributes"),
        (state({"type": "t", "name": "n", "instances": [{"attributes": 7}]}), "instances[0]", "no attributes"),
        (state({"type": "t", "name": "n", "instances": [{"index_key": 1.5}]}), "instances[0]", "index_key"),
        (state({"type": "t", "name": "n", "instances": [{}, {}]}), "resources[0]", "twice"),
    ],
)
def test_broken_state_says_where(tmp_path: Path, document: Any, where: str, says: str) -> None:
    with pytest.raises(DiscoverError) as caught:
        read_tfstate(write(tmp_path, document))
    assert caught.value.where is not None
    assert caught.value.where.endswith(where)
    assert says in caught.value.message
    assert caught.value.hint


def test_missing_file_and_binary_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DiscoverError, match="cannot be read"):
        read_tfstate(tmp_path / "none")
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DiscoverError, match="UTF-8"):
        read_tfstate(tmp_path / "b")


def test_broken_json_does_not_show_the_text(tmp_path: Path) -> None:
    with pytest.raises(DiscoverError) as caught:
        read_tfstate(write(tmp_path, f'{{"password": "{SECRET}" oops'))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("attributes", "marked"),
    [
        ({"master": SECRET}, [[{"type": "get_attr", "value": "master"}]]),
        ({"master": SECRET}, ["master"]),
        ({"a": [{"b": SECRET}]}, ["a.0.b"]),
        (
            {"a": [{"b": SECRET}]},
            [
                [
                    {"type": "get_attr", "value": "a"},
                    {"type": "index", "value": {"value": 0, "type": "number"}},
                    {"type": "get_attr", "value": "b"},
                ]
            ],
        ),
        # A step into a set names the element, not its place: everything below the set goes.
        ({"a": [{"b": SECRET}]}, [[{"type": "get_attr", "value": "a"}, {"type": "index", "value": "odd"}]]),
        ({"password": SECRET}, []),
        ({"nested": [{"master_password": SECRET, "x": 1}]}, []),
        ({"secret_string": SECRET}, []),
        ({"private_key_pem": SECRET}, []),
        ({"token": SECRET}, []),
        ({"user_data": SECRET}, []),
        ({"tags": {"db_password": SECRET}}, []),
        ({"password": {"a": [SECRET]}}, []),
    ],
)
def test_secrets_stay_behind(tmp_path: Path, attributes: dict[str, Any], marked: list[Any]) -> None:
    found = read_one(tmp_path, {"attributes": {"id": "1", **attributes}, "sensitive_attributes": marked})
    assert SECRET not in json.dumps(found.attributes) + repr(found) + str(found.removed)
    assert found.attributes["id"] == "1"
    assert len(found.removed) == 1


def test_private_data_and_outputs_are_not_read(tmp_path: Path) -> None:
    entry = {"type": "t", "name": "n", "instances": [{"attributes": {"id": "1"}, "private": SECRET}]}
    (found,) = read_tfstate(write(tmp_path, {**state(entry), "outputs": {"o": {"value": SECRET}}}))
    assert found.attributes == {"id": "1"}


@pytest.mark.parametrize("path", [7, [], [{"type": "index", "value": {"value": None}}], ""])
def test_a_mark_that_cannot_be_read_stops_the_run(tmp_path: Path, path: Any) -> None:
    with pytest.raises(DiscoverError, match="sensitive"):
        read_one(tmp_path, {"attributes": {"a": SECRET}, "sensitive_attributes": [path]})


def test_switches_and_harmless_names_are_kept(tmp_path: Path) -> None:
    attributes = {"get_password_data": False, "key_name": "k", "public_key": "ssh-rsa A", "author": "x"}
    found = read_one(tmp_path, {"attributes": attributes})
    assert found.attributes == attributes
    assert found.removed == ()


FLAT = {
    "id": "i-1",
    "tags.%": "2",
    "tags.Name": "true",
    "tags.a.b": "1",
    "groups.#": "2",
    "groups.99": "sg-b",
    "groups.7": "sg-a",
    "disk.#": "1",
    "disk.0.size": "8",
    "disk.0.encrypted": "false",
    "owner_id": "012345678901",
    "port": "80",
    "password": SECRET,
}


def version_3(*modules: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "terraform_version": "0.11.14", "modules": list(modules)}


def test_version_3_is_unflattened(tmp_path: Path) -> None:
    primary = {"id": "i-1", "attributes": FLAT}
    root = {
        "path": ["root"],
        "resources": {
            "aws_instance.web.1": {"type": "aws_instance", "primary": primary},
            "data.aws_ami.x": {"type": "aws_ami", "primary": {"id": "ami", "attributes": {"id": "ami"}}, "deposed": []},
        },
    }
    inner = {
        "path": ["root", "net", "deep"],
        "resources": {"aws_vpc.a": {"primary": None, "deposed": [{"id": "v", "attributes": {}}]}},
    }
    web, image, old = read_tfstate(write(tmp_path, version_3(root, inner, {"path": ["root"], "resources": None})))
    assert (web.address, web.index, web.base, image.address) == (
        "aws_instance.web[1]",
        1,
        "aws_instance.web",
        "data.aws_ami.x",
    )
    assert (old.address, old.deposed, image.managed) == ("module.net.module.deep.aws_vpc.a (deposed 0)", True, False)
    assert web.attributes == {
        "id": "i-1",
        "tags": {"Name": "true", "a.b": "1"},
        "groups": ["sg-a", "sg-b"],
        "disk": [{"size": 8, "encrypted": False}],
        "owner_id": "012345678901",
        "port": 80,
    }
    assert web.removed == ("password",)


def test_a_secret_is_cut_out_wherever_it_stands(tmp_path: Path) -> None:
    entries = [
        {"type": "db", "name": "n", "instances": [{"attributes": {"password": f"{SECRET}-{SECRET}"}}]},
        {"type": "vm", "name": "n", "instances": [{"attributes": {"tags": {"note": f"it is {SECRET}-{SECRET}"}}}]},
    ]
    _, found = without_known_secrets(read_tfstate(write(tmp_path, state(*entries))))
    assert SECRET not in json.dumps(found.attributes)


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:hunter2@db.example.com/x",
        "password=hunter2",
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2",
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.hunter2",
    ],
)
def test_what_has_the_form_of_a_secret_is_one(tmp_path: Path, text: str) -> None:
    found = read_one(tmp_path, {"attributes": {"id": "1", "tags": {"note": text}, "list": [text]}})
    assert text not in json.dumps(found.attributes)
    assert found.removed == ("tags.note", "list")
