"""The functional transforms, alone and nested."""

import re
from typing import NamedTuple

import numpy as np
import pytest
from helpers import assert_close, assert_same, leaf, tensor

import tensorlab as tl

X = np.array([0.5, -1.0, 2.0])
V = np.array([1.0, 2.0, -1.0])
A = np.array([[1.0, 2.0, 0.0], [-1.0, 3.0, 1.0]])


def smooth(x):
    return (tl.sin(x) * tl.exp(0.5 * x)).sum() + x[0] * x[1] ** 2 * x[2]


def smooth_gradient(x):
    g = np.exp(0.5 * x) * (np.cos(x) + 0.5 * np.sin(x))
    return g + np.array([x[1] ** 2 * x[2], 2 * x[0] * x[1] * x[2], x[0] * x[1] ** 2])


def smooth_hessian(x):
    h = np.diag(np.exp(0.5 * x) * (np.cos(x) - 0.75 * np.sin(x)))
    cross = np.array(
        [
            [0, 2 * x[1] * x[2], x[1] ** 2],
            [2 * x[1] * x[2], 2 * x[0] * x[2], 2 * x[0] * x[1]],
            [x[1] ** 2, 2 * x[0] * x[1], 0],
        ]
    )
    return h + cross


# -- grad and value_and_grad -------------------------------------------------------------------------------------------


def test_grad():
    assert_close(tl.grad(smooth)(tensor(X)), smooth_gradient(X))


def test_value_and_grad():
    value, gradient = tl.value_and_grad(smooth)(tensor(X))
    assert_close(value, np.sin(X) @ np.exp(0.5 * X) + X[0] * X[1] ** 2 * X[2])
    assert_close(gradient, smooth_gradient(X))
    assert not value.requires_grad
    assert not gradient.requires_grad


def test_grad_of_a_python_number():
    assert tl.grad(lambda x: x**3)(2.0).item() == 12.0


@pytest.mark.parametrize("argnums", [1, -1])
def test_argnums_of_one_argument(argnums):
    assert tl.grad(lambda x, y: x * y**2, argnums=argnums)(tensor(3.0), tensor(2.0)).item() == 12.0


@pytest.mark.parametrize(
    ("argnums", "expected"), [((0, 1), (4.0, 12.0)), ((1, 0), (12.0, 4.0)), ((-1,), (12.0,)), ((), ())]
)
def test_argnums_of_several_arguments(argnums, expected):
    found = tl.grad(lambda x, y: x * y**2, argnums=argnums)(tensor(3.0), tensor(2.0))
    assert isinstance(found, tuple)
    assert tuple(part.item() for part in found) == expected


def test_argnums_out_of_range_are_refused():
    with pytest.raises(ValueError, match="argnums 2 is out of range for a function called with 2 arguments"):
        tl.grad(lambda x, y: x, argnums=2)(tensor(1.0), tensor(1.0))


def test_keyword_arguments_are_passed_on():
    assert tl.grad(lambda x, *, k: k * x)(tensor(1.0), k=3.0).item() == 3.0


class Pair(NamedTuple):
    first: object
    second: object


def test_nested_structures():
    def function(tree):
        return (tree["a"] * tree["b"][0]).sum() + tree["b"][1].second ** 2

    tree = {"a": tensor(X), "b": [tensor(V), Pair(None, tensor(3.0))]}
    gradient = tl.grad(function)(tree)
    assert_close(gradient["a"], V)
    assert_close(gradient["b"][0], X)
    assert isinstance(gradient["b"][1], Pair)
    assert gradient["b"][1].first is None
    assert gradient["b"][1].second.item() == 6.0


def test_has_aux():
    def function(x):
        return (x * x).sum(), {"doubled": 2 * x, "note": "text"}

    gradient, aux = tl.grad(function, has_aux=True)(tensor(X))
    assert_close(gradient, 2 * X)
    assert aux["note"] == "text"
    (value, aux), gradient = tl.value_and_grad(function, has_aux=True)(tensor(X))
    assert_close(value, X @ X)
    assert_close(aux["doubled"], 2 * X)
    value, pullback, aux = tl.vjp(function, tensor(X), has_aux=True)
    assert_close(pullback(tensor(1.0))[0], 2 * X)
    assert aux["note"] == "text"
    value, tangent, aux = tl.jvp(function, (tensor(X),), (tensor(V),), has_aux=True)
    assert_close(tangent, 2 * X @ V)
    assert aux["note"] == "text"


