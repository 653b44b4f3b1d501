"""The loop of a training: `fit`, its pieces, and the options of `Trainer`."""

import re
from typing import NamedTuple

import numpy as np
import pytest
from helpers import assert_close, host
from trainings import Accuracy, Shuffled, assert_equal_models, data, elements, network, points, trainer

import tensorlab as tl
from tensorlab import nn, optim, train
from tensorlab.nn import functional as F


def bare_loop(model, optimizer, loader, epochs):
    model.train()
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()


class TestLoop:
    def test_fit_trains_as_a_bare_loop_does_bit_for_bit(self):
        expected = network()
        bare_loop(expected, optim.Adam(expected.parameters(), lr=0.02), data()[0], 3)
        found = trainer()
        found.fit(*data(), epochs=3)
        assert_equal_models(found.model, expected)
        assert (found.epoch, found.epochs_done, found.global_step) == (2, 3, 3 * 8)

    def test_the_pieces_in_the_users_own_hands_do_the_same_as_fit(self, tmp_path):
        loader, valid = data()
        fitted = trainer(metrics={"accuracy": Accuracy()}, folder=tmp_path / "fit")
        fitted.fit(loader, valid, epochs=2)

        loader, valid = data()
        own = trainer(metrics={"accuracy": Accuracy()}, folder=tmp_path / "own")
        for epoch in own.epochs(2):
            assert epoch == own.epoch
            for x, y in own.batches(loader):
                outputs = own.model(x)
                own.update_metrics(outputs, y)
                own.step(F.cross_entropy(outputs, y))
            own.evaluate(valid)
        assert_equal_models(own.model, fitted.model)
        times = train.logs.TIMES
        rows = [[{k: v for k, v in row.items() if k not in times} for row in t.history] for t in (own, fitted)]
        assert rows[0] == rows[1]
        assert {p.name for p in (tmp_path / "own").iterdir()} == {p.name for p in (tmp_path / "fit").iterdir()}

    def test_logged_values_are_exact_means_over_items(self):
        x, y = points(10)
        batches = [(x[:8], y[:8]), (x[8:], y[8:])]
        model = network()
        expected = []
        for inputs, targets in batches:
            loss = F.cross_entropy(model.train()(inputs), targets, reduction="sum")
            expected.append(float(loss))
        found = trainer(network(), optimizer=None, metrics={"accuracy": Accuracy()})
        found.optimizer.param_groups[0]["lr"] = 0.0
        row = found.fit(batches, epochs=1)[0]
        assert row["loss"] == pytest.approx(sum(expected) / 10, rel=1e-12)
        assert list(row) == ["epoch", "step", "loss", "accuracy", "lr", "seconds", "samples_per_second"]
        assert (row["epoch"], row["step"], row["lr"]) == (1, 2, 0.0)

    def test_evaluation_weights_items_and_restores_modes(self):
        found = trainer(metrics={"accuracy": Accuracy()})
        x, y = points(30, seed=1)
        frozen = found.model[1].eval()
        result = found.evaluate([(x[:20], y[:20]), (x[20:], y[20:])], "test")
        assert found.model.training and not frozen.training
        outputs = found.model.eval()(x)
        assert result == {
            "test_loss": pytest.approx(float(F.cross_entropy(outputs, y)), rel=1e-12),
            "test_accuracy": float((outputs.argmax(axis=1) == y).astype(tl.float64).mean()),
        }
        assert found.logged == {} and found.history == []

    def test_metrics_that_are_updated_together(self):
        class Together(dict):
            updates = 0

            def update(self, outputs, targets):
                self.updates += 1
                for metric in self.values():
                    metric.update(outputs, targets)

            def compute(self):
                raise AssertionError("the values are asked for one by one")

        metrics = Together(a=Accuracy(), b=Accuracy())
        row = trainer(metrics=metrics).fit(*data(), epochs=1)[0]
        assert metrics.updates == 8
        assert {"a", "b", "valid_a", "valid_b"} < row.keys()

    def test_batches_of_mappings_and_other_losses_by_overriding_forward(self):
        class Autoencoder(train.Trainer):
            def forward(self, model, batch):
                outputs = model(batch["x"])
                return F.mse_loss(outputs, batch["x"]), outputs, batch["x"]

        model = nn.Linear(2, 2).double()
        found = Autoencoder(model, None, optim.SGD(model.parameters(), lr=0.1), progress=False)
        batches = [{"x": points(8)[0], "name": "first"}]
        rows = found.fit(batches, batches, epochs=50)
        assert rows[-1]["valid_loss"] < 0.2 * rows[0]["loss"]

    def test_values_can_be_logged_in_batches_and_epochs(self):
        x, y = points(10)
        found = trainer()
        for _ in found.epochs(1):
            for inputs, targets in found.batches([(x[:8], y[:8]), (x[8:], y[8:])]):
                found.step(F.cross_entropy(found.model(inputs), targets))
                found.log("share", tl.tensor(float(len(inputs))))
            found.log("noted", tl.tensor([1, 2]))
        assert found.history[0]["share"] == pytest.approx((8 * 8 + 2 * 2) / 10)
        assert found.history[0]["noted"] == [1, 2]

    @pytest.mark.parametrize("progress", [False, True])
    def test_data_without_a_length(self, progress):
        class Stream(tl.data.IterableDataset):
            def __iter__(self):
                return zip(*points(20), strict=True)

        found = trainer(progress=progress)
        rows = found.fit(tl.data.DataLoader(Stream(), batch_size=8), tl.data.DataLoader(Stream()), epochs=2)
        assert (found.num_batches, found.global_step) == (None, 6)
        assert {"loss", "valid_loss"} < rows[-1].keys()

    def test_distributed_samplers_learn_the_epoch(self, tmp_path):
        """The order differs from epoch to epoch, and a resumed run has that of the epoch with which it continues."""
        dataset = tl.data.TensorDataset(*points(16))
        seen = []

        class Seen(train.Callback):
            def on_train_batch_start(self, trainer, batch, batch_idx):
                seen.append((trainer.epoch, batch[0].tolist()))

        for epochs, resume in ((3, False), (2, False), (3, True)):
            sampler = tl.data.DistributedSampler(dataset, num_replicas=2, rank=0)
            loader = tl.data.DataLoader(dataset, batch_size=8, sampler=sampler)
            trainer(callbacks=[Seen()], folder=tmp_path).fit(loader, epochs=epochs, resume=resume)
        orders = [order for _, order in seen[:3]]
        assert orders[0] != orders[1] != orders[2]
        assert seen[3:] == seen[:3]

    def test_a_second_fit_goes_on(self):
        once, twice = trainer(), trainer()
        once.fit(data()[0], epochs=4)
        loader, _ = data()
        twice.fit(loader, epochs=2)
        twice.fit(loader, epochs=2)
        assert_equal_models(once.model, twice.model)
        assert [row["epoch"] for row in twice.history] == [1, 2, 3, 4]

    def test_leaving_the_loop_ends_the_training(self):
        calls = []

        class Ends(train.Callback):
            def on_fit_end(self, trainer):
                calls.append(trainer.epochs_done)

        found = trainer(callbacks=[Ends()])
        for epoch in found.epochs(5):
            for x, y in found.batches(data()[0]):
                found.step(F.cross_entropy(found.model(x), y))
            if epoch == 2:
                break
        assert calls == [2]

    def test_predict_joins_batches(self):
        found = trainer()
        x, _ = points(10)
        expected = found.model.eval()(x)
        found.model.train()
        assert_close(found.predict([x[:7], (x[7:], None)]), host(expected.detach()))
        assert_close(found.predict(x), host(expected.detach()))
        assert found.model.training
        assert not found.predict(x).requires_grad

        class Two(nn.Module):
            def forward(self, x):
                return {"a": x, "b": (x + 1, x.sum(axis=1))}

        model = nn.Sequential(network(), Two())
        joined = trainer(model).predict([x[:7], x[7:]])
        assert joined["a"].shape == (10, 3)
        assert [part.shape for part in joined["b"]] == [(10, 3), (10,)]

    def test_an_array_is_one_batch(self):
        found = trainer()
        x = points(10)[0]
        assert_close(found.predict(x.array), found.predict(x))

    def test_lazy_models_take_their_sizes_from_the_first_batch(self, tmp_path):
        model = nn.Sequential(nn.LazyLinear(8), nn.Tanh(), nn.LazyLinear(3))
        found = trainer(model, precision="64-true", folder=tmp_path)
        rows = found.fit(*data(), epochs=2)
        assert model[0].weight.shape == (8, 2)
        assert rows[1]["loss"] < rows[0]["loss"]

    def test_moves_batches_to_the_device_of_the_model(self, other_backend):
        model = network().to(other_backend)
        found = trainer(model)
        row = found.fit(*data(), epochs=1)[0]
        assert np.isfinite(row["valid_loss"])
        assert found.predict(points(4)[0]).device.backend == other_backend

    def test_batches_keep_their_classes(self):
        class Pair(NamedTuple):
            inputs: tl.Tensor
            targets: tl.Tensor

        class Batch(dict):
            inputs = property(lambda self: self["inputs"])

        x, y = points(8)
        found = []

        class Own(train.Trainer):
            def forward(self, model, batch):
                found.append((type(batch), type(batch["pair"]), batch.inputs.dtype))
                return F.cross_entropy(model(batch.inputs), batch["pair"].targets), None, None

        model = network()
        own = Own(model, None, optim.SGD(model.parameters(), lr=0.1), progress=False, precision="32-true")
        own.fit([Batch(inputs=x, pair=Pair(x, y))], epochs=1)
        assert found == [(Batch, Pair, tl.float32)]

    def test_arrays_in_batches_become_tensors(self):
        x, y = points(8)
        found = trainer()
        assert found.fit([(x.array, y.array)], epochs=1)[0]["step"] == 1


