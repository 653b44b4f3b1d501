"""A constant learning rate stops at a noise floor in proportion to the rate; a schedule that ends low goes below it.

Stochastic gradient descent fits a linear model to noisy data, of which each batch is new. A high rate is fast until the
noise of the gradients balances the pull to the minimum. The excess loss then is about rate · σ² · trace(H) / (4 · batch
size), with the noise's variance σ² and the Hessian H. A low rate has a lower floor, but is late to reach it. Schedules
begin with a high rate, which forgets the start, and end with a low one, which averages the noise (Robbins and Monro,
1951; for the cosine Loshchilov and Hutter, 2017; for one cycle Smith and Topin, 2019).
"""

import tensorlab as tl
from tensorlab import optim
from tensorlab.optim import lr_scheduler
from tensorlab.viz import style

HIGH, BATCH, RUNS = 0.3, 8, 20
CURVATURES = tl.geomspace(0.02, 1.0, 10)


def schedules(optimizer, steps):
    """Return what makes each schedule for an optimizer whose rate is the high one."""
    low, half, rest = 0.01, steps // 2, 3 * steps // 4
    return {
        "constant": lambda: lr_scheduler.ConstantLR(optimizer, factor=1.0),
        "a tenth": lambda: lr_scheduler.ConstantLR(optimizer, factor=0.1, total_iters=steps + 1),
        "steps": lambda: lr_scheduler.MultiStepLR(optimizer, [half, rest]),
        "exponential": lambda: lr_scheduler.ExponentialLR(optimizer, low ** (1 / steps)),
        "inverse time": lambda: lr_scheduler.InverseTimeLR(optimizer, 20 / steps),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, steps),
        "one cycle": lambda: lr_scheduler.OneCycleLR(optimizer, HIGH, total_steps=steps + 1, cycle_momentum=False),
        "warm restarts": lambda: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, steps // 7 + 1, T_mult=2),
    }


def excess(weights):
    """Return the excess of the expected loss over its minimum, which is at zero; the mean over all runs."""
    return 0.5 * (CURVATURES * weights.detach() ** 2).sum(axis=1).mean().item()


def train(name, batches):
    """Return a schedule and the excess loss after each step, the mean over several runs side by side."""
    weights = tl.full((RUNS, len(CURVATURES)), 3.0, requires_grad=True)
    optimizer = optim.SGD([weights], lr=HIGH)
    schedule, losses = schedules(optimizer, len(batches))[name](), []
    for x, noise in batches:
        residuals = (x @ weights.unsqueeze(-1)).squeeze(-1) - noise
        optimizer.zero_grad()
        (0.5 * (residuals**2).mean(axis=1).sum()).backward()
        optimizer.step()
        schedule.step()
        losses.append(excess(weights))
    return schedule, losses


def mean(values):
    return sum(values) / len(values)


def lesson(report, long):
    steps = 5000 if long else 1000
    shape = (RUNS, BATCH, len(CURVATURES))
    batches = [(tl.randn(shape) * CURVATURES.sqrt(), tl.randn(shape[:2])) for _ in range(steps)]
    runs = {name: train(name, batches) for name in schedules(None, steps)}
    last = {name: mean(losses[-steps // 50 :]) for name, (_, losses) in runs.items()}
    rows = [(name, schedule.rates(steps - 1)[0], last[name]) for name, (schedule, _) in runs.items()]
    report.table(["schedule", "last rate", "excess loss at the end"], rows)
    floor, predicted = mean(runs["constant"][1][steps // 2 :]), HIGH * CURVATURES.sum().item() / (4 * BATCH)
    report.value("floor of the constant rate", floor)
    report.value("rate · σ² · trace(H) / (4 · batch size)", predicted)

    report.claim("the floor of the constant rate is the predicted one, to a third", abs(floor / predicted - 1) < 1 / 3)
    ended = [last[name] for name in ("steps", "cosine", "one cycle", "warm restarts")]
    report.claim("schedules that end near zero end below a fifth of it", max(ended) < floor / 5)
    report.claim("and below half of what a tenth of the rate reaches", max(ended) < last["a tenth"] / 2)

    rates, chart = report.axes(columns=2, width=5.4)
    lr_scheduler.plot({name: schedule for name, (schedule, _) in runs.items()}, steps, axes=rates)
    rates.set(title="Schedules", ylim=(0, 0.42))
    style.legend(rates, loc="upper center", ncols=4)
    for name, (_, losses) in runs.items():
        chart.semilogy(range(0, steps, 10), [mean(losses[n : n + 10]) for n in range(0, steps, 10)], label=name)
    chart.set(title="Excess loss, mean of 10 steps", xlabel="step", ylabel="excess loss")
    style.legend(chart, loc="upper right", ncols=2)
