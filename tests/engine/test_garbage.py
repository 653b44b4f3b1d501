"""Memory is freed as soon as nothing uses it: calls leave no reference cycles for the garbage collector."""

import gc
import io
import weakref

import pytest

import tensorlab as tl
from tensorlab import nn, optim


@pytest.fixture(autouse=True)
def only_new_objects():
    """Keep the collector from walking through what other tests and their libraries have left in memory."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def garbage_of(call):
    """Return what only the garbage collector can free after a call; the first two calls fill caches."""
    call()
    call()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        call()
        gc.collect()
        return [type(x).__name__ for x in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def cubes(x):
    return (x * x * x).sum()


def several(x):
    return {"a": [x * x, (x.sum(), None)], "b": x.exp()}


@tl.custom_gradient
def doubled(x):
    return 2 * x, lambda g: 2 * g


@tl.custom_gradient
def powers(x):
    return (x**2, x**3), lambda g2, g3: 2 * x * g2 + 3 * x**2 * g3


def x():
    return tl.tensor([1.0, 2.0, 3.0])


def leaf():
    return tl.tensor([1.0, 2.0, 3.0], requires_grad=True)


def pulled():
    value, pullback = tl.vjp(several, x())
    pullback(value)
    pullback(value)


def recorded_backward():
    y = leaf()
    cubes(y).backward(create_graph=True)
    gradient, y.grad = y.grad, None  # a gradient with a graph refers to its leaf, as in PyTorch
    gradient.sum().backward()


def with_anomalies():
    with tl.detect_anomaly():
        cubes(leaf()).backward()


def with_hooks():
    layer = nn.Linear(3, 2)
    layer.register_full_backward_hook(lambda *_: None)
    layer(leaf()).sum().backward()


def drawn():
    low = leaf()
    tl.grad(lambda low: tl.random.truncated_normal(0.0, 1.0, low, 4.0).sum())(low)


def saved():
    file = io.BytesIO()
    tl.save({"x": x(), "y": [(1, 2.0)]}, file)
    file.seek(0)
    tl.load(file)


def refused():
    with pytest.raises(tl.ShapeError):
        tl.grad(lambda y: cubes(y @ tl.ones(2)))(x())


CALLS = {
    "grad": lambda: tl.grad(cubes)(x()),
    "grad of a tree": lambda: tl.grad(lambda tree: cubes(tree["a"][0]) + tree["b"].sum())({"a": [x()], "b": x()}),
    "grad of grad": lambda: tl.grad(lambda y: tl.grad(cubes)(y).sum())(x()),
    "value_and_grad": lambda: tl.value_and_grad(lambda y, z: (cubes(y * z), z), (0, 1), has_aux=True)(x(), x()),
    "vjp": pulled,
    "jvp": lambda: tl.jvp(several, (x(),), (x(),)),
    "reverse jacobian": lambda: tl.jacobian(several, mode="reverse")(x()),
    "forward jacobian": lambda: tl.jacobian(several, mode="forward")(x()),
    "hessian": lambda: tl.hessian(cubes)(x()),
    "hvp": lambda: tl.hvp(cubes, (x(),), (x(),)),
    "custom gradient": lambda: tl.hessian(lambda y: cubes(doubled(y)))(x()),
    "custom gradient of several": lambda: tl.jvp(lambda y: cubes(powers(y)[1]), (x(),), (x(),)),
    "checkpoint": lambda: tl.hessian(tl.checkpoint(cubes))(x()),
    "an unused checkpoint": lambda: tl.checkpoint(cubes)(leaf()),
    "backward": lambda: cubes(leaf()).backward(),
    "backward through several results": lambda: tl.linalg.eigh(tl.diag(leaf()))[0].sum().backward(),
    "recorded backward": recorded_backward,
    "detect_anomaly": with_anomalies,
    "backward hooks": with_hooks,
    "check_gradients": lambda: tl.check_gradients(cubes, (tl.tensor([1.0, 2.0], dtype=tl.float64),)),
    "minimize": lambda: optim.minimize(cubes, x(), optim.SGD, max_steps=2, lr=0.01),
    "multi_dot": lambda: tl.linalg.multi_dot([x(), tl.eye(3), tl.eye(3), x()]),
    "einsum": lambda: tl.einsum("i,ij,jk,k->", x(), tl.eye(3), tl.eye(3), x()),
    "truncated_normal": drawn,
    "save and load": saved,
    "an error": refused,
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_leave_no_cycles(name):
    assert garbage_of(CALLS[name]) == []


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.Adagrad, optim.LBFGS])
def test_a_training_step_leaves_no_cycles(make):
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 2))
    optimizer = make(model.parameters(), lr=0.01)
    data = tl.data.TensorDataset(tl.randn(8, 3), tl.randint(0, 2, (8,)))

    def closure(images, labels):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        return loss

    def epoch():
        for batch in tl.data.DataLoader(data, batch_size=4, shuffle=True):
            optimizer.step(lambda batch=batch: closure(*batch))

    assert garbage_of(epoch) == []


def test_results_are_freed_at_once():
    """The gradient's array is released with the last reference, not at the next collection."""
    gc.disable()
    try:
        gradient = tl.grad(cubes)(x())
        released = weakref.ref(gradient)
        del gradient
        assert released() is None
    finally:
        gc.enable()
