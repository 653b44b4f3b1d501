"""Learning-rate schedules beside PyTorch's: rates and momenta of 30 steps, and its state dicts in the middle."""

from types import SimpleNamespace

import pytest

import tensorlab as tl

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:.* was called before optimizer.step")

OURS = tl.optim.lr_scheduler
THEIRS = SimpleNamespace(**vars(torch.optim.lr_scheduler), SWALR=torch.optim.swa_utils.SWALR)
RATES = (0.5, 0.03)
STEPS = 30


class Factor:
    """A function with a state, which is in state dicts."""

    def __init__(self, base):
        self.base = base

    def __call__(self, epoch):
        return self.base**epoch


SIMPLE = [
    ("LambdaLR", {"lr_lambda": lambda epoch: 1 / (1 + epoch)}),
    ("LambdaLR", {"lr_lambda": [lambda epoch: 0.9**epoch, Factor(0.8)]}),
    ("MultiplicativeLR", {"lr_lambda": lambda epoch: 0.95}),
    ("MultiplicativeLR", {"lr_lambda": [lambda epoch: 1 - 0.01 * epoch, lambda epoch: 1 + 0.1 / (1 + epoch)]}),
    ("StepLR", {"step_size": 3}),
    ("StepLR", {"step_size": 7, "gamma": 0.7}),
    ("StepLR", {"step_size": 1, "gamma": 1.1}),
    ("MultiStepLR", {"milestones": [2, 5]}),
    ("MultiStepLR", {"milestones": [17, 5, 5, 40], "gamma": 0.3}),
    ("MultiStepLR", {"milestones": [], "gamma": 0.3}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.2, "total_iters": 14}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.6, "total_iters": 13}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 20}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 22, "power": 2.5}),
    ("CosineAnnealingLR", {"T_max": 40}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 4}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 3}),
    ("SWALR", {"swa_lr": 0.05}),
    ("SWALR", {"swa_lr": [0.05, 0.1], "anneal_epochs": 17, "anneal_strategy": "linear"}),
    ("SWALR", {"swa_lr": 0.05, "anneal_epochs": 0}),
]
CYCLES = [
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 4}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 4, "step_size_down": 3, "mode": "triangular2"}),
    ("CyclicLR", {"base_lr": [0.1, 0.01], "max_lr": [0.2, 0.3], "step_size_up": 9, "mode": "exp_range", "gamma": 0.9}),
    (
        "CyclicLR",
        {"base_lr": 0.1, "max_lr": 0.2, "step_size_up": 3, "base_momentum": [0.7, 0.8], "max_momentum": [0.9, 0.95]},
    ),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.2, "step_size_up": 3, "scale_fn": lambda cycle: 1 / (cycle + 1)}),
    (
        "CyclicLR",
        {"base_lr": 0.1, "max_lr": 0.2, "step_size_up": 3, "scale_fn": Factor(0.9), "scale_mode": "iterations"},
    ),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.2, "step_size_up": 3, "step_size_down": 0, "cycle_momentum": False}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 40}),
    ("OneCycleLR", {"max_lr": [0.3, 2.0], "total_steps": 30, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.3, "epochs": 5, "steps_per_epoch": 7, "three_phase": True}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 31, "three_phase": True, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 33, "pct_start": 0.6, "div_factor": 5.0, "final_div_factor": 20.0}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 33, "pct_start": 0.0}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 33, "pct_start": 1.0}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 33, "pct_start": 0.55, "three_phase": True}),
    (
        "OneCycleLR",
        {"max_lr": 0.3, "total_steps": 33, "base_momentum": [0.7, 0.8], "max_momentum": [0.9, 0.95]},
    ),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 33, "cycle_momentum": False}),
]


def words(name, options):
    """Return an id that is the same in every process, as the address of a function is not."""
    shown = {key: "a function" if callable(x) else x for key, x in options.items()}
    shown |= {key: "functions" for key, x in shown.items() if isinstance(x, list) and any(map(callable, x))}
    return f"{name} {shown}"


KEYS = [words(*case) for case in SIMPLE + CYCLES]
assert len(set(KEYS)) == len(KEYS)


def sequence(*parts, milestones):
    """Return what makes a SequentialLR of parts, each a name and options."""

    def make(s, optimizer):
        schedulers = [getattr(s, name)(optimizer, **options) for name, options in parts]
        return s.SequentialLR(optimizer, schedulers, milestones)

    return make


def chain(*parts):
    """Return what makes a ChainedScheduler of parts, each a name and options."""
    return lambda s, optimizer: s.ChainedScheduler([getattr(s, name)(optimizer, **options) for name, options in parts])


