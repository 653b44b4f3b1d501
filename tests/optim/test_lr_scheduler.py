"""Schedules against their formulas and the recursions of their papers, written out; plateaus counted by hand."""

import copy
import json
import sys
import warnings
from math import cos, inf, isnan, nan, pi
from types import SimpleNamespace

import pytest

import tensorlab as tl
from tensorlab.optim import SGD, Adam
from tensorlab.optim import lr_scheduler as schedules

# Most tests look at the rates alone.
pytestmark = pytest.mark.filterwarnings("ignore:.* was called before optimizer.step")


def optimizer(*rates, **options):
    return SGD([{"params": tl.zeros(1, requires_grad=True), "lr": rate} for rate in rates], **options)


def groups(*rates, **options):
    """Return all that a schedule needs of an optimizer."""
    return SimpleNamespace(param_groups=[{"lr": rate, **options} for rate in rates])


def present(o):
    return [group["lr"] for group in o.param_groups]


def rates(schedule, steps):
    seen = [schedule.get_last_lr()[0]]
    for _ in range(steps):
        schedule.step()
        seen += schedule.get_last_lr()[:1]
    return seen


def momenta(schedule, steps):
    seen = [schedule.optimizer.param_groups[0]["momentum"]]
    for _ in range(steps):
        schedule.step()
        seen.append(schedule.optimizer.param_groups[0]["momentum"])
    return seen


class Power:
    """A function that holds a number, which state dicts therefore hold."""

    def __init__(self, base):
        self.base = base

    def __call__(self, epoch):
        return self.base**epoch


def half_cosine(part, high=0.8, low=0.2):
    return low + (high - low) * (1 + cos(pi * part)) / 2


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda o: schedules.StepLR(o, 2, 0.5), [0.8, 0.8, 0.4, 0.4, 0.2]),
        (lambda o: schedules.MultiStepLR(o, [3, 1], 0.5), [0.8, 0.4, 0.4, 0.2, 0.2]),
        (lambda o: schedules.MultiStepLR(o, iter([2, 2]), 0.5), [0.8, 0.8, 0.2, 0.2]),
        (lambda o: schedules.ConstantLR(o, 0.25, 2), [0.2, 0.2, 0.8, 0.8]),
        (lambda o: schedules.ExponentialLR(o, 0.5), [0.8, 0.4, 0.2, 0.1, 0.05]),
        (lambda o: schedules.PolynomialLR(o, 4), [0.8, 0.6, 0.4, 0.2, 0.0, 0.0]),
        (lambda o: schedules.PolynomialLR(o, 2, 3.0), [0.8, 0.1, 0.0]),
        (lambda o: schedules.InverseTimeLR(o, 1.0), [0.8, 0.4, 0.8 / 3, 0.2, 0.16]),
        (lambda o: schedules.InverseTimeLR(o, 3.0, 2, 0.5), [0.8, 0.8 / 2.5**0.5, 0.4, 0.8 / 5.5**0.5]),
        (lambda o: schedules.NoamLR(o, 16, 4), [0.025, 0.05, 0.075, 0.1, 0.2 / 5**0.5, 0.2 / 6**0.5]),
        (lambda o: schedules.LambdaLR(o, lambda epoch: 1 / (1 + epoch)), [0.8, 0.4, 0.8 / 3, 0.2, 0.16]),
        (lambda o: schedules.MultiplicativeLR(o, lambda epoch: 1 / epoch), [0.8, 0.8, 0.4, 0.4 / 3, 0.1 / 3]),
        (lambda o: schedules.CosineAnnealingLR(o, 4, 0.2), [half_cosine(epoch / 4) for epoch in range(10)]),
        (lambda o: schedules.LinearLR(o, 0.25, 1.0, 3), [0.2, 0.4, 0.6, 0.8, 0.8]),
        (lambda o: schedules.LinearLR(o, 1.0, 0.0, 2), [0.8, 0.4, 0.0, 0.0]),
        (
            lambda o: schedules.CosineAnnealingWarmRestarts(o, 2, 2, 0.2),
            [half_cosine(part) for part in (0, 1 / 2, 0, 1 / 4, 2 / 4, 3 / 4, 0, 1 / 8)],
        ),
        (
            lambda o: schedules.CosineAnnealingWarmRestarts(o, 3, eta_min=0.2),
            [half_cosine(part) for part in (0, 1 / 3, 2 / 3, 0, 1 / 3)],
        ),
        (lambda o: schedules.SWALR(o, 0.2, 3, "linear"), [0.8, 0.6, 0.4, 0.2, 0.2]),
        (lambda o: schedules.SWALR(o, 0.2, 4), [half_cosine(epoch / 4) for epoch in range(5)] + [0.2]),
        (lambda o: schedules.SWALR(o, 0.2, 0), [0.2, 0.2]),
        (lambda o: schedules.CyclicLR(o, 0.1, 0.5, 2, cycle_momentum=False), [0.1, 0.3, 0.5, 0.3, 0.1, 0.3, 0.5]),
        (
            lambda o: schedules.CyclicLR(o, 0.0, 0.6, 1, 2, "triangular2", cycle_momentum=False),
            [0.0, 0.6, 0.3, 0.0, 0.3, 0.15, 0.0, 0.15],
        ),
        (
            lambda o: schedules.CyclicLR(o, 0.0, 0.8, 2, mode="exp_range", gamma=0.5, cycle_momentum=False),
            [0.0, 0.2, 0.2, 0.05, 0.0, 0.4 / 32, 0.8 / 64],
        ),
        (
            lambda o: schedules.CyclicLR(o, 0.0, 0.8, 2, scale_fn=lambda cycle: 1 / cycle, cycle_momentum=False),
            [0.0, 0.4, 0.8, 0.4, 0.0, 0.2, 0.4, 0.2, 0.0],
        ),
        (
            lambda o: schedules.OneCycleLR(o, 1.0, 10, None, None, 0.3, "linear", False, div_factor=10),
            [0.1, 0.55] + [1.0 + (1e-5 - 1.0) * step / 7 for step in range(8)],
        ),
        (
            lambda o: schedules.OneCycleLR(
                o,
                1.0,
                epochs=4,
                steps_per_epoch=2,
                anneal_strategy="linear",
                cycle_momentum=False,
                div_factor=5,
                final_div_factor=2,
                pct_start=0.375,
                three_phase=True,
            ),
            [0.2, 0.6, 1.0, 0.6, 0.2, 0.2 - 0.1 / 3, 0.1 + 0.1 / 3, 0.1],
        ),
        (
            lambda o: schedules.SequentialLR(
                o, [schedules.LinearLR(o, 0.5, total_iters=2), schedules.ExponentialLR(o, 0.5)], [2]
            ),
            [0.4, 0.6, 0.8, 0.4, 0.2],
        ),
        (
            lambda o: schedules.SequentialLR(
                o, [schedules.ExponentialLR(o, 0.5), schedules.SWALR(o, 0.1, 2, "linear")], [2]
            ),
            [0.8, 0.4, 0.4, 0.25, 0.1, 0.1],
        ),
        (
            lambda o: schedules.SequentialLR(
                o, [schedules.ConstantLR(o, 0.5, 9), schedules.MultiplicativeLR(o, lambda epoch: 0.5)], [2]
            ),
            [0.4, 0.4, 0.2, 0.1],
        ),
        (
            lambda o: schedules.ChainedScheduler([schedules.ConstantLR(o, 0.1, 2), schedules.ExponentialLR(o, 0.5)]),
            [0.08, 0.04, 0.2, 0.1],
        ),
        (
            lambda o: schedules.ChainedScheduler(
                [schedules.ExponentialLR(o, 0.5), schedules.CosineAnnealingLR(o, 2, 0.2)]
            ),
            [0.8, 0.2 + (0.4 - 0.2) / 2, 0.2, 0.2 + (0.1 - 0.2) / 2],
        ),
        (lambda o: schedules.WarmupLR(o, 4), [0.0, 0.2, 0.4, 0.6, 0.8, 0.8]),
        (lambda o: schedules.WarmupLR(o, 2, start_factor=0.5), [0.4, 0.6, 0.8, 0.8]),
        (lambda o: schedules.WarmupLR(o, 0), [0.8, 0.8]),
        (lambda o: schedules.WarmupLR(o, 2, schedules.ExponentialLR(o, 0.5)), [0.0, 0.4, 0.8, 0.4, 0.2]),
        (lambda o: schedules.WarmupLR(o, 1, schedules.SWALR(o, 0.2, 2, "linear")), [0.0, 0.8, 0.5, 0.2]),
    ],
)
@pytest.mark.parametrize("kind", [optimizer, groups])
def test_rates(make, expected, kind):
    o = kind(0.8)
    schedule = make(o)
    asked = [schedule.rates(epoch)[0] for epoch in range(len(expected))]
    assert asked == pytest.approx(expected, abs=1e-15)
    assert rates(schedule, len(expected) - 1) == pytest.approx(expected, abs=1e-15)
    assert present(o) == schedule.get_last_lr() == schedule.get_lr()
    schedule.step(1)
    assert present(o) == pytest.approx(expected[1:2], abs=1e-15)


