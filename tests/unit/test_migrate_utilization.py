"""Utilization files: what is read of a machine, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mcloud.errors import LoadError
from mcloud.migrate.utilization import MOST_PROBLEMS, Load, Usage, read_usage

REAL = Path(__file__).parents[1] / "data" / "utilization" / "vms-240.csv.gz"
HEAD = "vm,minute,cpu_percent,memory_percent"


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "use.csv"
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return path


def refused(path: Path) -> list[str]:
    with pytest.raises(LoadError) as caught:
        read_usage(path)
    return [str(problem) for problem in caught.value.problems]


def test_the_95th_percentile_is_the_nearest_rank_of_the_readings(tmp_path: Path) -> None:
    rows = [f"a,{number},{number},{101 - number}" for number in range(1, 101)]
    found = read_usage(written(tmp_path, *rows, "b,0,50,"))
    assert found["a"] == Usage(Load(100, 95, 100), Load(100, 95, 100), 99)
    assert found["b"] == Usage(Load(1, 50, 50), None, 0)


def test_the_order_of_columns_and_rows_does_not_matter(tmp_path: Path) -> None:
    path = written(tmp_path, "7,1,x,30,a", "3,2,y,10,a", head="memory_percent,cpu_percent,note,minute,vm")
    assert read_usage(path) == {"a": Usage(Load(2, 2, 2), Load(2, 7, 7), 20)}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a,1,x,1", "use.csv:2: cpu_percent: 'x' is no number"),
        ("a,1,nan,1", "use.csv:2: cpu_percent: 'nan' is no number"),
        ("a,1,1,101", "use.csv:2: memory_percent: '101' is not between 0 and 100 percent"),
        ("a,1,-1,1", "use.csv:2: cpu_percent: '-1' is not between 0 and 100 percent"),
        ("a,,1,1", "use.csv:2: minute: '' is no number"),
        (",1,1,1", "use.csv:2: vm: the machine has no name"),
    ],
)
def test_a_row_that_does_not_fit(tmp_path: Path, row: str, says: str) -> None:
    (problem,) = refused(written(tmp_path, row, "b,1,1,1"))
    assert problem.endswith(says)


def test_problems_are_told_up_to_a_number(tmp_path: Path) -> None:
    assert len(refused(written(tmp_path, *["a,1,x,1"] * 99))) == MOST_PROBLEMS


def test_a_file_that_is_none(tmp_path: Path) -> None:
    assert (
        "there is no column vm and no column minute" in refused(written(tmp_path, head="cpu_percent,memory_percent"))[0]
    )
    assert "cannot be read" in refused(tmp_path / "none.csv")[0]
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(f"{HEAD}\na,1,1,1\n".encode() * 500)[:60])
    assert "cannot be read" in refused(cut)[0]
    cut.write_bytes(b"no gzip at all")
    assert "cannot be read" in refused(cut)[0]


def test_the_use_of_real_machines() -> None:
    found = read_usage(REAL)
    assert len(found) == 240
    for usage in found.values():
        assert usage.cpu is not None
        assert usage.memory is not None
        assert usage.cpu.readings == usage.memory.readings == 288
        assert 0 < usage.cpu.p95 <= usage.cpu.highest < 100
        assert usage.minutes == 1435
