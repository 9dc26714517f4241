"""Templates within templates: followed where they lie beside the outer one, told where they lie elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcloud.cli.main import run
from mcloud.discover.discovery import Discovery
from mcloud.discover.pipeline import Aim
from mcloud.discover.templates import discover_templates
from mcloud.discover.write import to_json
from mcloud_aws.cloudformation import CloudFormation

NETWORK = {
    "Parameters": {"Cidr": {"Type": "String"}, "Name": {"Type": "String", "Default": "main"}},
    "Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Ref": "Cidr"}}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "CidrBlock": {"Fn::Select": [0, {"Fn::Cidr": [{"Ref": "Cidr"}, 1]}]},
            },
        },
    },
    "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}}, "Subnet": {"Value": {"Ref": "Subnet"}}},
}
SERVERS = {
    "Parameters": {
        "Subnet": {"Type": "AWS::EC2::Subnet::Id"},
        "Password": {"Type": "String", "NoEcho": True},
        "Size": {"Type": "String", "Default": "t3.micro"},
    },
    "Resources": {
        "Web": {
            "Type": "AWS::EC2::Instance",
            "Properties": {
                "ImageId": "ami-1",
                "InstanceType": {"Ref": "Size"},
                "SubnetId": {"Ref": "Subnet"},
                "Tags": [{"Key": "note", "Value": {"Fn::Sub": "x-${Password}"}}],
            },
        },
    },
}


def stack(url: Any, **parameters: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": parameters}}


ROOT = {
    "Parameters": {"Folder": {"Type": "String", "Default": "parts"}, "Size": {"Type": "String"}},
    "Conditions": {"Never": {"Fn::Equals": ["1", "2"]}},
    "Resources": {
        "Network": stack({"Fn::Sub": "${Folder}/network.json"}, Cidr="10.60.0.0/16"),
        "App": stack(
            "./parts/servers.json",
            Subnet={"Fn::GetAtt": ["Network", "Outputs.Subnet"]},
            Password="plantedNested-91xz",
            Size={"Ref": "Size"},
        ),
        "Spare": {**stack("parts/none.json"), "Condition": "Never"},
    },
}


def lay(folder: Path, **files: Any) -> Path:
    (folder / "parts").mkdir()
    for name, content in {"network": NETWORK, "servers": SERVERS, **files}.items():
        (folder / "parts" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def discover(folder: Path, root: Any, *more: Path, sets: tuple[str, ...] = ()) -> Discovery:
    path = folder / "root.json"
    path.write_text(json.dumps(root), encoding="utf-8")
    return discover_templates(CloudFormation(), [path, *more], Aim("vng/hcm"), sets=sets)


def fates(found: Discovery) -> dict[str, str]:
    return {outcome.address: outcome.target or outcome.fate for outcome in found.outcomes}


def test_inner_templates_get_their_parameters_and_give_their_outputs(tmp_path: Path) -> None:
    found = discover(lay(tmp_path), ROOT, sets=("Size=m5.large",))
    assert fates(found) == {
        "Network": "folded",
        "App": "folded",
        "Spare": "remainder",
        "Network/Vpc": "networks.vpc",
        "Network/Subnet": "networks.vpc.subnets.subnet",
        "App/Web": "servers.web",
    }
    assert found.document["networks"]["vpc"]["cidr"] == "10.60.0.0/16"
    server = found.document["servers"]["web"]
    assert (server["size"], server["subnet"]) == ({"vcpu": 2, "memory": "8 GiB"}, "vpc.subnet")
    assert [Path(file).name for file in found.files] == ["root.json", "network.json", "servers.json"]
    assert [found.counts(file).seen for file in found.files] == [3, 2, 1]
    assert "plantedNested" not in to_json(found) + repr(found)
    assert not [item for item in found.open if item.subject in ("Cidr", "Subnet", "Size")]


def test_a_file_that_is_given_too_is_read_within_only(tmp_path: Path) -> None:
    parts = lay(tmp_path) / "parts"
    found = discover(tmp_path, ROOT, parts / "network.json", parts / "servers.json", sets=("Size=m5.large",))
    assert found.document == discover(tmp_path, ROOT, sets=("Size=m5.large",)).document
    assert found.counts().seen == 6


def test_one_template_twice_makes_two_of_each(tmp_path: Path) -> None:
    resources = {
        "East": stack("parts/network.json", Cidr="10.60.0.0/16"),
        "West": stack("parts/network.json", Cidr="10.61.0.0/16"),
        "App": stack("parts/servers.json", Subnet={"Fn::GetAtt": "West.Outputs.Subnet"}, Password="x"),
    }
    found = discover(lay(tmp_path), {"Resources": resources})
    blocks = {
        outcome.address: found.document["networks"][outcome.target.split(".")[1]]["cidr"]
        for outcome in found.mapped
        if outcome.address.endswith("/Vpc")
    }
    assert blocks == {"East/Vpc": "10.60.0.0/16", "West/Vpc": "10.61.0.0/16"}
    west = fates(found)["West/Vpc"].split(".")[1]
    assert found.document["servers"]["web"]["subnet"] == f"{west}.subnet"


def test_a_template_on_the_network_is_one_of_that_name_that_was_given(tmp_path: Path) -> None:
    resources = {
        "Network": stack("https://s3.amazonaws.com/bucket/v1/network.json", Cidr="10.60.0.0/16"),
        "Far": stack("s3://bucket/far.json"),
    }
    found = discover(lay(tmp_path), {"Resources": resources}, tmp_path / "parts" / "network.json")
    assert fates(found)["Network/Vpc"] == "networks.vpc"
    [far] = found.remainder
    assert (far.address, far.reason) == ("Far", "a template within the template, which lies elsewhere (s3)")
    assert "far.json" in far.advice


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("parts/none.json", "is not there"),
        ("parts/broken.json", "its template cannot be read: "),
        ("root.json", "is within itself"),
        ("/etc/hostname", "lies elsewhere (an absolute path)"),
        ({"Ref": "Where"}, "where it lies is not known"),
        (7, "where it lies is not known"),
        ("", "where it lies is not known"),
    ],
)
def test_what_is_not_followed_says_why(tmp_path: Path, url: Any, reason: str) -> None:
    lay(tmp_path, broken=[])
    found = discover(tmp_path, {"Parameters": {"Where": {"Type": "String"}}, "Resources": {"Inner": stack(url)}})
    [left] = found.remainder
    assert reason in left.reason
    assert left.advice


def test_outputs_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    echo = {
        "Parameters": {"In": {"Type": "String"}},
        "Resources": {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Ref": "In"}}}},
        "Outputs": {"Out": {"Value": {"Ref": "In"}}},
    }
    resources = {
        "One": stack("parts/echo.json", In={"Fn::GetAtt": ["Two", "Outputs.Out"]}),
        "Two": stack("parts/echo.json", In={"Fn::GetAtt": ["One", "Outputs.Out"]}),
    }
    found = discover(lay(tmp_path, echo=echo), {"Resources": resources})
    assert found.counts().seen == 4
    deep = {"Resources": {"Next": stack("b.json")}}
    (tmp_path / "parts" / "b.json").write_text(json.dumps({"Resources": {"Back": stack("../root.json")}}))
    (tmp_path / "parts" / "a.json").write_text(json.dumps(deep))
    circle = discover(tmp_path, {"Resources": {"A": stack("parts/a.json")}})
    assert fates(circle) == {"A": "folded", "A/Next": "folded", "A/Next/Back": "remainder"}


def test_the_command_tells_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    discover(lay(tmp_path), ROOT)
    words = ["discover", "cloudformation", str(tmp_path / "root.json"), "--placement", "vng/hcm", "--json"]
    assert run(words) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [row["seen"] for row in shown["files"].values()] == [3, 2, 1]