WARM_UP = ("LinearLR", {"start_factor": 0.1, "total_iters": 6})
COMPOSITES = {
    f"LinearLR then {words(name, options)}": sequence(WARM_UP, (name, options), milestones=[6])
    for name, options in SIMPLE + CYCLES
} | {
    f"{words(name, options)} then ExponentialLR": sequence(
        (name, options), ("ExponentialLR", {"gamma": 0.9}), milestones=[11]
    )
    for name, options in SIMPLE + CYCLES
}
COMPOSITES |= {
    "three": sequence(
        ("ConstantLR", {"total_iters": 3}),
        ("CosineAnnealingLR", {"T_max": 5}),
        ("StepLR", {"step_size": 2}),
        milestones=[4, 12],
    ),
    "those that go on": sequence(
        ("ExponentialLR", {"gamma": 0.9}),
        ("MultiplicativeLR", {"lr_lambda": lambda epoch: 0.97}),
        ("SWALR", {"swa_lr": 0.2, "anneal_epochs": 4}),
        milestones=[5, 14],
    ),
    "one is passed over": sequence(
        ("ConstantLR", {}), ("StepLR", {"step_size": 2}), ("ExponentialLR", {"gamma": 0.9}), milestones=[4, 4]
    ),
    "the first is passed over": sequence(
        ("ConstantLR", {}), ("MultiplicativeLR", {"lr_lambda": lambda epoch: 0.9}), milestones=[0]
    ),
    "alone": sequence(("CosineAnnealingLR", {"T_max": 9}), milestones=[]),
    "chain of two": chain(("ConstantLR", {"factor": 0.1, "total_iters": 4}), ("ExponentialLR", {"gamma": 0.9})),
    "chain of many": chain(
        ("LinearLR", {"total_iters": 7}),
        ("StepLR", {"step_size": 4, "gamma": 0.8}),
        ("MultiStepLR", {"milestones": [3, 20], "gamma": 0.5}),
        ("MultiplicativeLR", {"lr_lambda": lambda epoch: 0.99}),
        ("PolynomialLR", {"total_iters": 28, "power": 0.5}),
        ("CosineAnnealingLR", {"T_max": 40}),
    ),
    "chain that begins with a function": chain(
        ("LambdaLR", {"lr_lambda": lambda epoch: 0.9**epoch}), ("ConstantLR", {"factor": 1.0})
    ),
}

MAKERS = {
    words(name, options): lambda s, optimizer, name=name, options=options: getattr(s, name)(optimizer, **options)
    for name, options in SIMPLE + CYCLES
} | COMPOSITES
every_schedule = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
both_optimizers = pytest.mark.parametrize(
    ("name", "options"), [("SGD", {"momentum": 0.5}), ("Adam", {"betas": (0.6, 0.7)})], ids=["SGD", "Adam"]
)


def optimizers(name="SGD", **options):
    """Return an optimizer of ours and one of PyTorch's, of two groups."""
    made = []
    for optim, zeros in ((tl.optim, tl.zeros), (torch.optim, torch.zeros)):
        groups = [{"params": [zeros(1, requires_grad=True)], "lr": rate} for rate in RATES]
        made.append(getattr(optim, name)(groups, **(options or {"momentum": 0.5})))
    return made


def seen(optimizer):
    """Return the rate and what momentum there is of each group, in a flat list."""
    return [
        number
        for group in optimizer.param_groups
        for number in (group["lr"], *group.get("betas", ()), group.get("momentum", 0.0))
    ]


def assert_same(ours, theirs):
    assert seen(ours) == pytest.approx(seen(theirs), rel=1e-9, abs=1e-16)


@both_optimizers
@every_schedule
def test_rates_and_momenta(make, name, options):
    a, b = optimizers(name, **options)
    mine, other = make(OURS, a), make(THEIRS, b)
    assert_same(a, b)
    for _ in range(STEPS):
        assert mine.get_last_lr() == pytest.approx(other.get_last_lr(), rel=1e-9, abs=1e-16)
        b.step()
        mine.step()
        other.step()
        assert_same(a, b)


@every_schedule
def test_their_state_dicts(make):
    for steps in (0, 1, 6, 11, 13):
        check_their_state_dict(make, steps)


def check_their_state_dict(make, steps):
    _, b = optimizers()
    other = make(THEIRS, b)
    for _ in range(steps):
        b.step()
        other.step()
    a, _ = optimizers()
    mine = make(OURS, a)
    for _ in range(3):
        mine.step()
    for group, saved in zip(a.param_groups, b.param_groups, strict=True):  # as their optimizer's state dict does
        group.update({name: value for name, value in saved.items() if name != "params"})
    mine.load_state_dict(other.state_dict())
    assert mine.get_last_lr() == pytest.approx(other.get_last_lr(), rel=1e-9, abs=1e-16)
    assert_same(a, b)
    for _ in range(STEPS - steps):
        b.step()
        mine.step()
        other.step()
        assert_same(a, b)


