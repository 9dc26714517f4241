"""Buckets as people write them: rules, policies, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from mcloud.errors import LoadError
from mcloud.load import load_stack
from mcloud.model.graph import build_graph
from mcloud.model.resources import BucketInputs
from mcloud.model.schema import stack_schema
from mcloud.model.stack import Stack
from mcloud.model.storage import Bucket, CorsRule, LifecycleRule, canonical_policy

STATEMENT = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:x:s3:::BUCKET/*"}
SCHEMA = Draft202012Validator(stack_schema())


def stack(bucket: dict[str, Any]) -> dict[str, Any]:
    return {"mcloud": 1, "name": "s", "placement": "c/r", "buckets": {"assets": bucket}}


@pytest.mark.parametrize("statements", [STATEMENT, [STATEMENT]])
def test_a_policy_is_compared_in_one_form(statements: Any) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=3)
    made = canonical_policy(text)
    assert json.loads(made) == {"Version": "2012-10-17", "Statement": [STATEMENT]}
    assert canonical_policy(made) == made
    assert made.startswith('{"Statement":[{"Action":"s3:GetObject"')


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "the policy is not JSON: Expecting value"),
        ("[" * 100_000, "the policy is not JSON"),
        ("[]", "the policy is not a JSON object"),
        ("{}", "the policy has no Statement"),
        ('{"Statement": []}', "the policy has no Statement"),
        ('{"Statement": ["x"]}', "the policy has no Statement"),
    ],
)
def test_what_is_no_policy(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        canonical_policy(text)
    with pytest.raises(ValidationError, match=says):
        Bucket(policy=text)
    with pytest.raises(ValidationError, match=says):
        BucketInputs(placement="c/r", policy=text)


def test_words_of_a_cors_rule_have_no_order() -> None:
    rule = CorsRule(origins=("https://b", "https://a", "https://b"), methods=("PUT", "GET"), headers=("y", "x"))
    assert (rule.origins, rule.methods, rule.headers) == (("https://a", "https://b"), ("GET", "PUT"), ("x", "y"))


@pytest.mark.parametrize(
    "values",
    [
        {"origins": (), "methods": ("GET",)},
        {"origins": ("*",), "methods": ()},
        {"origins": ("*",), "methods": ("PATCH",)},
        {"origins": ("*",), "methods": ("GET",), "max_age_seconds": -1},
    ],
)
def test_a_cors_rule_that_says_nothing_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CorsRule.model_validate(values)


@pytest.mark.parametrize("values", [{}, {"prefix": "a/"}, {"expire_after_days": 0}])
def test_a_lifecycle_rule_must_do_something(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LifecycleRule.model_validate(values)
    assert LifecycleRule(abort_multipart_after_days=1).prefix == ""


def test_a_bucket_on_its_way_to_the_engine() -> None:
    document = stack(
        {
            "public_read": True,
            "cors": [{"origins": ["*"], "methods": ["GET"], "max_age_seconds": 60}],
            "lifecycle": [{"expire_noncurrent_after_days": 7}],
            "policy": "file:policy.json",
        }
    )
    graph = build_graph(Stack.model_validate(document), lambda value: json.dumps({"Statement": STATEMENT}))
    inputs = graph.by_address["Bucket/assets"].inputs
    assert inputs == {
        "placement": "c/r",
        "versioning": False,
        "publicRead": True,
        "cors": [{"origins": ["*"], "methods": ["GET"], "headers": [], "exposeHeaders": [], "maxAgeSeconds": 60}],
        "lifecycle": [{"prefix": "", "expireNoncurrentAfterDays": 7}],
        "policy": canonical_policy(json.dumps({"Statement": STATEMENT})),
        "keep": False,
    }
    made = BucketInputs.model_validate(inputs).model_dump(mode="json", by_alias=True, exclude_none=True)
    assert {key: made[key] for key in inputs} == inputs


@pytest.mark.parametrize(
    ("bucket", "good"),
    [
        ({"public_read": True, "cors": [{"origins": ["*"], "methods": ["GET"]}]}, True),
        ({"lifecycle": [{"prefix": "a/", "expire_after_days": 3}], "policy": "file:p.json"}, True),
        ({"lifecycle": "${rules}", "public_read": "${public}"}, True),
        ({"public": True}, False),
        ({"cors": [{"origins": ["*"]}]}, False),
        ({"cors": [{"origins": ["*"], "methods": ["PATCH"]}]}, False),
        ({"lifecycle": [{"expire_after_days": "soon"}]}, False),
    ],
)
def test_editors_know_it(bucket: dict[str, Any], good: bool) -> None:
    assert SCHEMA.is_valid(stack(bucket)) is good


@pytest.mark.parametrize(
    ("lines", "where", "says"),
    [
        ("policy: file:none.json", "6:13", "none.json"),
        ("policy: file:broken.json", "6:13", "the policy is not JSON"),
        ("policy: '{}'", "6:13", "the policy has no Statement"),
        ("lifecycle: [{prefix: a}]", "6:17", "the rule does nothing: give expire_after_days"),
        ("cors: [{origins: ['*'], methods: [PATCH]}]", "6:39", "'PATCH'"),
        ("public: true", "6:5", "did you mean 'public_read'"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, lines: str, where: str, says: str) -> None:
    (tmp_path / "broken.json").write_text("{")
    path = tmp_path / "stack.yaml"
    path.write_text(f"mcloud: 1\nname: s\nplacement: c/r\nbuckets:\n  assets:\n    {lines}\n")
    with pytest.raises(LoadError) as caught:
        load_stack(path)
    (problem,) = caught.value.problems
    assert problem.where == f"{path}:{where}"
    assert says in str(problem)
