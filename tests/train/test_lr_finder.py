"""The learning rate range test: what it leaves behind, when it stops, and what it suggests."""

import math

import numpy as np
import pytest
from helpers import assert_same, host
from matplotlib.figure import Figure
from parts import as_arrays, blobs, classifier, loader, state_of

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.nn import functional as F
from tensorlab.train import LRSweep, lr_find


def sweep_of(losses, low=1e-6, high=1.0):
    """Return a sweep with these losses, the smoothed ones too."""
    rates = np.geomspace(low, high, len(losses)).tolist()
    return LRSweep(tuple(rates), tuple(losses), tuple(losses), diverged=False)


def quadratic():
    """Return a parameter, and a loss with curvature 2, for which gradient descent diverges at rates above 1."""
    model = nn.Linear(1, 1, bias=False)
    model.weight.data = tl.ones(1, 1)
    return model, [(tl.ones(1, 1), tl.zeros(1, 1))]


class TestNothingChanges:
    """Lightning #6675 and fastai #3013: weights or the optimizer were changed."""

    @pytest.mark.parametrize("make", [lambda p: optim.SGD(p, lr=0.1, momentum=0.9), lambda p: optim.Adam(p, lr=0.01)])
    @pytest.mark.parametrize("before", [0, 3])
    def test_state_and_the_training_after_it(self, make, before):
        runs = []
        for sweeps in (False, True):
            tl.manual_seed(0)
            model, data = classifier(), loader()
            optimizer = make(model.parameters())
            schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)
            self.epochs(before, model, optimizer, schedule, data)
            if sweeps:
                state = state_of(model, optimizer, schedule)
                lr_find(model, F.cross_entropy, optimizer, data, num_training=30)
                assert state_of(model, optimizer, schedule) == state
            self.epochs(2, model, optimizer, schedule, data)
            runs.append(state_of(model, optimizer, schedule))
        assert runs[0] == runs[1]

    @staticmethod
    def epochs(count, model, optimizer, schedule, data):
        for _ in range(count):
            for x, y in data:
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
                schedule.step()

    def test_a_loader_with_its_own_generator_goes_on_where_it_was(self):
        model, data = classifier(), loader(generator=tl.Generator(7))
        lr_find(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), data, num_training=10)
        after = as_arrays(list(data))
        assert after == as_arrays(list(loader(generator=tl.Generator(7))))

    def test_after_an_error_in_the_loss(self):
        model, calls = classifier(), []

        def loss(outputs, targets):
            calls.append(1)
            if len(calls) == 5:
                raise RuntimeError("no more")
            return F.cross_entropy(outputs, targets)

        optimizer = optim.Adam(model.parameters())
        state = state_of(model, optimizer)
        with pytest.raises(RuntimeError, match="no more"):
            lr_find(model, loss, optimizer, loader())
        assert state_of(model, optimizer) == state

    def test_modes_of_the_model(self):
        model = classifier().eval()
        model[1].train()
        lr_find(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), [blobs()], num_training=3)
        assert [module.training for module in model] == [False, True, False, False, False]


class TestSweep:
    def test_rates_are_geometric(self):
        model, data = quadratic()
        found = lr_find(model, F.mse_loss, optim.SGD(model.parameters(), lr=1.0), data, max_lr=1e-3, num_training=20)
        np.testing.assert_allclose(found.rates, np.geomspace(1e-7, 1e-3, 20), rtol=1e-12)
        assert not found.diverged

    def test_losses_are_those_of_gradient_descent(self):
        model, data = quadratic()
        optimizer = optim.SGD(model.parameters(), lr=5.0)
        found = lr_find(
            model, F.mse_loss, optimizer, data, min_lr=0.01, max_lr=0.1, num_training=15, early_stop_threshold=math.inf
        )
        weight, average = np.float32(1), 0.0
        for step, rate in enumerate(found.rates):
            assert found.losses[step] == pytest.approx(float(weight) ** 2, rel=1e-5)
            average = 0.8 * average + 0.2 * found.losses[step]
            assert found.smoothed[step] == pytest.approx(average / (1 - 0.8 ** (step + 1)))
            weight = weight - np.float32(rate) * 2 * weight

    def test_stops_on_divergence(self):
        model, data = quadratic()
        found = lr_find(model, F.mse_loss, optim.SGD(model.parameters(), lr=1.0), data, max_lr=1e4, num_training=400)
        assert found.diverged and len(found.rates) < 400
        assert 1 < found.rates[-1] < 10  # the rate above which it diverges is 1
        assert found.suggestion() < 1

    def test_stops_at_nan(self):
        model, data = quadratic()
        calls = []

        def loss(outputs, targets):
            calls.append(1)
            return F.mse_loss(outputs, targets) * (math.nan if len(calls) == 8 else 1)

        found = lr_find(model, loss, optim.SGD(model.parameters(), lr=1.0), data)
        assert found.diverged and len(found.losses) == 8 and math.isnan(found.losses[-1])

    def test_groups_keep_their_ratios(self):
        """A step of SGD moves each group's parameter by its own rate."""
        first, second = (nn.Parameter(tl.zeros(1, dtype=tl.float64)) for _ in range(2))
        model = nn.ParameterList([first, second])
        moved = []

        class Observed(optim.SGD):
            def step(self, closure=None):
                moved.append([group["lr"] for group in self.param_groups])
                return super().step(closure)

        optimizer = Observed([{"params": [first], "lr": 0.02}, {"params": [second], "lr": 0.1}])
        model.forward = lambda x: (first + second) * x
        found = lr_find(model, F.mse_loss, optimizer, [(tl.ones(1), tl.zeros(1))], num_training=12)
        np.testing.assert_allclose([rates[1] for rates in moved], found.rates)
        np.testing.assert_allclose([rates[0] for rates in moved], 0.2 * np.array(found.rates), rtol=1e-12)
        assert [group["lr"] for group in optimizer.param_groups] == [0.02, 0.1]
        assert_same(first.detach(), host(tl.zeros(1, dtype=tl.float64)))

    def test_data_is_read_again_when_it_ends(self):
        model = classifier()
        seen = []

        class Batches:
            def __iter__(self):
                seen.append(0)
                return iter([blobs()] * 4)

        lr_find(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), Batches(), num_training=10)
        assert len(seen) == 3

    def test_optimizer_with_a_closure(self):
        model = classifier()
        found = lr_find(
            model, F.cross_entropy, optim.LBFGS(model.parameters(), max_iter=2), [blobs()], max_lr=1.0, num_training=12
        )
        assert min(found.losses) < found.losses[0]


