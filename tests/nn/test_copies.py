"""Copies of models: deep copies, copies in other processes, and pickles, which are refused."""

import copy
import multiprocessing
import pickle
from functools import partial
from multiprocessing.reduction import ForkingPickler

import pytest
from helpers import assert_same, host

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.nn.utils import parametrizations


def sent(value):
    """Return what another process gets."""
    return pickle.loads(ForkingPickler.dumps(value))


def model():
    net = nn.Sequential(
        nn.Linear(2, 3), nn.BatchNorm1d(3), None, parametrizations.weight_norm(nn.Linear(3, 3)), nn.Linear(3, 3)
    )
    net[0].bias.requires_grad = False
    return net


COPIES = pytest.mark.parametrize("made", [copy.deepcopy, sent])


@COPIES
class TestModels:
    def test_state_and_structure(self, made):
        net = model()
        other = made(net)
        assert repr(other) == repr(net)
        assert list(other.state_dict()) == list(net.state_dict())
        for (name, tensor), twin in zip(
            net.state_dict(keep_vars=True).items(), other.state_dict(keep_vars=True).values(), strict=True
        ):
            assert_same(twin.detach(), host(tensor.detach()))
            assert type(twin) is type(tensor), name
            assert twin.requires_grad == tensor.requires_grad, name
            assert twin is not tensor
        assert len(other) == 5
        assert other[2] is None

    def test_it_learns_by_itself(self, made):
        net = nn.Linear(2, 1)
        before = host(net.weight.detach()).copy()
        other = made(net)
        other(tl.ones(1, 2)).sum().backward()
        optim.SGD(other.parameters(), lr=1.0).step()
        assert net.weight.grad is None
        assert_same(net.weight.detach(), before)
        assert (host(other.weight.detach()) != before).all()

    def test_what_is_shared_stays_shared(self, made):
        net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        net[1].weight = net[0].weight
        other = made(net)
        assert other[1].weight is other[0].weight

    def test_lazy_layers(self, made):
        other = made(nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d()).double())
        assert other(tl.ones(4, 2, dtype="float64")).shape == (4, 3)

    def test_a_model_with_its_optimizer(self, made):
        """The copies belong together, and go on as the originals do."""
        net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        for kind in (optim.Adam, optim.Adafactor, partial(optim.SGD, momentum=0.9)):
            optimizer = kind(net.parameters(), lr=0.1)

            def step(net, optimizer):
                optimizer.zero_grad()
                net(tl.ones(4, 2)).square().sum().backward()
                optimizer.step()

            step(net, optimizer)
            other, others = made((net, optimizer))
            assert others.param_groups[0]["params"][0] is other[0].weight
            for _ in range(3):
                step(net, optimizer)
                step(other, others)
            for mine, its in zip(net.parameters(), other.parameters(), strict=True):
                assert_same(its.detach(), host(mine.detach()))

    def test_generators(self, made):
        generator = tl.Generator(3)
        generator.uniform((5,))
        other = made(generator)
        assert other.uniform((4,)).tolist() == generator.uniform((4,)).tolist()

    def test_datasets(self, made):
        data = made(tl.data.TensorDataset(tl.arange(3), 10 * tl.arange(3)))
        assert [part.item() for part in data[2]] == [2, 20]

    def test_a_computed_tensor(self, made):
        with pytest.raises(RuntimeError, match="its history would be lost; detach it first"):
            made(2 * tl.ones(1, requires_grad=True))


class Doubled(nn.Parameter):
    """A user's class of parameters."""


def test_classes_of_users_are_sent():
    found = sent(Doubled(tl.ones(2)))
    assert type(found) is Doubled
    assert found.requires_grad


@pytest.mark.parametrize(
    "make", [lambda: tl.ones(1), lambda: nn.Linear(1, 1), lambda: optim.SGD(nn.Linear(1, 1).parameters())]
)
def test_pickles_are_refused(make):
    with pytest.raises(TypeError, match=r"tensors are not pickled; save them with tensorlab\.save.*by its state_dict"):
        pickle.dumps(make())


def test_modules_without_tensors_are_ordinary_objects():
    assert repr(pickle.loads(pickle.dumps(nn.Dropout(0.25)))) == "Dropout(p=0.25, inplace=False)"


def total(net, x):
    return net(x).sum().detach()


@pytest.mark.skipif(tl.active_backend().name != "numpy", reason="the other process has the default backend")
def test_a_pool_of_processes():
    net, batches = nn.Linear(3, 1), [tl.full((2, 3), float(i)) for i in range(3)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.map(partial(total, net), batches)
    assert [value.item() for value in found] == [total(net, x).item() for x in batches]
