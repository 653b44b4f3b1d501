"""Callbacks that act on parameters: freezing, averages, penalties."""

import copy

import numpy as np
import pytest
from helpers import assert_close, host
from parts import classifier
from small_runs import assert_resumes, batches, make_trainer, results

import tensorlab as tl
from tensorlab import nn, optim, train
from tensorlab.nn import functional as F


def weights(module):
    return {name: host(p.detach()).copy() for name, p in module.named_parameters()}


class Record(train.Callback):
    """Keeps the parameters at the end of each epoch."""

    def on_fit_start(self, trainer):
        self.states = [weights(trainer.model)]

    def on_train_epoch_end(self, trainer):
        self.states.append(weights(trainer.model))


def changed(before, after):
    return {name for name in before if not np.array_equal(before[name], after[name])}


class TestFreeze:
    def test_epochs_in_which_parameters_are_fixed(self):
        record = Record()
        make_trainer([train.Freeze(["0.*", "1.*"], start=1, until=3), record]).fit(batches(), epochs=4)
        everything = set(record.states[0])
        outside = {"4.weight", "4.bias"}
        assert [changed(a, b) for a, b in zip(record.states, record.states[1:])] == [
            everything, outside, outside, everything
        ]  # fmt: skip

    def test_gradual_unfreezing(self):
        record = Record()
        callbacks = [train.Freeze("0.*", until=2), train.Freeze("1.*", until=1), record]
        make_trainer(callbacks).fit(batches(), epochs=3)
        learned = [sorted({name[0] for name in changed(a, b)}) for a, b in zip(record.states, record.states[1:])]
        assert learned == [["4"], ["1", "4"], ["0", "1", "4"]]

    def test_batch_statistics(self):
        for batch_norm in (True, False):
            model = classifier()
            trainer = make_trainer([train.Freeze("1.*", batch_norm=batch_norm)], model=model)
            trainer.fit(batches(), batches(), epochs=2)
            assert int(model[1].num_batches_tracked) == (0 if batch_norm else 6)

    def test_a_frozen_part_is_that_of_a_model_without_gradients(self):
        """The training whose parameters were frozen by hand, the optimizer's state included."""
        automatic, by_hand = make_trainer([train.Freeze("0.*")]), make_trainer([])
        by_hand.model[0].requires_grad_(False)
        automatic.fit(batches(), epochs=2)
        by_hand.fit(batches(), epochs=2)
        np.testing.assert_equal(results(automatic), results(by_hand))
        assert automatic.optimizer.state_dict()["state"].keys() == {2, 3, 4, 5}

    def test_the_momentum_waits(self):
        """A parameter that is frozen in between goes on with the momentum that it had."""
        kept = []

        class Momentum(train.Callback):
            def on_train_epoch_end(self, trainer):
                kept.append(host(trainer.optimizer.state[trainer.model[4].weight]["momentum_buffer"]).copy())

        trainer = make_trainer([train.Freeze("4.weight", start=1, until=2), Momentum()])
        trainer.fit(batches(), epochs=3)
        assert np.array_equal(kept[0], kept[1]) and not np.array_equal(kept[1], kept[2])

    def test_parameters_frozen_by_the_user_stay_so(self):
        model = classifier()
        model[0].bias.requires_grad_(False)
        make_trainer([train.Freeze("0.*", until=1)], model=model).fit(batches(), epochs=2)
        assert (model[0].weight.requires_grad, model[0].bias.requires_grad) == (True, False)

    def test_resumed(self, tmp_path):
        assert_resumes(lambda: [train.Freeze("0.*", until=2), train.Freeze("1.*", start=1, until=3)], tmp_path)

    def test_errors(self):
        with pytest.raises(ValueError, match="Freeze: until must be greater than start=3, not 3"):
            train.Freeze("0.*", start=3, until=3)
        with pytest.raises(
            ValueError, match=r"Freeze: names='head\.\*' matches no parameter; there are 0.weight, 0.bias"
        ):
            make_trainer([train.Freeze("head.*")]).fit(batches(), epochs=1)


