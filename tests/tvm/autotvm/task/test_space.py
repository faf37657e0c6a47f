import pytest

from autosched.errors import WorkloadError
from autosched.tvm.autotvm import ConfigSpace


def space(filtered: bool = False) -> ConfigSpace:
    found = ConfigSpace()
    found.define_split("y", found.axis(128))
    found.define_split("x", found.axis(128))
    if filtered:
        found.multi_filter(lambda e: 32 <= e["x"].size[1] * e["y"].size[1] < 1024)
    return found


def test_configurations_are_numbered_the_first_knob_fastest() -> None:
    found = space()
    assert (len(found), found.range_length, found.dims) == (64, 64, [8, 8])
    assert found.point2knob(12) == [4, 1]
    assert found.knob2point([4, 1]) == 12
    assert found.get(12)["y"].size == [8, 16]
    assert "0 y: split len=8" in str(found)


def test_filters_take_numbers_away() -> None:
    found = space(filtered=True)
    assert (len(found), found.range_length) == (34, 64)
    assert (found.is_index_valid(0), found.is_index_valid(15)) == (False, True)
    assert found.subrange_length(16, 32) == 10
    for wrong in (0, 64):
        with pytest.raises(WorkloadError, match="expected a configuration that keeps the filters"):
            found.get(wrong)
    with pytest.raises(WorkloadError, match="expected a range within 0 to 64"):
        found.subrange_length(0, 65)


def test_the_next_number() -> None:
    plain, filtered = space(), space(filtered=True)
    assert [plain.get_next_index(i, n) for i, n in ((0, 2), (63, -1), (0, -1))] == [2, 62, None]
    assert [filtered.get_next_index(i, n) for i, n in ((0, 1), (63, -2), (63, 1))] == [5, 57, None]
    assert filtered.get_next_index(60, 1, end=63) is None


def test_random_numbers_are_legal() -> None:
    found = space(filtered=True)
    legal = {index for index in range(64) if found.is_index_valid(index)}
    assert found.get_rand_index() in legal
    assert found.get_rand_index(start=15, end=16) == 15
    assert found.get_rand_index(to_exclude=sorted(legal)[1:]) == min(legal)
    assert len(set(found.sample_ints(5)) & legal) == 5
    assert found.random_walk(15) in legal - {15}


def test_a_knob_is_defined_again_with_a_filter() -> None:
    found = space(filtered=True)
    found.define_split("y", found.axis(128), filter=lambda split: split.size[-1] < 64)
    assert (len(found), found.range_length) == (27, 48)
