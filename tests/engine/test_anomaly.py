"""`detect_anomaly`: the first operation that gives NaN or infinity, forward and backward."""

import numpy as np
import pytest
from helpers import host, leaf, tensor

import tensorlab as tl

quiet = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, about the values that are tested here


@quiet
def test_anomaly_forward():
    with pytest.raises(tl.AnomalyError) as error, tl.detect_anomaly():
        tl.exp(tl.log(tensor([1.0, -1.0, 0.0])))
    assert str(error.value) == "log gave 1 NaN and 1 infinite of 3 elements (operands: shape (3,), finite)"


@quiet
def test_anomaly_names_operands_that_were_not_finite():
    with pytest.raises(
        tl.AnomalyError, match=r"add gave .* \(operands: shape \(2,\), finite; shape \(\), not finite\)"
    ):
        x, y = tensor([1.0, 2.0]), tensor(np.inf)
        with tl.detect_anomaly():
            x + y


def make_the_fault(x):
    return tl.sqrt(x)  # the line that the message shows


@quiet
def test_anomaly_backward():
    x = leaf([0.0, 1.0])
    with pytest.raises(tl.AnomalyError) as error, tl.detect_anomaly():
        make_the_fault(x).sum().backward()
    message = str(error.value)
    assert "the gradient of sqrt has 0 NaN and 1 infinite of 2 elements" in message
    assert "return tl.sqrt(x)  # the line that the message shows" in message
    assert x.grad is None


@quiet
def test_anomaly_backward_of_a_graph_from_outside():
    y = make_the_fault(leaf([0.0])).sum()
    with pytest.raises(tl.AnomalyError, match="outside detect_anomaly"), tl.detect_anomaly():
        y.backward()


@quiet
def test_anomaly_inside_a_checkpoint_and_a_custom_gradient():
    with pytest.raises(tl.AnomalyError, match="the gradient of sqrt"), tl.detect_anomaly():
        tl.checkpoint(make_the_fault)(leaf([0.0])).sum().backward()

    @tl.custom_gradient
    def poisoned(x):
        return x * 2, lambda g: g * np.nan

    with pytest.raises(tl.AnomalyError, match=r"multiply gave 1 NaN|the gradient of poisoned"), tl.detect_anomaly():
        poisoned(leaf([1.0])).sum().backward()


@quiet
def test_results_outside_the_block_are_not_checked():
    assert np.isnan(host(tl.log(tensor(-1.0))))
    with tl.detect_anomaly():
        tl.log(tensor(1.0))
        tl.arange(3) + 1
    assert np.isnan(host(tl.log(tensor(-1.0))))


def test_anomaly_with_several_results():
    from tensorlab.ops.pooling import max_pool

    geometry = {"kernel_size": (2,), "stride": (2,), "padding": ((0, 0),), "dilation": (1,)}
    with tl.detect_anomaly():
        max_pool(leaf(np.ones((1, 1, 4))), **geometry)[0].sum().backward()
    with pytest.raises(tl.AnomalyError, match="max_pool gave 1 NaN"), tl.detect_anomaly():
        max_pool(tensor([[[np.nan, 1.0]]]), **geometry)