class TestAccumulation:
    @pytest.mark.parametrize("sizes", [(8, 8), (8, 3), (2, 8, 5), (1, 1, 1, 9)])
    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    def test_equals_one_large_batch(self, sizes, reduction):
        """Gradients weighted by batch instead of by item are transformers' issue 35204."""
        x, y = points(sum(sizes))
        model = nn.Linear(2, 3).double()
        stops = np.cumsum(sizes)
        batches = [(x[stop - size : stop], y[stop - size : stop]) for stop, size in zip(stops, sizes, strict=True)]
        results = []
        for accumulate, loader in ((len(sizes), batches), (1, [(x, y)])):
            copied = nn.Linear(2, 3).double()
            copied.load_state_dict(model.state_dict())
            optimizer = optim.SGD(copied.parameters(), lr=0.1, momentum=0.9)
            found = trainer(
                copied, optimizer=optimizer, loss=nn.CrossEntropyLoss(reduction=reduction), accumulate=accumulate
            )
            rows = found.fit(loader, epochs=3)
            assert found.global_step == 3
            results.append((elements(copied), [row["loss"] for row in rows]))
        (accumulated, losses), (whole, expected) = results
        assert losses == pytest.approx(expected, rel=1e-12)
        for name in whole:
            np.testing.assert_allclose(accumulated[name], whole[name], rtol=1e-12, atol=1e-14)

    def test_counts_tokens_where_the_user_says_so(self):
        targets = tl.tensor([[0, 1, 2, -100], [1, -100, -100, -100], [2, 2, 0, 1]])
        logits = tl.randn(3, 4, 3, dtype=tl.float64)
        weight = {}
        for accumulate, parts in ((1, [slice(0, 3)]), (2, [slice(0, 2), slice(2, 3)])):
            model = nn.Linear(3, 3).double()
            model.load_state_dict({"weight": tl.eye(3), "bias": tl.zeros(3)})
            found = trainer(model, optimizer=optim.SGD(model.parameters(), lr=1.0), accumulate=accumulate)
            for _ in found.epochs(1):
                for x, y in found.batches([(logits[part], targets[part]) for part in parts]):
                    loss = F.cross_entropy(found.model(x).reshape(-1, 3), y.reshape(-1))
                    found.step(loss, items=(y != -100).sum())
            weight[accumulate] = host(model.weight.detach())
        np.testing.assert_allclose(weight[2], weight[1], rtol=1e-13)

    def test_the_last_incomplete_group_of_an_epoch_steps(self):
        steps = []

        class Steps(train.Callback):
            def on_after_optimizer_step(self, trainer):
                steps.append((trainer.epoch, trainer.batch_idx))

        found = trainer(accumulate=3, callbacks=[Steps()])
        found.fit(data()[0], epochs=2)  # 8 batches
        assert steps == [(0, 2), (0, 5), (0, 8), (1, 2), (1, 5), (1, 8)]

    def test_refused_with_a_closure(self):
        model = network()
        with pytest.raises(ValueError, match="Trainer: accumulate must be 1 with LBFGS"):
            trainer(model, optimizer=optim.LBFGS(model.parameters()), accumulate=2)


