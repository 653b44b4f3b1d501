"""Sanity checks: each finds the fault that was planted, passes without it, and changes nothing."""

import functools
import math

import numpy as np
import pytest
from parts import blobs, classifier, loader, state_of

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.data import DataLoader, TensorDataset
from tensorlab.nn import functional as F
from tensorlab.train import sanity


class TestOverfitting:
    def test_a_sound_model(self):
        check = sanity.overfits_one_batch(classifier(), F.cross_entropy, blobs())
        assert check.passed
        losses = check.details["losses"]
        assert losses[-1] < losses[0]

    @pytest.mark.parametrize("optimizer", [None, lambda p: optim.SGD(p, lr=0.1), lambda p: optim.LBFGS(p)])
    def test_nothing_changes(self, optimizer):
        model = classifier()
        model.eval()
        loss_of(model).backward()
        gradients = [p.grad for p in model.parameters()]
        optimizer = None if optimizer is None else optimizer(list(model.parameters()))
        parts = [model] if optimizer is None else [model, optimizer]
        state = state_of(*parts)
        assert sanity.overfits_one_batch(model, F.cross_entropy, blobs(), optimizer)
        assert state_of(*parts) == state
        assert all(p.grad is grad for p, grad in zip(model.parameters(), gradients, strict=True))

    def test_cut_gradient(self):
        class Cut(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.last = nn.Linear(4, 16), nn.Linear(16, 3)

            def forward(self, x):
                return self.last(self.first(x).detach() * 0)

        check = sanity.overfits_one_batch(Cut(), F.cross_entropy, blobs())
        assert not check
        with pytest.raises(
            sanity.SanityError, match=r"overfits_one_batch: loss .* in 200 steps with learning rate 0.003"
        ):
            check.raise_if_failed()

    def test_wrong_sign(self):
        check = sanity.overfits_one_batch(
            classifier(), lambda out, y: -F.cross_entropy(out, y).exp(), blobs(), steps=20
        )
        assert check.passed  # a loss without a lower bound falls for ever
        model = classifier()
        ascent = optim.SGD(model.parameters(), lr=0.1, maximize=True)
        assert not sanity.overfits_one_batch(model, F.cross_entropy, blobs(), ascent, steps=20)

    def test_rate_far_off(self):
        model = classifier()
        check = sanity.overfits_one_batch(model, F.cross_entropy, blobs(), optim.SGD(model.parameters(), lr=1e-9))
        assert not check and "learning rate 1e-09" in check.message

    def test_a_small_rate_is_no_fault(self):
        model = classifier()
        check = sanity.overfits_one_batch(model, F.cross_entropy, blobs(), optim.SGD(model.parameters(), lr=1e-4))
        assert check.passed and check.message.endswith("with learning rate 0.01, 100 times the optimizer's")

    def test_a_warm_up_does_not_count(self):
        model = classifier()
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        optim.lr_scheduler.LinearLR(optimizer, start_factor=1e-9)
        assert sanity.overfits_one_batch(model, F.cross_entropy, blobs(), optimizer)

    def test_shuffled_targets_of_one_sample(self):
        """The same inputs with different targets cannot be learned."""
        batch = tl.ones(8, 4), tl.arange(8) % 3
        assert not sanity.overfits_one_batch(classifier(), F.cross_entropy, batch)

    def test_regression(self):
        model = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
        x = blobs(16)[0]
        assert sanity.overfits_one_batch(model, nn.MSELoss(), (x, x.sum(axis=1, keepdims=True).sin()))

    def test_nan(self):
        check = sanity.overfits_one_batch(classifier(), lambda out, y: F.cross_entropy(out, y) * math.nan, blobs())
        assert not check and len(check.details["losses"]) == 1


def loss_of(model):
    x, y = blobs()
    return F.cross_entropy(model(x), y)


class TestInitialLoss:
    """The levels against closed forms."""

    def level(self, loss, outputs, targets):
        model = nn.Identity()
        return sanity.initial_loss(model, loss, (outputs, targets)).details["chance"]

    @pytest.mark.parametrize("loss", [F.cross_entropy, nn.CrossEntropyLoss(), functools.partial(F.cross_entropy)])
    def test_cross_entropy(self, loss):
        labels = tl.tensor([0, 0, 0, 1, 1, 2])
        uninformed, informed = self.level(loss, tl.zeros(6, 4), labels)
        p = np.array([3, 2, 1]) / 6
        assert uninformed == pytest.approx(math.log(4), rel=1e-6)
        assert informed == pytest.approx(-(p * np.log(p)).sum(), rel=1e-4)

    def test_options_of_the_loss_count(self):
        labels = tl.tensor([0, 0, 0, 1, -100, -100])
        uninformed, _ = self.level(nn.CrossEntropyLoss(reduction="sum"), tl.zeros(6, 4), labels)
        assert uninformed == pytest.approx(4 * math.log(4), rel=1e-6)
        smooth = functools.partial(F.cross_entropy, label_smoothing=0.1)
        assert self.level(smooth, tl.zeros(6, 4), labels)[0] == pytest.approx(math.log(4), rel=1e-6)

    def test_images_and_probabilities_as_targets(self, rng):
        assert self.level(F.cross_entropy, tl.zeros(2, 5, 3, 3), tl.zeros(2, 3, 3, dtype=tl.int64))[0] == pytest.approx(
            math.log(5), rel=1e-6
        )
        p = rng.dirichlet(np.ones(3), 8)
        uninformed, informed = self.level(F.cross_entropy, tl.zeros(8, 3), tl.asarray(p, dtype=tl.float32))
        q = p.mean(axis=0)
        assert (uninformed, informed) == pytest.approx((math.log(3), -(q * np.log(q)).sum()), rel=1e-5)

    def test_nll(self):
        assert self.level(F.nll_loss, tl.full((6, 4), -1.4), tl.arange(6) % 4)[0] == pytest.approx(
            math.log(4), rel=1e-6
        )

    @pytest.mark.parametrize(
        ("loss", "outputs"),
        [(F.binary_cross_entropy_with_logits, 0.0), (nn.BCELoss(), 0.5), (nn.BCEWithLogitsLoss(), 0.0)],
    )
    def test_binary(self, loss, outputs):
        targets = tl.tensor([1.0, 0.0, 0.0, 0.0])
        uninformed, informed = self.level(loss, tl.full((4,), outputs), targets)
        assert uninformed == pytest.approx(math.log(2), rel=1e-6)
        assert informed == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75), rel=1e-5)

    def test_regression(self, rng):
        y = rng.standard_normal((20, 2))
        targets = tl.asarray(y, dtype=tl.float32)
        assert self.level(F.mse_loss, tl.zeros(20, 2), targets)[0] == pytest.approx(y.var(axis=0).mean(), rel=1e-5)
        deviation = np.abs(y - np.median(y, axis=0)).mean()
        assert self.level(nn.L1Loss(), tl.zeros(20, 2), targets)[1] == pytest.approx(deviation, rel=1e-5)

    def test_a_sound_model(self):
        check = sanity.initial_loss(classifier(), F.cross_entropy, blobs())
        assert check.passed and "chance gives 1.099" in check.message

    def test_planted_scale(self):
        model = classifier()
        model[4].weight.data = model[4].weight.data * 30
        check = sanity.initial_loss(model, F.cross_entropy, blobs())
        assert not check and "last layer" in check.message

    def test_planted_leak(self):
        x = F.one_hot(blobs()[1], 3).astype(tl.float32)
        check = sanity.initial_loss(nn.Identity(), F.cross_entropy, (100 * x, blobs()[1]))
        assert not check and "give away their targets" in check.message

    def test_targets_that_are_not_centred(self):
        x = blobs()[0]
        check = sanity.initial_loss(nn.Linear(4, 1), F.mse_loss, (x, 50 + x[:, :1]))
        assert not check and "standardize" in check.message

    def test_unknown_losses_need_a_level(self):
        def odd(outputs, targets):
            return F.cross_entropy(outputs, targets) + 1

        check = sanity.initial_loss(classifier(), odd, blobs())
        assert check.passed is None and check and "chance level of odd is not known" in check.message
        assert sanity.initial_loss(classifier(), odd, blobs(), expected=1 + math.log(3)).passed
        assert sanity.initial_loss(classifier(), odd, blobs(), expected=0.5).passed is False

    def test_nothing_changes(self):
        model = classifier().eval()
        state = state_of(model)
        sanity.initial_loss(model, F.cross_entropy, blobs())
        assert state_of(model) == state