class TestRecursions:
    """Rules that take one step from where they are, as the papers and PyTorch's documentation state them."""

    def test_inverse_time_is_robbins_and_monros(self):
        """The sum grows without bound, as a logarithm does, and the sum of squares tends to pi²/6."""
        schedule = schedules.InverseTimeLR(groups(1.0), 1.0)
        steps = [schedule.rates(epoch)[0] for epoch in range(4000)]
        assert sum(steps) - sum(steps[:2000]) == pytest.approx(0.6931, abs=1e-3)
        assert sum(step**2 for step in steps) == pytest.approx(pi**2 / 6, abs=1e-3)

    def test_cosine(self):
        high, low, length, rate = 0.7, 0.1, 9, 0.7
        schedule = schedules.CosineAnnealingLR(groups(high), length, low)
        for epoch in range(length):
            assert schedule.rates(epoch) == pytest.approx([rate], rel=1e-9)
            rate = low + (rate - low) * (1 + cos(pi * (epoch + 1) / length)) / (1 + cos(pi * epoch / length))

    def test_warm_restarts(self):
        """SGDR's counters: T_cur runs to T_i, and then T_i is multiplied."""
        schedule = schedules.CosineAnnealingWarmRestarts(groups(0.7), 3, 2, 0.1)
        passed, length = 0, 3
        for _ in range(50):
            assert (schedule.T_cur, schedule.T_i) == (passed, length)
            assert schedule.get_last_lr() == pytest.approx([half_cosine(passed / length, 0.7, 0.1)], rel=1e-12)
            schedule.step()
            passed += 1
            if passed == length:
                passed, length = 0, 2 * length

    def test_polynomial(self):
        schedule = schedules.PolynomialLR(groups(0.7), 11, 1.7)
        rate = 0.7
        for epoch in range(1, 12):
            rate *= ((1 - epoch / 11) / (1 - (epoch - 1) / 11)) ** 1.7
            assert schedule.rates(epoch) == pytest.approx([rate], rel=1e-12)

    def test_cyclic(self):
        """Smith's own lines of code."""
        for epoch in range(40):
            cycle = (1 + epoch / (2 * 3)) // 1
            x = abs(epoch / 3 - 2 * cycle + 1)
            schedule = schedules.CyclicLR(groups(1.0), 0.1, 0.7, 3, mode="triangular2", cycle_momentum=False)
            expected = 0.1 + (0.7 - 0.1) * max(0, 1 - x) / 2 ** (cycle - 1)
            assert schedule.rates(epoch) == pytest.approx([expected], rel=1e-12)

    def test_many_steps_do_not_drift(self):
        schedule = schedules.ExponentialLR(groups(1.0), 0.999)
        for _ in range(5000):
            schedule.step()
        assert schedule.get_last_lr() == [0.999**5000]

    def test_multiplicative_asks_for_each_step_once(self):
        asked = []
        schedule = schedules.MultiplicativeLR(groups(1.0), lambda epoch: asked.append(epoch) or 0.5)
        for _ in range(6):
            schedule.step()
        assert asked == [1, 2, 3, 4, 5, 6]
        assert schedule.rates(2) == [0.25]
        assert schedule.rates(6) == [0.5**6]


def test_fractions_of_an_epoch():
    schedule = schedules.CosineAnnealingWarmRestarts(groups(0.8), 2, 2, 0.2)
    for epoch, part in [(0.5, 0.25), (1.5, 0.75), (3.0, 0.25), (6.8, 0.1)]:
        schedule.step(epoch)
        assert schedule.get_last_lr() == pytest.approx([half_cosine(part)], rel=1e-12)
        assert schedule.last_epoch == epoch
    schedule.step()
    assert (schedule.T_cur, schedule.T_i) == pytest.approx((1.8, 8))


def test_each_group_has_its_own_rate():
    taken = optimizer(1.0, 0.1)
    schedule = schedules.LambdaLR(taken, [lambda epoch: 0.5**epoch, lambda epoch: 2.0])
    schedule.step()
    assert present(taken) == schedule.get_last_lr() == [0.5, 0.2]
    assert schedule.base_lrs == [1.0, 0.1]


def test_averaging_begins_with_its_first_step():
    o = groups(1.0)
    before, after = schedules.ExponentialLR(o, 0.5), schedules.SWALR(o, 0.05, 2, "linear")
    before.step()
    before.step()
    after.step()
    assert present(o) == pytest.approx([(0.25 + 0.05) / 2])
    after.step()
    assert present(o) == [0.05]


class TestMomentum:
    def test_cyclic(self):
        o = groups(1.0, momentum=0.0)
        schedule = schedules.CyclicLR(o, 0.1, 0.5, 2, base_momentum=0.6, max_momentum=1.0)
        assert momenta(schedule, 5) == pytest.approx([1.0, 0.8, 0.6, 0.8, 1.0, 0.8])

    def test_one_cycle(self):
        options = {"pct_start": 0.3, "base_momentum": 0.5, "max_momentum": 0.9, "anneal_strategy": "linear"}
        schedule = schedules.OneCycleLR(groups(1.0, momentum=0.0), 1.0, 10, **options)
        assert momenta(schedule, 9) == pytest.approx([0.9, 0.7] + [0.5 + 0.4 * step / 7 for step in range(8)])
        schedule = schedules.OneCycleLR(groups(1.0, momentum=0.0), 1.0, 10, three_phase=True, **options)
        assert momenta(schedule, 9) == pytest.approx([0.9, 0.7, 0.5, 0.7, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9])

    def test_the_first_of_the_betas(self):
        o = Adam([tl.zeros(1, requires_grad=True)], betas=(0.3, 0.99))
        schedules.CyclicLR(o, 0.1, 0.5, 2).step(2)
        assert o.param_groups[0]["betas"] == (pytest.approx(0.8), 0.99)

    def test_each_group_has_its_own(self):
        o = groups(1.0, 1.0, momentum=0.5)
        schedules.OneCycleLR(o, 1.0, 10, base_momentum=[0.1, 0.2], max_momentum=[0.8, 0.9]).step(2)
        assert [group["momentum"] for group in o.param_groups] == pytest.approx([0.1, 0.2])

    def test_left_alone(self):
        o = groups(1.0, momentum=0.5)
        schedules.CyclicLR(o, 0.1, 0.5, 2, cycle_momentum=False)
        schedules.OneCycleLR(o, 0.1, 5, cycle_momentum=False)
        schedules.ExponentialLR(o, 0.1)
        assert o.param_groups[0]["momentum"] == 0.5

    @pytest.mark.parametrize(
        "make",
        [
            lambda o, cycle: schedules.SequentialLR(o, [schedules.ConstantLR(o), cycle], [2]),
            lambda o, cycle: schedules.WarmupLR(o, 2, cycle),
        ],
    )
    def test_of_a_part(self, make):
        """It is that of the part while this has its turn, and stays where it is else."""
        o = groups(1.0, momentum=0.0)
        cycle = schedules.CyclicLR(o, 0.1, 0.5, 2, base_momentum=0.6, max_momentum=1.0)
        assert momenta(make(o, cycle), 6) == pytest.approx([1.0, 1.0, 1.0, 0.8, 0.6, 0.8, 1.0])

    def test_of_a_chain(self):
        o = groups(1.0, momentum=0.0)
        cycle = schedules.CyclicLR(o, 0.1, 0.5, 2, base_momentum=0.6, max_momentum=1.0)
        schedule = schedules.ChainedScheduler([cycle, schedules.ExponentialLR(o, 0.5)])
        assert momenta(schedule, 3) == pytest.approx([1.0, 0.8, 0.6, 0.8])
        assert schedule.get_last_lr() == pytest.approx([0.3 / 8])


