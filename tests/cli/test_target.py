"""`autosched target`."""

from tests.cli.calling import call


def test_the_machine_and_its_peak() -> None:
    done = call("target", "--json")
    assert done.status == 0
    document = done.document
    assert set(document) == {"target", "peak", "threads"}
    assert document["target"]["kind"] == "cpu"
    assert document["peak"]["float32_gflops"] > 0
    assert document["peak"]["dram_gbytes"] > 0
    assert document["threads"]["cores"] >= 1
    text = call("target").out
    assert document["target"]["cpu"] in text
    assert "GFLOP/s a core" in text
