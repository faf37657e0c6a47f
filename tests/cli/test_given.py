"""Inputs and sizes of a model on a command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autosched.cli.given import given_arrays, given_sizes
from autosched.errors import GraphError
from autosched.graph.parser import parse

GRAPH = parse("""graph g("a=b": float32["x.0", n], to: int64[k], any) {
  y = relu("a=b")
  return y, to, any
}""")


def test_sizes_of_any_name() -> None:
    assert given_sizes(["x.0=3", "n=0"], GRAPH) == {"x.0": 3, "n": 0}


def test_inputs_in_files_and_as_numbers(tmp_path: Path) -> None:
    array = np.ones((2, 3), np.float32)
    np.save(tmp_path / "x.npy", array)
    words = [f"a=b={tmp_path / 'x.npy'}", "to=[3, -1]", "any=1.5"]
    found = given_arrays(words, GRAPH)
    assert np.array_equal(found["a=b"], array)
    assert (found["to"].dtype, found["to"].tolist()) == (np.int64, [3, -1])
    assert found["any"].shape == ()


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("z=1", r"expected a size of g as NAME=N, for x\.0, n, k, got 'z=1'"),
        ("n", "expected a size of g"),
        ("n=-1", "expected a number for the size n, got '-1'"),
        ("n=two", "expected a number for the size n, got 'two'"),
    ],
)
def test_words_that_are_no_sizes(word: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        given_sizes([word], GRAPH)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("z=1", "expected an input of g as NAME=FILE.npy, for a=b, to, any, got 'z=1'"),
        ("to=none.npy", r"expected an array in none\.npy for the input to"),
        ("to=[[1], 2]", "expected a file FILE.npy or numbers"),
        ("to=text", "expected a file FILE.npy or numbers"),
        ("to=" + "[" * 100_000, "expected a file FILE.npy or numbers"),
        ('to={"a": 1}', "expected a file FILE.npy or numbers"),
    ],
)
def test_words_that_are_no_inputs(word: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        given_arrays([word], GRAPH)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00\x02\x00{}"])
def test_files_that_hold_no_array(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(GraphError, match="expected an array in"):
        given_arrays([f"to={tmp_path / 'x.npy'}"], GRAPH)


def test_a_file_that_says_it_has_more_than_it_has(tmp_path: Path) -> None:
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }"
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    with pytest.raises(GraphError, match="expected an array in"):
        given_arrays([f"to={tmp_path / 'x.npy'}"], GRAPH)
    np.save(tmp_path / "o.npy", np.array([{}]))
    with pytest.raises(GraphError, match="expected an array in"):
        given_arrays([f"to={tmp_path / 'o.npy'}"], GRAPH)
