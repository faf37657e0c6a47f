import llvmlite.binding as llvm
import numpy as np
import pytest

from autosched.codegen.llvm.math import ARITY, definition, names
from autosched.errors import CodegenError
from autosched.ir.dtype import dtype
from tests.codegen.llvm.math.harness import compiled

POINTS = np.array([-30.0, -2.0, -0.5, 0.0, 0.5, 1.0, 3.0, 20.0, 1e9])


@pytest.mark.parametrize("scalar", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(names))
def test_every_lane_count_gives_the_same(name, scalar):
    x = POINTS.astype(scalar)
    arguments = (x, x[::-1].copy()) if ARITY.get(name) == 2 else (x,)
    expected = compiled(name, scalar)(*arguments)
    for lanes in (1, 3, 8):
        np.testing.assert_array_equal(compiled(name, scalar, lanes)(*arguments), expected)


def test_all_definitions_fit_into_one_module():
    kinds = [dtype(kind) for kind in ("float32", "float64", "float32x16", "float64x8")]
    texts = [definition(name, kind)[1] for name in sorted(names) for kind in kinds]
    llvm.parse_assembly("\n".join(texts)).verify()


def test_a_definition_is_written_once():
    assert definition("exp", dtype("float32x8")) is definition("exp", dtype("float32x8"))


def test_an_unknown_name_is_refused():
    with pytest.raises(CodegenError, match="got 'gamma'"):
        definition("gamma", dtype("float32"))


@pytest.mark.parametrize("kind", ["float16x8", "bfloat16", "int32x4"])
def test_other_dtypes_are_refused(kind):
    with pytest.raises(CodegenError, match="expected exp on float32 or float64"):
        definition("exp", dtype(kind))
