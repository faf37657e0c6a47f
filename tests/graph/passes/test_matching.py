from __future__ import annotations

import numpy as np
import pytest

from autosched.graph.graph import Value
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Add, Div, Mul, Pow
from autosched.graph.passes.matching import MOST_FACTORS, is_close, number, product, terms
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype


@pytest.fixture
def builder() -> TypedBuilder:
    return TypedBuilder("g")


def of(builder: TypedBuilder, number: float) -> Value:
    return builder.constant(np.float32([number]))


def test_a_product_is_its_number_and_its_values(builder: TypedBuilder) -> None:
    x, y = (builder.input(name, TensorType(dtype("float32"), (3,))) for name in "xy")
    (half,) = builder.add(Div(), x, of(builder, 2))
    (cube,) = builder.add(Pow(), y, of(builder, 3))
    (whole,) = builder.add(Mul(), half, cube)
    assert product(whole, builder).is_of(0.5, y, x, y, y)
    assert not product(whole, builder).is_of(0.5, x, y)
    assert not product(whole, builder).is_of(0.25, y, x, y, y)
    assert product(whole, builder, half).is_of(1, half, y, y, y)
    assert product(whole, builder, whole).is_of(1, whole)


def test_a_quotient_and_other_powers_are_factors(builder: TypedBuilder) -> None:
    x = builder.input("x", TensorType(dtype("float32"), (3,)))
    (quotient,) = builder.add(Div(), of(builder, 2), x)
    (root,) = builder.add(Pow(), x, of(builder, 0.5))
    assert product(quotient, builder).is_of(1, quotient)
    assert product(root, builder).is_of(1, root)


def test_terms_of_a_sum_in_both_orders(builder: TypedBuilder) -> None:
    x, y = (builder.input(name, TensorType(dtype("float32"), (3,))) for name in "xy")
    (total,) = builder.add(Add(), x, y)
    assert list(terms(total, builder)) == [(x, y), (y, x)]
    assert not list(terms(x, builder))


def test_numbers_are_constants_of_one_float(builder: TypedBuilder) -> None:
    assert number(of(builder, 0.5), builder) == 0.5
    assert number(builder.constant(np.int64(3)), builder) is None
    assert number(builder.constant(np.float32([1, 2])), builder) is None
    assert number(None, builder) is None
    assert is_close(0.79788458, 0.7978845608)
    assert not is_close(0.7979, 0.7978845608)
    assert not is_close(None, 1.0)


def test_a_long_chain_and_a_tree_of_products_end(builder: TypedBuilder) -> None:
    x = whole = builder.input("x", TensorType(dtype("float32"), (3,)))
    for _ in range(1100):
        (whole,) = builder.add(Mul(), whole, of(builder, 2))
    assert len(product(whole, builder).values) == 1
    for _ in range(60):
        (x,) = builder.add(Mul(), x, x)
    assert len(product(x, builder).values) <= MOST_FACTORS
