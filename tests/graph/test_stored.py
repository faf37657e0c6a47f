"""Large constants lie in a file without a name, and read the same from it."""

from __future__ import annotations

import mmap
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from autosched.backends.parse import parse as parse_target
from autosched.graph.evaluate import evaluate
from autosched.graph.folder import read
from autosched.graph.graph import Graph, GraphBuilder
from autosched.graph.model import Model
from autosched.graph.parser import parse
from autosched.graph.stored import LEAST_BYTES, StoredConstants, give_back, stored

LARGE = np.arange(LEAST_BYTES // 4 + 1, dtype=np.float32)
SMALL = np.arange(3, dtype=np.int8)

TEXT = f"""graph g(x: float32[n, 1]) {{
  large: float32[{LARGE.size}] = constant "large"
  small: int8[3] = constant "small"
  y = add(x, large)
  return y, small
}}"""


@pytest.fixture
def graph() -> Graph:
    return parse(TEXT, {"large": LARGE, "small": SMALL})


def test_only_large_constants_are_in_the_file(graph: Graph, tmp_path: Path) -> None:
    made = stored(graph, tmp_path / "new")
    assert isinstance(made.constants, StoredConstants)
    for before, after in zip(graph.constants.values(), made.constants.values(), strict=True):
        np.testing.assert_array_equal(after, before)
        assert after.dtype == before.dtype
        assert (after is before) == (before.nbytes < LEAST_BYTES)


def test_the_file_has_no_name_and_is_not_written(graph: Graph, tmp_path: Path) -> None:
    made = stored(graph, tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="read-only"):
        next(iter(made.constants.values()))[0] = 1


def test_what_was_given_back_is_read_again(graph: Graph, tmp_path: Path) -> None:
    constants = stored(graph, tmp_path).constants
    assert isinstance(constants, StoredConstants)
    constants.release()
    np.testing.assert_array_equal(next(iter(constants.values())), LARGE)


def test_a_part_that_was_given_back_is_read_again(graph: Graph, tmp_path: Path) -> None:
    (large, small) = stored(graph, tmp_path).constants.values()
    for array in (large, large[LARGE.size // 2 :].reshape(-1, 1), small):
        before = array.copy()
        give_back(array)
        np.testing.assert_array_equal(array, before)


def test_a_file_of_others_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(mmap.PAGESIZE))
    own = np.memmap(tmp_path / "f", np.uint8, "c")
    own[0] = 1
    own.flags.writeable = False
    give_back(own)
    assert own[0] == 1


def test_without_a_folder_constants_stay_in_memory(graph: Graph, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (None, tmp_path / "file"):
        made = stored(graph, folder)
        assert not isinstance(made.constants, StoredConstants)
        assert all(made.constants[value] is array for value, array in graph.constants.items())


def test_without_a_folder_constants_of_a_mapped_file_are_copied(tmp_path: Path) -> None:
    builder = GraphBuilder("g")
    (tmp_path / "w").write_bytes(bytes(LEAST_BYTES))
    weights = np.memmap(tmp_path / "w", np.uint8, "r")
    x = builder.constant(weights, "w")
    (found,) = stored(builder.build([x]), None).constants.values()
    (tmp_path / "w").write_bytes(b"\1" * LEAST_BYTES)
    assert weights.any()
    assert not found.any()


def test_a_graph_of_small_constants_needs_no_file(tmp_path: Path) -> None:
    text = 'graph g(x: int8[3]) {\n  c: int8[3] = constant "c"\n  y = add(x, c)\n  return y\n}'
    small = parse(text, {"c": SMALL})
    assert stored(small, tmp_path) is small


def test_a_model_runs_other_sizes_and_is_saved(graph: Graph, tmp_path: Path) -> None:
    target = parse_target("cpu -threads=1")
    model = Model(stored(graph, tmp_path), target, nullcontext, nullcontext)
    for n in (1, 2):
        x = np.full((n, 1), n, np.float32)
        for got, wanted in zip(model.run([x]), evaluate(graph, [x]), strict=True):
            np.testing.assert_array_equal(got, wanted)
    model.save(tmp_path / "saved")
    arrays = list(read(tmp_path / "saved").graph.constants.values())
    np.testing.assert_array_equal(arrays[0], LARGE)
