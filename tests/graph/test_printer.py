from __future__ import annotations

import numpy as np

from autosched.graph.infer import bind
from autosched.graph.printer import is_shown, text
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype
from tests.graph.networks import choice_net, image_net

NET = """\
graph net(x: float32[n, 3, 8, 8]) {
  w: float32[4, 3, 3, 3] = constant "w"
  rest: int64[1] = constant [-1]
  y = conv(x, w)
  "relu out" = relu(y) @r
  count = shape("relu out", end=1)
  target = concat(count, rest)
  z = reshape("relu out", target)
  return z
}"""

CHOICE = """\
graph choice(c: bool[], x: float32[3]) {
  y = if(c, x)
    then: graph branch(x: float32[3]) {
      add = add(x, x)
      return add
    }
    otherwise: graph branch(x: float32[3]) {
      neg = neg(x)
      return neg
    }
  return y
}"""


def test_the_text_shows_all_but_large_constants() -> None:
    assert text(image_net()) == NET
    assert text(choice_net()) == CHOICE


def test_types_that_are_known_are_shown() -> None:
    lines = text(bind(image_net(), {"n": 2})).splitlines()
    assert '  "relu out": float32[2, 4, 6, 6] = relu(y) @r' in lines


def test_bits_of_bfloat16_are_not_shown() -> None:
    array = np.zeros(2, np.uint16)
    assert is_shown(array, TensorType.of(array))
    assert not is_shown(array, TensorType(dtype("bfloat16"), (2,)))
