"""What of a PyTorch program is not supported, and how it is told."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from autosched.errors import GraphError  # noqa: E402  after the skip
from autosched.frontend.torch.supported import check_supported, unsupported  # noqa: E402
from tests.frontend.torch.programs import traced  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # in torch itself


def test_all_operators_are_told_at_once() -> None:
    def special(x: torch.Tensor) -> torch.Tensor:
        found = torch.polygamma(1, x) + torch.polygamma(2, x) + torch.fft.fft(x).exp().real
        assert isinstance(found, torch.Tensor)
        return found

    with pytest.raises(GraphError) as caught:
        check_supported(traced(special, torch.ones(3)))
    for told in ("aten.polygamma.default (2, first at polygamma)", "aten._fft_r2c.default (1",
                 "aten.exp.default of complex numbers (1, first at exp)"):  # fmt: skip
        assert told in caught.value.message


def test_what_is_supported_passes() -> None:
    module = traced(lambda x: x.sin().topk(2), torch.ones(3))
    assert unsupported(module) == []
    check_supported(module)
