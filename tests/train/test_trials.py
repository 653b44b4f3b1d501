"""Trial runs leave everything as it was."""

import random

import numpy as np
import pytest
from parts import as_arrays, blobs, classifier, loader, state_of

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.nn import functional as F
from tensorlab.train.trials import first_batch, forward_of, preserved, step_on

OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
    "LBFGS": lambda p: optim.LBFGS(p, lr=0.5, max_iter=3),
    "NewtonCG": lambda p: optim.NewtonCG(p),
    "SAM": lambda p: optim.SAM(p, optim.SGD, lr=0.1),
    "Muon": lambda p: optim.Muon([x for x in p if x.ndim == 2], lr=0.01),
}


def trained(model, optimizer, steps, seed=1):
    tl.manual_seed(seed)
    for _ in range(steps):
        step_on(model, forward_of("test", F.cross_entropy), optimizer, blobs())


class Counting(nn.Module):
    """Counts its calls in a plain attribute, and draws from a generator of its own."""

    def __init__(self):
        super().__init__()
        self.calls, self.generator = 0, tl.Generator(3)
        self.inner = nn.Linear(4, 3)

    def forward(self, x):
        self.calls += 1
        return self.inner(x + self.generator.normal(x.shape))


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("before", [0, 2])
def test_a_trial_changes_nothing(name, before):
    """Neither what can be read afterwards, nor how the training goes on."""
    tl.manual_seed(0)
    runs = []
    for tries in (0, 3):
        tl.manual_seed(0)
        model = classifier()
        optimizer = OPTIMIZERS[name](list(model.parameters()))
        trained(model, optimizer, before)
        tl.manual_seed(2)
        state = state_of(model, optimizer)
        with preserved(model, optimizer):
            trained(model.eval(), optimizer, tries)
            random.random(), np.random.random()  # noqa: NPY002
        assert state_of(model, optimizer) == state
        trained(model, optimizer, 2)
        runs.append(state_of(model, optimizer))
    assert runs[0] == runs[1]


def test_memory_and_gradients_stay_the_same_objects():
    model = classifier()
    forward_of("test", F.cross_entropy)(model, blobs())[0].backward()
    arrays = [x.array for x in (*model.parameters(), *model.buffers())]
    gradients = [p.grad for p in model.parameters()]
    values = as_arrays(gradients)
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    with preserved(model, optimizer):
        assert all(p.grad is None for p in model.parameters())
        trained(model, optimizer, 2)
    assert all(x.array is array for x, array in zip((*model.parameters(), *model.buffers()), arrays, strict=True))
    assert all(p.grad is grad for p, grad in zip(model.parameters(), gradients, strict=True))
    assert as_arrays(gradients) == values


def test_attributes_and_generators_of_modules():
    model = Counting()
    state = model.generator.get_state()
    with preserved(model):
        model(blobs()[0])
        model.extra = "added"
        assert model.calls == 1
    assert (model.calls, model.generator.get_state(), hasattr(model, "extra")) == (0, state, False)


def test_restored_after_an_error():
    model = classifier()
    optimizer = optim.Adam(model.parameters())
    state = state_of(model, optimizer)
    with pytest.raises(KeyboardInterrupt), preserved(model, optimizer):
        trained(model, optimizer, 2)
        raise KeyboardInterrupt
    assert state_of(model, optimizer) == state
    assert optimizer.has_stepped is False


def test_a_lazy_module_is_refused_before_anything_changes():
    model = nn.Sequential(nn.Linear(4, 4), nn.LazyLinear(2))
    array = model[0].weight.array
    with pytest.raises(RuntimeError, match="no shape yet"), preserved(model):
        pass
    assert model[0].weight.array is array


def test_first_batch_leaves_the_loader():
    data = loader(generator=tl.Generator(5))
    first = as_arrays(first_batch("test", data))
    assert as_arrays(first_batch("test", data)) == first
    assert as_arrays(next(iter(data))) == first
    with pytest.raises(TypeError, match="can be read again, not a generator"):
        first_batch("test", (x for x in [1]))
    with pytest.raises(ValueError, match="no batch"):
        first_batch("test", [])


@pytest.mark.parametrize("batch", [1.0, (1,), {"x": 1}])
def test_a_batch_is_a_pair(batch):
    with pytest.raises(TypeError, match=r"test: a batch must be a pair \(inputs, targets\), not "):
        forward_of("test", F.cross_entropy)(classifier(), batch)


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (lambda model, batch: None, "test: forward must return loss, outputs and targets, not a NoneType"),
        (lambda model, batch: (1.0, 2, 3), "test: loss must be a 0-d tensor, the mean over the batch, not a float"),
        (lambda model, batch: (tl.ones(2), 2, 3), r"test: loss must be a 0-d tensor, .*, not a Tensor of shape \(2,\)"),
    ],
)
def test_results_of_a_forward_function(forward, message):
    with pytest.raises((TypeError, ValueError), match=message):
        forward_of("test", None, forward)(classifier(), blobs())