CHANGED = {
    "StepLR": {"step_size": 9, "gamma": 0.4},
    "MultiStepLR": {"milestones": [1]},
    "ConstantLR": {"factor": 0.9, "total_iters": 2},
    "LinearLR": {"start_factor": 0.9, "total_iters": 2},
    "ExponentialLR": {"gamma": 0.2},
    "PolynomialLR": {"total_iters": 50, "power": 3.0},
    "CosineAnnealingLR": {"T_max": 3, "eta_min": 0.02},
    "CosineAnnealingWarmRestarts": {"T_0": 17, "T_mult": 5, "eta_min": 0.02},
    "SWALR": {"anneal_epochs": 3, "anneal_strategy": "linear"},
    "CyclicLR": {"base_lr": 0.7, "max_lr": 0.8, "step_size_up": 30, "mode": "triangular", "gamma": 1.0},
    "OneCycleLR": {"total_steps": 77, "pct_start": 0.9, "anneal_strategy": "cos", "three_phase": False},
}


@pytest.mark.parametrize(
    ("name", "options"),
    [case for case in SIMPLE + CYCLES if case[0] in CHANGED],
    ids=[key for key in KEYS if key.split()[0] in CHANGED],
)
def test_their_state_dicts_set_the_options(name, options):
    """A schedule with other numbers of the constructor goes on with those of the state dict."""
    a, b = optimizers()
    other = getattr(THEIRS, name)(b, **options)
    for _ in range(5):
        b.step()
        other.step()
    mine = getattr(OURS, name)(a, **(options | CHANGED[name]))
    mine.load_state_dict(other.state_dict())
    for _ in range(STEPS - 5):
        b.step()
        mine.step()
        other.step()
        assert_same(a, b)


@pytest.mark.parametrize(("name", "options"), SIMPLE + CYCLES, ids=KEYS)
def test_names_of_the_state(name, options):
    a, b = optimizers()
    mine = getattr(OURS, name)(a, **options).state_dict()
    other = getattr(THEIRS, name)(b, **options).state_dict()
    assert {key for key in other if not key.startswith("_")} - {"use_beta1"} <= set(mine)


@pytest.mark.parametrize("options", [{"T_0": 4}, {"T_0": 3, "T_mult": 2, "eta_min": 0.01}], ids=str)
class TestFractionsOfAnEpoch:
    def test_rates(self, options):
        a, b = optimizers()
        mine, other = OURS.CosineAnnealingWarmRestarts(a, **options), THEIRS.CosineAnnealingWarmRestarts(b, **options)
        for epoch in [0.1, 0.9, 2.75, 3.0, 4.2, None, None, 8.5, None, 9.0, 30.25, None, 1.5, None, None, 77.7]:
            b.step()
            mine.step(epoch)
            other.step(epoch)
            assert_same(a, b)
            assert (mine.T_cur, mine.T_i) == pytest.approx((other.T_cur, other.T_i), rel=1e-9)

    @pytest.mark.parametrize("epoch", [0.3, 5, 7.25, 30.7])
    def test_their_state_dicts(self, options, epoch):
        a, b = optimizers()
        mine, other = OURS.CosineAnnealingWarmRestarts(a, **options), THEIRS.CosineAnnealingWarmRestarts(b, **options)
        b.step()
        other.step(epoch)
        other.step()
        mine.load_state_dict(other.state_dict())
        assert_same(a, b)
        for _ in range(9):
            other.step()
            mine.step()
            assert_same(a, b)


METRICS = [5.0, 4.0, 4.0, float("nan"), 3.9999, 4.5, 4.0, 3.0, 3.1, 3.2, 3.3, 3.0, 2.9, 3, 3, 3, 2.5, 2.6, 2.5, 2.7]
METRICS += [2.5, 2.4, 2.4, 2.4, 2.4, 2.4, 2.4, float("inf"), 2.0, 2.1]
PLATEAUS = [
    {},
    {"patience": 1, "factor": 0.5},
    {"patience": 0, "cooldown": 2, "min_lr": [0.1, 1e-3]},
    {"patience": 2, "threshold": 0.3, "threshold_mode": "abs"},
    {"patience": 2, "mode": "max", "threshold": 0.01},
    {"patience": 1, "mode": "max", "threshold": 0.2, "threshold_mode": "abs", "min_lr": 0.02, "eps": 0.02},
    {"patience": 1, "threshold": 0.1, "cooldown": 1},
]


