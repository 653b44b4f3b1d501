"""Averaged models beside PyTorch's: the same numbers and state dicts over all options, and each loads the other's."""

import numpy as np
import pytest
from helpers import assert_close, tensor

from tensorlab import nn
from tensorlab.optim import swa_utils as ours

torch = pytest.importorskip("torch")
theirs = torch.optim.swa_utils

FUNCTIONS = [
    ("none", lambda swa: {}),
    ("swa", lambda swa: {"avg_fn": swa.get_swa_avg_fn()}),
    ("ema", lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.6)}),
    ("default ema", lambda swa: {"avg_fn": swa.get_ema_avg_fn()}),
    ("multi swa", lambda swa: {"multi_avg_fn": swa.get_swa_multi_avg_fn()}),
    ("multi ema", lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.3)}),
    ("own", lambda swa: {"avg_fn": lambda average, current, n: (n * average + 3 * current) / (n + 3)}),
]


@pytest.fixture(autouse=True)
def numbers_in_double_precision():
    """PyTorch's function for lists divides in its default type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def network(lib):
    layers = lib.Sequential(lib.Linear(3, 4), lib.BatchNorm1d(4), lib.Tanh(), lib.Linear(4, 2), lib.BatchNorm1d(2))
    return layers.double()


def networks(rng):
    """Return the same model twice, with the same random parameters and statistics."""
    mine, other = network(nn), network(torch.nn)
    refill(mine, other, rng)
    return mine, other


def refill(mine, other, rng):
    state = {
        key: np.asarray(rng.uniform(0.5, 1.5, value.shape) if value.ndim else rng.integers(0, 99))
        for key, value in other.state_dict().items()
    }
    mine.load_state_dict(state)
    other.load_state_dict({key: torch.tensor(value) for key, value in state.items()})


def assert_same_state(mine, other):
    assert list(mine.state_dict()) == list(other.state_dict())
    for key, value in other.state_dict().items():
        found = mine.state_dict()[key]
        assert str(found.dtype) == str(value.dtype).removeprefix("torch.")
        assert_close(found, value.numpy(), rtol=1e-12)


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize(("name", "options"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
def test_averages(name, options, use_buffers, rng):
    if name == "multi swa" and use_buffers:
        pytest.skip("PyTorch's raises where a buffer is of integers")
    mine, other = networks(rng)
    a = ours.AveragedModel(mine, use_buffers=use_buffers, **options(ours))
    b = theirs.AveragedModel(other, use_buffers=use_buffers, **options(theirs))
    assert_same_state(a, b)
    for _ in range(5):
        refill(mine, other, rng)
        a.update_parameters(mine)
        b.update_parameters(other)
        assert_same_state(a, b)
    x = rng.standard_normal((5, 3))
    assert_close(a.eval()(tensor(x)).detach(), b.eval()(torch.tensor(x)).detach().numpy())


@pytest.mark.parametrize("paired", [False, True])
def test_update_bn(paired, rng):
    mine, other = networks(rng)
    for model in (mine, other):
        model[1].momentum = 0.3
        model.eval()
    a, b = ours.AveragedModel(mine), theirs.AveragedModel(other)
    batches = [rng.standard_normal((size, 3)) for size in (4, 7, 2)]
    ours.update_bn([(tensor(x), 0) if paired else tensor(x) for x in batches], a)
    theirs.update_bn([(torch.tensor(x), 0) if paired else torch.tensor(x) for x in batches], b)
    assert_same_state(a, b)
    assert a.module[1].momentum == b.module[1].momentum == 0.3
    assert a.training == b.training
    ours.update_bn(map(tensor, batches), mine)
    theirs.update_bn(map(torch.tensor, batches), other)
    assert_same_state(mine, other)
    assert not mine.training


def test_each_loads_the_others_state(rng):
    mine, other = networks(rng)
    a, b = ours.AveragedModel(mine), theirs.AveragedModel(other)
    for _ in range(3):
        refill(mine, other, rng)
        b.update_parameters(other)
    a.load_state_dict(b.state_dict())
    assert_same_state(a, b)
    refill(mine, other, rng)
    a.update_parameters(mine)
    b.update_parameters(other)
    assert_same_state(a, b)
    fresh = theirs.AveragedModel(network(torch.nn))
    fresh.load_state_dict({key: torch.tensor(value.numpy()) for key, value in a.state_dict().items()})
    assert_same_state(a, fresh)