def test_unused_arguments_have_gradient_zero():
    x, y = tl.grad(lambda x, y: (2 * x).sum(), argnums=(0, 1))(tensor(X), tensor(A))
    assert_same(x, np.full(3, 2.0))
    assert_same(y, np.zeros((2, 3)))
    assert tl.grad(lambda x: tensor(1.0))(tensor(2.0)).item() == 0.0


@pytest.mark.parametrize(
    "result",
    [
        lambda x: x, lambda x: (x.sum(), x.sum()), lambda x: x.sum() * 1j, lambda x: {"a": x},
    ],
)  # fmt: skip
def test_gradients_of_anything_but_one_real_number_are_refused(result):
    with pytest.raises(ValueError, match="grad: function must return one real number, not "):
        tl.grad(result)(tensor(X))


def test_integer_inputs_are_refused():
    with pytest.raises(TypeError, match="grad: argument 0 must be floating-point, not int64"):
        tl.grad(lambda x: x)(tl.tensor(3))


def test_transforms_change_no_grad_attribute():
    """A transform stores nothing in any grad."""
    x, w = leaf(X), leaf(V)
    tl.grad(lambda y: (y * w).sum())(x)
    assert x.grad is None
    assert w.grad is None


def test_transforms_record_inside_no_grad():
    with tl.no_grad():
        assert_close(tl.grad(smooth)(tensor(X)), smooth_gradient(X))
        assert_close(tl.jvp(smooth, (tensor(X),), (tensor(V),))[1], smooth_gradient(X) @ V)


# -- closures: derivatives of derivatives with respect to something else -----------------------------------------------


def test_gradient_through_a_closure():
    """d/dw of d/dx of sum(w x^2): the inner gradient keeps its connection to w."""
    w = leaf(V)
    inner = tl.grad(lambda x: (w * x * x).sum())(tensor(X))
    assert_close(inner, 2 * V * X)
    inner.sum().backward()
    assert_close(w.grad, 2 * X)


def test_value_keeps_its_connection_to_a_closure():
    w = leaf(V)
    value, _ = tl.value_and_grad(lambda x: (w * x).sum())(tensor(X))
    value.backward()
    assert_close(w.grad, X)


def test_gradient_of_a_tensor_with_history():
    """The result depends on the history of the argument, although the transform uses a new variable."""
    x = leaf(X)
    y = x * 2
    gradient = tl.grad(lambda z: (z**3).sum())(y)
    assert_close(gradient, 12 * X**2)
    gradient.sum().backward()
    assert_close(x.grad, 24 * 2 * X / 2)


def test_gradient_of_a_tensor_with_history_after_an_unrelated_write():
    y = leaf(X) * 2
    scratch = tensor(X)

    def function(z):
        value = (z**3).sum()
        scratch[0] = 7.0
        return value

    assert_close(tl.grad(function)(y), 12 * X**2)


def test_tangent_through_a_closure():
    w = leaf(V)
    tangent = tl.jvp(lambda x: (w * x * x).sum(), (tensor(X),), (tensor(X),))[1]
    tangent.backward()
    assert_close(w.grad, 2 * X * X)


def test_perturbations_are_not_confused():
    """d/dx (x * d/dy (x + y) at y = 1) at x = 1 is 1; confusing the levels gives 2 (Siskind, Pearlmutter 2005)."""
    for outer in (tl.grad, lambda f: lambda x: tl.jvp(f, (x,), (tensor(1.0),))[1]):
        for inner in (tl.grad, lambda f: lambda x: tl.jvp(f, (x,), (tensor(1.0),))[1]):
            assert outer(lambda x, inner=inner: x * inner(lambda y: x + y)(tensor(1.0)))(tensor(1.0)).item() == 1.0