@pytest.mark.parametrize("options", PLATEAUS, ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_plateaus(options, sign):
    a, b = optimizers()
    mine, other = OURS.ReduceLROnPlateau(a, **options), THEIRS.ReduceLROnPlateau(b, **options)
    for step, metric in enumerate(METRICS):
        if step == 13:  # go on in a new schedule, from PyTorch's state dict
            a, _ = optimizers()
            mine = OURS.ReduceLROnPlateau(a, factor=0.9, mode="max", patience=99)
            mine.load_state_dict(other.state_dict())
        mine.step(sign * metric)
        other.step(sign * metric)
        assert_same(a, b)
        assert mine.get_last_lr() == pytest.approx(other.get_last_lr(), rel=1e-9)
        for name in ("best", "num_bad_epochs", "cooldown_counter", "in_cooldown", "last_epoch"):
            assert getattr(mine, name) == getattr(other, name)


def test_averaging_begins_when_it_is_stepped():
    """PyTorch's own example: another schedule is stepped until then."""
    a, b = optimizers()
    before = [s.ExponentialLR(o, 0.9) for s, o in ((OURS, a), (THEIRS, b))]
    after = [s.SWALR(o, swa_lr=0.05, anneal_epochs=6) for s, o in ((OURS, a), (THEIRS, b))]
    for step in range(20):
        b.step()
        for schedule in before if step < 8 else after:
            schedule.step()
        assert_same(a, b)


@pytest.mark.parametrize("make", [MAKERS[key] for key in MAKERS if key.startswith("ExponentialLR")])
def test_going_on_with_last_epoch(make):
    a, b = optimizers()
    for optimizer in (a, b):
        for group, rate in zip(optimizer.param_groups, RATES, strict=True):
            group["initial_lr"], group["lr"] = rate, rate * 0.9**6
    mine, other = OURS.ExponentialLR(a, 0.9, last_epoch=5), THEIRS.ExponentialLR(b, 0.9, last_epoch=5)
    assert mine.last_epoch == other.last_epoch == 6
    for _ in range(3):
        assert_same(a, b)
        b.step()
        mine.step()
        other.step()


def test_signatures():
    """The same arguments in the same order, with the same defaults."""
    from inspect import signature

    for name in (*{name for name, _ in SIMPLE + CYCLES}, "SequentialLR", "ChainedScheduler", "ReduceLROnPlateau"):
        ours, theirs = (signature(getattr(s, name)).parameters.values() for s in (OURS, THEIRS))
        assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs], name


MULTIPLYING = {
    "StepLR": {"step_size": 3},
    "MultiStepLR": {"milestones": [2, 5]},
    "ConstantLR": {"factor": 0.2, "total_iters": 4},
    "LinearLR": {"start_factor": 0.1, "total_iters": 6},
    "ExponentialLR": {"gamma": 0.9},
    "PolynomialLR": {"total_iters": 22, "power": 2.5},
    "CosineAnnealingLR": {"T_max": 30, "eta_min": 0.001},
    "MultiplicativeLR": {"lr_lambda": lambda epoch: 0.95},
    "ReduceLROnPlateau": {"patience": 1, "factor": 0.5},
}


class TestTwoSchedules:
    """Stepped on one optimizer they multiply, also where a rate is set by hand or a group is added on the way."""

    @staticmethod
    def run(lib, schedulers, optimizer, names, order):
        made = [getattr(schedulers, name)(optimizer, **MULTIPLYING[name]) for name in names]
        found = [seen(optimizer)]
        for epoch in range(20):
            optimizer.step()
            for position in order:
                made[position].step(*([1.0] if names[position] == "ReduceLROnPlateau" else []))
            found.append(seen(optimizer))
            if epoch == 11:
                optimizer.param_groups[0]["lr"] = 0.7
            if epoch == 13 and "MultiplicativeLR" not in names:  # PyTorch's takes no further groups
                optimizer.add_param_group({"params": [lib.zeros(1, requires_grad=True)], "lr": 2.0})
        return found

    @pytest.mark.filterwarnings("ignore:.*no parameter has a gradient")
    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    @pytest.mark.parametrize("second", MULTIPLYING)
    @pytest.mark.parametrize("first", MULTIPLYING)
    def test_rates(self, first, second, order):
        a, b = optimizers()
        ours = self.run(tl, OURS, a, (first, second), order)
        theirs = self.run(torch, THEIRS, b, (first, second), order)
        for mine, other in zip(ours, theirs, strict=True):
            assert mine == pytest.approx(other, rel=1e-9)

    @pytest.mark.parametrize("options", [options for name, options in SIMPLE if name == "SWALR"], ids=str)
    def test_averaging_from_other_rates(self, options):
        a, b = optimizers()
        mine, other = OURS.SWALR(a, **options), THEIRS.SWALR(b, **options)
        for epoch in range(30):
            b.step()
            mine.step()
            other.step()
            assert_same(a, b)
            if epoch == 4:
                a.param_groups[0]["lr"] = b.param_groups[0]["lr"] = 0.9
