"""Updates are found by the place that they read and write."""

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.build import const
from autosched.ir.dtype import dtype
from autosched.ir.expr import Add
from autosched.ir.update import is_neutral, is_place, update
from tests.codegen.llvm.harness import buffer, read, var, write

C, X, i = buffer("C", [8]), buffer("X", [8]), var("i")
PLACE, OTHER = read(C, i), read(X, i)


def test_an_update_combines_a_value_into_its_own_place() -> None:
    for made in (build.add, build.mul, build.minimum, build.maximum):
        assert update(write(C, i, made(PLACE, OTHER))) == (PLACE, OTHER)
        assert update(write(C, i, made(OTHER, PLACE))) == (PLACE, OTHER)


def test_the_place_is_found_by_structure() -> None:
    again = read(C, build.add(i, 1))
    store = write(C, build.add(i, 1), build.add(again, OTHER))
    assert is_place(again, store)
    assert update(store) == (again, OTHER)


def test_the_sum_that_is_added_stays_whole() -> None:
    total = build.add(OTHER, build.add(OTHER, OTHER))
    found = update(write(C, i, Add(PLACE, total, C.dtype)))
    assert found is not None
    assert found[1] is total


def test_what_reads_another_place_of_the_buffer_is_none() -> None:
    elsewhere = read(C, build.add(i, 1))
    assert update(write(C, i, build.add(elsewhere, OTHER))) is None
    assert update(write(C, i, build.add(PLACE, elsewhere))) is None
    assert update(write(C, i, build.add(PLACE, PLACE))) is None
    assert update(write(C, i, build.sub(PLACE, OTHER))) is None
    assert update(write(C, i, build.add(build.add(PLACE, OTHER), OTHER))) is None


def test_what_changes_nothing() -> None:
    for kind, value in ((e.Add, 0), (e.Mul, 1), (e.Min, 127), (e.Max, -128)):
        assert is_neutral(kind, const(value, dtype("int8")))
        assert not is_neutral(kind, const(5, dtype("int8")))
    assert not is_neutral(e.Sub, const(0, dtype("int8")))
