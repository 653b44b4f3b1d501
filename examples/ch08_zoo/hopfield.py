"""A Hopfield network descends an energy to the stored pattern, until too many are stored.

Hebb's rule stores random patterns up to about 0.14 for each unit; beyond, their crosstalk flips units (Amit, Gutfreund
and Sompolinsky, 1985). Digits resemble one another, so Hebb's rule fails for ten of them. The pseudo-inverse takes the
resemblance out, and recalls digits of which a part is missing. Each update of a unit lowers the energy or leaves it.
"""

import tensorlab as tl
from tensorlab import datasets, viz
from tensorlab.models.classic import HopfieldNetwork

RULES = ("hebb", "pseudo-inverse")
LOADS = (0.02, 0.05, 0.1, 0.14, 0.2, 0.3, 0.4, 0.5)
SHOWN = [2, 3, 5, 8]


def agreement(states, patterns):
    """Return the share of units that are as stored."""
    return (states == patterns).astype("float32").mean().item()


def recall_of_random_patterns(units):
    """Return the share of units recalled with each rule at each load, from patterns with a tenth of the units wrong."""
    shares = {rule: [] for rule in RULES}
    for load in LOADS:
        patterns = 2.0 * tl.randint(0, 2, (round(load * units), units)) - 1
        starts = tl.where(tl.rand(*patterns.shape) < 0.1, -patterns, patterns)
        for rule in RULES:
            shares[rule].append(agreement(HopfieldNetwork(rule).fit(patterns).predict(starts), patterns))
    return shares


def lesson(report, long):
    shares = recall_of_random_patterns(1000 if long else 200)
    report.table(["patterns / units", *RULES], zip(LOADS, *shares.values(), strict=True), "units recalled")

    digits = datasets.Digits()
    images = tl.stack([digits.data[digits.targets == digit][0] for digit in range(10)])
    stored = tl.where(images.flatten(1) > 7, 1.0, -1.0)
    covered = stored + 0
    covered[:, 40:] = -1.0  # the three rows at the bottom
    ends = {rule: HopfieldNetwork(rule).fit(stored).predict(covered) for rule in RULES}
    network = HopfieldNetwork("pseudo-inverse").fit(stored)
    energies = network.energy(network.trajectory(covered))
    right = {rule: agreement(end, stored) for rule, end in ends.items()}
    report.table(["rule", "pixels of covered digits recalled"], right.items())

    few, many = shares["hebb"][LOADS.index(0.05)], shares["hebb"][LOADS.index(0.3)]
    report.claim("Hebb's rule recalls 99 % of the units at 0.05 patterns for each", few > 0.99)
    report.claim("and loses a tenth or more of them at 0.3", many < 0.9)
    report.claim("the pseudo-inverse holds there what Hebb's rule loses", shares["pseudo-inverse"][5] > 0.99)
    report.claim("the energy never rises", (energies[1:] <= energies[:-1] + 1e-4).all())
    report.claim("of covered digits the pseudo-inverse recalls more", right["pseudo-inverse"] > right["hebb"] + 0.05)

    capacity, pictures, descent = report.axes(columns=3, width=4.2)
    for rule in RULES:
        capacity.plot(LOADS, shares[rule], "o-", label=rule)
    capacity.axvline(0.14, color=viz.style.FAINT, linestyle=":")
    capacity.set(title="Capacity", xlabel="patterns for each unit", ylabel="units recalled")
    rows = {"stored": stored, "covered": covered, **ends}
    shown = tl.concat([states[SHOWN] for states in rows.values()]).reshape(-1, 8, 8)
    viz.image_grid(-shown, columns=len(SHOWN), ax=pictures)
    for row, name in enumerate(rows):
        pictures.text(-0.03, 1 - (row + 0.5) / 4, name, transform=pictures.transAxes, ha="right", va="center")
    pictures.set_title("Recall of digits")
    descent.plot(energies, alpha=0.7)
    descent.set(title="Each sweep lowers the energy", xlabel="sweep over all units", ylabel="energy")
