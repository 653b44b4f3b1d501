"""A transducer of sixteen units learns to add, and adds numbers of any length.

In each step an Elman network reads a binary digit of either summand, the lowest first, and writes a digit of the sum.
It is trained on sums of 8 digits, and adds numbers of 200 without a mistake: what it learns is the rule of the carry.
Nothing but the state can tell it the carry, and a linear classifier reads the carry from the state (Elman, 1990). A
network without a state cannot do better than to guess.
"""

import tensorlab as tl
from tensorlab import nn, optim, viz
from tensorlab.models import RecurrentTransducer
from tensorlab.models.classic import SoftmaxRegression


def additions(count, length):
    """Return the digits of two summands, (count, length, 2), those of their sum, and the carries, the lowest first."""
    summands = tl.randint(0, 2, (count, length, 2))
    carry, digits, carries = tl.zeros(count, dtype="int64"), [], []
    for i in range(length):
        total = summands[:, i].sum(axis=1) + carry
        carry = total // 2
        digits.append(total % 2)
        carries.append(carry)
    return summands.astype("float32"), tl.stack(digits, axis=1), tl.stack(carries, axis=1)


def trained(model, steps):
    """Return a model after training with sums of 8 digits."""
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        summands, digits, _ = additions(64, 8)
        loss = nn.functional.binary_cross_entropy_with_logits(model(summands)[..., 0], digits.astype("float32"))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def right(model, summands, digits):
    """Return which digits of the sums are right."""
    return (model(summands)[..., 0] > 0) == (digits > 0)


def lesson(report, long):
    steps, length = (2000, 2000) if long else (500, 200)
    transducer = trained(RecurrentTransducer(2, 1, hidden_size=16, cell="rnn"), steps)
    stateless = trained(nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1)), steps)
    summands, digits, carries = additions(200, length)
    found, guessed = (right(model, summands, digits).astype("float32") for model in (transducer, stateless))
    states, carry = (x.detach().flatten(0, 1)[:2000] for x in (transducer.layers(summands)[0], carries))
    read = SoftmaxRegression(alpha=0.01).fit(states, carry).score(states, carry)

    sums = float(found.min(axis=1).mean())
    report.value(f"sums of {length} digits without a mistake", sums)
    report.value("digits that are right without a state", guessed.mean())
    report.value("carries that are read from the state", read)
    report.claim(f"trained with 8 digits, the transducer adds more than 90 % of the numbers of {length}", sums > 0.9)
    report.claim("a network without a state gets fewer than 60 % of the digits right", guessed.mean() < 0.6)
    report.claim("a linear classifier reads more than 99 % of the carries from the state", read > 0.99)

    plane, chart = report.axes(columns=2, width=5.4)
    viz.embedding(states, carry, class_names=["carry 0", "carry 1"], title="States of the transducer", ax=plane)
    chart.axvspan(1, 8, color="0.9", label="lengths in training")
    chart.semilogx(range(1, length + 1), found.mean(axis=0).tolist(), label="transducer")
    chart.semilogx(range(1, length + 1), guessed.mean(axis=0).tolist(), label="without a state")
    chart.set(title="Digits that are right", xlabel="place of the digit", ylabel="share", ylim=(0.4, 1.05))
