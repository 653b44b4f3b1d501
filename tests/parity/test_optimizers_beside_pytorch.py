"""Optimizers beside PyTorch's: the same trajectory and state over all options, each going on from the other's state."""

import numpy as np
import pytest
from helpers import assert_close, tensor
from references.optimizers import ELEMENTWISE, MATRICES, WHOLE

import tensorlab as tl

torch = pytest.importorskip("torch")

SHAPES = [(3, 4), (4,), (), (200, 100)]
CASES = [(name, options) for name, _, options in ELEMENTWISE + WHOLE if hasattr(torch.optim, name)]


@pytest.fixture(autouse=True)
def numbers_in_double_precision():
    """PyTorch keeps products over all steps in its default type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def pair(name, start, options):
    ours, theirs = [tensor(x, requires_grad=True) for x in start], [torch.tensor(x, requires_grad=True) for x in start]
    return ours, theirs, getattr(tl.optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)


def drawn(rng, shape, dtype):
    x = rng.standard_normal(shape)
    return np.asarray(x + 1j * rng.standard_normal(shape) if dtype == "complex128" else x)


def assert_same_state(mine, other):
    """Assert that two state dicts hold the same under the same names; PyTorch also holds what it has not used yet."""
    for number, entry in mine["state"].items():
        theirs = {key: value for key, value in other["state"][number].items() if value is not None}
        assert sorted(entry) == sorted(theirs)
        for key, value in entry.items():
            assert_close(value, theirs[key].numpy(), rtol=1e-9)
    for mine_group, other_group in zip(mine["param_groups"], other["param_groups"], strict=True):
        assert set(mine_group) <= set(other_group)
        for key, value in mine_group.items():
            assert value == other_group[key]


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_trajectory_and_state(name, options, dtype, rng):
    if name == "Adafactor" and dtype == "complex128":
        pytest.skip("neither takes complex parameters")
    ours, theirs, a, b = pair(name, [drawn(rng, shape, dtype) for shape in SHAPES], options)
    for step in range(10):
        if step == 5:  # go on in a new optimizer, from PyTorch's state dict
            a = getattr(tl.optim, name)(ours, lr=9.0)
            a.load_state_dict(b.state_dict())
        for place, (p, q) in enumerate(zip(ours, theirs, strict=True)):
            g = drawn(rng, p.shape, dtype)
            skipped = step % 3 == 1 and place == 1
            p.grad, q.grad = (None, None) if skipped else (tensor(g), torch.tensor(g))
        a.step()
        b.step()
        for p, q in zip(ours, theirs, strict=True):
            assert_close(p.detach(), q.detach().numpy(), rtol=1e-9)
    assert_same_state(a.state_dict(), b.state_dict())


@pytest.mark.parametrize(("name", "options"), CASES)
def test_pytorch_goes_on_from_our_state(name, options, rng):
    ours, theirs, a, b = pair(name, [rng.standard_normal(shape) for shape in SHAPES], options)

    def step(*optimizers):
        for p, q in zip(ours, theirs, strict=True):
            g = np.asarray(rng.standard_normal(p.shape))
            p.grad, q.grad = tensor(g), torch.tensor(g)
        for optimizer in optimizers:
            optimizer.step()

    for _ in range(3):
        step(a)
    state = {
        number: {key: torch.tensor(value.numpy()) for key, value in entry.items()}
        for number, entry in a.state_dict()["state"].items()
    }
    b.load_state_dict({**b.state_dict(), "state": state})
    for p, q in zip(ours, theirs, strict=True):
        q.data = torch.tensor(p.detach().numpy())
    for _ in range(3):
        step(a, b)
    for p, q in zip(ours, theirs, strict=True):
        assert_close(p.detach(), q.detach().numpy(), rtol=1e-9)


@pytest.mark.parametrize("options", [options for _, _, options in MATRICES])
def test_muon(options, rng):
    """PyTorch iterates in bfloat16, whose 8 bits the steps agree to; momentum and decay are exact."""
    start = [rng.standard_normal(shape) for shape in [(6, 4), (4, 6)]]
    ours, theirs, a, b = pair("Muon", start, options)
    for _ in range(5):
        for p, q in zip(ours, theirs, strict=True):
            g = rng.standard_normal(p.shape)
            p.grad, q.grad = tensor(g), torch.tensor(g)
        a.step()
        b.step()
    assert_same_state(a.state_dict(), b.state_dict())
    for p, q, x in zip(ours, theirs, start, strict=True):
        moved = q.detach().numpy() - x
        assert_close(p.detach() - tensor(x), moved, rtol=0, atol=2e-2 * abs(moved).max())


def test_groups_and_a_rate_that_changes(rng):
    start = [rng.standard_normal(shape) for shape in SHAPES]
    ours, theirs = [tensor(x, requires_grad=True) for x in start], [torch.tensor(x, requires_grad=True) for x in start]
    a, b = (
        optim.RMSprop([{"params": x[:2]}, {"params": x[2:], "lr": 0.5, "momentum": 0.9}], lr=0.1)
        for optim, x in ((tl.optim, ours), (torch.optim, theirs))
    )
    for step in range(6):
        if step == 3:
            for optimizer in (a, b):
                optimizer.param_groups[0]["lr"] = 0.03
        for p, q in zip(ours, theirs, strict=True):
            g = np.asarray(rng.standard_normal(p.shape))
            p.grad, q.grad = tensor(g), torch.tensor(g)
        a.step()
        b.step()
    for p, q in zip(ours, theirs, strict=True):
        assert_close(p.detach(), q.detach().numpy(), rtol=1e-9)