class TestSWA:
    def test_the_average_is_numpys(self):
        record, swa = Record(), train.SWA(start=2)
        trainer = make_trainer([record, swa])
        trainer.fit(batches(), epochs=5)
        for name, parameter in trainer.model.named_parameters():
            assert_close(parameter.detach(), np.mean([s[name] for s in record.states[3:]], axis=0), rtol=1e-5)
        assert int(swa.averaged.n_averaged) == 3

    def test_fraction_and_distance(self):
        swa = train.SWA(start=0.5, every_n_epochs=2)
        make_trainer([swa]).fit(batches(), epochs=8)
        assert int(swa.averaged.n_averaged) == 2  # after epochs 5 and 7

    def test_batch_statistics_are_those_of_the_averages(self):
        trainer = make_trainer([train.SWA(start=1)])
        trainer.fit(batches(), epochs=3)
        model = trainer.model
        means = [host(model[0](x).mean(axis=0).detach()) for x, _ in batches()]
        assert_close(model[1].running_mean, np.mean(means, axis=0), rtol=1e-5)

    def test_before_its_start_nothing_is_averaged(self):
        plain, swa = make_trainer([]), make_trainer([train.SWA(start=9)])
        plain.fit(batches(), epochs=2)
        swa.fit(batches(), epochs=2)
        np.testing.assert_equal(results(swa), results(plain))

    def test_resumed(self, tmp_path):
        assert_resumes(lambda: [train.SWA(start=1)], tmp_path)

    def test_a_schedule_that_ends_with_swalr(self):
        trainer = make_trainer([train.SWA(start=2)])
        optimizer = trainer.optimizer
        schedule = optim.lr_scheduler.SequentialLR(
            optimizer,
            [optim.lr_scheduler.CosineAnnealingLR(optimizer, 2), optim.swa_utils.SWALR(optimizer, swa_lr=0.05)],
            milestones=[2],
        )
        trainer = train.Trainer(
            trainer.model, F.cross_entropy, optimizer, schedule=schedule, callbacks=[train.SWA(start=2)], progress=False
        )
        assert len(trainer.fit(batches(), epochs=4)) == 4


class TestEMA:
    def test_resumed(self, tmp_path):
        assert_resumes(lambda: [train.EMA(0.9)], tmp_path, valid=batches())


class TestPenalty:
    def penalty(self, start, model):
        return train.Penalty(optim.L2Penalty([model[0].weight], 0.05, start=start))

    def test_it_is_the_loss_with_a_term(self):
        """The training that adds the term to the loss by hand, in float64."""
        model = classifier().double()
        other = copy.deepcopy(model)
        data = [(x.double(), y) for x, y in batches()]
        history = make_trainer([self.penalty(1, model)], model=model).fit(data, epochs=3)

        optimizer = optim.SGD(other.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
        tl.seed_everything(5)
        for epoch in range(3):
            for x, y in data:
                loss = F.cross_entropy(other(x), y)
                if epoch >= 1:
                    loss = loss + 0.05 * (other[0].weight ** 2).sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
            assert_close(mine.detach(), host(theirs.detach()), rtol=1e-12)
        assert history[0]["penalty"] == 0 < history[1]["penalty"]

    def test_logged_values(self):
        model = nn.Linear(4, 3)
        penalty = train.Penalty(optim.L1Penalty([model.weight], 0.5), name="lasso")
        trainer = make_trainer([penalty], model=model, lr=0.0)
        size = float(abs(model.weight).sum())
        history = trainer.fit(batches(), epochs=1)
        assert history[0]["lasso"] == pytest.approx(0.5 * size, rel=1e-6)
        assert history[0]["loss"] == pytest.approx(trainer.evaluate(batches())["valid_loss"], rel=1e-5)

    def test_accumulated_batches_count_it_once(self):
        found = []
        for accumulate, data in ((1, batches(48, 48)), (3, batches(48, 16))):
            model = nn.Linear(4, 3).double()
            model.load_state_dict({"weight": np.ones((3, 4)), "bias": np.zeros(3)})
            penalty = train.Penalty(optim.L2Penalty(model.parameters(), 0.3))
            trainer = make_trainer([penalty], model=model, accumulate=accumulate)
            trainer.fit([(x.double(), y) for x, y in data], epochs=2)
            found.append(weights(model))
        for name in found[0]:
            np.testing.assert_allclose(found[1][name], found[0][name], rtol=1e-12, atol=1e-14)

    def test_with_an_optimizer_that_computes_the_loss(self):
        model = nn.Linear(4, 3)
        penalty = train.Penalty(optim.L2Penalty(model.parameters(), 1.0))
        optimizer = optim.LBFGS(model.parameters(), lr=0.5, line_search_fn="strong_wolfe")
        trainer = train.Trainer(model, F.cross_entropy, optimizer, callbacks=[penalty], progress=False)
        trainer.fit(batches(48, 48), epochs=10)
        model.zero_grad()
        ((x, y),) = batches(48, 48)
        (F.cross_entropy(model(x), y) + penalty.penalty()).backward()
        assert max(float(abs(p.grad).max()) for p in model.parameters()) < 1e-3  # the minimum of the sum

    def test_resumed(self, tmp_path):
        class Lasso(train.Penalty):
            """Finds its parameters when the training begins."""

            def __init__(self):
                super().__init__(optim.L1Penalty([nn.Parameter(tl.ones(1))], 0.01, start=2))

            def on_fit_start(self, trainer):
                self.penalty.params = [trainer.model[0].weight]
                super().on_fit_start(trainer)

        assert_resumes(lambda: [Lasso()], tmp_path)
