"""Averages of models against NumPy's means and closed forms, whose memory is whose, and batch statistics anew."""

import copy

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, tensor

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.optim import lr_scheduler, swa_utils
from tensorlab.optim.swa_utils import AveragedModel, update_bn


def network():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2)).double()


def refill(model, rng):
    """Give a model new parameters and statistics; return them all as NumPy arrays."""
    for buffer in model.buffers():
        buffer.data = tensor(rng.integers(0, 50) if buffer.ndim == 0 else rng.uniform(1, 2, buffer.shape))
    for parameter in model.parameters():
        parameter.data = tensor(rng.standard_normal(parameter.shape))
    return {key: host(value).copy() for key, value in model.state_dict().items()}


def taken(averaged, model, rng, times):
    """Average over so many random models; return what each of them held, by name."""
    seen = []
    for _ in range(times):
        seen.append(refill(model, rng))
        averaged.update_parameters(model)
    return {key: [state[key] for state in seen] for key in seen[0]}


def decayed(values, decay):
    """Return the exponential average as the sum that its recursion stands for."""
    weights = [decay ** (len(values) - 1)] + [(1 - decay) * decay**age for age in reversed(range(len(values) - 1))]
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def names_of(kind, model):
    return [name for name, _ in getattr(model, f"named_{kind}")()]


