import pytest

from autosched.errors import WorkloadError
from autosched.tvm import te
from autosched.tvm.autotvm import ConfigEntity, get_config
from autosched.tvm.autotvm.config import FallbackConfigEntity
from autosched.tvm.autotvm.task import space
from tests.tvm.autotvm.samples import product_task


def test_a_configuration_is_written_as_autotvm_does() -> None:
    config = product_task().config_space.get(8)
    assert str(config) == "[('tile_y', [-1, 4]), ('tile_x', [-1, 2])],None,8"
    document = config.to_json_dict()
    assert document["entity"] == [["tile_y", "sp", [-1, 4]], ["tile_x", "sp", [-1, 2]]]
    assert str(ConfigEntity.from_json_dict(document)) == str(config)
    assert config.get_flatten_feature() == [8, 4, 16, 2]


def test_all_kinds_of_values_are_read() -> None:
    entity = [["r", "re", [1, 0]], ["a", "an", ["vec"]], ["k", "ot", 7], ["u", "un", True]]
    read = ConfigEntity.from_json_dict({"index": 3, "entity": entity})
    assert read["r"].perm == (1, 0)
    assert read["a"].anns == ("vec",)
    assert (read["k"].val, read["u"].val) == (7, True)
    assert read.to_json_dict()["entity"] == entity
    with pytest.raises(WorkloadError, match="expected a knob of the configuration"):
        read["other"]


@pytest.mark.parametrize(
    ("extent", "wanted", "size"),
    [(128, [-1, 8, 4], [4, 8, 4]), (49, [-1, 8, 4], [7, 7, 1]), (12, [-1, 5, 5], [1, 3, 4])],
)
def test_a_fallback_splits_by_the_greatest_divisors(extent, wanted, size) -> None:
    config = FallbackConfigEntity()
    config.define_split("tile", config.axis(extent), num_outputs=3)
    assert config["tile"].size == [extent, 1, 1]
    config.fallback_split("tile", wanted)
    config.define_split("tile", config.axis(extent), num_outputs=3)
    assert config["tile"].size == size
    with pytest.raises(WorkloadError, match="expected extents of at least 1 or -1"):
        config.fallback_split("tile", [-1, 1, 0])


def test_outside_of_a_template_there_is_no_configuration() -> None:
    with pytest.raises(WorkloadError, match="inside of a template that runs"):
        get_config()


def test_a_script_sets_values_of_a_fallback() -> None:
    config = FallbackConfigEntity()
    config.define_split("tile", 64, num_outputs=2)
    config.define_knob("unroll", [0, 1])
    config["tile"] = space.SplitEntity([-1, 8])
    config["unroll"] = space.OtherOptionEntity(1)
    assert config["tile"].size == [-1, 8]
    assert config["unroll"].val == 1
    assert space.ReorderEntity([1, 0]).perm == (1, 0)
    assert space.AnnotateEntity(["vec", "none"]).anns == ("vec", "none")
    A = te.placeholder((64,), name="A")
    B = te.compute((64,), lambda i: A[i] + 1.0, name="B")
    s = te.create_schedule(B.op)
    config["tile"].apply(s, B, B.op.axis[0])
    assert [str(axis.extent) for axis in s[B].leaves] == ["8", "8"]
