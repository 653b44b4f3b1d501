"""Schedules against their formulas, and PyTorch's recursions written out."""

from math import cos, pi

import pytest

import tensorlab as tl
from tensorlab.optim import SGD
from tensorlab.optim import lr_scheduler as schedules


def optimizer(*rates):
    return SGD([{"params": tl.zeros(1, requires_grad=True), "lr": rate} for rate in rates])


def rates(schedule, steps):
    seen = [schedule.get_last_lr()[0]]
    for _ in range(steps):
        schedule.step()
        seen += schedule.get_last_lr()[:1]
    return seen


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda o: schedules.StepLR(o, 2, 0.5), [0.8, 0.8, 0.4, 0.4, 0.2]),
        (lambda o: schedules.MultiStepLR(o, [3, 1], 0.5), [0.8, 0.4, 0.4, 0.2, 0.2]),
        (lambda o: schedules.ExponentialLR(o, 0.5), [0.8, 0.4, 0.2, 0.1, 0.05]),
        (lambda o: schedules.LambdaLR(o, lambda epoch: 1 / (1 + epoch)), [0.8, 0.4, 0.8 / 3, 0.2, 0.16]),
        (
            lambda o: schedules.CosineAnnealingLR(o, 4, 0.2),
            [0.2 + 0.6 * (1 + cos(pi * epoch / 4)) / 2 for epoch in range(5)],
        ),
        (lambda o: schedules.LinearLR(o, 0.25, 1.0, 3), [0.2, 0.4, 0.6, 0.8, 0.8]),
        (
            lambda o: schedules.SequentialLR(
                o, [schedules.LinearLR(o, 0.5, total_iters=2), schedules.ExponentialLR(o, 0.5)], [2]
            ),
            [0.4, 0.6, 0.8, 0.4, 0.2],
        ),
    ],
    ids=["step", "multistep", "exponential", "lambda", "cosine", "linear", "sequential"],
)
def test_rates(make, expected):
    assert rates(make(optimizer(0.8)), len(expected) - 1) == pytest.approx(expected)


def test_each_group_has_its_own_rate():
    taken = optimizer(1.0, 0.1)
    schedule = schedules.LambdaLR(taken, [lambda epoch: 0.5**epoch, lambda epoch: 2.0])
    schedule.step()
    assert [group["lr"] for group in taken.param_groups] == schedule.get_last_lr() == [0.5, 0.2]
    assert schedule.base_lrs == [1.0, 0.1]


def test_going_on_from_a_state_dict():
    first = schedules.CosineAnnealingLR(optimizer(1.0), 10)
    for _ in range(3):
        first.step()
    other = schedules.CosineAnnealingLR(optimizer(7.0), 10)
    other.load_state_dict(first.state_dict())
    assert other.get_last_lr() == first.get_last_lr()
    assert rates(other, 3) == rates(first, 3)


def test_a_group_that_is_added_later():
    taken = optimizer(1.0)
    schedule = schedules.ExponentialLR(taken, 0.5)
    taken.add_param_group({"params": tl.zeros(1, requires_grad=True), "lr": 8.0})
    schedule.step()
    assert schedule.get_last_lr() == [0.5, 4.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: schedules.LambdaLR(o, [lambda e: 1.0] * 2), "2 functions for 1 groups"),
        (lambda o: schedules.LinearLR(o, 0.0), "start_factor"),
        (lambda o: schedules.SequentialLR(o, [], [1]), "one milestone fewer"),
        (lambda o: schedules.SequentialLR(o, [schedules.ExponentialLR(optimizer(1.0), 1.0)], []), "this optimizer"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make(optimizer(1.0))


def test_the_base_class_has_no_rate():
    with pytest.raises(NotImplementedError, match="does not define rate"):
        schedules.LRScheduler(optimizer(1.0))
