import numpy as np
import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.tvm import topi
from tests.tvm.topi.checks import built, check, tensors


def test_products():
    (a, x), (b, y) = given = tensors((3, 4, 5), (5, 4, 2))
    check(topi.tensordot(a, b, 1), given, np.tensordot(x, y, 1))
    check(topi.tensordot(a, b, ((1, 2), (1, 0))), given, np.tensordot(x, y, ((1, 2), (1, 0))))
    check(topi.einsum("ijk,kjl->il", a, b), given, np.einsum("ijk,kjl->il", x, y))
    check(topi.einsum("ijk->kji", a), given[:1], x.transpose(2, 1, 0))
    (c, z), (d, w) = more = tensors((3, 4), (5, 4))
    check(topi.matmul(c, d, transp_b=True), more, z @ w.T)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ii", [(5, 5)]),
        ("ii->i", [(5, 5)]),
        ("...j->...", [(2, 5, 3)]),
        ("...j,j", [(2, 5, 3), (3,)]),
        ("...,...", [(), (2, 3)]),
        ("ijk,jil->kl", [(3, 4, 5), (4, 3, 2)]),
        ("ij, ij -> i", [(1, 4), (2, 4)]),
        ("...ik,...jk,...hk->i...jh", [(3, 4, 4), (1, 5, 3, 3, 4), (2, 5, 3, 2, 4)]),
        ("b...a->a...", [(2, 3, 4, 5)]),
    ],
)
def test_sums_of_products(subscripts, shapes):
    given = tensors(*shapes)
    wanted = np.einsum(subscripts, *(array for _, array in given))
    check(topi.einsum(subscripts, *(tensor for tensor, _ in given)), given, wanted)


@pytest.mark.parametrize("extent", [1, 3])
def test_a_size_of_a_product_may_turn_out_to_be_1(extent):
    m, n = te.var("m"), te.var("n")
    a, b = te.placeholder((2, m), name="a"), te.placeholder((n, 4), name="b")
    (_, x), (_, y) = tensors((2, 3), (extent, 4))
    found = topi.einsum("ij,jk->ik", a, b)
    built(found, [(a, x), (b, y)], np.einsum("ij,jk->ik", x, np.broadcast_to(y, (3, 4))))


@pytest.mark.parametrize(
    ("subscripts", "message"),
    [
        ("ij", "expected 1 operands of einsum, got 2"),
        ("ij,j", "expected letters for 2 axes of einsum, got 'j'"),
        ("ij,i.j", "expected letters for 2 axes of einsum, got 'i.j'"),
        ("ij,jk", "expected equal extents for einsum, got 4 and 5"),
    ],
)
def test_products_that_do_not_fit(subscripts, message):
    (a, _), (b, _) = tensors((3, 4), (5, 2))
    with pytest.raises(ExpressionError, match=message):
        topi.einsum(subscripts, a, b)