class TestOptions:
    def test_clips_by_norm_or_value(self):
        norms, largest = [], []

        class Norms(train.Callback):
            def on_before_optimizer_step(self, trainer):
                gradients = [p.grad for p in trainer.model.parameters()]
                norms.append(float(nn.utils.get_total_norm(gradients)))
                largest.append(max(float(abs(g).max()) for g in gradients))

        trainer(clip=0.01, callbacks=[Norms()]).fit(data()[0], epochs=1)
        assert max(norms) <= 0.01 * (1 + 1e-6)
        assert min(norms) > 0.009
        largest.clear()
        trainer(clip=0.001, clip_by="value", callbacks=[Norms()]).fit(data()[0], epochs=1)
        assert max(largest) == 0.001

    def test_clips_in_proportion_to_the_weights(self):
        ratios = []

        class Ratios(train.Callback):
            def on_before_optimizer_step(self, trainer):
                for p in trainer.model.parameters():
                    if p.ndim == 2:
                        ratios.append(float((p.grad.norm(axis=1) / p.detach().norm(axis=1)).max()))

        trainer(clip=0.002, clip_by="adaptive", callbacks=[Ratios()]).fit(data()[0], epochs=1)
        assert 0.0019 < max(ratios) <= 0.002 * (1 + 1e-6)

    @pytest.mark.parametrize(
        ("precision", "dtype"), [("64-true", "float64"), ("32-true", "float32"), ("16-true", "float16")]
    )
    def test_precision_casts_the_model_and_floating_inputs(self, precision, dtype):
        if tl.active_backend().name == "strict" and dtype == "float16":
            pytest.skip("the standard has no float16")
        seen = set()

        class Dtypes(train.Callback):
            def on_train_batch_start(self, trainer, batch, batch_idx):
                seen.add((str(batch[0].dtype), str(batch[1].dtype)))

        found = trainer(precision=precision, callbacks=[Dtypes()])
        found.fit(*data(), epochs=1)
        assert seen == {(f"tensorlab.{dtype}", "tensorlab.int64")} or seen == {(dtype, "int64")}
        assert {p.dtype for p in found.model.parameters()} == {getattr(tl, dtype)}
        assert found.predict(points(4)[0]).dtype == getattr(tl, dtype)

    def test_bfloat16(self):
        pytest.importorskip("ml_dtypes")
        if tl.active_backend().name == "strict":
            pytest.skip("the standard has no bfloat16")
        found = trainer(precision="bf16-true")
        assert np.isfinite(found.fit(*data(), epochs=1)[0]["valid_loss"])
        assert found.model[0].weight.dtype == tl.bfloat16

    def test_other_precisions_are_refused(self):
        with pytest.raises(ValueError, match="Trainer: precision must be '64-true', '32-true', 'bf16-true'"):
            trainer(precision="bf16-mixed")

    def test_ema_evaluates_the_average(self):
        found = trainer(ema=0.5)
        averages = {name: np.array(host(p.detach())) for name, p in found.model.named_parameters()}

        class Follow(train.Callback):
            order = 1

            def on_after_optimizer_step(self, trainer):
                for name, p in trainer.model.named_parameters():
                    averages[name] = 0.5 * averages[name] + 0.5 * host(p.detach())

        loader, valid = data()
        found.callbacks = train.callbacks.calls.Callbacks([*found.callbacks, Follow()])
        row = found.fit(loader, valid, epochs=2)[-1]
        assert found.evaluated_model is not found.model
        for name, p in found.evaluated_model.module.named_parameters():
            np.testing.assert_allclose(host(p.detach()), averages[name], rtol=1e-12)
        plain = trainer(found.model).evaluate(valid)
        assert row["valid_loss"] != plain["valid_loss"]
        assert row["valid_loss"] == found.evaluate(valid)["valid_loss"]

    @pytest.mark.parametrize("kind", ["LBFGS", "SAM", "NewtonCG"])
    def test_optimizers_that_need_a_closure(self, kind):
        model = nn.Linear(2, 3).double()
        optimizer = optim.SAM(model.parameters(), lr=1.0) if kind == "SAM" else getattr(optim, kind)(model.parameters())
        found = trainer(model, optimizer=optimizer, metrics={"accuracy": Accuracy()}, clip=100.0)
        x, y = points()
        rows = found.fit([(x, y)], epochs=5)
        assert rows[-1]["loss"] < 0.8 * rows[0]["loss"]
        assert found.tally.metrics["accuracy"].count == 60  # of each batch the outputs count once
        assert found.global_step == 5
        with pytest.raises(TypeError, match=f"step: loss must be a function that computes the loss, as {kind}"):
            for _ in found.epochs(1):
                for inputs, targets in found.batches([(x, y)]):
                    found.step(F.cross_entropy(model(inputs), targets))

    def test_seed_begins_the_random_numbers_of_a_training(self):
        results = []
        for draws in (0, 3):
            found = trainer(network(dropout=0.5), seed=5)
            tl.rand(draws)
            found.fit(*data(), epochs=2)
            results.append(elements(found.model))
        assert_equal_models(*results)

    def test_deterministic_seeds(self):
        assert trainer(deterministic=True).seed == 0
        assert trainer(deterministic=True, seed=3).seed == 3

    def test_deterministic_finds_numbers_from_elsewhere(self):
        rng = np.random.default_rng(0)

        class Noise(nn.Module):
            def forward(self, x):
                return x * float(rng.normal())

        found = trainer(nn.Sequential(network(), Noise()), deterministic=True)
        with pytest.raises(RuntimeError, match="deterministic=True the loss of a batch must be the same"):
            found.fit(data()[0], epochs=1)

    def test_deterministic_changes_nothing_else(self):
        found, plain = (
            trainer(network(dropout=0.5), metrics={"accuracy": Accuracy()}, seed=3, deterministic=deterministic)
            for deterministic in (True, False)
        )
        rows = [t.fit(*data(), epochs=2)[-1] for t in (found, plain)]
        assert_equal_models(found.model, plain.model)
        assert rows[0]["accuracy"] == rows[1]["accuracy"]


