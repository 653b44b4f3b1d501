"""A Boltzmann machine needs hidden units to learn what no pair of units shows.

Of three visible units an even number is on. Every two of them look independent; what there is to learn is in all three
together. Without hidden units a machine models pairs only (Ackley, Hinton and Sejnowski, 1985): its best is the uniform
distribution, log 2 nats from the data. Three hidden units learn the rule; from small weights they would stay on a
plateau for long, so they begin with large ones. The learned states are deep minima of the energy, between which Gibbs
sampling seldom moves. Chains that begin hot and are cooled slowly find all of them; cold ones may stay where they
began.
"""

import math

import tensorlab as tl
from tensorlab.models.classic import BoltzmannMachine
from tensorlab.viz.style import FAINT

STATES = tl.tensor([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)]).astype("float32")
IS_EVEN = STATES.sum(axis=1) % 2 == 0
EVEN = STATES[IS_EVEN]
COOLING = [4.0] * 20 + [3.0] * 40 + [2.0] * 60 + [1.5] * 40 + [1.0] * 40


def divergence(model):
    """Return KL(data || model), in nats, where the data are the four even states equally often."""
    return -math.log(len(EVEN)) - model.log_prob(EVEN).mean().item()


def learning_curve(n_hidden, stages, steps):
    """Return a machine that has learned the even states, and its divergences before and after each stage."""
    model = BoltzmannMachine(3, n_hidden, lr=0.5, steps=steps)
    model.weight *= 20
    curve = [divergence(model)]
    for _ in range(stages):
        curve.append(divergence(model.fit(EVEN)))
    return model, curve


def sampled(model, temperatures, chains):
    """Return how often each visible state is where chains of Gibbs sampling end."""
    states = tl.randint(0, 2, (chains, 6)).astype("float32")
    for temperature in temperatures:
        states = model.gibbs(states, temperature=temperature)
    numbers = (states[:, :3] @ tl.tensor([4.0, 2.0, 1.0])).astype("int64")
    return tl.bincount(numbers, minlength=8) / chains


def lesson(report, long):
    stages, steps, chains = 60, 100 if long else 40, 20_000 if long else 4_000
    _, pairs = learning_curve(0, stages, steps)
    model, hidden = learning_curve(3, stages, steps)
    exact = model.log_prob(STATES).exp()
    cooled, cold = sampled(model, COOLING, chains), sampled(model, [1.0] * len(COOLING), chains)
    errors = [abs(shares - exact).max().item() for shares in (cooled, cold)]

    report.table(["hidden units", "KL(data ‖ model) in nats"], [(0, pairs[-1]), (3, hidden[-1])])
    report.table(["chains", "largest error of a frequency"], zip(["cooled", "never heated"], errors, strict=True))
    report.claim("the machine without hidden units never comes closer than log 2", min(pairs) > math.log(2) - 1e-4)
    report.claim("the machine with hidden units comes within 0.25", hidden[-1] < 0.25)
    report.claim("it is almost always even", exact[IS_EVEN].sum() > 0.8)
    report.claim("the frequencies of cooled chains are its probabilities, to 0.05", errors[0] < 0.05)

    learning, states = report.axes(columns=2)
    for n_hidden, curve in ((0, pairs), (3, hidden)):
        learning.plot(range(0, stages * steps + 1, steps), curve, label=f"{n_hidden} hidden units")
    learning.axhline(math.log(2), color=FAINT, linestyle=":", label="log 2")
    learning.set(title="Learning even parity", xlabel="step", ylabel="KL(data ‖ model) in nats", ylim=(0, 1.5))
    positions = tl.arange(8)
    for shift, (name, shares) in enumerate({"exact": exact, "cooled chains": cooled, "never heated": cold}.items()):
        states.bar(positions + 0.27 * (shift - 1), shares, width=0.25, label=name)
    states.set_xticks(positions, ["".join(str(int(bit)) for bit in state) for state in STATES.tolist()])
    states.set(title="What was learned", xlabel="state of the visible units", ylabel="probability", ylim=(0, 0.5))
