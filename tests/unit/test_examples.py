"""The shipped stack files: they fit, they have no findings, and the second is the first, edited."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from mcloud.load import load_stack
from mcloud.model.schema import stack_schema
from mcloud.validate import validate


@pytest.mark.parametrize("name", ["web.yaml", "web-changed.yaml", "three-tier.yaml", "move.yaml"])
def test_an_example_fits_and_has_no_findings(repository: Path, name: str) -> None:
    document = yaml.safe_load((repository / "examples" / name).read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(stack_schema()).iter_errors(document)] == []
    assert validate(load_stack(repository / "examples" / name).stack) == ()


def test_the_changed_example_differs_in_a_rule_a_size_and_a_count(repository: Path) -> None:
    one, two = (load_stack(repository / "examples" / name).stack for name in ("web.yaml", "web-changed.yaml"))
    assert one.name == two.name
    assert len(two.security_groups["web"].ingress) == len(one.security_groups["web"].ingress) + 1
    assert [stack.servers["web"].count for stack in (one, two)] == [2, 1]
    sizes = [stack.servers["db"].size for stack in (one, two)]
    assert sizes[0] is not None
    assert sizes[1] is not None
    assert sizes[0].vcpu < sizes[1].vcpu
    same = {"security_groups": {}, "servers": {}}
    assert one.model_copy(update=same) == two.model_copy(update=same)