class TestPlateau:
    """Each row: metric, the rate after it, bad steps, whether cooling down; counted by hand."""

    def follow(self, schedule, rows):
        for metric, rate, bad, cooling in rows:
            schedule.step(metric)
            assert schedule.get_last_lr() == present(schedule.optimizer) == [pytest.approx(rate)]
            assert (schedule.num_bad_epochs, schedule.in_cooldown) == (bad, cooling)

    def test_patience(self):
        schedule = schedules.ReduceLROnPlateau(groups(1.0), factor=0.5, patience=2)
        self.follow(
            schedule,
            [
                (3.0, 1.0, 0, False),
                (3.0, 1.0, 1, False),
                (2.9999, 1.0, 2, False),  # by less than the threshold of 1e-4 of the best
                (2.0, 1.0, 0, False),
                (2.0, 1.0, 1, False),
                (5.0, 1.0, 2, False),
                (2.0, 0.5, 0, False),
            ],
        )
        assert (schedule.best, schedule.last_epoch) == (2.0, 7)

    def test_cooldown(self):
        schedule = schedules.ReduceLROnPlateau(groups(1.0), factor=0.5, patience=0, cooldown=2)
        self.follow(
            schedule,
            [
                (1.0, 1.0, 0, False),
                (1.0, 0.5, 0, True),
                (1.0, 0.5, 0, True),
                (1.0, 0.5, 0, False),
                (1.0, 0.25, 0, True),
            ],
        )

    def test_metrics_that_are_nan_are_bad(self):
        schedule = schedules.ReduceLROnPlateau(groups(1.0), factor=0.5, patience=1)
        self.follow(schedule, [(nan, 1.0, 1, False), (1.0, 1.0, 0, False), (nan, 1.0, 1, False), (nan, 0.5, 0, False)])
        assert schedule.best == 1.0

    @pytest.mark.parametrize(
        ("options", "metric", "better"),
        [
            ({"mode": "min", "threshold": 0.1}, 3.6, True),
            ({"mode": "min", "threshold": 0.1}, 3.7, False),
            ({"mode": "max", "threshold": 0.1}, 4.4, False),
            ({"mode": "max", "threshold": 0.1}, 4.5, True),
            ({"mode": "min", "threshold": 0.5, "threshold_mode": "abs"}, 3.4, True),
            ({"mode": "min", "threshold": 0.5, "threshold_mode": "abs"}, 3.5, False),
            ({"mode": "max", "threshold": 0.5, "threshold_mode": "abs"}, 4.5, False),
            ({"mode": "max", "threshold": 0.5, "threshold_mode": "abs"}, 4.6, True),
            ({"mode": "max"}, -inf, False),
        ],
    )
    def test_thresholds(self, options, metric, better):
        schedule = schedules.ReduceLROnPlateau(groups(1.0), **options)
        schedule.step(4.0)
        schedule.step(metric - 1e-9 if options["mode"] == "min" and better else metric)
        assert schedule.best == (pytest.approx(metric) if better else 4.0)

    def test_lower_limits(self):
        o = groups(1.0, 1e-3, 2e-9)
        schedule = schedules.ReduceLROnPlateau(o, patience=0, min_lr=[0.4, 0.0, 0.0])
        schedule.step(1.0)
        schedule.step(1.0)
        assert present(o) == [0.4, pytest.approx(1e-4), 2e-9]  # the last step would be less than eps

    def test_metrics_are_tensors(self):
        schedule = schedules.ReduceLROnPlateau(optimizer(1.0), mode="max")
        schedule.step(tl.tensor(2.0))
        assert schedule.best == 2.0

    def test_the_initial_best(self):
        assert schedules.ReduceLROnPlateau(groups(1.0)).best == inf
        assert schedules.ReduceLROnPlateau(groups(1.0), "max").best == -inf

    def test_it_has_no_formula(self):
        schedule = schedules.ReduceLROnPlateau(groups(1.0))
        assert schedule.get_lr() == [1.0]
        with pytest.raises(NotImplementedError, match="ReduceLROnPlateau follows the metrics of a run"):
            schedule.rates(3)

    def test_a_refused_metric_changes_nothing(self):
        schedule = schedules.ReduceLROnPlateau(groups(1.0))
        before = schedule.state_dict()
        with pytest.raises(ValueError, match=r"ReduceLROnPlateau\.step: metrics must be one number, not 'good'"):
            schedule.step("good")
        assert schedule.state_dict() == before


# -- every schedule ----------------------------------------------------------------------------------------------------

MAKERS = {
    "lambda": lambda o, x=1.0: schedules.LambdaLR(o, Power(0.9 * x)),
    "multiplicative": lambda o, x=1.0: schedules.MultiplicativeLR(o, Power(0.99 * x)),
    "step": lambda o, x=1.0: schedules.StepLR(o, int(3 * x), 0.5 * x),
    "multistep": lambda o, x=1.0: schedules.MultiStepLR(o, [2, 5][: int(3 - x)], 0.5),
    "constant": lambda o, x=1.0: schedules.ConstantLR(o, 0.5 * x, 4 * x),
    "linear": lambda o, x=1.0: schedules.LinearLR(o, 0.5 * x, total_iters=6 * x),
    "exponential": lambda o, x=1.0: schedules.ExponentialLR(o, 0.9 * x),
    "polynomial": lambda o, x=1.0: schedules.PolynomialLR(o, 9 * x, 2.0 * x),
    "inverse time": lambda o, x=1.0: schedules.InverseTimeLR(o, 0.5 * x, 2 * x, 0.7 * x),
    "noam": lambda o, x=1.0: schedules.NoamLR(o, int(2 * x), int(4 * x)),
    "cosine": lambda o, x=1.0: schedules.CosineAnnealingLR(o, 5 * x, 0.01 * x),
    "restarts": lambda o, x=1.0: schedules.CosineAnnealingWarmRestarts(o, int(2 * x), int(2 * x), 0.01 * x),
    "averaging": lambda o, x=1.0: schedules.SWALR(o, 0.05 * x, int(6 * x), "cos" if x == 1 else "linear"),
    "cyclic": lambda o, x=1.0: schedules.CyclicLR(o, 0.1 * x, 0.5 * x, 2 * x, 3 * x, "triangular2"),
    "cyclic by a function": lambda o, x=1.0: schedules.CyclicLR(o, 0.1, 0.5, 2, scale_fn=Power(0.5 * x)),
    "one cycle": lambda o, x=1.0: schedules.OneCycleLR(o, 2.0 * x, int(20 * x), three_phase=x == 1),
    "sequence": lambda o, x=1.0: schedules.SequentialLR(
        o,
        [schedules.LinearLR(o, 0.5 * x), schedules.LambdaLR(o, Power(0.9 * x)), schedules.SWALR(o, 0.1 * x, 2)],
        [int(2 * x), int(5 * x)],
    ),
    "chain": lambda o, x=1.0: schedules.ChainedScheduler(
        [schedules.ExponentialLR(o, 0.9 * x), schedules.StepLR(o, int(2 * x), 0.5), schedules.CosineAnnealingLR(o, 9)]
    ),
    "warm-up": lambda o, x=1.0: schedules.WarmupLR(o, int(3 * x), schedules.ExponentialLR(o, 0.9 * x), 0.1 * x),
    "warm-up alone": lambda o, x=1.0: schedules.WarmupLR(o, int(6 * x)),
    "nested": lambda o, x=1.0: schedules.WarmupLR(
        o,
        int(2 * x),
        schedules.SequentialLR(
            o,
            [
                schedules.ChainedScheduler([schedules.MultiplicativeLR(o, Power(0.9 * x))]),
                schedules.OneCycleLR(o, 0.5 * x, 20),
            ],
            [int(3 * x)],
        ),
    ),
}
every_schedule = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def two():
    return groups(1.0, 0.1, momentum=0.5)