# -- nesting -----------------------------------------------------------------------------------------------------------


def test_derivatives_of_rising_order():
    function = tl.sin
    for expected in (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin, np.cos):
        function = tl.grad(function)
        assert_close(function(tensor(0.7)), np.asarray(expected(0.7)))


def test_all_pairs_of_transforms_can_be_nested():
    def forward(f):
        return lambda x: tl.jvp(f, (x,), (tl.ones_like(x),))[1]

    for outer in (tl.grad, forward):
        for inner in (tl.grad, forward):
            for innermost in (tl.grad, forward):
                third = outer(inner(innermost(lambda x: tl.exp(2 * x) * x)))
                expected = np.exp(1.4) * (8 * 0.7 + 12)
                assert_close(third(tensor(0.7)), np.asarray(expected))


def test_jvp_of_grad_and_grad_of_jvp_are_the_hessian():
    hessian_vector = smooth_hessian(X) @ V
    assert_close(tl.jvp(tl.grad(smooth), (tensor(X),), (tensor(V),))[1], hessian_vector)
    assert_close(tl.grad(lambda x: tl.jvp(smooth, (x,), (tensor(V),))[1])(tensor(X)), hessian_vector)
    assert_close(tl.grad(lambda x: (tl.grad(smooth)(x) * tensor(V)).sum())(tensor(X)), hessian_vector)


def test_hessian():
    assert_close(tl.hessian(smooth)(tensor(X)), smooth_hessian(X))


def test_hessian_of_several_arguments():
    (xx, xy), (yx, yy) = tl.hessian(lambda x, y: (x**2 * y).sum(), argnums=(0, 1))(tensor(X), tensor(V))
    assert_close(xx, np.diag(2 * V))
    assert_close(xy, np.diag(2 * X))
    assert_close(yx, np.diag(2 * X))
    assert_same(yy, np.zeros((3, 3)))


def test_hvp():
    assert_close(tl.hvp(smooth, (tensor(X),), (tensor(V),)), smooth_hessian(X) @ V)


def test_hvp_of_several_arguments():
    a, b = tl.hvp(lambda x, y: (x**2 * y).sum(), (tensor(X), tensor(V)), (tensor(V), tensor(X)))
    assert_close(a, 2 * V * V + 2 * X * X)
    assert_close(b, 2 * X * V)


# -- vjp and jvp -------------------------------------------------------------------------------------------------------


def test_pullback_can_be_called_again():
    value, pullback = tl.vjp(lambda x: tl.exp(x), tensor(X))
    assert_close(value, np.exp(X))
    for scale in (1.0, 2.0):
        assert_close(pullback(tensor(scale * V))[0], scale * V * np.exp(X))


def test_vjp_of_structures():
    value, pullback = tl.vjp(lambda x, y: {"s": x + y, "p": (x * y,)}, tensor(X), tensor(V))
    assert_close(value["p"][0], X * V)
    gx, gy = pullback({"s": tensor(np.ones(3)), "p": (tensor(X),)})
    assert_close(gx, 1 + X * V)
    assert_close(gy, 1 + X * X)


def test_jvp_of_structures():
    _value, tangent = tl.jvp(lambda t: (t["a"] * 2, t["b"] ** 2), ({"a": tensor(X), "b": tensor(2.0)},),
                            ({"a": tensor(V), "b": tensor(1.0)},))  # fmt: skip
    assert_close(tangent[0], 2 * V)
    assert tangent[1].item() == 4.0


def test_jvp_of_a_constant_function_is_zero():
    _, tangent = tl.jvp(lambda x: (tensor(A), 2 * x), (tensor(X),), (tensor(V),))
    assert_same(tangent[0], np.zeros((2, 3)))
    assert_close(tangent[1], 2 * V)


def test_jvp_of_the_identity():
    assert_close(tl.jvp(lambda x: x, (tensor(X),), (tensor(V),))[1], V)


