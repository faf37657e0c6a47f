import json

import numpy as np
import pytest

from autosched.schedule.arguments import Decision
from autosched.schedule.primitives import Pragma, Split
from autosched.schedule.sketch import DecisionInfo, ProductLimit, Sketch
from autosched.schedule.trace import from_json, to_json
from autosched.search.candidate import Candidate, find_candidate
from tests.search.tasks import matmul_task


def test_every_sketch_is_found_again_by_its_traces() -> None:
    task = matmul_task()
    rng = np.random.default_rng(0)
    for number, sketch in enumerate(task.sketches):
        for vector in sketch.sample(rng, 5):
            candidate = Candidate(sketch, number, tuple(map(int, vector)))
            found = find_candidate(task.sketches, candidate.trace)
            assert found is not None
            assert found.point == candidate.point
            assert candidate.trace == to_json(sketch.bind(vector))


@pytest.mark.parametrize("change", ["drop", "append", "rename", "literal"])
def test_a_trace_of_no_sketch_is_not_found(change: str) -> None:
    task = matmul_task()
    trace = Candidate(task.sketches[0], 0, task.sketches[0].default).trace
    steps = json.loads(trace)
    assert json.dumps(steps, separators=(",", ":")) == trace
    match change:
        case "drop":
            steps["steps"].pop()
        case "append":
            steps["steps"].append(["unroll", 0, 0])
        case "rename":
            steps["steps"][-1][0] = "unroll"
        case "literal":
            steps["steps"][-1][1] += 1
    changed = json.dumps(steps, separators=(",", ":"))
    assert find_candidate(task.sketches, changed) is None


def test_keys_tell_traces_apart() -> None:
    sketch = matmul_task().sketches[0]
    vectors = sketch.sample(np.random.default_rng(1), 20)
    candidates = [Candidate(sketch, 0, tuple(map(int, v))) for v in np.unique(vectors, axis=0)]
    assert len({c.key for c in candidates}) == len(candidates) > 5


def test_every_candidate_of_a_sketch_keeps_its_limits() -> None:
    decisions = tuple(DecisionInfo(name, "tile", (1, 2, 4)) for name in "ab")
    sketch = Sketch("s", (), decisions, (1, 1), (ProductLimit(((0, 1), (1, 2)), most=4, least=2),))
    grid = np.array([[a, b] for a in (1, 2, 4) for b in (1, 2, 4)])
    assert sketch.every.tolist() == grid[sketch.holds(grid)].tolist()
    assert sketch.every.tolist() == [[1, 4], [2, 1], [2, 2], [2, 4], [4, 1], [4, 2]]
    assert not sketch.every.flags.writeable
    assert Sketch("fixed", (), (), ()).every.shape == (1, 0)


def test_only_open_numbers_of_a_trace_are_filled_in() -> None:
    odd = 'say {"decision":0} and {"decision":1}'
    steps = (Pragma(0, 0, odd, None), Split(1, 0, Decision(1), None, "guard"))  # type: ignore[arg-type]
    sketch = Sketch("s", steps, (), (7, 8))
    assert from_json(sketch.text((5, 6))) == sketch.bind((5, 6))
    assert sketch.text((5, 6)) == to_json(sketch.bind((5, 6)))


def test_vectors_are_read_back_from_texts() -> None:
    steps = (Split(0, 0, Decision(1), None, "guard"), Split(1, 0, Decision(1), None, "guard"))  # type: ignore[arg-type]
    sketch = Sketch("s", steps, (), (7, 8))
    text = sketch.text((5, 6))
    assert sketch.vector_of(text) == (7, 6)
    assert sketch.vector_of(text.replace("6", "9", 1)) is None
    assert sketch.vector_of(text + " ") is None