def all_of(o):
    """Return the rates and momenta, in a flat list."""
    return [number for group in o.param_groups for number in (group["lr"], group["momentum"])]


@every_schedule
class TestState:
    @pytest.mark.parametrize("steps", [0, 1, 4, 7])
    def test_round_trip(self, make, steps):
        """It goes on exactly, whatever options, initial rates and steps the other schedule had."""
        first = make(two())
        for _ in range(steps):
            first.step()
        state = json.loads(json.dumps(first.state_dict()))
        other = make(groups(7.0, 3.0, momentum=0.1), 1.5)
        other.step(2)
        other.load_state_dict(state)
        assert other.state_dict() == first.state_dict()
        assert other.get_last_lr() == first.get_last_lr() == present(other.optimizer)
        for _ in range(8):
            first.step()
            other.step()
            assert present(other.optimizer) == present(first.optimizer)

    def test_momentum_goes_on(self, make):
        first, other = make(two()), make(two())
        for _ in range(6):
            first.step()
        other.load_state_dict(first.state_dict())
        first.step()
        other.step()
        if type(first) in (schedules.CyclicLR, schedules.OneCycleLR):
            assert all_of(other.optimizer) == all_of(first.optimizer)

    def test_it_is_a_copy(self, make):
        schedule = make(two())
        state = schedule.state_dict()
        before = copy.deepcopy(state)
        schedule.step()
        schedule.step()
        assert state == before
        kept = copy.deepcopy(schedule.state_dict())
        other = make(two())
        taken = schedule.state_dict()
        other.load_state_dict(taken)
        other.step()
        assert taken == kept

    def test_names(self, make):
        state = make(two()).state_dict()
        assert {"last_epoch", "base_lrs", "_last_lr"} <= set(state)
        assert "optimizer" not in state

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda state: state.pop("last_epoch"), "must have 'last_epoch'"),
            (lambda state: state.update(base_lrs=[1.0]), "for 1 groups of parameters, not 2"),
            (lambda state: state.update(_last_lr=[1.0] * 3), "for 3 groups of parameters, not 2"),
            (lambda state: state.update(colour=1), "this is no state dict of a .*'colour' is not known"),
        ],
    )
    def test_refused_before_anything_changes(self, make, change, message):
        schedule = make(two())
        schedule.step()
        state, before = make(two()).state_dict(), copy.deepcopy(schedule.state_dict())
        rates = all_of(schedule.optimizer)
        if isinstance(schedule, schedules.ChainedScheduler):  # PyTorch has the number in the parts alone
            state["_schedulers"][0].pop("last_epoch")
        change(state)
        with pytest.raises(ValueError, match=message):
            schedule.load_state_dict(state)
        assert schedule.state_dict() == before
        assert all_of(schedule.optimizer) == rates

    def test_values_of_another_type_are_refused_before_anything_changes(self, make):
        schedule = make(two())
        schedule.step()
        before, rates = copy.deepcopy(schedule.state_dict()), all_of(schedule.optimizer)
        spoiled = [{**before, "last_epoch": value} for value in ("3", None, float("nan"), -5, True, [1])]
        spoiled += [{**before, name: value} for name in ("base_lrs", "_last_lr") for value in (3, None, "ab", ["a", 1])]
        for state in spoiled:
            with pytest.raises(ValueError, match=r"in the state dict|no state dict of a"):
                schedule.load_state_dict(state)
        for value in (None, 3, [("last_epoch", 3)]):
            with pytest.raises(TypeError, match="state_dict must be a mapping"):
                schedule.load_state_dict(value)
        assert schedule.state_dict() == before
        assert all_of(schedule.optimizer) == rates

    def test_private_names_are_passed_over(self, make):
        schedule = make(two())
        schedule.load_state_dict({**schedule.state_dict(), "_step_count": 1, "_is_initial": False, "verbose": False})
        assert not hasattr(schedule, "_step_count")


@pytest.mark.parametrize("name", ["exponential", "cosine", "averaging", "cyclic", "one cycle", "sequence", "warm-up"])
def test_states_of_other_kinds_are_refused(name):
    state = MAKERS[name](two()).state_dict()
    for other, make in MAKERS.items():
        schedule = make(two())
        if type(schedule) is not type(MAKERS[name](two())):
            with pytest.raises(ValueError, match=r"no state dict|has no state"):
                schedule.load_state_dict(state)
        assert other in MAKERS


def test_states_of_other_parts_are_refused():
    o = two()
    schedule = schedules.SequentialLR(o, [schedules.LinearLR(o), schedules.ExponentialLR(o, 0.5)], [2])
    with pytest.raises(ValueError, match="no state dict of a ExponentialLR"):
        schedule.load_state_dict(
            schedules.SequentialLR(o, [schedules.LinearLR(o), schedules.StepLR(o, 2)], [2]).state_dict()
        )
    with pytest.raises(ValueError, match=r"SequentialLR\._schedulers has 2 entries"):
        schedule.load_state_dict(schedules.SequentialLR(o, [schedules.LinearLR(o)], []).state_dict())
    with pytest.raises(ValueError, match=r"no state for WarmupLR\.after, a LinearLR"):
        schedules.WarmupLR(o, 2, schedules.LinearLR(o)).load_state_dict(schedules.WarmupLR(o, 2).state_dict())


def test_functions_and_states():
    """A function is not saved; what a callable object holds is."""
    saved = schedules.LambdaLR(two(), [Power(0.5), lambda epoch: 1.0]).state_dict()
    assert saved["lr_lambdas"] == [{"base": 0.5}, None]
    schedule = schedules.LambdaLR(two(), [Power(0.9), lambda epoch: 3.0])
    schedule.load_state_dict(saved)
    schedule.step()
    assert schedule.get_last_lr() == [0.5, pytest.approx(0.3)]
    assert schedules.CyclicLR(two(), 0.1, 0.5, scale_fn=Power(0.5)).state_dict()["_scale_fn_custom"] == {"base": 0.5}
    assert schedules.CyclicLR(two(), 0.1, 0.5, scale_fn=abs).state_dict()["_scale_fn_custom"] is None


def test_plateaus_go_on():
    first, other = (schedules.ReduceLROnPlateau(groups(1.0), factor=0.5, patience=patience) for patience in (2, 5))
    for metric in (1.0, 1.0, 1.0):
        first.step(metric)
    other.load_state_dict(json.loads(json.dumps(first.state_dict())))
    first.step(1.0)
    other.step(1.0)
    assert first.get_last_lr() == other.get_last_lr() == [0.5]
    assert first.state_dict() == other.state_dict()
    with pytest.raises(ValueError, match="no state dict of a ReduceLROnPlateau"):
        other.load_state_dict(schedules.ExponentialLR(groups(1.0), 0.5).state_dict())


