"""Gradients through time vanish or explode in an Elman network, and open gates carry them.

The last output of a network depends on the input k steps before it through k Jacobians. In an Elman network each of
them stretches a gradient by at most the largest singular value s of the recurrent weights, so that it cannot exceed a
constant times sᵏ (Bengio, Simard and Frasconi, 1994): for s < 1 it vanishes, for s > 1 it may explode. The usual
initial weights have s = 1.1, but their largest eigenvalue, which decides in the long run, is about 0.6. With the usual
biases the gradient vanishes in an LSTM and a GRU too: their gates are half open at first, and keep half of the state in
each step. A bias of 5 at the forget gate of the LSTM, or at the update gate of the GRU, makes them keep 99 %.
"""

import tensorlab as tl
from tensorlab import nn
from tensorlab.viz.style import PALETTE

INPUTS, HIDDEN, STEPS = 8, 64, 101


def elman(gain=None):
    """Return an Elman network; with a gain, all singular values of its recurrent weights are equal to it."""
    layer = nn.RNN(INPUTS, HIDDEN, batch_first=True)
    if gain is not None:
        nn.init.orthogonal_(layer.weight_hh_l0, gain)
    return layer


def gated(kind, bias=0.0):
    """Return an LSTM or GRU with a bias added to the gate that keeps its state, the second one of both."""
    layer = kind(INPUTS, HIDDEN, batch_first=True)
    with tl.no_grad():
        layer.bias_hh_l0[HIDDEN : 2 * HIDDEN] += bias
    return layer


def gradient_norms(layer, batch):
    """Return the norms of gradients of the last output with respect to each input, (batch, lag)."""
    x = tl.randn(batch, STEPS, INPUTS, requires_grad=True)
    direction = nn.functional.normalize(tl.randn(batch, HIDDEN), axis=1)
    (layer(x)[0][:, -1] * direction).sum().backward()
    return tl.linalg.vector_norm(x.grad, axis=2).flip(1)


def bound(layer):
    """Return what the norms of an Elman network cannot exceed, (lag,)."""
    recurrent, inputs = (tl.linalg.matrix_norm(w, ord=2) for w in (layer.weight_hh_l0, layer.weight_ih_l0))
    return inputs.detach() * recurrent.detach() ** tl.arange(STEPS)


def lesson(report, long):
    elmans = {"usual weights": elman(), "singular values 0.9": elman(0.9), "singular values 2": elman(2.0)}
    usual = {"LSTM, usual biases": gated(nn.LSTM), "GRU, usual biases": gated(nn.GRU)}
    opened = {"LSTM, forget bias 5": gated(nn.LSTM, 5.0), "GRU, update bias 5": gated(nn.GRU, 5.0)}
    networks = {**elmans, **usual, **opened}
    norms = {name: gradient_norms(layer, 1000 if long else 50) for name, layer in networks.items()}
    typical = {name: found.log().mean(axis=0).exp() for name, found in norms.items()}
    fall = {name: float(found[100] / found[10]) for name, found in typical.items()}

    rows = [[name, *typical[name][tl.asarray([0, 10, 100])].tolist(), fall[name] ** (1 / 90)] for name in networks]
    report.table(
        ["network", "lag 0", "lag 10", "lag 100", "factor per step"], rows, "geometric means of gradient norms"
    )
    within = all(tl.all(norms[name] <= 1.001 * bound(layer)) for name, layer in elmans.items())
    report.claim("no gradient of an Elman network exceeds its bound", within)
    vanishing = ["usual weights", "singular values 0.9", *usual]
    report.claim("with the usual weights, and with s = 0.9, less than 0.0001 is left from lag 10 to lag 100",
                 all(fall[name] < 1e-4 for name in vanishing))  # fmt: skip
    report.claim("with s = 2 it grows more than a hundredfold", fall["singular values 2"] > 100)
    report.claim("open gates leave more than a tenth of it", all(fall[name] > 0.1 for name in opened))

    left, right = report.axes(columns=2)
    for color, (name, layer) in zip(PALETTE, elmans.items(), strict=False):
        left.semilogy(typical[name].tolist(), color=color, label=name)
        left.semilogy(bound(layer).tolist(), "--", color=color, linewidth=0.8)
    for name in [*usual, *opened]:
        right.semilogy(typical[name].tolist(), label=name)
    left.set(title="Elman networks (dashed: bounds)", ylabel="norm of the gradient")
    right.set(title="LSTM and GRU")
    for ax in (left, right):
        ax.set(xlabel="lag (steps before the last one)", ylim=(1e-20, 1e8))