class TestErrors:
    def test_iterator(self):
        model = classifier()
        with pytest.raises(TypeError, match=r"data must be a loader .* not a list_iterator"):
            lr_find(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), iter([blobs()]))

    def test_empty(self):
        model = classifier()
        with pytest.raises(ValueError, match="lr_find: data has no batches"):
            lr_find(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), [])

    def test_order_of_the_rates(self):
        model = classifier()
        with pytest.raises(ValueError, match=r"lr_find: min_lr must be less than max_lr=0\.1, not 1"):
            lr_find(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), [blobs()], min_lr=1.0, max_lr=0.1)

    def test_no_fall(self):
        for losses in ([1.0, 1.1, 1.2, 1.3], [1.0], [1.0] * 30):
            with pytest.raises(ValueError, match="the loss never falls"):
                sweep_of(losses).suggestion()


class TestSuggestions:
    losses = [*[3.0] * 40, *np.linspace(3, 1, 21), *np.linspace(1.2, 9, 40)]
    """Flat up to step 40, linear to the least value at step 60, then rising."""

    def test_formulas(self):
        sweep = sweep_of(self.losses, 1e-6, 1e4)  # a decade is 10 steps
        assert sweep.suggestion("minimum") == pytest.approx(1e-6 * 10**5)
        assert sweep.suggestion("valley") == pytest.approx(1e-6 * 10 ** ((4.2 + 5.8) / 2), rel=0.3)
        assert 1e-6 * 10**4.0 <= sweep.suggestion("steepest") < 1e-6 * 10**6.0

    def test_noise_before_the_fall_does_not_move_them(self, rng):
        noisy = sweep_of((np.array(self.losses) + 0.02 * rng.standard_normal(len(self.losses))).tolist(), 1e-6, 1e4)
        for method in ("valley", "minimum"):
            assert noisy.suggestion(method) == pytest.approx(sweep_of(self.losses, 1e-6, 1e4).suggestion(method), rel=1)

    def test_set_rates(self):
        groups = [{"params": [tl.zeros(1)], "lr": 0.5}, {"params": [tl.zeros(1)], "lr": 0.0}]
        optimizer = optim.SGD(groups)
        sweep = sweep_of(self.losses)
        assert sweep.set_rates(optimizer, "minimum") == sweep.suggestion("minimum")
        assert [group["lr"] for group in optimizer.param_groups] == [sweep.suggestion("minimum"), 0.0]

    def test_a_training_with_the_suggestion_learns(self):
        model = classifier()
        optimizer = optim.SGD(model.parameters(), lr=1e-6)
        data = loader()
        rate = lr_find(model, F.cross_entropy, optimizer, data).set_rates(optimizer)
        assert 0.01 < rate < 3
        for _ in range(10):
            for x, y in data:
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
        x, y = blobs()
        assert float((model.eval()(x).argmax(axis=1) == y).astype(tl.float32).mean()) > 0.95


def test_picture():
    losses = [2.0] * 6 + [1.5, 1.0, 0.5, 1.0, 50.0, math.inf]
    sweep = sweep_of(losses)
    figure = sweep.plot(Figure().subplots())
    (ax,) = figure.axes
    raw, smooth, mark = ax.lines
    assert_allclose = np.testing.assert_allclose
    assert_allclose(raw.get_xdata(), sweep.rates)
    assert_allclose(smooth.get_ydata(), losses)
    assert mark.get_xdata()[0] == sweep.suggestion()
    assert ax.get_xscale() == "log"
    low, high = ax.get_ylim()
    assert low < 0.5 and 2.0 < high < 4  # the fall fills the picture, not the divergence
    assert len(sweep_of([1.0, 1.1, 1.2]).plot(Figure().subplots()).axes[0].lines) == 2
