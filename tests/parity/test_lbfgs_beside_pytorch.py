"""LBFGS beside PyTorch's: the same iterates and the same number of evaluations, option by option."""

import numpy as np
import pytest
from helpers import assert_close, tensor

import tensorlab as tl

torch = pytest.importorskip("torch")


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def quartic(x):
    return ((x - 1) ** 4).sum() + 0.3 * (x[0] * x[1] - 2) ** 2


def wavy(x):
    return (x * x + 3 * (5 * x).sin()).sum()


def steps(lib, optimizer, x, function, count):
    def closure():
        optimizer.zero_grad()
        loss = function(x)
        loss.backward()
        return loss

    found = []
    for _ in range(count):
        loss = optimizer.step(closure)
        found.append((float(loss.detach()), np.array(x.detach().tolist())))
    return found


OPTIONS = [
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 3},
    {"line_search_fn": "strong_wolfe", "history_size": 2, "max_iter": 7},
    {"line_search_fn": "strong_wolfe", "lr": 0.3, "max_eval": 9},
    {"line_search_fn": "strong_wolfe", "tolerance_grad": 1e-2},
    {"line_search_fn": "strong_wolfe", "tolerance_change": 1e-2},
    {"lr": 0.1, "max_iter": 5},
    {"lr": 0.5, "max_iter": 4, "max_eval": 3},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("function", [rosenbrock, quartic, wavy])
def test_iterates(function, options):
    start = np.array([-1.2, 1.0, 0.7])
    x, y = tensor(start, requires_grad=True), torch.tensor(start, requires_grad=True)
    a, b = tl.optim.LBFGS([x], **options), torch.optim.LBFGS([y], **options)
    ours, theirs = steps(tl, a, x, function, 4), steps(torch, b, y, function, 4)
    for (loss, iterate), (their_loss, their_iterate) in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(loss, their_loss, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(iterate, their_iterate, rtol=1e-6, atol=1e-9)
    mine, other = a.state[x], b.state[y]
    assert (mine["func_evals"], mine["n_iter"]) == (other["func_evals"], other["n_iter"])


def test_going_on_from_pytorchs_state():
    start = np.array([-1.2, 1.0, 0.7])
    x, y = tensor(start, requires_grad=True), torch.tensor(start, requires_grad=True)
    options = {"line_search_fn": "strong_wolfe", "max_iter": 4}
    b = torch.optim.LBFGS([y], **options)
    steps(torch, b, y, rosenbrock, 2)
    a = tl.optim.LBFGS([x], **options)
    a.load_state_dict(b.state_dict())
    x.data = tensor(y.detach().numpy())
    steps(tl, a, x, rosenbrock, 2)
    steps(torch, b, y, rosenbrock, 2)
    assert_close(x.detach(), y.detach().numpy(), rtol=1e-6)