class TestErrors:
    def test_arguments(self):
        model = network()
        optimizer = optim.Adam(model.parameters())
        with pytest.raises(TypeError, match="Trainer: model must be a Module"):
            train.Trainer("model", nn.MSELoss(), optimizer)
        with pytest.raises(TypeError, match=r"Trainer: metrics\['a'\] must be a metric"):
            train.Trainer(model, nn.MSELoss(), optimizer, metrics={"a": 3})
        with pytest.raises(TypeError, match="Trainer: callbacks must be a list of callbacks, not an EarlyStopping"):
            train.Trainer(model, nn.MSELoss(), optimizer, callbacks=train.EarlyStopping())
        with pytest.raises(TypeError, match=r"Trainer: callbacks\[0\] must be a Callback"):
            train.Trainer(model, nn.MSELoss(), optimizer, callbacks=[train.EarlyStopping])
        with pytest.raises(TypeError, match="Trainer: loss must be a function or a module object or None, not "):
            train.Trainer(model, nn.MSELoss, optimizer)
        with pytest.raises(ValueError, match="Trainer: optimizer must be one of the model's parameters"):
            train.Trainer(network(), nn.MSELoss(), optimizer)
        with pytest.raises(ValueError, match="fit: epochs must be a positive integer, not 0"):
            trainer().fit(data()[0], epochs=0)
        with pytest.raises(TypeError, match="fit: train must be an iterable of batches"):
            trainer().fit(3, epochs=1)

    def test_data_without_batches(self):
        with pytest.raises(ValueError, match="batches: data has no batches"):
            trainer().fit([], epochs=1)
        with pytest.raises(ValueError, match="evaluate: data has no batches"):
            trainer().evaluate([])
        with pytest.raises(ValueError, match="predict: data has no batches"):
            trainer().predict([])
        once = iter(list(data()[0]))
        with pytest.raises(ValueError, match="an iterator, which has them once only"):
            trainer().fit(once, epochs=2)

    def test_pieces_out_of_place(self):
        found = trainer()
        with pytest.raises(RuntimeError, match=r"batches: each epoch of a loop over trainer\.epochs"):
            found.batches(data()[0])
        with pytest.raises(RuntimeError, match="one pass"):
            for _ in found.epochs(1):
                for _ in found.batches(data()[0]):
                    pass
                found.batches(data()[0])

    def test_steps_without_a_batch(self):
        """The loader itself is iterated over: callbacks and the position in the data would not learn of its batches."""
        found = trainer()
        with pytest.raises(RuntimeError, match=r"step: it must be called in a loop over trainer\.batches"):
            for _ in found.epochs(1):
                for x, y in data()[0]:
                    found.step(F.cross_entropy(found.model(x), y))

    @pytest.mark.parametrize("items", [0, "many", 2.5])
    def test_numbers_of_items(self, items):
        found = trainer()
        with pytest.raises((TypeError, ValueError), match="step: items must be a positive integer"):
            for _ in found.epochs(1):
                for x, y in found.batches(data()[0]):
                    found.step(F.cross_entropy(found.model(x), y), items=items)

    @pytest.mark.parametrize("value", ["much", [1.0, 2.0], tl.ones(2)])
    def test_values_logged_in_batches(self, value):
        found = trainer()
        with pytest.raises(ValueError, match="log: value must be a number or a 0-d tensor in a batch, not a "):
            for _ in found.epochs(1):
                for _ in found.batches(data()[0]):
                    found.log("value", value)

    def test_batches_that_are_no_pairs(self):
        x, y = points(8)
        cases = {
            "a Tensor of shape (8, 2)": (x, y),  # the tensors instead of batches of them
            "a tuple of 3": [(x, y, y)],
            "a dict of 'x', 'y'": [{"x": x, "y": y}],
        }
        for described, batches in cases.items():
            expected = re.escape(f"Trainer: a batch must be a pair (inputs, targets), not {described}; override")
            with pytest.raises(TypeError, match=expected):
                trainer().fit(batches, epochs=1)
            with pytest.raises(TypeError, match=expected):
                trainer().evaluate(batches)

    def test_losses(self):
        found = trainer(loss=nn.CrossEntropyLoss(reduction="none"))
        expected = r"loss must be a 0-d tensor, the mean over the batch, not a Tensor of shape \(8,\)"
        with pytest.raises(ValueError, match=f"step: {expected}"):
            found.fit(data()[0], epochs=1)
        with pytest.raises(ValueError, match=f"evaluate: {expected}"):
            found.evaluate(data()[0])
        model = network()
        none = train.Trainer(model, None, optim.SGD(model.parameters(), lr=0.1), progress=False)
        with pytest.raises(TypeError, match="Trainer: loss must be given, or forward be overridden"):
            none.fit(data()[0], epochs=1)


def test_no_element_moves_to_the_host_within_an_epoch(monkeypatch):
    """Neither `item` nor NumPy is asked for elements while a pass goes on."""
    found = trainer(clip=1.0)
    asked = []
    item = tl.Tensor.item
    monkeypatch.setattr(tl.Tensor, "item", lambda self: asked.append(found._in_batch) or item(self))
    found.fit(Shuffled(*points()), epochs=1)
    assert True not in asked