class TestAddedGroups:
    @every_schedule
    def test_they_begin_from_their_own_rate(self, make):
        """As one that was there from the beginning, and was given this rate by hand."""
        o, whole = groups(1.0, momentum=0.5), groups(1.0, 8.0, momentum=0.5)
        schedule, other = make(o), make(whole)
        schedule.step()
        other.step()
        o.param_groups.append({"lr": 8.0, "momentum": 0.5})
        whole.param_groups[1]["lr"] = 8.0
        assert len(schedule.get_last_lr()) == 2
        for _ in range(7):
            schedule.step()
            other.step()
            if make is not MAKERS["nested"]:  # where OneCycleLR has set the initial rates of the groups that it found
                assert all_of(o) == pytest.approx(all_of(whole))
        again = make(groups(1.0, 8.0, momentum=0.5))
        again.load_state_dict(schedule.state_dict())
        assert again.get_last_lr() == schedule.get_last_lr()

    def test_to_an_optimizer(self):
        taken = optimizer(1.0)
        schedule = schedules.ExponentialLR(taken, 0.5)
        taken.add_param_group({"params": tl.zeros(1, requires_grad=True), "lr": 8.0})
        schedule.step()
        assert schedule.get_last_lr() == [0.5, 4.0]
        assert schedule.base_lrs == [1.0, 8.0]

    def test_a_state_that_no_step_has_met(self):
        taken = groups(1.0)
        schedule = schedules.ExponentialLR(taken, 0.5)
        taken.param_groups.append({"lr": 8.0})
        state = schedule.state_dict()
        assert (state["base_lrs"], state["_last_lr"]) == ([1.0, 8.0], [1.0, 8.0])

    @pytest.mark.parametrize(
        ("make", "name"),
        [
            (lambda o: schedules.LambdaLR(o, [lambda e: 1.0, lambda e: 0.5]), "lr_lambda"),
            (lambda o: schedules.MultiplicativeLR(o, [lambda e: 1.0, lambda e: 0.5]), "lr_lambda"),
            (lambda o: schedules.SWALR(o, [0.1, 0.2]), "swa_lr"),
            (lambda o: schedules.CyclicLR(o, [0.1, 0.2], 0.3), "base_lr"),
            (lambda o: schedules.OneCycleLR(o, [0.1, 0.2], 9), "max_lr"),
            (lambda o: schedules.OneCycleLR(o, 0.1, 9, base_momentum=[0.1, 0.2]), "base_momentum"),
        ],
    )
    def test_options_that_differ_by_group_need_another_value(self, make, name):
        o = groups(1.0, 2.0, momentum=0.5)
        schedule = make(o)
        o.param_groups.append({"lr": 3.0, "momentum": 0.5})
        before = copy.deepcopy(o.param_groups)
        with pytest.raises(ValueError, match=f"{name} has different values for 2 groups .* none for group 2"):
            schedule.step()
        assert present(o) == [group["lr"] for group in before]
        assert schedule.last_epoch == 0

    def test_plateaus(self):
        o = groups(1.0)
        schedule = schedules.ReduceLROnPlateau(o, patience=0, factor=0.5, min_lr=0.3)
        o.param_groups.append({"lr": 0.5})
        schedule.step(1.0)
        schedule.step(1.0)
        assert schedule.get_last_lr() == present(o) == [0.5, 0.3]


class TestGoingOn:
    """With last_epoch, in an optimizer that was restored."""

    @pytest.mark.parametrize(
        ("kind", "options"),
        [
            (schedules.LambdaLR, {"lr_lambda": Power(0.9)}),
            (schedules.MultiplicativeLR, {"lr_lambda": Power(0.99)}),
            (schedules.StepLR, {"step_size": 3}),
            (schedules.MultiStepLR, {"milestones": [2, 5]}),
            (schedules.ConstantLR, {}),
            (schedules.LinearLR, {"total_iters": 8}),
            (schedules.ExponentialLR, {"gamma": 0.9}),
            (schedules.PolynomialLR, {"total_iters": 8}),
            (schedules.InverseTimeLR, {"decay_rate": 0.5}),
            (schedules.NoamLR, {"d_model": 4, "warmup_steps": 3}),
            (schedules.CosineAnnealingLR, {"T_max": 5}),
            (schedules.CosineAnnealingWarmRestarts, {"T_0": 3}),
            (schedules.SWALR, {"swa_lr": 0.05, "anneal_epochs": 7}),
            (schedules.SWALR, {"swa_lr": 0.05, "anneal_epochs": 2}),
            (schedules.WarmupLR, {"warmup_steps": 7}),
            (schedules.CyclicLR, {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 3}),
            (schedules.OneCycleLR, {"max_lr": 0.5, "total_steps": 30}),
        ],
    )
    def test_rates_and_momenta(self, kind, options):
        first = kind(two(), **options)
        for _ in range(5):
            first.step()
        schedule = kind(copy.deepcopy(first.optimizer), **options, last_epoch=4)
        assert schedule.last_epoch == 5
        for _ in range(5):
            assert all_of(schedule.optimizer) == pytest.approx(all_of(first.optimizer))
            schedule.step()
            first.step()

    def test_chains(self):
        o = groups(1.0)
        parts = [schedules.ExponentialLR(o, 0.5), schedules.ConstantLR(o, 0.1)]
        for part in parts:
            part.step(3)
        chain = schedules.ChainedScheduler(parts)
        assert (chain.last_epoch, chain.get_last_lr()) == (3, [pytest.approx(0.1 / 8)])
        parts[1].step()
        with pytest.raises(ValueError, match=r"the same number of steps, not \[3, 4\]"):
            schedules.ChainedScheduler(parts)

    def test_without_initial_rates(self):
        o = groups(1.0, 2.0)
        o.param_groups[0]["initial_lr"] = 1.0
        before = copy.deepcopy(o.param_groups)
        with pytest.raises(KeyError, match="group 1 has no 'initial_lr'"):
            schedules.ExponentialLR(o, 0.5, last_epoch=3)
        with pytest.raises(ValueError, match="last_epoch must be a number of at least -1"):
            schedules.ExponentialLR(o, 0.5, last_epoch=-2)
        assert o.param_groups == before

    def test_a_second_schedule_begins_from_the_first_ones_initial_rates(self):
        o = groups(1.0)
        schedules.ExponentialLR(o, 0.5).step()
        assert schedules.ConstantLR(o).base_lrs == [1.0]


class TestSubclasses:
    """Written for PyTorch: they override get_lr() alone."""

    class Closed(schedules.LRScheduler):
        def get_lr(self):
            assert self._get_lr_called_within_step
            return [base / (1 + self.last_epoch) for base in self.base_lrs]

    class Recursive(schedules.LRScheduler):
        def __init__(self, optimizer, gamma, last_epoch=-1):
            self.gamma = gamma
            super().__init__(optimizer, last_epoch)

        def get_lr(self):
            if self.last_epoch == 0:
                return [group["lr"] for group in self.optimizer.param_groups]
            return [group["lr"] * self.gamma for group in self.optimizer.param_groups]

    def test_rates(self):
        o = optimizer(1.0, 2.0)
        closed = self.Closed(o)
        closed.step()
        assert closed.get_last_lr() == present(o) == [0.5, 1.0]
        recursive = self.Recursive(groups(1.0, 2.0), 0.5)
        recursive.step()
        recursive.step()
        assert recursive.get_last_lr() == [0.25, 0.5]
        recursive.optimizer.param_groups.append({"lr": 4.0})
        recursive.step()
        assert recursive.get_last_lr() == [0.125, 0.25, 2.0]

    def test_states(self):
        first, other = self.Recursive(groups(1.0), 0.5), self.Recursive(groups(3.0), 0.7)
        first.step()
        assert first.state_dict() == {"gamma": 0.5, "last_epoch": 1, "base_lrs": [1.0], "_last_lr": [0.5]}
        other.load_state_dict(first.state_dict())
        other.step()
        assert present(other.optimizer) == [0.25]

    def test_no_parts_of_others(self):
        o = groups(1.0)
        for user in (
            lambda s: schedules.SequentialLR(o, [s], []),
            lambda s: schedules.ChainedScheduler([s]),
            lambda s: schedules.WarmupLR(o, 3, s),
            lambda s: schedules.plot(s, 3),
        ):
            with pytest.raises(TypeError, match=r"Closed has none: it does not define rate"):
                user(self.Closed(o))

    def test_wrong_numbers_of_rates(self):
        class Short(schedules.LRScheduler):
            def get_lr(self):
                return [1.0]

        with pytest.raises(ValueError, match="Short gave 1 rates for 2 groups"):
            Short(groups(1.0, 2.0))

    def test_the_base_class_has_no_rate(self):
        with pytest.raises(NotImplementedError, match="does not define rate"):
            schedules.LRScheduler(optimizer(1.0))


