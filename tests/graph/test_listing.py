"""The groups and the plan of a network as text."""

from __future__ import annotations

from autosched.backends.parse import parse as parse_target
from autosched.graph.infer import bind
from autosched.graph.listing import fused_text, plan_text
from autosched.graph.network import Network, compiled
from autosched.graph.parser import parse

SOURCE = """graph net(x: float32[5, 7]) {
  s = softmax(x)
  h = hardmax(s) @hard
  t = transpose(h)
  z = relu(t)
  return z
}"""


def network() -> Network:
    return compiled(bind(parse(SOURCE), {}), parse_target("cpu -threads=1"))


def test_groups_with_how_they_are_computed() -> None:
    made = network()
    keys = [step.task.key[:8] for step in made.steps if step.task is not None]
    assert fused_text(made).splitlines() == [
        f"0: s, task {keys[0]}, default",
        "    s: float32[5, 7] = softmax(x)",
        "1: hard, by NumPy: expected an operator with a tensor expression, got hardmax",
        "    h: float32[5, 7] = hardmax(s) @hard",
        f"2: t +1, task {keys[1]}, default",
        "    t: float32[7, 5] = transpose(h)",
        "    z: float32[7, 5] = relu(t)",
    ]


def test_calls_with_the_places_of_their_operands() -> None:
    made = network()
    first, second = (step.kernel.signature.name for step in made.steps if step.task)  # type: ignore[union-attr]
    assert plan_text(made).splitlines() == [
        "network net: arena 384 bytes, weights 0 bytes",
        "plan network0:",
        f"  {first}(input 0, arena+0)  # s",
        "by Python: hard, by NumPy: expected an operator with a tensor expression, got hardmax",
        "plan network2:",
        f"  {second}(arena+192, output 0)  # t +1",
    ]


def test_a_name_of_two_lines_is_one_line() -> None:
    source = 'graph g(x: float32[5]) {\n  "a\\nb" = exp(x)\n  return "a\\nb"\n}'
    made = compiled(bind(parse(source), {}), parse_target("cpu -threads=1"))
    assert plan_text(made).endswith("# a\\nb")
    assert fused_text(made).startswith("0: a\\nb, task")
