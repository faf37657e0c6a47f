"""The benchmarks run, and write what they say. What they measure decides no test."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
from click import UsageError
from click.testing import CliRunner

from benchmarks import kernels
from benchmarks.accelerator import LAYERS, gemm_limit
from benchmarks.common.cases import CASES, GROUPS, KernelCase, selected
from benchmarks.common.ratios import draw_ratios
from benchmarks.everything import RUNS

FOLDER = Path(__file__).parents[1] / "benchmarks"
BENCHMARKS = sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))


def run(benchmark: str, *options: str) -> str:
    module = importlib.import_module(f"benchmarks.{benchmark}")
    result = CliRunner().invoke(module.main, options, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_a_benchmark_has_help_and_its_line_in_the_readme(benchmark: str) -> None:
    assert "--help" in run(benchmark, "--help")
    assert f"python -m benchmarks.{benchmark}" in (FOLDER / "README.md").read_text()


def test_every_benchmark_is_among_all_of_them() -> None:
    assert {words[0] for words in RUNS.values()} == set(BENCHMARKS) - {"everything"}


def test_the_cases_have_names_of_their_own_and_sizes_that_fit() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    for case in CASES:
        flops = case.instance().flops
        assert isinstance(flops, int)
        assert flops > 0 or "transpose" in case.name or "turned" in case.name


def test_all_operators_of_the_study_are_there() -> None:
    groups = [case.name.split()[0] for case in CASES]
    assert groups.count("ansor") == 36
    assert set(groups) == set(GROUPS)


@pytest.mark.parametrize("case", [case for case in CASES if case.name.startswith("general")])
def test_expressions_have_a_formula_of_their_result(case: KernelCase) -> None:
    """The formula's result has the shapes and dtypes of the expression's outputs."""
    instance = case.instance()
    arrays = [np.zeros([int(str(n)) for n in t.shape], t.dtype.numpy) for t in instance.inputs]
    results = case.contenders(instance, arrays, 1).runs["numpy"]()
    for tensor, result in zip(
        instance.outputs, results if isinstance(results, tuple) else [results], strict=True
    ):
        assert result.shape == tuple(int(str(extent)) for extent in tensor.shape)


def test_cases_are_selected_by_parts_of_their_names() -> None:
    assert [case.name for case in selected("m127, m500/n500")] == [
        "odd matmul/b1/m500/n500/k500",
        "odd matmul/b1/m127/n257/k131",
    ]
    whole = "ansor conv3d/n1/size(16,56,56)/ci64/co64/k1/s1/p0/d1/g1"
    assert selected(f"{whole},m500/n500")[0].name == whole
    assert selected("size(16,56")[0].name == whole
    with pytest.raises(UsageError, match="part of a case's name, got 'conv9d'"):
        selected("conv9d")


def test_single_calls_are_timed_while_others_work(tmp_path: Path) -> None:
    file = tmp_path / "threads.json"
    run(
        "threads", "--cases", "m127/n257", "--busy", "1", "--seconds", "0.02", "--pause-us", "10",
        "--db", str(tmp_path / "db"), "--json", str(file),
    )  # fmt: skip
    document = json.loads(file.read_text())
    assert [row["threads"] for row in document["rows"]] == [1, 2]
    for row in document["rows"]:
        assert row["calls"] > 0
        assert 0 < row["least"] <= row["median"] <= row["slowest"]


def test_kernels_are_timed_beside_their_peers(tmp_path: Path) -> None:
    file = tmp_path / "kernels.json"
    options = ("--db", str(tmp_path / "db"), "--json", str(file))
    said = run("kernels", "--cases", "m128/n128/k128", *options)
    assert "by group" in said
    document = json.loads(file.read_text())
    (row,) = document["rows"]
    assert row["schedule"] == "default"
    assert row["time_ns"].keys() >= {"autosched", "numpy"}
    assert row["share"] == pytest.approx(row["gflops"]["autosched"] / row["peak_gflops"])
    assert row["roofline"] > 0
    assert document["environment"]["cores"] >= 1
    # What the file has is not measured again.
    assert "of the best peer\n" not in run("kernels", "--cases", "m128/n128/k128", *options)
    assert json.loads(file.read_text()) == document
    with pytest.raises(UsageError, match=r"expected a file of a run with .*'threads': 2"):
        CliRunner().invoke(
            kernels.main, ["--threads", "2", *options], standalone_mode=False,
            catch_exceptions=False,
        )  # fmt: skip


def test_ratios_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")  # of the extra `test`
    rows = [
        {"case": "ansor a", "ratio": 2.0, "roofline": 0.5},
        {"case": "ansor b", "ratio": 0.5, "roofline": None},
        {"case": "nets no peer", "ratio": None, "roofline": 1.0},
    ]
    draw_ratios(rows, 1, tmp_path / "ratios.svg")
    assert "</svg>" in (tmp_path / "ratios.svg").read_text()


def test_ratios_are_summed_up_by_group() -> None:
    rows = [
        {"case": "ansor a", "ratio": 2.0},
        {"case": "ansor b", "ratio": 0.5},
        {"case": "nets c", "ratio": 1.0},
        {"case": "nets no peer", "ratio": None},
    ]
    ansor, nets, every = kernels.summary(rows)
    assert ansor == {
        "group": "ansor", "cases": 2, "geometric_mean": 1.0, "worst": 0.5,
        "worst_case": "ansor b", "under_1": 1,
    }  # fmt: skip
    assert (nets["cases"], nets["under_1"]) == (1, 0)
    assert (every["group"], every["cases"]) == ("all", 3)


def test_every_step_of_a_candidate_is_timed(tmp_path: Path) -> None:
    file = tmp_path / "compile.json"
    run("compile_time", "--candidates", "1", "--cases", "m128/n128/k128", "--json", str(file))
    (times,) = json.loads(file.read_text())["candidates"]["ansor matmul/b1/m128/n128/k128"]
    steps = sum(time for name, time in times.items() if name != "total")
    assert times["total"] == pytest.approx(steps)
    assert {"lower", "partition", "vectorize", "emit", "optimise"} <= times.keys()


def test_layers_are_tuned_for_the_accelerator_beside_tvm(tmp_path: Path) -> None:
    file = tmp_path / "accelerator.json"
    options = ("--layers", "C10", "--trials", "8", "--sample", "4", "--json", str(file))
    assert "of TVM's 41378" in run("accelerator", *options)
    document = json.loads(file.read_text())
    (row,), (hiding,) = document["rows"], document["hiding"]
    assert row["ratio"] == row["cycles"] / 41378 == document["ratio"]
    assert 0 < row["gemm_utilisation"] < row["compute_busy"] <= 1
    # 16 steps for each output tile, and 6 cycles beside them: no padding is in the way.
    assert row["gemm_utilisation"] < row["gemm_limit"] == 16 / (16 + 6)
    assert hiding["both"] < hiding["neither"]


def test_a_layer_on_the_accelerator_has_a_limit_that_no_result_passes() -> None:
    layers = {layer.name: layer for layer in LAYERS}
    # Padding is left out: of 56 x 3 rows that taps reach, 2 are none.
    tiles = 56 * 56 * 4
    assert gemm_limit(layers["C2"]) == pytest.approx(166**2 * 16 / (166**2 * 16 + 6 * tiles))
    stored = json.loads((FOLDER / "results" / "accelerator.json").read_text())
    for row in stored["rows"]:
        assert row["gemm_utilisation"] < row["gemm_limit"] == gemm_limit(layers[row["layer"]])
