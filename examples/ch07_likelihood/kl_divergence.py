"""The Kullback-Leibler divergence has a direction: one way a model covers the data, the other way it seeks a mode.

A single normal distribution q is fitted to a mixture p of two. Minimising KL(p ‖ q) is maximum likelihood: it matches
the mean and the variance, and puts mass where p has none. Minimising KL(q ‖ p), as variational methods do, pays for
such mass, so q settles on one of the modes, depending on where it begins. Both are estimated by samples, the second one
through the reparameterised samples of q.
"""

import tensorlab as tl
from tensorlab import optim
from tensorlab.distributions import Categorical, MixtureSameFamily, Normal, kl_divergence
from tensorlab.viz.style import INK

TARGET = MixtureSameFamily(
    Categorical(probs=tl.tensor([0.5, 0.5])), Normal(tl.tensor([-2.0, 2.0]), tl.tensor([0.5, 0.5]))
)


def covering(q):
    """Estimate KL(p || q) by samples of p."""
    x = TARGET.sample((500,))
    return (TARGET.log_prob(x) - q.log_prob(x)).mean()


def seeking(q):
    """Estimate KL(q || p) by samples of q."""
    x = q.rsample((500,))
    return (q.log_prob(x) - TARGET.log_prob(x)).mean()


def fitted(divergence, start, steps):
    """Return the normal distribution that minimises a divergence from the target."""
    mean, log_width = tl.tensor(start, requires_grad=True), tl.tensor(0.0, requires_grad=True)
    optimizer = optim.Adam([mean, log_width], lr=0.03)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        divergence(Normal(mean, log_width.exp())).backward()
        optimizer.step()
        schedule.step()
    return Normal(mean.detach(), log_width.detach().exp())


def lesson(report, long):
    steps = 5_000 if long else 600
    fits = {
        "KL(p ‖ q)": fitted(covering, 0.5, steps),
        "KL(q ‖ p) from 1": fitted(seeking, 1.0, steps),
        "KL(q ‖ p) from -1": fitted(seeking, -1.0, steps),
    }
    report.table(["minimised", "mean", "standard deviation"], [(name, q.mean, q.stddev) for name, q in fits.items()])
    cover, right, left = fits.values()
    a, b = Normal(0.0, 1.0), Normal(1.0, 2.0)
    x = a.sample((100_000,))
    exact, estimate = kl_divergence(a, b).item(), (a.log_prob(x) - b.log_prob(x)).mean().item()
    report.table(["KL(N(0, 1) ‖ N(1, 2))", "nats"], [("exact", exact), ("by samples", estimate),
                                                     ("the other way round", kl_divergence(b, a))])  # fmt: skip
    report.claim("samples estimate the closed form to 0.02", abs(estimate - exact) < 0.02)
    report.claim("the other way round it is another number", abs(kl_divergence(b, a) - exact) > 0.5)
    moments = abs(cover.mean - TARGET.mean) < 0.1 and abs(cover.stddev - TARGET.stddev) < 0.1
    report.claim("the minimum of KL(p ‖ q) has the mean and the deviation of p", moments)
    modes = abs(right.mean - 2) < 0.1 and abs(left.mean + 2) < 0.1
    report.claim("that of KL(q ‖ p) is on the mode nearest to its start", modes)
    report.claim("with the width of that mode", abs(right.stddev - 0.5) < 0.05)

    grid = tl.linspace(-6, 6, 400)
    ax = report.axes(width=6.4, height=3.6)
    ax.fill_between(grid, TARGET.log_prob(grid).exp(), color=INK, alpha=0.15, linewidth=0, label="target p")
    for name, q in fits.items():
        ax.plot(grid, q.log_prob(grid).exp(), linewidth=2, label=f"q of {name}")
    ax.set(title="Two directions of one divergence", xlabel="x", ylabel="density")