@pytest.mark.parametrize("tangent", [np.ones(2), np.ones((3, 1))])
def test_tangents_of_another_shape_are_refused(tangent):
    with pytest.raises(
        ValueError, match=r"tangents must have the structure and shapes of the primals: \[\(3,\)\], not"
    ):
        tl.jvp(smooth, (tensor(X),), (tensor(tangent),))


def test_cotangents_of_another_structure_are_refused():
    _, pullback = tl.vjp(lambda x: (x, x), tensor(X))
    with pytest.raises(ValueError, match="cotangents must have the structure and shapes of the results"):
        pullback(tensor(X))


def test_cotangents_of_a_tensor_returned_twice_are_added():
    """One tensor returned twice: its cotangents add up."""

    def twice(x):
        y = x * 2
        return y, y

    _, pullback = tl.vjp(twice, tensor(X))
    assert_close(pullback((tensor(V), tensor(X)))[0], 2 * (V + X))


# -- jacobian ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [None, "forward", "reverse"])
def test_jacobian(mode):
    found = tl.jacobian(lambda x: tl.tanh(tensor(A) @ x), mode=mode)(tensor(X))
    assert_close(found, (1 - np.tanh(A @ X) ** 2)[:, None] * A)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_matrices(mode):
    found = tl.jacobian(lambda x: x @ x.T, mode=mode)(tensor(A))
    eye = np.eye(2)
    expected = np.einsum("ia,jb->ijab", eye, A) + np.einsum("ja,ib->ijab", eye, A)
    assert_close(found, expected)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_dictionaries_and_tuples(mode):
    def function(tree, scale):
        return {"y": tree["x"] * scale, "s": (tree["x"].sum() * tree["c"],)}

    tree = {"x": tensor(X), "c": tensor(2.0)}
    found = tl.jacobian(function, argnums=(0, 1), mode=mode)(tree, tensor(3.0))
    assert_close(found["y"][0]["x"], 3 * np.eye(3))
    assert_same(found["y"][0]["c"], np.zeros(3))
    assert_close(found["y"][1], X)
    assert_close(found["s"][0][0]["x"], np.full(3, 2.0))
    assert_close(found["s"][0][0]["c"], X.sum())
    assert_same(found["s"][0][1], np.asarray(0.0))


def test_jacobian_uses_the_mode_with_fewer_sweeps():
    """Sweeps are counted by a function whose gradient counts its calls."""
    sweeps = []

    @tl.custom_gradient
    def counted(x):
        def gradient(g):
            sweeps.append(1)
            return g * 2

        return x * 2, gradient

    tl.jacobian(lambda x: counted(x).sum())(tensor(np.ones(50)))
    assert len(sweeps) == 1


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_with_empty_inputs_or_outputs(mode):
    assert tl.jacobian(lambda x: x * 2, mode=mode)(tensor(np.zeros(0))).shape == (0, 0)
    assert tl.jacobian(lambda x: x[:0], mode=mode)(tensor(X)).shape == (0, 3)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="jacobian: mode must be 'forward', 'reverse' or None, not 'backward'"):
        tl.jacobian(smooth, mode="backward")


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_is_differentiable(mode):
    """The trace of the Jacobian of x^3 is the sum of 3 x^2; its gradient 6 x."""

    def trace(x):
        return (tl.jacobian(lambda y: y**3, mode=mode)(x) * tensor(np.eye(3))).sum()

    assert_close(tl.grad(trace)(tensor(X)), 6 * X)


def test_gradients_in_single_precision_stay_single():
    x = tl.tensor([1.0, 2.0])
    assert tl.grad(lambda x: (x**3).sum())(x).dtype == "float32"
    assert tl.jacobian(tl.sin)(x).dtype == "float32"
    assert tl.hvp(lambda x: (x**3).sum(), (x,), (x,)).dtype == "float32"


def test_second_derivative_through_one_of_several_results():
    """The result is used both by the next op and by its own rule."""
    from tensorlab.ops.normalization import standardize

    x = np.random.default_rng(0).normal(size=(4, 3))
    tl.check_gradients(lambda x, w: standardize(x, (0,))[0] * w, (tensor(x), tensor(V)))
    tl.check_gradients(lambda x: tl.sin(standardize(tl.exp(x), (0,))[0]), (tensor(x),))


