"""`autosched space`."""

from pathlib import Path

from tests.cli.calling import call
from tests.cli.conftest import TUNED

PRODUCT = """
from autosched import te

def by_its_transpose():
    A = te.placeholder((18, 21), name="A")
    k = te.reduce_axis((0, 21), name="k")
    C = te.compute((18, 18), lambda i, j: te.sum(A[i, k] * A[j, k], axis=k), name="C")
    return [A, C]
"""


def test_what_a_search_chooses_among() -> None:
    done = call("space", *TUNED, "--json")
    names = [each["name"] for each in done.document["sketches"]]
    assert names[-1] == "plain"
    assert done.document["dropped"] == []
    assert done.document["sketches"][0]["rules"] == ["contraction"]
    assert done.document["sketches"][-1]["rules"] == []
    assert all(each["candidates"] >= 1 for each in done.document["sketches"])
    assert done.document["candidates"] == sum(
        each["candidates"] for each in done.document["sketches"]
    )
    first = done.document["sketches"][0]["decisions"][0]
    assert first["choices"] == sorted(first["choices"])


def test_decisions_of_several_sketches_are_shown_once() -> None:
    sketches = call("space", *TUNED, "--json").document["sketches"]
    lines = [line.split() for line in call("space", *TUNED).out.splitlines()]
    head = next(n for n, line in enumerate(lines) if line[1:2] == ["decision"])
    referred = 0
    for number, sketch in enumerate(sketches):
        equal = [each["name"] for each in sketches if each["decisions"] == sketch["decisions"]]
        (told,) = [line for line in lines[:head] if line[:1] == [sketch["name"]]]
        shown = [line for line in lines[head:] if line[:1] == [sketch["name"]]]
        if equal[0] == sketch["name"]:
            assert len(shown) == len(sketch["decisions"]), number
            assert told[-1] == str(len(sketch["decisions"]))
        else:
            assert told[-2:] == ["as", equal[0]]
            assert not shown
            referred += 1
    assert 0 < referred < len(sketches) - 1


def test_what_was_dropped_and_why(tmp_path: Path) -> None:
    file = tmp_path / "product.py"
    file.write_text(PRODUCT)
    text = call("space", f"{file}:by_its_transpose").out
    assert text.startswith("workload ")
    assert "expected stages that read A to read a copy of it, got C.local" in text


TEMPLATE = """
import autosched
from autosched import te

@autosched.template
def scaled(knobs, n: int = 8):
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i] * 2.0, name="B")
    knobs.define_split("tile", n)
    return te.create_schedule(B.op), [A, B]
"""


def test_knobs_of_a_template_are_shown_by_their_values(tmp_path: Path) -> None:
    file = tmp_path / "scaled.py"
    file.write_text(TEMPLATE)
    text = call("space", f"{file}:scaled", "n=4").out
    assert "knob  [4,1], [2,2], [1,4]" in text
