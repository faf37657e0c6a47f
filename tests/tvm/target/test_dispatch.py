import pytest

from autosched.errors import ScheduleError
from autosched.tvm.target import Target, generic_func, override_native_generic_func


def test_the_target_around_a_call_chooses_the_function() -> None:
    @generic_func
    def named(x):
        return f"default {x}"

    @named.register(["cpu", "gpu"])
    def _of_cpu(x):
        return f"cpu {x}"

    named.register("arm_cpu", lambda x: f"arm {x}")
    assert named(1) == "default 1"
    with Target("llvm"):
        assert named(2) == "cpu 2"
    with Target("llvm -device=arm_cpu"):
        assert named(3) == "arm 3"
    with pytest.raises(ScheduleError, match="expected keys without a function, got cpu"):
        named.register("cpu", lambda x: x, override=False)


def test_a_name_stands_for_one_function() -> None:
    @override_native_generic_func("test_a_name_stands_for_one_function")
    def first():
        return 1

    @override_native_generic_func("test_a_name_stands_for_one_function")
    def second():
        return 2

    assert first is second
    assert second() == 1
