"""An L1 penalty sets weights to zero, an L2 penalty only makes them smaller; both may begin late.

Three runs are the same until the tenth epoch. Then one is left alone, and the others get a penalty on the weights
of the hidden layer: the sum of magnitudes, whose gradient is the same for small weights and for large ones, or half the
sum of squares, whose gradient fades as a weight shrinks.
"""

import tensorlab as tl
from tensorlab import nn, optim, viz
from tensorlab.train import Penalty

from ._digits import digits, fit

START, TINY = 10, 0.01
PENALTIES = {
    "none": lambda weights: [],
    "L1": lambda weights: [Penalty(optim.L1Penalty(weights, 1e-3, start=START))],
    "L2": lambda weights: [Penalty(optim.L2Penalty(weights, 2e-3, start=START))],
}


def train(name, training, held_out, epochs):
    """Return the weights of the hidden layer, and its history."""
    tl.seed_everything(1)  # the same run until the penalty begins
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    trainer = fit(model, training, held_out, epochs, callbacks=PENALTIES[name]([model[0].weight]))
    return model[0].weight.detach(), trainer.history


def lesson(report, long):
    training, held_out = digits(1200)
    runs = {name: train(name, training, held_out, epochs=60 if long else 40) for name in PENALTIES}
    share = {name: int((abs(w) < TINY).sum()) / w.size for name, (w, _) in runs.items()}
    norm = {name: float((w**2).sum()) for name, (w, _) in runs.items()}
    accuracy = {name: history[-1]["valid_accuracy"] for name, (_, history) in runs.items()}
    rows = [(name, norm[name], share[name], accuracy[name]) for name in runs]
    report.table(["penalty", "sum of squares", f"share of weights below {TINY}", "held-out accuracy"], rows)
    first = {tuple(row["loss"] for row in history[:START]) for _, history in runs.values()}
    report.claim("until the penalties begin, the runs are the same, bit for bit", len(first) == 1)
    report.claim("L1 sets over 70 % of the weights to zero", share["L1"] > 0.7)
    report.claim(
        "L2 shrinks them as much, but sets fewer than half to zero", norm["L2"] < norm["none"] / 2 and share["L2"] < 0.5
    )
    report.claim("L1 costs less than 4 % of accuracy", accuracy["L1"] > accuracy["none"] - 0.04)

    chart, bars = report.axes(columns=2)
    for name, (weights, history) in runs.items():
        chart.semilogy([row["epoch"] for row in history], [row["loss"] for row in history], label=name)
        sizes = tl.sort(abs(weights).ravel()).tolist()
        bars.plot([100 * n / len(sizes) for n in range(len(sizes))], sizes, label=name)
    chart.axvline(START, color=viz.style.FAINT, linestyle=":")
    chart.set(title=f"Penalties from epoch {START} on", xlabel="epoch", ylabel="training loss, without penalty (nats)")
    bars.set(title="Weights at the end, by size", xlabel="share of the weights (%)", ylabel="magnitude", ylim=(0, 1))
