"""Searches: what they try, that they go on where they were interrupted, and what they show."""

import csv
import json
import math

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.random.seeding import random_states
from tensorlab.train import search

SPACE = {
    "lr": search.LogUniform(1e-4, 1.0),
    "momentum": search.Uniform(0.0, 0.9),
    "layers": search.Integers(1, 4),
    "width": search.Integers(4, 256, log=True),
    "activation": [nn.ReLU, nn.Tanh],
}


def score(lr, momentum, layers, width, activation):
    """A smooth function with noise that depends on the random states."""
    value = -((math.log10(lr) + 2) ** 2) - (momentum - 0.5) ** 2 - abs(layers - 2) - abs(math.log2(width) - 5) / 4
    return value + 0.1 * (activation is nn.Tanh) + 0.01 * tl.randn(()).item()


def scores(**params):
    """The same value step by step."""
    for epoch in range(1, 6):
        yield score(**params) - 1 / epoch


def kinds(result):
    return [trial.status for trial in result.trials]


def essence(result):
    """Everything but times."""
    return [(t.params, t.status, t.value, t.intermediate, t.reason) for t in result.trials]


SEARCHES = {
    "random": lambda objective=score, trials=12, **options: search.random_search(objective, SPACE, trials, **options),
    "optuna": lambda objective=score, trials=12, **options: search.optuna_search(objective, SPACE, trials, **options),
    "grid": lambda objective=score, trials=None, **options: search.grid_search(
        lambda lr, width: objective(lr=lr, momentum=0.5, layers=2, width=width, activation=nn.ReLU),
        {"lr": [0.001, 0.01, 0.1, 1.0], "width": (16, 32, 64)},
        **options,
    ),
}


@pytest.fixture(params=SEARCHES)
def run(request):
    if request.param == "optuna":
        pytest.importorskip("optuna")
    return SEARCHES[request.param]


# -- what is tried -----------------------------------------------------------------------------------------------------


def test_a_grid_has_all_combinations():
    found = search.grid_search(lambda a, b: a * b, {"a": [1, 2], "b": [3, 4, 5]})
    assert [t.params for t in found.trials] == [{"a": a, "b": b} for a in (1, 2) for b in (3, 4, 5)]
    assert (found.best_params, found.best_value) == ({"a": 2, "b": 5}, 10.0)
    assert search.grid_search(lambda a: a, {"a": range(3)}, direction="minimize").best_params == {"a": 0}


@pytest.mark.parametrize("name", ["random", "optuna"])
def test_values_are_of_their_distributions(name):
    if name == "optuna":
        pytest.importorskip("optuna")
    params = [trial.params for trial in SEARCHES[name](trials=60, seed=1).trials]
    rates = [p["lr"] for p in params]
    assert all(1e-4 <= rate <= 1 for rate in rates)
    assert {p["layers"] for p in params} == {1, 2, 3, 4}
    assert all(type(p["width"]) is int and 4 <= p["width"] <= 256 for p in params)
    assert {p["activation"] for p in params} == {nn.ReLU, nn.Tanh}
    if name == "random":
        assert 0.3 < np.mean([rate < 1e-2 for rate in rates]) < 0.7
        assert 0.3 < np.mean([p["width"] < 32 for p in params]) < 0.7


def test_distributions_divide_their_interval_evenly():
    quantiles = (np.arange(1000) + 0.5) / 1000
    assert np.bincount([search.Integers(2, 5).point(u) for u in quantiles]).tolist() == [0, 0, 250, 250, 250, 250]
    assert np.bincount([search.Choice([*"abcd"]).point(u) for u in quantiles]).tolist() == [250] * 4
    widths = np.array([search.Integers(1, 7, log=True).point(u) for u in quantiles])
    shares = np.log((np.arange(1, 8) + 1) / np.arange(1, 8)) / np.log(8)
    assert np.abs(np.bincount(widths)[1:] - 1000 * shares).max() < 1
    assert search.LogUniform(1e-3, 1e3).point(0.5) == pytest.approx(1.0)
    assert search.Uniform(-1.0, 3.0).point(0.25) == 0.0


def test_optuna_finds_what_random_search_does_not():
    pytest.importorskip("optuna")
    space = {name: SPACE[name] for name in ("lr", "momentum", "width")}

    def smooth(lr, momentum, width):
        return -((math.log10(lr) + 2) ** 2) - (momentum - 0.5) ** 2 - (math.log2(width) - 5) ** 2

    pairs = [
        [f(smooth, space, 40, seed=seed).best_value for f in (search.optuna_search, search.random_search)]
        for seed in range(3)
    ]
    assert np.mean([suggested for suggested, _ in pairs]) > np.mean([drawn for _, drawn in pairs])


def test_pruning_stops_bad_trials_early():
    pytest.importorskip("optuna")
    found = SEARCHES["optuna"](scores, trials=25, seed=0)
    pruned = [t for t in found.trials if t.status == "pruned"]
    assert pruned
    assert all(1 <= len(t.intermediate) < 6 and t.value == t.intermediate[-1] for t in pruned)
    assert all(len(t.intermediate) == 5 for t in found.trials if t.status == "complete")
    assert found.best.status == "complete"
    import optuna

    kept = SEARCHES["optuna"](scores, trials=25, seed=0, pruner=optuna.pruners.NopPruner())
    assert set(kinds(kept)) == {"complete"}