class TestGradients:
    def test_a_sound_model(self):
        model = classifier().eval()
        state = state_of(model)
        check = sanity.gradients(model, F.cross_entropy, blobs())
        assert check.passed and check.message == "all 6 parameters"
        assert state_of(model) == state and all(p.grad is None for p in model.parameters())

    def test_planted_faults_are_named(self):
        model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3))
        model[0].bias.data = tl.full((4,), -1e3)  # the units are dead
        model.unused = nn.Parameter(tl.ones(2))
        model[2].bias.requires_grad_(False)
        check = sanity.gradients(model, F.cross_entropy, blobs())
        assert check.details["missing"] == ["unused"]
        assert check.details["zero"] == ["0.weight", "0.bias", "2.weight"]
        assert check.details["frozen"] == ["2.bias"]
        assert check.message == "no gradient: unused; exactly zero: 0.weight, 0.bias, 2.weight"

    def test_not_finite(self):
        model = classifier()
        check = sanity.gradients(model, lambda out, y: F.cross_entropy(out, y) * math.nan, blobs())
        assert len(check.details["nonfinite"]) == 6 and not check


class TestData:
    def test_planted_values(self):
        x, y = blobs()
        for index, value in ((7, math.nan), (31, -math.inf)):
            x[index, 2] = value
        data = TensorDataset(x, y)
        for form in (data, DataLoader(data, batch_size=5, shuffle=True), [(a, b) for a, b in data], iter(data)):
            check = sanity.finite_data(form)
            assert check.details["indices"] == [7, 31]
            assert check.message == "2 of 48 samples have NaN or infinity: samples 7, 31"

    def test_other_contents(self):
        assert sanity.finite_data([{"x": np.ones(2), "name": "a"}, {"x": np.arange(2), "name": "b"}])
        assert sanity.finite_data([1.0, 2.0, math.inf]).details["indices"] == [2]
        assert sanity.finite_data(tl.tensor([[1.0], [math.nan]])).details["indices"] == [1]
        assert sanity.finite_data([(np.array([1.0]), math.nan)]).details["indices"] == [0]

    @pytest.mark.parametrize("data", [{"a": 1}, "abc", 3, tl.ones(())], ids=repr)
    def test_what_is_no_data(self, data):
        with pytest.raises(TypeError, match="finite_data: data must be a dataset, a loader or another iterable"):
            sanity.finite_data(data)

    def test_targets_count(self):
        x, y = blobs()
        y = y.astype(tl.float32)
        y[3] = math.nan
        assert sanity.finite_data(TensorDataset(x, y)).details["indices"] == [3]

    def test_shared_samples(self):
        x, y = blobs()
        train, test = TensorDataset(x[:40], y[:40]), TensorDataset(x[36:], y[36:])
        check = sanity.no_shared_samples(train, DataLoader(test, batch_size=4))
        assert check.details["pairs"] == [(36, 0), (37, 1), (38, 2), (39, 3)]
        assert not check
        assert sanity.no_shared_samples(train, TensorDataset(x[40:], y[40:]))

    def test_other_targets_do_not_hide_them(self):
        x, y = blobs()
        train, test = TensorDataset(x, y), TensorDataset(x[:2], 1 - y[:2])
        assert sanity.no_shared_samples(train, test).details["pairs"] == [(0, 0), (1, 1)]
        assert sanity.no_shared_samples(train, test, key=lambda sample: sample)

    def test_shapes_and_types_are_part_of_the_contents(self):
        assert sanity.no_shared_samples([np.zeros(4, "float32")], [np.zeros((2, 2), "float32"), np.zeros(4, "int32")])
        assert not sanity.no_shared_samples([np.zeros(4, "float32")], [tl.zeros(4)])

    def test_random_states(self):
        class Augmented(tl.data.Dataset):
            def __getitem__(self, index):
                return tl.randn(2)

            def __len__(self):
                return 4

        state = state_of()
        sanity.finite_data(Augmented())
        sanity.no_shared_samples(Augmented(), Augmented())
        assert state_of() == state


class TestAll:
    def test_report(self):
        model = classifier()
        data, held_out = loader(), DataLoader(TensorDataset(*blobs(seed=1)), batch_size=8)
        state = state_of(model)
        report = sanity.check(model, F.cross_entropy, train=data, valid=held_out)
        assert report and not report.failures
        assert [check.name for check in report] == [
            "finite_data",
            "finite_data (valid)",
            "no_shared_samples",
            "initial_loss",
            "gradients",
            "overfits_one_batch",
        ]
        assert state_of(model) == state
        assert str(report).count("\nok ") == 5

    def test_failures_are_raised_together(self):
        model = classifier()
        model.unused = nn.Parameter(tl.ones(1))
        data = loader()
        report = sanity.check(model, F.cross_entropy, train=data, valid=data)
        assert [check.name for check in report.failures] == ["no_shared_samples", "gradients"]
        with pytest.raises(
            sanity.SanityError, match=r"2 of 6 checks failed\n(.*\n)+FAILED +gradients +no gradient: unused"
        ):
            report.raise_if_failed()
