"""Parity takes a tree of N - 1 gates or a layer of 2ᴺ⁻¹, and only the tree is learned from few examples.

A layer of AND units needs one for each odd string of N bits; a tree of exclusive ors has N - 1 gates of two ReLUs. Sums
are stronger than ANDs, for N ReLUs of the number of ones draw a sawtooth, but each of them looks at all bits. Learning
shows the same difference: a wide layer learns 512 strings by heart, finds the rule while they are most of the strings
there are, and guesses if they are longer. A tree that uses one small network as every gate learns it from the 20
strings of two and four bits, and is right about 64.
"""

import tensorlab as tl
from tensorlab import datasets, nn, optim
from tensorlab.nn.functional import binary_cross_entropy_with_logits


def minterms(x):
    """Return the parity as the sum of one AND unit for each odd string, and the number of units."""
    strings, odd = datasets.make_parity(x.shape[1])
    signs = 2 * strings[odd == 1] - 1
    hidden = (x @ signs.T - (signs > 0).sum(axis=1) + 1).relu()
    return hidden.sum(axis=1), hidden.shape[1]


def sawtooth(x):
    """Return the parity as a sawtooth of the number of ones, and the number of units."""
    corners = tl.arange(x.shape[1])
    hidden = (x.sum(axis=1, keepdims=True) - corners).relu()
    slopes = tl.where(corners == 0, 1.0, tl.where(corners % 2 == 1, -2.0, 2.0))
    return hidden @ slopes, hidden.shape[1]


def tree(x):
    """Return the parity by a tree of exclusive ors |a - b|, two ReLUs each, and the number of units."""
    units = 0
    while x.shape[1] > 1:
        a, b = x[:, ::2], x[:, 1::2]
        hidden = tl.concat([(a - b).relu(), (b - a).relu()], axis=1)
        units += hidden.shape[1]
        x = hidden[:, : a.shape[1]] + hidden[:, a.shape[1] :]
    return x[:, 0], units


class Tree(nn.Module):
    """A tree whose gates are one small network."""

    def __init__(self, width):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, x):
        """Return the score of each string, (n, 2ᵏ)."""
        x = self.gate(x.reshape(len(x), -1, 2))[..., 0]
        return x[:, 0] if x.shape[1] == 1 else self(x.sigmoid())


def train(model, sets, steps):
    """Train a model on strings of several lengths."""
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        for x, y in sets:
            binary_cross_entropy_with_logits(model(x).flatten(), y.astype("float32")).backward()
        optimizer.step()
    return model


def accuracy(model, x, y):
    """Return the fraction of strings whose parity is right."""
    return ((model(x).flatten() > 0) == (y == 1)).astype("float64").mean().item()


def lesson(report, long):
    lengths = [2, 4, 8, 16] if long else [2, 4, 8]
    rows, right = [], []
    for n in lengths:
        x, y = datasets.make_parity(n)
        values, units = zip(*(build(x) for build in (minterms, sawtooth, tree)), strict=True)
        right += [tl.all(value == y) for value in values]
        rows.append((n, *units))
    report.table(["bits", "layer of ANDs", "layer of sums", "tree"], rows, "units, set by hand")
    report.claim("all are right about every string", all(right))
    counts = [(2 ** (n - 1), n, 2 * (n - 1)) for n in lengths]
    report.claim("they have 2ᴺ⁻¹, N and 2 (N - 1) units", [row[1:] for row in rows] == counts)

    shared = train(Tree(32), [datasets.make_parity(2), datasets.make_parity(4)], 500)
    rows = []
    for n in (6, 8, 10, 12, 16, 20):
        known, unknown = datasets.make_parity(n, 512), datasets.make_parity(n, 512)
        wide = nn.Sequential(nn.Linear(n, 256), nn.ReLU(), nn.Linear(256, 1))
        train(wide, [known], 1000 if long else 300)
        rows.append((n, accuracy(wide, *known), accuracy(wide, *unknown)))
    report.table(["bits", "512 strings it learned", "512 others"], rows, "accuracy of a wide layer")
    x = tl.randint(0, 2, (1000, 64))
    score = accuracy(shared, x.astype("float32"), x.sum(axis=1) % 2)
    report.value("accuracy of a tree of one gate with strings of 64 bits", score)
    report.claim("the wide layer learns its strings by heart", all(row[1] == 1 for row in rows))
    report.claim("it is right with 8 bits, of which it saw most strings", rows[1][2] > 0.95)
    report.claim("and guesses with 16 bits", rows[4][2] < 0.6)
    report.claim("the tree, having seen 20 strings, is right about 64 bits", score == 1)

    size, curve = report.axes(columns=2)
    bits = [2, 4, 8, 16, 32]
    size.semilogy(bits, [2.0 ** (n - 1) for n in bits], "o-", label="layer of ANDs: 2ᴺ⁻¹")
    size.semilogy(bits, [2 * (n - 1) for n in bits], "s-", label="tree: 2 (N - 1)")
    size.semilogy(bits, bits, "^-", label="layer of sums: N, with N inputs each")
    size.set(title="Units that compute parity", xlabel="bits N", ylabel="units")
    lengths, _, others = zip(*rows, strict=True)
    curve.plot(lengths, others, "o-", label="wide layer, 512 strings seen")
    powers = [4, 8, 16, 32]
    strings = [datasets.make_parity(n, 512) for n in powers]
    curve.plot(powers, [accuracy(shared, *pair) for pair in strings], "s-", label="tree of one gate, 20 strings seen")
    curve.set(title="Learned from examples", xlabel="bits N", ylabel="accuracy with new strings", ylim=(0.4, 1.05))
