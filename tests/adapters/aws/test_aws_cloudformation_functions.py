"""The functions of CloudFormation, and the names that things get."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.discover.meaning import Unknown
from mcloud.discover.templates import kebab, series
from mcloud_aws.cloudformation_values import NO_VALUE, Scope, Values


def values(**more: Any) -> Values:
    said: list[tuple[str, str, bool]] = []
    scope = Scope(
        stem="shop",
        parameters={"P": "p", "L": ["a", "b"], "U": Unknown("U"), **more.pop("parameters", {})},
        mappings={"M": {"k": {"x": "1", "l": ["m", "n"]}}},
        conditions={
            "T": {"Fn::Equals": ["1", "1"]},
            "Loop": {"Condition": "Loop"},
            "Un": {"Fn::Equals": [{"Ref": "U"}, ""]},
        },
        resources={
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}}},
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Vgw": {"Type": "AWS::EC2::VPNGateway"},
        },
        natives={"Vpc": "Vpc", "Bucket": "Bucket", "Vgw": "Vgw"},
        region="eu-1",
        find_export=lambda name: {"known": "exported"}.get(name),
        tell=lambda subject, text, is_open: said.append((subject, text, is_open)),
    )
    return Values(scope)


FUNCTIONS: list[tuple[Any, Any]] = [
    ({"Ref": "P"}, "p"),
    ({"Ref": "AWS::Region"}, "eu-1"),
    ({"Ref": "AWS::StackName"}, "shop"),
    ({"Ref": "Vgw"}, "vgw-Vgw"),
    ({"Ref": "Nobody"}, Unknown("Nobody")),
    ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
    ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws:s3:::Bucket"),
    ({"Fn::GetAtt": "Vpc.VpcId"}, "Vpc"),
    ({"Fn::GetAtt": ["Vpc", "Odd"]}, Unknown("Vpc.Odd")),
    ({"Fn::Sub": "${P}-${AWS::Region}-${!x}-${Bucket.Arn}"}, "p-eu-1-${x}-arn:aws:s3:::Bucket"),
    ({"Fn::Sub": ["${A}/${P}", {"A": {"Ref": "P"}}]}, "p/p"),
    ({"Fn::Sub": "${U}-x"}, Unknown("U-x")),
    ({"Fn::Join": ["-", ["a", {"Ref": "P"}, 1]]}, "a-p-1"),
    ({"Fn::Join": ["-", {"Ref": "L"}]}, "a-b"),
    ({"Fn::Join": ["-", ["a", {"Ref": "U"}]]}, Unknown("a-U")),
    ({"Fn::Select": ["1", {"Ref": "L"}]}, "b"),
    ({"Fn::Select": [1, {"Ref": "U"}]}, Unknown("U-1")),
    ({"Fn::Select": [7, {"Ref": "L"}]}, Unknown("item-7")),
    ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
    ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
    ({"Fn::Cidr": [{"Ref": "U"}, 2, 8]}, Unknown("Cidr")),
    ({"Fn::Cidr": ["no block", 2, 8]}, Unknown("Cidr")),
    ({"Fn::GetAZs": ""}, ["eu-1a", "eu-1b", "eu-1c"]),
    ({"Fn::GetAZs": {"Ref": "AWS::Region"}}, ["eu-1a", "eu-1b", "eu-1c"]),
    ({"Fn::Base64": {"Ref": "P"}}, "p"),
    ({"Fn::FindInMap": ["M", "k", "x"]}, "1"),
    ({"Fn::FindInMap": ["M", "k", "l"]}, ["m", "n"]),
    ({"Fn::FindInMap": ["M", "k", "none"]}, Unknown("M-k-none")),
    ({"Fn::FindInMap": ["M", "k", "none", {"DefaultValue": 7}]}, 7),
    ({"Fn::ImportValue": "known"}, "exported"),
    ({"Fn::ImportValue": {"Fn::Sub": "${P}-net"}}, Unknown("p-net")),
    ({"Fn::If": ["T", 1, 2]}, 1),
    ({"Fn::If": ["Loop", 1, 2]}, 2),
    ({"Fn::If": ["Un", 1, 2]}, 2),
    ({"Fn::If": ["NoSuch", 1, 2]}, 2),
    ({"Fn::Or": [{"Fn::Equals": ["1", "2"]}, {"Condition": "T"}]}, True),
    ({"Fn::And": [{"Condition": "T"}, {"Fn::Not": [{"Condition": "T"}]}]}, False),
    ({"Fn::Length": {"Ref": "L"}}, 2),
    ({"Fn::ToJsonString": {"a": 1}}, '{"a": 1}'),
    ({"Fn::Transform": {"Name": "x"}}, Unknown("Transform")),
    ({"Fn::Unheard": 1}, Unknown("Unheard")),
    ({"Fn::Select": "odd"}, Unknown("Select")),
    ({"Fn::GetAtt": ["Vpc", "CidrBlock"]}, Unknown("something that refers to itself")),
]


@pytest.mark.parametrize(("node", "expected"), FUNCTIONS, ids=[str(row[0])[:60] for row in FUNCTIONS])
def test_functions(node: Any, expected: Any) -> None:
    found = values().value(node)
    assert found == expected
    assert isinstance(found, Unknown) is isinstance(expected, Unknown)


def test_no_value_is_nothing() -> None:
    assert values().value({"Ref": "AWS::NoValue"}) is NO_VALUE


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PublicSubnet1", "public-subnet-1"),
        ("VPC", "vpc"),
        ("WebServerASG", "web-server-asg"),
        ("a_B", "a-b"),
        ("S3Bucket", "s3-bucket"),
    ],
)
def test_names_are_those_of_a_stack(name: str, expected: str) -> None:
    assert kebab(name) == expected


def test_series_are_consecutive_numbers() -> None:
    assert series(["Web1", "Web2", "Db2", "Db4", "x"]) == {
        "Web1": ("Web", 0),
        "Web2": ("Web", 1),
        "Db2": ("Db2", None),
        "Db4": ("Db4", None),
        "x": ("x", None),
    }
