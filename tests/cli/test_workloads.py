"""`autosched workloads`."""

from autosched.ops import registered
from tests.cli.calling import call


def test_every_registered_workload_is_listed() -> None:
    done = call("workloads", "--json")
    assert done.status == 0
    listed = done.document["workloads"]
    assert [each["name"] for each in listed] == list(registered())
    matmul = listed[0]
    assert matmul["summary"]
    assert matmul["parameters"][0] == {
        "name": "m",
        "type": "int",
        "choices": [],
        "optional": False,
        "required": True,
        "default": None,
    }


def test_the_text_shows_defaults_as_they_are_typed() -> None:
    text = call("workloads").out
    assert "matmul m=... n=... k=... transpose_a=false" in text
    assert "relu=false" in text
    assert "kh=none" in text
