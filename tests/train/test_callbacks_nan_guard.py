"""NaNGuard: planted values that are not finite are found, named, or left out."""

import math

import numpy as np
import pytest
from helpers import host
from parts import classifier
from small_runs import assert_resumes, batches, make_trainer, results

import tensorlab as tl
from tensorlab import nn, optim, train
from tensorlab.nn import functional as F


def poisoned(batch=1, sample=3):
    """Return batches of which one has a NaN."""
    found = batches()
    x = found[batch][0].clone()
    x[sample, 2] = math.nan
    found[batch] = (x, found[batch][1])
    return found


class Root(nn.Module):
    """Has an infinite gradient at 0, and NaN below."""

    def forward(self, x):
        return x.sqrt()


def rooted():
    """Return a model whose second layer takes the root of 0."""
    model = nn.Sequential(nn.Linear(4, 3), Root(), nn.Linear(3, 3))
    for parameter in model[0].parameters():
        parameter.data = tl.zeros(parameter.shape)
    return model


class TestRaise:
    def message(self, trainer, data):
        before = {name: host(p.detach()).copy() for name, p in trainer.model.named_parameters()}
        with pytest.raises(FloatingPointError) as caught, np.errstate(all="ignore"):
            trainer.fit(data, epochs=3)
        return str(caught.value), before

    def test_samples(self):
        message, _ = self.message(make_trainer([train.NaNGuard()]), poisoned())
        assert message == (
            "NaNGuard: the loss is nan in epoch 1, batch 2 (step 2): samples 3 of the batch are not finite"
        )

    def test_operation_and_module_of_the_forward_pass(self):
        class Log(nn.Module):
            def forward(self, x):
                return (x - 1e9).log()

        model = nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.Tanh(), Log()))
        message, before = self.message(make_trainer([train.NaNGuard()], model=model), batches())
        assert message.startswith("NaNGuard: the loss is nan in epoch 1, batch 1 (step 1): log gave 48 NaN")
        assert message.endswith("in 1.1 (Log)")
        assert all(np.array_equal(host(p.detach()), before[name]) for name, p in model.named_parameters())

    def test_gradient(self):
        """The loss is finite; the derivative of the root at 0 is not."""
        model = rooted()
        message, before = self.message(make_trainer([train.NaNGuard()], model=model), batches())
        assert "the gradient of 0.weight, 0.bias is not finite in epoch 1, batch 1 (step 1)" in message
        assert "the gradient of sqrt has" in message and "return x.sqrt()" in message
        assert all(np.array_equal(host(p.detach()), before[name]) for name, p in model.named_parameters())

    def test_parameters_that_were_not_finite_before(self):
        model = classifier()
        trainer = make_trainer([train.NaNGuard()], model=model)
        model[4].bias.data = tl.tensor([0.0, tl.inf, 0.0])
        message, _ = self.message(trainer, batches())
        assert "4.bias had values that are not finite before the batch" in message and "learning rate" in message

    def test_dropout_is_that_of_the_batch(self):
        """The batch is run again with the random numbers that it had."""

        class Odd(nn.Module):
            def forward(self, x):
                mask = tl.rand(x.shape) < 0.0005
                return tl.where(mask, x * math.inf, x)

        model = nn.Sequential(nn.Linear(4, 16), Odd(), nn.Linear(16, 3))
        message, _ = self.message(make_trainer([train.NaNGuard()], model=model), batches() * 200)
        assert message.endswith("in 1 (Odd)")

    def test_the_users_own_loop(self):
        model = classifier()
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        trainer = train.Trainer(model, None, optimizer, callbacks=[train.NaNGuard()], progress=False)
        with pytest.raises(FloatingPointError, match=r"run the step inside tensorlab\.detect_anomaly"):
            for _ in trainer.epochs(1):
                for x, y in trainer.batches(batches()):
                    trainer.step(F.cross_entropy(model(x), y) * math.nan)

    def test_the_optimizers_policy_stays(self):
        """Also if another callback ends the training before the guard has begun."""

        class Refuses(train.Callback):
            order = -100

            def on_fit_start(self, trainer):
                raise RuntimeError

        for others in ([], [Refuses()]):
            trainer = make_trainer([train.NaNGuard("skip"), *others])
            trainer.optimizer.on_nonfinite = "raise"
            try:
                trainer.fit(batches(), epochs=1)
            except RuntimeError:
                assert others
            assert trainer.optimizer.on_nonfinite == "raise"

    def test_every_few_batches(self):
        trainer = make_trainer([train.NaNGuard(every_n_batches=2)])
        message, _ = self.message(trainer, poisoned(1))
        assert "epoch 1, batch 3" in message and "had values that are not finite" in message

    def test_a_training_without_faults_is_the_same(self):
        plain, guarded = make_trainer([]), make_trainer([train.NaNGuard()])
        plain.fit(batches(), epochs=2)
        guarded.fit(batches(), epochs=2)
        np.testing.assert_equal(results(guarded), results(plain))


class TestSkip:
    def test_it_is_the_training_without_the_batch(self):
        """Parameters, buffers, momentum and the mean loss; without dropout, whose random numbers differ."""

        def model():
            tl.seed_everything(3)
            net = classifier()
            net[3].p = 0.0
            return net

        guard = train.NaNGuard("skip")
        guarded, plain = make_trainer([guard], model=model()), make_trainer([], model=model())
        history = guarded.fit(poisoned(1), epochs=2)
        expected = plain.fit([batches()[0], batches()[2]], epochs=2)
        for mine, theirs in zip(results(guarded)[:2], results(plain)[:2], strict=True):
            np.testing.assert_equal(mine, theirs)
        assert [row["loss"] for row in history] == [row["loss"] for row in expected]
        assert [row["skipped"] for row in history] == [1, 1] and guard.skipped == 2
        assert guarded.optimizer.on_nonfinite == "ignore"

    def test_gradients(self):
        model = rooted()
        with np.errstate(all="ignore"):
            history = make_trainer([train.NaNGuard("skip", patience=6)], model=model).fit(batches(), epochs=2)
        assert history[-1]["skipped"] == 3 and math.isfinite(history[-1]["loss"])

    def test_patience(self):
        guard = train.NaNGuard("skip", patience=1)
        with pytest.raises(FloatingPointError, match=r"2 consecutive batches .* samples 3 of the batch"):
            make_trainer([guard]).fit([poisoned(0)[0]] * 5, epochs=1)

    def test_resumed(self, tmp_path):
        assert_resumes(lambda: [train.NaNGuard("skip")], tmp_path, data=poisoned())
