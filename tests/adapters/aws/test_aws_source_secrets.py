"""Secrets in sources reach nothing that is made of them: the stack, the ledger, a comparison's and a plan's page."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mcloud.cli.main import run
from tests.planted import files_below, found_in

SECRETS = {
    "password": "plantedPassw0rd-7f3a/b+c",
    "user data": "#!/bin/sh\necho planted-user-data-91c2 > /etc/token\n",
    "tag": "plantedTag-5d11&e=f",
    "output": "plantedOutput-aa07",
    "column": "plantedColumn-3c3c",
}
PLACE = ["--placement", "vng/hcm"]


def server(name: str, **more: Any) -> dict[str, Any]:
    attributes = {"id": f"i-{name}", "instance_type": "t3.small", "ami": "ami-1"}
    return instance("aws_instance", name, {**attributes, "tags": {"Name": name}, **more})


def instance(type_: str, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    rows = [{"schema_version": 1, "attributes": attributes, "private": base64.b64encode(b"{}").decode()}]
    return {"mode": "managed", "type": type_, "name": name, "provider": provider, "instances": rows}


def tfstate(folder: Path) -> list[str]:
    data = SECRETS["user data"].encode()
    database = {"id": "db-1", "engine": "postgres", "password": SECRETS["password"], "instance_class": "db.t3.micro"}
    resources = [
        instance("aws_db_instance", "main", database),
        server("raw", user_data=SECRETS["user data"]),
        server("coded", user_data_base64=base64.b64encode(data).decode()),
        server("packed", user_data_base64=base64.b64encode(gzip.compress(data)).decode()),
        server("tagged", tags={"db_password": SECRETS["tag"], "note": f"it is {SECRETS['password']}"}),
    ]
    outputs = {"url": {"value": SECRETS["output"], "type": "string", "sensitive": True}}
    document = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "a", "outputs": outputs}
    file = folder / "terraform.tfstate"
    file.write_text(json.dumps({**document, "resources": resources}))
    return ["tfstate", str(file)]


def sheet(folder: Path) -> list[str]:
    file = folder / "list.csv"
    rows = ["name;vcpus;memory gb;password;tags", f"web;2;4;{SECRETS['column']};db-password={SECRETS['tag']}"]
    file.write_text("\n".join(rows))
    return ["csv", str(file)]


@pytest.mark.parametrize("source", [tfstate, sheet])
def test_secrets_of_sources_are_nowhere(source: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, made = tmp_path / "given", tmp_path / "made"
    given.mkdir()
    made.mkdir()
    words = ["discover", *source(given), *PLACE]
    planted = found_in(SECRETS, files_below(given))
    assert len(planted) >= 2, "nothing is planted"
    stack = str(made / "stack.yaml")
    assert run([*words, "--json"]) == 0
    assert run([*words, "-o", stack]) == 0
    assert run(["compare", stack, "--to", "vng/hcm", "--html", str(made / "compare.html")]) in (0, 3)
    assert run(["compare", stack, "--json"]) in (0, 3)
    assert run(["migrate", "plan", stack, "--to", "vng/han", "--html", str(made / "plan.html"), "--json"]) in (0, 3)
    assert len(list(made.iterdir())) == 3
    shown = capsys.readouterr()
    said = [("the output", shown.out.encode()), ("the errors", shown.err.encode())]
    assert found_in(SECRETS, [*files_below(made), *said]) == []