MEANS = [{}, {"avg_fn": swa_utils.get_swa_avg_fn()}, {"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()}]
DECAYS = [{"avg_fn": swa_utils.get_ema_avg_fn(0.7)}, {"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.7)}]


class TestAverages:
    @pytest.mark.parametrize("options", MEANS)
    def test_equal_weights(self, options, rng):
        model = network()
        averaged = AveragedModel(model, **options)
        values = taken(averaged, model, rng, 5)
        for name, parameter in averaged.module.named_parameters():
            assert_close(parameter.detach(), np.mean(values[name], axis=0))
        for name, buffer in averaged.module.named_buffers():
            assert_same(buffer, values[name][-1])
        assert averaged.n_averaged.item() == 5

    @pytest.mark.parametrize("options", DECAYS)
    def test_exponential_weights(self, options, rng):
        model = network()
        averaged = AveragedModel(model, **options)
        values = taken(averaged, model, rng, 6)
        for name, parameter in averaged.module.named_parameters():
            assert_close(parameter.detach(), decayed(values[name], 0.7))

    @pytest.mark.parametrize(("options", "formula"), [(MEANS[0], lambda v: np.mean(v, axis=0)), (DECAYS[1], None)])
    def test_buffers_too(self, options, formula, rng):
        model = network()
        averaged = AveragedModel(model, use_buffers=True, **options)
        values = taken(averaged, model, rng, 5)
        for name, value in averaged.module.state_dict().items():
            if value.ndim:
                assert_close(value, formula(values[name]) if formula else decayed(values[name], 0.7))

    def test_counts_of_batches_drop_the_rest(self):
        model = nn.BatchNorm1d(1)
        averaged, found = AveragedModel(model, use_buffers=True), []
        for count in (1, 4, 9, 16):
            model.num_batches_tracked.data = tl.tensor(count)
            averaged.update_parameters(model)
            found.append(averaged.module.num_batches_tracked.item())
        assert found == [1, 2, 4, 7]  # 1, 2.5, 2 + 7/3, 4 + 12/4
        assert averaged.module.num_batches_tracked.dtype == tl.int64

    def test_functions_of_ones_own(self, rng):
        model, counts = nn.Linear(2, 1, dtype=tl.float64), []

        def least(average, current, num_averaged):
            counts.append(num_averaged.item())
            return tl.minimum(average, current)

        def least_of_all(averages, currents, num_averaged):
            for average, current in zip(averages, currents, strict=True):
                average -= tl.maximum(average - current, 0.0)

        one, all_ = AveragedModel(model, avg_fn=least), AveragedModel(model, multi_avg_fn=least_of_all)
        seen = []
        for _ in range(3):
            seen.append(refill(model, rng)["weight"])
            one.update_parameters(model)
            all_.update_parameters(model)
        assert counts == [1, 1, 2, 2]
        assert_same(one.module.weight.detach(), np.min(seen, axis=0))
        assert_close(all_.module.weight.detach(), np.min(seen, axis=0))

    def test_a_multi_function_meets_one_data_type_at_a_time(self):
        met = []
        model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1, dtype=tl.float64), nn.Linear(1, 1))
        averaged = AveragedModel(model, multi_avg_fn=lambda averages, *_: met.append([str(x.dtype) for x in averages]))
        averaged.update_parameters(model)
        averaged.update_parameters(model)
        assert met == [["float32"] * 4, ["float64"] * 2]

    def test_a_more_precise_average(self, rng):
        model = nn.Linear(3, 2)
        averaged = AveragedModel(model).double()
        seen = []
        for _ in range(3):
            model.weight.data = tensor(rng.standard_normal((2, 3)), dtype="float32")
            seen.append(host(model.weight.detach()).astype("float64"))
            averaged.update_parameters(model)
        assert averaged.module.weight.dtype == tl.float64
        assert_close(averaged.module.weight.detach(), np.mean(seen, axis=0))


class TestMemory:
    def test_training_goes_on_without_the_average(self, rng):
        model = network()
        averaged, optimizer = AveragedModel(model), optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        def step():
            optimizer.zero_grad()
            model(tensor(rng.standard_normal((8, 3)))).sum().backward()
            optimizer.step()

        averaged.update_parameters(model)  # before the optimizer moves the parameters into one array
        for _ in range(2):
            before = copy.deepcopy(averaged).state_dict()
            step()
            for key, value in averaged.state_dict().items():
                assert_same(value, host(before[key]))
            averaged.update_parameters(model)
        trained = {key: host(value).copy() for key, value in model.state_dict().items()}
        with tl.no_grad():
            for parameter in averaged.parameters():
                parameter *= 0.0
        for key, value in model.state_dict().items():
            assert_same(value, trained[key])

    @pytest.mark.parametrize("create_graph", [False, True])
    def test_gradients_are_not_copied(self, create_graph):
        model = nn.Linear(2, 1)
        (model(tl.ones(1, 2)) ** 2).sum().backward(create_graph=create_graph)
        before = model.weight.grad
        averaged = AveragedModel(model)
        assert all(parameter.grad is None for parameter in averaged.parameters())
        assert model.weight.grad is before

    def test_tied_parameters_stay_tied(self):
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        model[1].weight = model[0].weight
        averaged = AveragedModel(model)
        averaged.update_parameters(model)
        assert averaged.module[1].weight is averaged.module[0].weight

    def test_a_graph_that_needs_the_old_average(self):
        model = nn.Linear(2, 1)
        averaged = AveragedModel(model)
        out = averaged(tl.ones(1, 2, requires_grad=True)).sum()
        averaged.update_parameters(model)
        with pytest.raises(RuntimeError, match="changed in place"):
            out.backward()

    @pytest.mark.filterwarnings("ignore:You are comparing a array_api_strict dtype")
    def test_on_another_device(self, rng, other_backend):
        model = network()
        averaged = AveragedModel(model, device=other_backend)
        values = taken(averaged, model, rng, 3)
        assert {tensor.backend.name for tensor in averaged.state_dict().values()} == {other_backend}
        for name in names_of("parameters", model):
            assert_close(averaged.module.get_parameter(name).detach(), np.mean(values[name], axis=0))


class TestModule:
    def test_state_dict_goes_on(self, rng):
        model = network()
        first = AveragedModel(model)
        values = taken(first, model, rng, 2)
        assert list(first.state_dict()) == ["n_averaged", *(f"module.{key}" for key in model.state_dict())]
        second = AveragedModel(network())
        second.load_state_dict(first.state_dict())
        refill(model, rng)
        second.update_parameters(model)
        weight = np.mean([*values["0.weight"], host(model[0].weight.detach())], axis=0)
        assert_close(second.module[0].weight.detach(), weight)

    def test_calls_the_copy(self, rng):
        model = nn.Linear(2, 1, dtype=tl.float64)
        averaged, x = AveragedModel(model), tensor(rng.standard_normal((4, 2)))
        assert_same(averaged(x).detach(), host(model(x).detach()))
        assert not averaged.eval().module.training

    def test_another_model_changes_nothing(self):
        averaged = AveragedModel(nn.Linear(2, 1))
        before = copy.deepcopy(averaged).state_dict()
        with pytest.raises(ValueError, match=r"parameters of model have the shapes \[\(3, 2\), \(3,\)\], not"):
            averaged.update_parameters(nn.Linear(2, 3))
        with pytest.raises(ValueError, match="parameters of model have the shapes"):
            averaged.update_parameters(nn.Linear(2, 1, bias=False))
        with pytest.raises(ValueError, match="buffers of model have the shapes"):
            AveragedModel(nn.BatchNorm1d(2)).update_parameters(nn.BatchNorm1d(2, track_running_stats=False))
        for key, value in averaged.state_dict().items():
            assert_same(value, host(before[key]))

    def test_errors(self):
        with pytest.raises(TypeError, match="AveragedModel: model must be a Module"):
            AveragedModel([])
        with pytest.raises(ValueError, match="mutually exclusive"):
            AveragedModel(nn.Identity(), **MEANS[1], **DECAYS[1])
        for make in (swa_utils.get_ema_avg_fn, swa_utils.get_ema_multi_avg_fn):
            for decay in (-0.1, 1.1, float("nan")):
                with pytest.raises(ValueError, match=rf"decay must be a number in \[0, 1\], not {decay}"):
                    make(decay)
            with pytest.raises(TypeError, match=r"decay must be a number in \[0, 1\], not 'x'"):
                make("x")

    def test_the_schedule_that_goes_with_it(self):
        assert swa_utils.SWALR is lr_scheduler.SWALR


class TestUpdateBN:
    def batches(self, rng):
        return [rng.standard_normal((size, 3)) for size in (4, 6, 9)]

    @pytest.mark.parametrize("wrap", [tensor, lambda x: (tensor(x), 0), lambda x: [tensor(x)]])
    def test_means_over_batches(self, wrap, rng):
        model, batches = nn.Sequential(nn.BatchNorm1d(3, dtype=tl.float64)), self.batches(rng)
        model(tensor(batches[0] + 100))  # forgotten
        update_bn(map(wrap, batches), model)
        assert_close(model[0].running_mean, np.mean([x.mean(axis=0) for x in batches], axis=0))
        assert_close(model[0].running_var, np.mean([x.var(axis=0, ddof=1) for x in batches], axis=0))
        assert model[0].num_batches_tracked.item() == 3

    def test_of_an_average(self, rng):
        model, batches = network(), self.batches(rng)
        averaged = AveragedModel(model)
        taken(averaged, model, rng, 3)
        weights = [host(parameter.detach()).copy() for parameter in averaged.parameters()]
        update_bn(map(tensor, batches), averaged)
        hidden = [x @ weights[0].T + weights[1] for x in batches]
        assert_close(averaged.module[1].running_mean, np.mean([h.mean(axis=0) for h in hidden], axis=0))
        for parameter, weight in zip(averaged.parameters(), weights, strict=True):
            assert_same(parameter.detach(), weight)

    @pytest.mark.filterwarnings("ignore:You are comparing a array_api_strict dtype")
    def test_batches_move(self, rng, other_backend):
        model = nn.BatchNorm1d(3, dtype=tl.float64).to(other_backend)
        update_bn(map(tensor, self.batches(rng)), model, device=other_backend)
        assert model.running_mean.backend.name == other_backend

    def test_modes_and_momenta_come_back(self, rng):
        model = nn.Sequential(nn.BatchNorm1d(3, momentum=0.3), nn.Dropout(), nn.BatchNorm1d(3, momentum=None)).eval()
        model[1].train()
        with pytest.raises(tl.ShapeError):
            update_bn([tl.ones(4, 3), tl.ones(4, 5)], model)
        assert [module.training for module in model.modules()] == [False, False, True, False]
        assert [model[0].momentum, model[2].momentum] == [0.3, None]

    def test_nothing_runs_without_batch_normalisation(self):
        def loader():
            raise AssertionError("no batch is needed")
            yield

        update_bn(loader(), nn.Linear(1, 1))


def test_errors_name_the_function_and_the_argument():
    model = nn.BatchNorm1d(1)
    for call, message in [
        (lambda: AveragedModel(model, avg_fn=3), "AveragedModel: avg_fn must be callable or None, not 3"),
        (lambda: AveragedModel(model, use_buffers="no"), "AveragedModel: use_buffers must be a bool, not 'no'"),
        (lambda: AveragedModel(model).update_parameters(3), "update_parameters: model must be a Module, not 3"),
        (lambda: tl.optim.swa_utils.update_bn(3, model), "update_bn: loader must be an iterable of batches, not 3"),
        (lambda: tl.optim.swa_utils.update_bn([[]], model), "update_bn: batch 0 of loader is empty"),
    ]:
        with pytest.raises((TypeError, ValueError), match=f"^{message}"):
            call()