# -- errors ------------------------------------------------------------------------------------------------------------

VALUE_ERRORS = [
    (lambda o: schedules.LambdaLR(o, [lambda e: 1.0] * 3), "lr_lambda must have one value for each of the 2 groups"),
    (lambda o: schedules.MultiplicativeLR(o, []), "lr_lambda must have one value for each of the 2 groups.* not 0"),
    (lambda o: schedules.StepLR(o, 0), "step_size must be a positive integer, not 0"),
    (lambda o: schedules.StepLR(o, 2, -0.5), "gamma must be a non-negative number, not -0.5"),
    (lambda o: schedules.MultiStepLR(o, [2, -1]), "milestones must be non-negative integers, .*-1"),
    (lambda o: schedules.MultiStepLR(o, [2], nan), "gamma must be a non-negative number, not nan"),
    (lambda o: schedules.ConstantLR(o, 1.5), r"factor must be a number in \[0, 1\], not 1.5"),
    (lambda o: schedules.ConstantLR(o, total_iters=0), "total_iters must be a positive number, not 0"),
    (lambda o: schedules.LinearLR(o, 0.0), r"start_factor must be a number in \(0, 1\], not 0.0"),
    (lambda o: schedules.LinearLR(o, 2.0), r"start_factor must be a number in \(0, 1\], not 2.0"),
    (lambda o: schedules.LinearLR(o, end_factor=-1), r"end_factor must be a number in \[0, 1\], not -1"),
    (lambda o: schedules.LinearLR(o, total_iters=0), "total_iters must be a positive number, not 0"),
    (lambda o: schedules.ExponentialLR(o, -1), "gamma must be a non-negative number, not -1"),
    (lambda o: schedules.PolynomialLR(o, -3), "total_iters must be a positive number, not -3"),
    (lambda o: schedules.PolynomialLR(o, 3, -1), "power must be a non-negative number, not -1"),
    (lambda o: schedules.InverseTimeLR(o, -1), "decay_rate must be a non-negative number, not -1"),
    (lambda o: schedules.InverseTimeLR(o, 1, 0), "decay_steps must be a positive number, not 0"),
    (lambda o: schedules.InverseTimeLR(o, 1, 1, -1), "power must be a non-negative number, not -1"),
    (lambda o: schedules.NoamLR(o, 0), "d_model must be a positive integer, not 0"),
    (lambda o: schedules.NoamLR(o, 2, 0), "warmup_steps must be a positive integer, not 0"),
    (lambda o: schedules.CosineAnnealingLR(o, 0), "T_max must be a positive number, not 0"),
    (lambda o: schedules.CosineAnnealingLR(o, 3, -1), "eta_min must be a non-negative number, not -1"),
    (lambda o: schedules.CosineAnnealingWarmRestarts(o, 0), "T_0 must be a positive integer, not 0"),
    (lambda o: schedules.CosineAnnealingWarmRestarts(o, 1, 0), "T_mult must be a positive integer, not 0"),
    (lambda o: schedules.SWALR(o, [0.1]), "swa_lr must have one value for each of the 2 groups.* not 1"),
    (lambda o: schedules.SWALR(o, -1), "swa_lr must be a non-negative number, not -1"),
    (lambda o: schedules.SWALR(o, 1, -1), "anneal_epochs must be a non-negative integer, not -1"),
    (lambda o: schedules.SWALR(o, 1, 1, "cosine"), "anneal_strategy must be 'cos' or 'linear', not 'cosine'"),
    (lambda o: schedules.CyclicLR(o, [0.1], 1), "base_lr must have one value"),
    (lambda o: schedules.CyclicLR(o, 0.1, (1, 2, 3)), "max_lr must have one value"),
    (lambda o: schedules.CyclicLR(o, 0.1, 1, 0), "step_size_up must be a positive number, not 0"),
    (lambda o: schedules.CyclicLR(o, 0.1, 1, 3, -1), "step_size_down must be a non-negative number or None, not -1"),
    (
        lambda o: schedules.CyclicLR(o, 0.1, 1, mode="square"),
        "mode must be 'triangular', 'triangular2' or 'exp_range', not 'square'",
    ),
    (lambda o: schedules.CyclicLR(o, 0.1, 1, gamma=-1), "gamma must be a non-negative number, not -1"),
    (lambda o: schedules.CyclicLR(o, 0.1, 1, scale_fn=abs, scale_mode="x"), "scale_mode must be 'cycle' or"),
    (lambda o: schedules.CyclicLR(o, 0.1, 1, base_momentum=[1]), "base_momentum must have one value"),
    (lambda o: schedules.OneCycleLR(o, 1), "total_steps=None, epochs=None"),
    (lambda o: schedules.OneCycleLR(o, 1, epochs=3), "steps_per_epoch=None"),
    (lambda o: schedules.OneCycleLR(o, 1, 0), "total_steps must be a positive integer or None, not 0"),
    (
        lambda o: schedules.OneCycleLR(o, 1, epochs=0, steps_per_epoch=3),
        "epochs must be a positive integer or None, not 0",
    ),
    (
        lambda o: schedules.OneCycleLR(o, 1, epochs=2, steps_per_epoch=-3),
        "steps_per_epoch must be a positive integer or None, not -3",
    ),
    (lambda o: schedules.OneCycleLR(o, [1], 5), "max_lr must have one value"),
    (lambda o: schedules.OneCycleLR(o, 1, 5, pct_start=1.5), r"pct_start must be a number in \[0, 1\], not 1.5"),
    (lambda o: schedules.OneCycleLR(o, 1, 5, anneal_strategy="step"), "anneal_strategy must be"),
    (lambda o: schedules.OneCycleLR(o, 1, 5, div_factor=0), "div_factor must be a positive number, not 0"),
    (
        lambda o: schedules.OneCycleLR(o, 1, 5, final_div_factor=-1),
        "final_div_factor must be a positive number, not -1",
    ),
    (lambda o: schedules.OneCycleLR(o, 1, 5, max_momentum=-1), "max_momentum must be a non-negative number, not -1"),
    (lambda o: schedules.ReduceLROnPlateau(o, "low"), "mode must be 'min' or 'max', not 'low'"),
    (lambda o: schedules.ReduceLROnPlateau(o, factor=1.0), r"factor must be a number in \[0, 1\), not 1.0"),
    (lambda o: schedules.ReduceLROnPlateau(o, factor=-1), r"factor must be a number in \[0, 1\), not -1"),
    (lambda o: schedules.ReduceLROnPlateau(o, patience=-1), "patience must be a non-negative number, not -1"),
    (lambda o: schedules.ReduceLROnPlateau(o, threshold=-1), "threshold must be a non-negative number, not -1"),
    (lambda o: schedules.ReduceLROnPlateau(o, threshold_mode="x"), "threshold_mode must be 'rel' or 'abs', not 'x'"),
    (lambda o: schedules.ReduceLROnPlateau(o, cooldown=-1), "cooldown must be a non-negative number, not -1"),
    (lambda o: schedules.ReduceLROnPlateau(o, min_lr=[0.1]), "min_lr must have one value"),
    (lambda o: schedules.ReduceLROnPlateau(o, eps=-1), "eps must be a non-negative number, not -1"),
    (lambda o: schedules.SequentialLR(o, [], []), "at least one schedule"),
    (lambda o: schedules.ChainedScheduler([]), "at least one schedule"),
    (lambda o: schedules.WarmupLR(o, -1), "warmup_steps must be a non-negative integer, not -1"),
    (lambda o: schedules.WarmupLR(o, 1, start_factor=2), r"start_factor must be a number in \[0, 1\], not 2"),
    (
        lambda o: schedules.WarmupLR(o, 1, schedules.LinearLR(two())),
        "WarmupLR: after, a LinearLR, is for another optimizer",
    ),
    (lambda o: schedules.SequentialLR(o, [schedules.ExponentialLR(two(), 1.0)], []), "is for another optimizer"),
    (lambda o: schedules.ChainedScheduler([schedules.ExponentialLR(two(), 1.0)], o), "is for another optimizer"),
    (lambda o: schedules.plot({}, 3), "a mapping with at least one"),
]
TYPE_ERRORS = [
    (lambda o: schedules.LambdaLR(o, 0.5), "lr_lambda must be callable or a tuple of callables, not 0.5"),
    (lambda o: schedules.StepLR(o, 2.5), "step_size must be a positive integer, not 2.5"),
    (lambda o: schedules.StepLR(o, 2, "x"), "gamma must be a non-negative number, not 'x'"),
    (lambda o: schedules.MultiStepLR(o, [0.5]), "milestones must be non-negative integers, .*0.5"),
    (lambda o: schedules.CosineAnnealingLR(o, None), "T_max must be a positive number, not None"),
    (lambda o: schedules.CosineAnnealingWarmRestarts(o, 1.5), "T_0 must be a positive integer, not 1.5"),
    (lambda o: schedules.SWALR(o, 1, 1.5), "anneal_epochs must be a non-negative integer, not 1.5"),
    (lambda o: schedules.CyclicLR(o, 0.1, 1, scale_fn=3), "scale_fn must be callable or None, not 3"),
    (lambda o: schedules.OneCycleLR(o, 1, 5.0), "total_steps must be a positive integer or None, not 5.0"),
    (lambda o: schedules.WarmupLR(o, 1.5), "warmup_steps must be a non-negative integer, not 1.5"),
    (lambda o: schedules.WarmupLR(o, 1, 0.5), "after must be an LRScheduler or None, not 0.5"),
    (
        lambda o: schedules.SequentialLR(o, [o], []),
        "SequentialLR: schedulers.0. must be a schedule, not SimpleNamespace",
    ),
    (lambda o: schedules.ChainedScheduler([None]), "ChainedScheduler: schedulers.0. must be a schedule, not NoneType"),
    (lambda o: schedules.SequentialLR(o, [schedules.ReduceLROnPlateau(o)], []), "follows the metrics of a run"),
    (lambda o: schedules.ChainedScheduler([schedules.ReduceLROnPlateau(o)]), "follows the metrics of a run"),
    (lambda o: schedules.WarmupLR(o, 3, schedules.ReduceLROnPlateau(o)), "follows the metrics of a run"),
    (lambda o: schedules.plot(schedules.ReduceLROnPlateau(o), 3), "follows the metrics of a run"),
    (lambda o: schedules.plot(o, 3), "plot: schedule must be an LRScheduler or a mapping, not a SimpleNamespace"),
    (lambda o: schedules.plot({"a": 3}, 3), "plot: schedule.'a'. must be a schedule, not int"),
]