def test_a_pruned_objective_is_closed():
    pytest.importorskip("optuna")
    closed = []

    def objective(x):
        try:
            for _ in range(5):
                yield -x
        finally:
            closed.append(x)

    found = search.optuna_search(objective, {"x": search.Uniform(0, 1)}, 20, seed=0)
    assert "pruned" in kinds(found)
    assert closed == [t.params["x"] for t in found.trials]


def test_generators_return_their_last_value_or_another():
    def objective(x):
        yield 1.0
        yield 2.0
        if x:
            return 5.0

    found = search.grid_search(objective, {"x": [0, 1]})
    assert [(t.value, t.intermediate) for t in found.trials] == [(2.0, [1.0, 2.0]), (5.0, [1.0, 2.0])]


# -- seeds and interruptions -------------------------------------------------------------------------------------------


def test_the_seed_determines_everything(run):
    assert essence(run(seed=3)) == essence(run(seed=3))
    assert essence(run(seed=3)) != essence(run(seed=4))


def test_random_states_are_restored(run):
    before = random_states()
    run(seed=3)
    assert random_states() == before


class Killed(BaseException):
    pass


@pytest.mark.parametrize("objective", [score, scores])
def test_an_interrupted_search_goes_on_as_if_nothing_had_happened(run, objective, tmp_path):
    calls = []

    def fragile(lr, **params):
        if lr > 0.5:
            raise ValueError("diverged")
        return objective(lr=lr, **params)

    def interrupted(**params):
        calls.append(params)
        if len(calls) in (5, 10):
            raise Killed
        return fragile(**params)

    expected = run(fragile, seed=5)
    log = tmp_path / "runs" / "search.jsonl"
    with pytest.raises(Killed):
        run(interrupted, seed=5, log=log)
    with open(log, "a") as file:
        file.write('{"number": 4, "par')  # a line that was cut off
    with pytest.raises(Killed):
        run(interrupted, seed=5, log=log, resume=True)
    found = run(interrupted, log=log, resume=True)
    assert essence(found) == essence(expected)
    assert len(calls) == 12 + 2
    assert essence(run(interrupted, log=log, resume=True)) == essence(expected)
    assert len(calls) == 12 + 2


def test_a_search_goes_on_with_more_trials(tmp_path):
    log = tmp_path / "search.jsonl"
    SEARCHES["random"](trials=4, seed=1, log=log)
    found = SEARCHES["random"](trials=9, seed=1, log=log, resume=True)
    assert essence(found) == essence(SEARCHES["random"](trials=9, seed=1))


def test_logs_are_not_mixed(run, tmp_path):
    log = tmp_path / "search.jsonl"
    run(seed=1, log=log)
    with pytest.raises(FileExistsError, match="resume=True goes on with it"):
        run(seed=1, log=log)
    with pytest.raises(ValueError, match=r"is that of another search: its seed is 1, not 2"):
        run(seed=2, log=log, resume=True)
    with pytest.raises(ValueError, match="its direction is 'maximize', not 'minimize'"):
        run(seed=1, log=log, resume=True, direction="minimize")
    with pytest.raises(ValueError, match="resume needs the log"):
        run(seed=1, resume=True)


def test_a_log_of_another_space_is_refused(tmp_path):
    log = tmp_path / "search.jsonl"
    search.grid_search(lambda x: x, {"x": [1, 2]}, log=log)
    with pytest.raises(ValueError, match=r"is that of another search: its space is .*1, 2.*, not .*1, 3"):
        search.grid_search(lambda x: x, {"x": [1, 3]}, log=log, resume=True)
    with pytest.raises(ValueError, match=r"its search is 'grid_search', not 'random_search'"):
        search.random_search(lambda x: x, {"x": [1, 2]}, 2, log=log, resume=True)


def test_a_log_is_a_line_of_json_for_each_trial(tmp_path):
    log = tmp_path / "search.jsonl"
    found = SEARCHES["random"](trials=3, seed=1, log=log)
    header, *rows = map(json.loads, log.read_text().splitlines())
    assert header["space"]["activation"] == {"kind": "Choice", "values": ["ReLU", "Tanh"]}
    assert [row["value"] for row in rows] == [t.value for t in found.trials]
    read = search.read_search(log)
    assert [t.value for t in read.trials] == [t.value for t in found.trials]
    assert {t.params["activation"] for t in read.trials} <= {"ReLU", "Tanh"}
    assert str(read) == str(found)
    (tmp_path / "other").write_text('{"epoch": 1}\n')
    with pytest.raises(ValueError, match="is not the log of a search"):
        search.read_search(tmp_path / "other")


# -- failures ----------------------------------------------------------------------------------------------------------


def sometimes(x):
    if x == 1:
        raise RuntimeError("the batch does not fit into memory")
    return math.nan if x == 2 else None if x == 3 else float(x)


