"""Arrays of other libraries are used without a copy."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import ArgumentError
from autosched.runtime.dlpack import from_dlpack
from tests.runtime.kernels import add_kernel, copy_bits


class Foreign:
    """Another library's array around NumPy's memory; an old one knows no versions."""

    def __init__(self, array: np.ndarray, old: bool = False, device: tuple[int, int] = (1, 0)):
        self.array = array
        self.old = old
        self.device = device

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __dlpack__(self, **options: object) -> object:
        if self.old and options:
            raise TypeError("unexpected keyword argument 'max_version'")
        return self.array.__dlpack__(**options)


@pytest.mark.parametrize("old", [True, False])
def test_read_and_written_in_place(old: bool) -> None:
    a, c = np.full((4, 6), 2, np.float32), np.zeros((4, 6), np.float32)
    add_kernel()(Foreign(a, old), a, Foreign(c, old))
    assert (c == 4).all()


@pytest.mark.parametrize(
    "name", ["float16", "float32", "float64", "int8", "int64", "uint16", "bool"]
)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4), (0, 5)])
def test_dtypes_and_shapes(name: str, shape: tuple[int, ...]) -> None:
    array = np.ones(shape, name)
    view, is_bfloat = from_dlpack(Foreign(array), "a")
    assert view.dtype == array.dtype
    assert view.shape == shape
    assert not is_bfloat
    assert np.array_equal(view, array)
    assert view.size == 0 or np.shares_memory(view, array)


def test_strides_are_kept() -> None:
    array = np.arange(24, dtype=np.int32).reshape(4, 6)[:, ::2]
    view, _ = from_dlpack(Foreign(array), "a")
    assert view.strides == array.strides
    with pytest.raises(ArgumentError, match="expected a C-contiguous array for a of add"):
        add_kernel()(Foreign(np.ones((6, 4), np.float32).T), *[np.ones((4, 6), np.float32)] * 2)


def test_the_memory_outlives_its_owner() -> None:
    view, _ = from_dlpack(Foreign(np.full(1000, 7, np.int64)), "a")
    assert (view == 7).all()


def test_a_read_only_output_is_refused() -> None:
    array = np.zeros((4, 6), np.float32)
    array.flags.writeable = False
    ones = np.ones((4, 6), np.float32)
    with pytest.raises(ArgumentError, match="got a read-only one"):
        add_kernel()(ones, ones, Foreign(array))


def test_an_object_that_cannot_be_exported_is_refused() -> None:
    ones = np.ones((4, 6), np.float32)
    with pytest.raises(ArgumentError, match="to be exported through DLPack, got BufferError"):
        add_kernel()(Foreign(np.ones((4, 6), "O")), ones, ones.copy())


def test_another_device_is_refused() -> None:
    ones = np.ones((4, 6), np.float32)
    with pytest.raises(ArgumentError, match=r"got one on DLPack device \(2, 0\)"):
        add_kernel()(Foreign(ones, device=(2, 0)), ones, ones.copy())


def test_bfloat16_is_passed_as_its_bits() -> None:
    kernel = copy_bits("bfloat16")
    a, b = np.array([0x3F80], np.uint16), np.zeros(1, np.uint16)
    kernel(a, b)
    assert b[0] == 0x3F80
    with pytest.raises(ArgumentError, match="expected dtype bfloat16 for a of bits, got float16"):
        kernel(a.view(np.float16), b)


def test_torch_tensors() -> None:
    torch = pytest.importorskip("torch")
    a, c = torch.ones((4, 6)), torch.zeros((4, 6))
    add_kernel()(a, a, c)
    assert bool((c == 2).all())
    bits = copy_bits("bfloat16")(torch.ones(1, dtype=torch.bfloat16))
    assert bits[0] == 0x3F80
    with pytest.raises(ArgumentError, match="got bfloat16"):
        copy_bits("uint16")(torch.ones(1, dtype=torch.bfloat16))
