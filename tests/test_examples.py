"""The examples run, and do what they say. What they compute, they compare with NumPy themselves."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autosched
from autosched.ops.resolve import resolve

EXAMPLES = Path(__file__).parents[1] / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_workload_of_your_own() -> None:
    instance = resolve(f"{EXAMPLES / 'own_workload.py'}:gated", {"m": "3", "n": "5"})
    assert instance.params == {"m": 3, "n": 5}
    arrays = instance.make_inputs(seed=1)
    (meaning,) = instance.reference(arrays)
    numpy = instance.numpy_reference(arrays)
    assert numpy is not None
    np.testing.assert_allclose(meaning, numpy[0], rtol=1e-6)
    np.testing.assert_allclose(autosched.build(instance)(*arrays), numpy[0], rtol=1e-5)


@pytest.mark.parametrize("step", ["plain", "vectorized", "packed"])
def test_every_step_of_scheduling_by_hand(step: str) -> None:
    module = example("schedule_by_hand")
    assert module.gflops(getattr(module, step)()) > 0


def test_a_layer_is_tuned_built_and_bound(capsys: pytest.CaptureFixture[str]) -> None:
    example("tune_and_build").main(trials=2)
    assert "tuned schedule, right result; 4 new trials" in capsys.readouterr().out


def test_a_reduction_of_your_own(capsys: pytest.CaptureFixture[str]) -> None:
    example("custom_reduction").main()
    assert "parallel i in 0..1000" in capsys.readouterr().out


def test_looking_into_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    example("query_database").main(trials=1)
    said = capsys.readouterr().out
    assert '"m": 96' in said
    assert "[('ok', 2)]" in said
    assert "s = te.create_schedule" in said


def test_sizes_known_at_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    example("symbolic_sizes").main()
    assert "a wrong shape is refused: expected shape (3, 256)" in capsys.readouterr().out


def test_a_model_is_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx")
    example("compile_a_model").main(trials=1)
    said = capsys.readouterr().out
    assert "conv+relu" in said
    assert "of roofline" in said


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_short_and_says_how_it_is_run(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") < 70
    assert f"examples/{path.name}" in text.split('"""')[1]


def test_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block.replace("trials=200", "trials=1"), names)
    assert names["kernel"].schedule == "tuned"
    np.testing.assert_allclose(names["c"], names["a"] @ names["b"], rtol=1e-4)
    assert "for i.outer in 0..64" in capsys.readouterr().out