@pytest.mark.parametrize(
    ("error", "make", "message"),
    [(ValueError, *case) for case in VALUE_ERRORS] + [(TypeError, *case) for case in TYPE_ERRORS],
)
def test_errors_come_before_the_groups_change(error, make, message):
    o = two()
    before = copy.deepcopy(o.param_groups)
    with pytest.raises(error, match=message):
        make(o)
    assert o.param_groups == before


def test_milestones():
    o = two()
    parts = [schedules.ConstantLR(o), schedules.ConstantLR(o), schedules.ConstantLR(o)]
    for milestones, error, message in [
        ([1], ValueError, "milestones must be one fewer than the 3 schedulers, not 1"),
        ([5, 2], ValueError, r"SequentialLR: milestones must be in ascending order, not \[5, 2\]"),
        ([-1, 2], ValueError, "milestones must be non-negative integers, .*-1"),
        ([1, 2.5], TypeError, "milestones must be non-negative integers, .*2.5"),
    ]:
        with pytest.raises(error, match=message):
            schedules.SequentialLR(o, parts, milestones)


@pytest.mark.parametrize("kind", [kind for kind in schedules.__all__ if kind not in ("plot", "ChainedScheduler")])
def test_what_is_no_optimizer(kind):
    arguments = {
        "LRScheduler": (), "ConstantLR": (), "LinearLR": (), "PolynomialLR": (), "ReduceLROnPlateau": (),
        "LambdaLR": (abs,), "MultiplicativeLR": (abs,), "MultiStepLR": ([1],), "CyclicLR": (0.1, 0.2),
        "OneCycleLR": (0.1, 5), "SequentialLR": ([schedules.ConstantLR(two())], []),
    }.get(kind, (1,))  # fmt: skip
    with pytest.raises((TypeError, ValueError), match=r"has param_groups, not .tensor|for another optimizer"):
        getattr(schedules, kind)([tl.zeros(1)], *arguments)


@pytest.mark.parametrize("make", [MAKERS["cyclic"], MAKERS["one cycle"]])
def test_momentum_that_is_not_there(make):
    o = groups(1.0)
    with pytest.raises(ValueError, match="group 0 has neither; give cycle_momentum=False"):
        make(o)
    assert o.param_groups == [{"lr": 1.0}]


def test_one_cycle_has_an_end():
    o = groups(1.0, momentum=0.5)
    schedule = schedules.OneCycleLR(o, 1.0, 5)
    for _ in range(5):
        schedule.step()
    before, state = copy.deepcopy(o.param_groups), schedule.state_dict()
    with pytest.raises(ValueError, match="step 6 is beyond the 5 steps"):
        schedule.step()
    assert o.param_groups == before
    assert schedule.state_dict() == state


@pytest.mark.parametrize("options", [{}, {"three_phase": True}, {"anneal_strategy": "linear"}])
def test_one_cycle_whose_rise_is_one_step(options):
    """PyTorch divides by 0 there."""
    schedule = schedules.OneCycleLR(groups(1.0, momentum=0.5), 1.0, 10, pct_start=0.1, **options)
    seen = rates(schedule, 9)
    assert seen[0] == 1.0
    assert not any(map(isnan, seen))
    assert seen[9] == pytest.approx(1 / 25e4)


@every_schedule
def test_negative_epochs(make):
    schedule = make(two())
    state = schedule.state_dict()
    with pytest.raises(ValueError, match=r"step: epoch must be a non-negative number or None, not -0\.5"):
        schedule.step(-0.5)
    assert schedule.state_dict() == state


def test_a_function_that_fails_leaves_the_schedule_where_it_is():
    o = groups(1.0)
    schedule = schedules.LambdaLR(o, lambda epoch: 1 / (2 - epoch))
    schedule.step()
    with pytest.raises(ZeroDivisionError):
        schedule.step()
    assert (schedule.last_epoch, present(o)) == (1, [1.0])