def test_aux_has_no_history_of_its_own():
    (_, aux), _ = tl.value_and_grad(lambda x: ((x * x).sum(), {"double": x * 2}), has_aux=True)(tl.ones(2))
    assert not aux["double"].requires_grad
    outer = tl.ones(2, requires_grad=True)
    (_, aux), _ = tl.value_and_grad(lambda x: ((x * outer).sum(), x * outer), has_aux=True)(tl.ones(2))
    assert aux.requires_grad


def test_the_gradient_of_std_at_constant_input_is_zero():
    assert tl.grad(tl.std)(tl.ones(3)).tolist() == [0.0, 0.0, 0.0]


def test_no_grad_decorates_generators():
    """The body runs in the mode, the caller does not."""
    seen = []

    @tl.no_grad()
    def steps():
        try:
            sent = yield tl.is_grad_enabled()
            seen.append((sent, tl.is_grad_enabled()))
            try:
                yield 2
            except ValueError:
                seen.append(tl.is_grad_enabled())
            yield 3
        finally:
            seen.append(tl.is_grad_enabled())

    generator = steps()
    assert next(generator) is False
    assert tl.is_grad_enabled()
    assert generator.send("a") == 2
    assert generator.throw(ValueError()) == 3
    assert tl.is_grad_enabled()
    generator.close()
    assert seen == [("a", False), False, False]
    assert list(tl.no_grad()(lambda: (yield 1))()) == [1]


ARGUMENTS = {
    "grad: function must be callable, not 3": lambda: tl.grad(3),
    "grad: argnums must be an integer or a tuple of integers, not (2.5,)": lambda: tl.grad(tl.sin, (2.5,)),
    "hessian: argnums must be an integer or a tuple of integers, not 'x'": lambda: tl.hessian(tl.sin, "x"),
    "value_and_grad: has_aux must be a bool, not 'yes'": lambda: tl.value_and_grad(tl.sin, has_aux="yes"),
    "value_and_grad: function must return a pair with has_aux=True, not Tensor": (
        lambda: tl.value_and_grad(tl.sin, has_aux=True)(1.0)
    ),
    "jacobian: argument 1 must be floating-point, not int64": lambda: tl.jacobian(tl.add, (0, 1))(1.0, 2),
    "hvp: primals must be a tuple or a list, not": lambda: tl.hvp(tl.sin, tl.ones(2), (tl.ones(2),)),
    "jvp: tangents must be a tensor, an array, a number, or a nested": lambda: tl.jvp(tl.sin, (1.0,), ("x",)),
    "vjp: primals must be floating-point, not bool": lambda: tl.vjp(tl.sin, True),
    "vjp: the result of function must be a tensor": lambda: tl.vjp(lambda x: "y", 1.0),
    "checkpoint: function must be callable, not None": lambda: tl.checkpoint(None),
    "custom_gradient: sin must return a pair of its result and gradient, not Tensor": (
        lambda: tl.custom_gradient(tl.sin)(1.0)
    ),
    "check_gradients: modes must be a tuple of": lambda: tl.check_gradients(tl.sin, (1.0,), modes=("sideways",)),
    "backward: tensor must be a Tensor, not int": lambda: tl.autodiff.backward(3),
    "backward: gradient must be a Tensor or None, not float": lambda: tl.ones(2, requires_grad=True).backward(1.0),
    "backward: create_graph must be a bool, not 'x'": lambda: tl.ones((), requires_grad=True).backward(
        create_graph="x"
    ),
}


@pytest.mark.parametrize("message", ARGUMENTS)
def test_wrong_arguments_are_named(message):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}"):
        ARGUMENTS[message]()


def test_argnums_can_be_numpy_integers():
    x, y = tl.tensor(3.0), tl.tensor(2.0)
    assert tl.grad(tl.multiply, np.int64(1))(x, y) == 3
    assert tl.grad(tl.multiply, np.array([1, 0]))(x, y) == (3, 2)
