"""Open gates let a network learn to remember over many steps.

The network reads one of four symbols, then blanks, then a signal, and has to name the symbol: the copy memory task of
Hochreiter and Schmidhuber (1997) with a single symbol. Every network gets the same few steps of training at each delay.
All of them learn the shortest delay. At a delay of 30 the gradient that could teach LSTM and GRU with the usual biases
has vanished, and they stay at the level of chance; an Elman network learns it in some runs. With a bias of 5 at the
gate that keeps the state (Gers, Schmidhuber and Cummins, 2000; Jozefowicz et al., 2015) LSTM and GRU learn it at once.
"""

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.datasets import make_copy_memory
from tensorlab.models import RecurrentEncoder

SYMBOLS, HIDDEN = 4, 32
KINDS = {
    "Elman": ("rnn", 0.0),
    "LSTM": ("lstm", 0.0),
    "GRU": ("gru", 0.0),
    "LSTM, forget bias 5": ("lstm", 5.0),
    "GRU, update bias 5": ("gru", 5.0),
}


def samples(count, delay):
    """Return sequences and the symbol, from 0, with which each begins."""
    x, y = make_copy_memory(count, delay, length=1, n_symbols=SYMBOLS)
    return x, y[:, -1] - 1


def accuracy_after_training(cell, bias, delay, steps):
    """Train a network to name the first symbol; return the share of new sequences for which it does."""
    model = RecurrentEncoder(SYMBOLS + 2, SYMBOLS, HIDDEN, cell, embedding_dim=8)
    with tl.no_grad():
        model.layers.bias_hh_l0[HIDDEN : 2 * HIDDEN] += bias
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        x, y = samples(32, delay)
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    x, y = samples(500, delay)
    return float((model(x).argmax(axis=1) == y).astype("float32").mean())


def lesson(report, long):
    delays, steps = ((3, 10, 30, 100, 200), 200) if long else ((3, 10, 30), 150)
    scores = {
        name: [accuracy_after_training(cell, bias, delay, steps) for delay in delays]
        for name, (cell, bias) in KINDS.items()
    }
    report.table(
        ["network", *(f"delay {delay}" for delay in delays)], [[name, *found] for name, found in scores.items()]
    )
    first = delays[0]
    report.claim(f"every network learns a delay of {first}", all(found[0] > 0.95 for found in scores.values()))
    report.claim("with the usual biases LSTM and GRU do not learn a delay of 30",
                 all(scores[name][delays.index(30)] < 0.6 for name in ("LSTM", "GRU")))  # fmt: skip
    report.claim("with open gates both do", all(scores[name][delays.index(30)] > 0.95 for name in list(KINDS)[3:]))

    ax = report.axes(width=6.4)
    for number, (name, found) in enumerate(scores.items()):
        ax.bar([group + 0.16 * (number - 2) for group in range(len(delays))], found, 0.15, label=name)
    ax.axhline(1 / SYMBOLS, color="0.3", linewidth=0.9, linestyle="--", label="chance")
    ax.set_xticks(range(len(delays)), delays)
    ax.set(title=f"Accuracy after {steps} steps of training", xlabel="delay (steps)", ylabel="accuracy", ylim=(0, 1.4))
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.legend(ncols=3, loc="upper left", fontsize=8, frameon=False)