# -- pictures ----------------------------------------------------------------------------------------------------------


class TestPlot:
    @pytest.fixture
    def axes(self):
        return pytest.importorskip("matplotlib.figure").Figure().subplots()

    @every_schedule
    def test_lines(self, make, axes):
        o = two()
        schedule = make(o)
        schedule.step()
        state, before = copy.deepcopy(schedule.state_dict()), copy.deepcopy(o.param_groups)
        assert schedules.plot(schedule, 9, axes) is axes
        assert schedule.state_dict() == state
        assert o.param_groups == before
        other = make(two())
        seen = [other.get_last_lr()]
        for _ in range(8):
            other.step()
            seen.append(other.get_last_lr())
        assert [line.get_xdata().tolist() for line in axes.lines] == [list(range(9))] * 2
        for line, expected in zip(axes.lines, zip(*seen, strict=True), strict=True):
            assert line.get_ydata().tolist() == pytest.approx(list(expected))

    def test_words(self, axes):
        schedules.plot(schedules.ExponentialLR(groups(1.0), 0.5), 3, axes)
        assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("step", "learning rate", "")
        assert axes.get_legend() is None

    def test_names(self, axes):
        one, other = schedules.ExponentialLR(groups(1.0), 0.5), schedules.StepLR(two(), 2)
        schedules.plot({"a": one, "b": other}, 3, axes)
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b, group 0", "b, group 1"]
        assert axes.lines[0].get_ydata().tolist() == [1.0, 0.5, 0.25]

    def test_groups(self, axes):
        schedules.plot(schedules.StepLR(two(), 2), 3, axes)
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["group 0", "group 1"]

    def test_a_group_that_no_step_has_met(self, axes):
        o = groups(1.0)
        schedule = schedules.ExponentialLR(o, 0.5)
        o.param_groups.append({"lr": 8.0})
        schedules.plot(schedule, 2, axes)
        assert [line.get_ydata().tolist() for line in axes.lines] == [[1.0, 0.5], [8.0, 4.0]]
        assert o.param_groups[1] == {"lr": 8.0}

    def test_new_axes(self):
        matplotlib = pytest.importorskip("matplotlib")
        matplotlib.use("Agg")
        from matplotlib import pyplot

        axes = schedules.plot(schedules.ExponentialLR(groups(1.0), 0.5), 3)
        assert len(axes.lines) == 1
        pyplot.close(axes.figure)

    def test_without_matplotlib(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        with pytest.raises(ImportError, match=r"pip install tensorlab\[viz\]"):
            schedules.plot(schedules.ExponentialLR(groups(1.0), 0.5), 3)

    @pytest.mark.parametrize(("steps", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError)])
    def test_numbers_of_steps(self, steps, error, axes):
        with pytest.raises(error, match="steps must be"):
            schedules.plot(schedules.ExponentialLR(groups(1.0), 0.5), steps, axes)

    def test_more_steps_than_there_are(self, axes):
        with pytest.raises(ValueError, match="step 6 is beyond the 5 steps"):
            schedules.plot(MAKERS["one cycle"](two(), 0.25), 9, axes)
        assert not axes.lines


class TestSeveral:
    def test_factors_multiply(self):
        o = groups(1.0)
        warm_up, decay = schedules.LinearLR(o, 0.25, total_iters=3), schedules.ExponentialLR(o, 0.5)
        for epoch in range(6):
            assert present(o) == pytest.approx([(0.25 + 0.75 * min(epoch / 3, 1)) * 0.5**epoch])
            warm_up.step()
            decay.step()

    def test_a_rate_set_by_hand(self):
        o = groups(1.0)
        schedule = schedules.ExponentialLR(o, 0.5)
        schedule.step()
        o.param_groups[0]["lr"] = 8.0
        schedule.step()
        assert present(o) == [4.0]
        again = schedules.ExponentialLR(groups(1.0), 0.1)
        again.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
        for each in (schedule, again):
            each.step()
            assert each.get_last_lr() == [2.0]

    def test_where_a_factor_is_zero(self):
        o = groups(1.0)
        schedule = schedules.PolynomialLR(o, total_iters=2)
        for _ in range(3):
            schedule.step()
        o.param_groups[0]["lr"] = 8.0
        schedule.step()
        assert present(o) == [8.0]

    @pytest.mark.parametrize(
        "make",
        [
            lambda o: schedules.LambdaLR(o, lambda epoch: 0.9**epoch),
            lambda o: schedules.CosineAnnealingWarmRestarts(o, 5),
            lambda o: schedules.CyclicLR(o, 0.1, 1.0, cycle_momentum=False),
            lambda o: schedules.OneCycleLR(o, 1.0, 20, cycle_momentum=False),
            lambda o: schedules.ChainedScheduler([schedules.LambdaLR(o, lambda epoch: 0.5)]),
            lambda o: schedules.WarmupLR(o, 3, after=schedules.CosineAnnealingWarmRestarts(o, 5)),
        ],
    )
    def test_one_that_would_undo_the_other(self, make):
        o = groups(1.0)
        schedule, other = make(o), schedules.ExponentialLR(o, 0.5)
        schedule.step()
        other.step()
        before = present(o)
        with pytest.raises(ValueError, match=r"would undo what ExponentialLR has changed .* ChainedScheduler"):
            schedule.step()
        assert present(o) == before
        assert schedule.last_epoch == 1

    def test_in_turn(self):
        """One stage of training after the other."""
        o = groups(1.0)
        first = schedules.ExponentialLR(o, 0.5)
        second = schedules.LambdaLR(o, lambda epoch: 1 / (1 + epoch))
        first.step()
        for epoch in (1, 2, 3):
            second.step()
            assert present(o) == [1 / (1 + epoch)]


class TestOrder:
    def test_before_the_optimizers_first_step(self):
        o = optimizer(1.0)
        schedule = schedules.ExponentialLR(o, 0.5)
        with pytest.warns(UserWarning, match=r"ExponentialLR.step\(\) was called before optimizer.step\(\)") as caught:
            schedule.step()
        assert caught[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            schedule.step()

    def test_after_it(self):
        o = optimizer(1.0)
        o.param_groups[0]["params"][0].grad = tl.ones(1)
        schedule = schedules.ExponentialLR(o, 0.5)
        o.step()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            schedule.step()

    def test_what_is_not_known_to_step_is_not_warned_of(self):
        class Own(SGD):
            def step(self, closure=None):
                pass

        taken = Own([tl.zeros(1, requires_grad=True)], lr=1.0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            schedules.ExponentialLR(taken, 0.5).step()
            schedules.ExponentialLR(groups(1.0), 0.5).step()


def test_errors_name_the_class_and_the_argument():
    o = two()
    steps = schedules.ConstantLR(o)
    for call, message in [
        (
            lambda: schedules.StepLR(o, 3, last_epoch=None),
            "StepLR: last_epoch must be a number of at least -1",
        ),
        (
            lambda: schedules.LambdaLR(o, lambda epoch: None).step(),
            "LambdaLR: lr_lambda must return one number",
        ),
        (lambda: schedules.SequentialLR(o, 3, []), "SequentialLR: schedulers must be an iterable of schedules, not 3"),
        (lambda: schedules.MultiStepLR(o, "abc"), "MultiStepLR: milestones must be non-negative integers, .*not 'abc'"),
        (lambda: steps.rates(None), "rates: epoch must be a finite number, not None"),
        (lambda: schedules.plot(steps, 3, axes=3), "plot: axes must be axes of Matplotlib or None, not 3"),
    ]:
        with pytest.raises(TypeError, match=f"^{message}"):
            call()


def test_the_missing_initial_rate_is_named():
    with pytest.raises(KeyError, match="StepLR: last_epoch=2 goes on with an optimizer"):
        schedules.StepLR(two(), 3, last_epoch=2)
