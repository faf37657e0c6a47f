"""Arrays in files, also files that were made to harm."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.archive import read, write

ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.eye(3, 2)),
    np.array(7, np.int64),
    np.zeros((0, 4), bool),
]


def test_arrays_come_back(tmp_path: Path) -> None:
    write(tmp_path / "w.npz", ARRAYS)
    found = read(tmp_path / "w.npz")
    for got, wanted in zip(found, ARRAYS, strict=True):
        assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
        assert np.array_equal(got, wanted)


def test_no_arrays(tmp_path: Path) -> None:
    write(tmp_path / "w.npz", [])
    assert read(tmp_path / "w.npz") == []


def hostile(path: Path, name: str, header: bytes, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr(name, header)


def npy(descr: str, shape: str, data: bytes = b"") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    "content",
    [
        npy("'<f4'", "(1099511627776,)", b"abcd"),
        npy("'<f4'", "(-1,)", b"abcd" * 2)[:-1],
        npy("'|O'", "(1,)", b"\x80\x04K\x01."),
        npy("'<f4'", "(2,)", b"abcd"),
        b"\x93NUMPY\x09\x00",
        b"",
        b"no array at all",
    ],
)
def test_a_member_that_is_no_array(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.npz"
    hostile(path, "arr_0.npy", content)
    with pytest.raises(GraphError, match="expected a file of arrays"):
        read(path)


def test_a_member_that_is_packed_or_named_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    hostile(path, "arr_0.npy", npy("'<f4'", "(1,)", b"abcd"), zipfile.ZIP_DEFLATED)
    with pytest.raises(GraphError, match=r"packed member arr_0\.npy"):
        read(path)
    hostile(path, "../arr_0.npy", npy("'<f4'", "(1,)", b"abcd"))
    with pytest.raises(GraphError, match=r"expected the array 'arr_0\.npy'"):
        read(path)


def test_a_file_that_is_cut_off_or_missing(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    write(path, ARRAYS)
    path.write_bytes(path.read_bytes()[:-30])
    for place in (path, tmp_path / "none"):
        with pytest.raises(GraphError, match="expected a file of arrays"):
            read(place)
