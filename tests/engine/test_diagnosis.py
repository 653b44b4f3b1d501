"""What helps to find faults: anomaly detection, gradient checks, observers, the write log."""

import cProfile
import inspect
import pstats
import traceback

import numpy as np
import pytest
from helpers import host, leaf, tensor

import tensorlab as tl
from tensorlab.autodiff.graph import WriteLog, watched
from tensorlab.autodiff.op import op
from tensorlab.autodiff.record import REGISTRY

quiet = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own, about the very faults that are made here


# -- detect_anomaly ----------------------------------------------------------------------------------------------------


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
def test_nothing_is_inspected_outside():
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


# -- check_gradients: the tester tested --------------------------------------------------------------------------------


def wrong(gradient):
    @tl.custom_gradient
    def square(x):
        return x * x, lambda g: gradient(g, x)

    return square


def test_right_rules_pass():
    tl.check_gradients(wrong(lambda g, x: 2 * g * x), (tensor([1.0, 2.0]),))


@pytest.mark.parametrize(
    "gradient",
    [
        lambda g, x: g * x, lambda g, x: -2 * g * x, lambda g, x: 2 * g, lambda g, x: 2.0001 * g * x,
        lambda g, x: 2 * g * tl.flip(x), lambda g, x: 2 * x, lambda g, x: g * 0,
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_wrong_rules_are_caught(gradient, mode):
    with pytest.raises(tl.GradientError, match=f"derivative of order [12], {mode} mode: .*, by finite differences"):
        tl.check_gradients(wrong(gradient), (tensor([1.0, 2.0]),), modes=(mode,))


def test_rules_wrong_in_second_order_only():
    """A rule that hides its dependence on x: right to first order, constant to second."""
    hidden = wrong(lambda g, x: 2 * g * x.detach())
    tl.check_gradients(hidden, (tensor([1.0, 2.0]),), order=1)
    with pytest.raises(tl.GradientError, match="derivative of order 2"):
        tl.check_gradients(hidden, (tensor([1.0, 2.0]),))


def test_wrong_conjugates_are_caught():
    z = tensor(np.array([1 + 2j]))
    with pytest.raises(tl.GradientError):
        tl.check_gradients(wrong(lambda g, x: 2 * g * x), (z,))
    tl.check_gradients(wrong(lambda g, x: 2 * g * tl.conj(x)), (z,))


def test_single_precision_is_refused():
    with pytest.raises(TypeError, match="finite differences need float64 or complex128 inputs, not float32"):
        tl.check_gradients(tl.sin, (tl.tensor([1.0]),))


def test_structures_are_checked():
    tl.check_gradients(
        lambda t: {"a": t["x"] * t["y"], "b": (t["x"] + 1,)}, ({"x": tensor([1.0]), "y": tensor([2.0])},)
    )


def test_its_random_directions_have_a_seed():
    tl.rand(3)
    state = tl.random.default_generator.get_state()
    tl.check_gradients(tl.sin, (tensor([1.0]),), seed=3)
    assert tl.random.default_generator.get_state() == state


# -- observers ---------------------------------------------------------------------------------------------------------


def test_observers_see_every_operation():
    seen = []
    x = leaf([1.0, 2.0])
    with watched(lambda op, operands, params, result: seen.append((op.name, operands, params, result))):
        y = tl.sum(x * 2, axis=0)
    assert [name for name, *_ in seen] == ["multiply", "sum"]
    assert seen[0][1][0] is x
    assert seen[1][2] == {"axis": 0, "dtype": None, "keepdims": False}
    assert seen[1][3] is y
    seen.clear()
    x * 2
    assert not seen


def test_observers_are_nested():
    inner, outer = [], []
    with watched(lambda op, *_: outer.append(op.name)):
        tl.exp(tensor(1.0))
        with watched(lambda op, *_: inner.append(op.name)):
            tl.sin(tensor(1.0))
        tl.cos(tensor(1.0))
    assert (outer, inner) == (["exp", "sin", "cos"], ["sin"])


def test_observers_see_operations_on_untraced_tensors_and_not_on_arrays():
    seen = []
    with watched(lambda op, *_: seen.append(op.name)), tl.no_grad():
        tl.exp(tensor(1.0))
        tl.exp(tensor(1.0).array)
    assert seen == ["exp"]


# -- the write log -----------------------------------------------------------------------------------------------------


def test_write_log_knows_before_and_after():
    log = WriteLog()
    x = tensor([1.0])
    before = (leaf([1.0]) * x)._node
    log.note(x)
    after = (leaf([1.0]) * x)._node
    saved = [(x.backend, x.array)]
    log.check(after, saved)
    with pytest.raises(RuntimeError, match="changed in place"):
        log.check(before, saved)


def test_write_log_does_not_grow_without_end():
    from tensorlab.autodiff.graph import write_log

    for _ in range(300):
        x = tensor(np.zeros(3))
        x[0] = 1.0
    size = len(write_log._written)
    for _ in range(3000):
        x = tensor(np.zeros(3))
        x[0] = 1.0
    assert len(write_log._written) < size + 1000


@pytest.mark.parametrize("name", ["mode", "out", "kernel", "Tensor", "record"])
def test_names_that_the_dispatcher_uses_itself(name):
    """A parameter of such a name would be taken for the dispatcher's own variable: gradients would be wrong unseen."""
    namespace = {}
    exec(f"def shadowing(backend, x, /, {name}=None): return x", namespace)
    with pytest.raises(TypeError, match=f"shadowing cannot call a parameter {name}: its dispatcher uses the name"):
        op(shape=lambda shape, **_: shape)(namespace["shadowing"])
    assert "shadowing" not in REGISTRY


# -- what tools see of generated code ----------------------------------------------------------------------------------


def test_the_source_of_an_op_is_its_own():
    assert inspect.getsource(tl.exp).startswith("@elementwise")
    assert "def exp(backend" in inspect.getsource(tl.exp)


def test_profiles_name_the_op():
    tl.exp(tl.ones(2))  # the dispatcher is written at the first call
    profile = cProfile.Profile()
    profile.runcall(tl.exp, tl.ones(2))
    assert ("<tensorlab.exp>", 2, "exp") in pstats.Stats(profile).stats


def test_a_traceback_ends_with_the_op_and_its_own_words():
    tl.matmul(tl.ones(2, 2), tl.ones(2, 2))
    with pytest.raises(tl.ShapeError) as caught:
        tl.matmul(tl.ones(3, 4), tl.ones(3, 4))
    _, frame = traceback.extract_tb(caught.value.__traceback__)
    assert (frame.filename, frame.name) == ("<tensorlab.matmul>", "matmul")
    assert frame.line.startswith("raise explain(")
    text = "".join(traceback.format_exception(caught.value))
    assert "During handling" not in text and "matmul: Input operand" not in text
