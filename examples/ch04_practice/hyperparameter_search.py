"""Hyperparameters are chosen on held-out data, and judged on other data than those.

Thirty networks are trained with learning rate, width and dropout drawn at random, which tries thirty values of each
where a grid would try three or four (Bergstra and Bengio, 2012). The best on the validation set owes part of its score
to luck with those fifty digits; only the test set, used once, tells how good it is. To see how much is luck, the
division of the digits that were held out is drawn again 500 times.
"""

import statistics

import tensorlab as tl
from tensorlab import data, nn, viz
from tensorlab.train import search

from ._digits import digits, fit

SPACE = {"lr": search.LogUniform(1e-3, 1.0), "hidden": search.Integers(4, 128), "dropout": search.Uniform(0.0, 0.9)}
CHOSEN_BY = 50
"""The number of digits in a validation set."""


def lesson(report, long):
    training, held_out = digits(300)
    valid, test = data.random_split(held_out, [CHOSEN_BY, len(held_out) - CHOSEN_BY])
    hits = []

    def objective(lr, hidden, dropout):
        model = nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 10))
        trainer = fit(model, training, valid, 100 if long else 20, lr=lr)
        x, y = held_out.tensors
        hits.append((trainer.predict(x).argmax(axis=1) == y).astype(tl.float32))
        return trainer.history[-1]["valid_accuracy"]

    found = search.random_search(objective, SPACE, trials=100 if long else 30, seed=0)
    on_test = [float(right[test.indices].mean()) for right in hits]
    best = found.best
    report.table(list(SPACE), [list(best.params.values())], "The best trial")
    report.value("its accuracy on the validation set", best.value)
    report.value("its accuracy on the test set", on_test[best.number])
    report.value("the median trial's", statistics.median(on_test))
    scores, excess, gains = tl.stack(hits), [], []
    for _ in range(500):
        order = tl.randperm(len(held_out))
        by_valid, by_rest = (scores[:, part].mean(axis=1) for part in (order[:CHOSEN_BY], order[CHOSEN_BY:]))
        winner = int(by_valid.argmax())
        excess.append(float(by_valid[winner] - by_rest[winner]))
        gains.append(float(by_rest[winner] - by_rest.mean()))
    too_high, gain = statistics.mean(excess), statistics.mean(gains)
    report.value("by how much the winner's score is too high, on average over 500 divisions", too_high)
    report.value("by how much the winner is better than the mean trial on the other digits", gain)
    report.claim("the winner is right on 5 % more of the other digits than the mean trial", gain > 0.05)
    report.claim("but on the digits that chose it, its score is too high by over 1 %", too_high > 0.01)

    by_rate, both = report.axes(columns=2)
    by_rate.semilogx([t.params["lr"] for t in found.trials], [100 * t.value for t in found.trials], "o")
    by_rate.semilogx([best.params["lr"]], [100 * best.value], "o", label="best")
    by_rate.set(title=f"{len(found.trials)} trials", xlabel="learning rate", ylabel="validation accuracy (%)")
    both.hist([100 * value for value in excess], bins=range(-9, 16, 2))
    both.axvline(0, color=viz.style.INK)
    both.set(title="Score of the winner: validation less test", xlabel="difference (%)", ylabel="divisions")