def test_failures_are_kept_with_their_errors():
    found = search.grid_search(sometimes, {"x": [0, 1, 2, 3, 4]})
    assert kinds(found) == ["complete", "failed", "failed", "failed", "complete"]
    assert found.best_value == 4.0
    assert [t.reason for t in found.trials[1:4]] == [
        "RuntimeError: the batch does not fit into memory",
        "ValueError: the objective gave nan",
        "TypeError: the objective gave None instead of a number",
    ]
    assert "in sometimes" in found.trials[1].error
    with pytest.raises(ValueError, match="none of 1 trials is complete; trial 0 failed: RuntimeError: the batch does"):
        search.grid_search(sometimes, {"x": [1]}).best  # noqa: B018


def test_an_interrupt_ends_the_search():
    def objective(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.grid_search(objective, {"x": [1]})


REFUSED = {
    "space": (lambda: search.random_search(score, {}, 3), "random_search: space must have at least one"),
    "values": (lambda: search.random_search(score, {"lr": 3}, 3), r"space\['lr'\] must be a list of values, Uniform"),
    "grid": (
        lambda: search.grid_search(score, {"lr": search.Uniform(0, 1)}),
        r"space\['lr'\] must be a list of values",
    ),
    "trials": (lambda: search.random_search(score, SPACE, 0), "trials must be a positive integer"),
    "order": (lambda: search.Uniform(1.0, 0.0), "Uniform: low must not be above high"),
    "sign": (lambda: search.LogUniform(0.0, 1.0), "LogUniform: low must be a positive number"),
    "log": (lambda: search.Integers(0, 4, log=True), "Integers: low must be positive where log is True"),
    "empty": (lambda: search.Choice([]), "Choice: values must have at least one entry"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused(name):
    call, message = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=message):
        call()


# -- what a search shows -----------------------------------------------------------------------------------------------


def shown():
    def objective(lr, layers, activation):
        if layers == 3 and activation == "tanh":
            raise RuntimeError("no memory")
        return 1 - abs(math.log10(lr) + 2) - 0.1 * layers

    space = {
        "lr": search.LogUniform(1e-4, 1.0),
        "layers": search.Integers(1, 3),
        "activation": ["relu", "tanh", "gelu"],
    }
    return search.random_search(objective, space, 30, seed=0)


def test_table_and_csv(tmp_path):
    found = shown()
    lines = str(found).splitlines()
    assert len(lines) == 31
    assert lines[0].split() == ["trial", "value", "lr", "layers", "activation", "seconds"]
    values = [t.value for t in found.ranking if t.status == "complete"]
    assert values == sorted(values, reverse=True)
    assert lines[1].split()[0] == str(found.best.number)
    assert lines[-1].endswith("failed: RuntimeError: no memory")
    found.to_csv(tmp_path / "search.csv")
    with open(tmp_path / "search.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["value"]) for row in rows if row["status"] == "complete"] == values
    assert float(rows[0]["lr"]) == found.best_params["lr"]
    assert repr(found).startswith("<SearchResult of 30 trials: ")


def test_a_trial_is_a_line(capsys):
    search.grid_search(lambda x: x, {"x": [1]}, callback=print)
    assert capsys.readouterr().out == "trial 0: 1 with x=1 in 0.0 s\n"


def test_pictures(tmp_path):
    pytest.importorskip("matplotlib")
    found = shown()
    figure = found.plot()
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_xlabel() for axes in panels] == ["lr", "layers", "activation"]
    assert panels[0].get_xscale() == "log"
    drawn = {c.get_label(): c.get_offsets() for c in panels[0].collections}
    assert drawn["best"].tolist() == [[found.best_params["lr"], found.best_value]]
    assert len(drawn["complete"]) == kinds(found).count("complete") - 1
    assert len(drawn["failed"]) == kinds(found).count("failed") > 0
    parallel = found.plot_parallel()
    lines = [line for line in parallel.axes[0].lines if len(line.get_xdata()) == 4]
    assert len(lines) == kinds(found).count("complete")
    assert lines[-1].get_ydata()[-1] == 1.0  # the best one is on top
    figure.savefig(tmp_path / "search.png")
    parallel.savefig(tmp_path / "parallel.png")


def test_a_search_over_trainings():
    """The example of the module's text, in small."""
    x = tl.randn(64, 2)
    train = [(x[:32], x[:32].sum(axis=1, keepdims=True))]
    valid = [(x[32:], x[32:].sum(axis=1, keepdims=True))]

    def objective(lr, hidden):
        model = nn.Sequential(nn.Linear(2, hidden), nn.Linear(hidden, 1))
        trainer = tl.train.Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=lr), progress=False)
        for _ in trainer.epochs(5):
            for inputs, targets in trainer.batches(train):
                trainer.step(nn.functional.mse_loss(model(inputs), targets))
            yield trainer.evaluate(valid)["valid_loss"]

    space = {"lr": search.LogUniform(1e-5, 0.1), "hidden": [2, 4]}
    found = search.random_search(objective, space, 8, direction="minimize", seed=0)
    assert all(len(t.intermediate) == 5 for t in found.trials)
    assert found.best_params["lr"] == max(t.params["lr"] for t in found.trials)
