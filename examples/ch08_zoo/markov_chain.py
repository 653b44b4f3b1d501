"""A Markov chain forgets where it began, and writes more like Shakespeare the more letters its state has.

The states are the letters of a play, and the transition probabilities are the frequencies of pairs. Wherever the chain
begins, its distribution approaches the stationary one, which is that of the letters in the play. Held-out text costs
fewer bits for each letter if the state is the pair of the last two letters (Shannon, 1948, wrote such text by hand).
"""

import math
import re

import tensorlab as tl
from tensorlab import datasets, viz
from tensorlab.models.classic import MarkovChain

LETTERS = datasets.Vocabulary(" abcdefghijklmnopqrstuvwxyz")
K = len(LETTERS)


def play():
    """Return the letters of the play as numbers, with a space between words."""
    return LETTERS.encode(" ".join(re.findall("[a-z]+", datasets.load_as_you_like_it().lower())))


def learned(letters, order):
    """Return a chain whose states are the last `order` letters, and a function that gives a text's states."""

    def states(text):
        return sum(text[i : len(text) - order + 1 + i] * K ** (order - 1 - i) for i in range(order))

    return MarkovChain(smoothing=0.01).fit(states(letters), n_states=K**order), states


def written(chain, length):
    """Return text that a chain writes: the last letter of each state."""
    return "".join(LETTERS.decode(chain.sample(length) % K))


def lesson(report, long):
    text = play()
    train, test = tl.split(text, [len(text) * 4 // 5])
    frequencies = tl.bincount(train, minlength=K) / len(train)
    bits = [-frequencies[test].log().mean().item() / math.log(2)]
    chains = []
    for order in (1, 2):
        chain, states = learned(train, order)
        bits.append(-chain.log_prob(states(test)).item() / len(test) / math.log(2))
        chains.append(chain)
    report.table(["letters in the state", "bits per letter"], enumerate(bits))
    for order, chain in enumerate(chains, 1):
        report.value(f"text of order {order}", written(chain, 1000 if long else 70))

    transition, stationary = chains[0].transition, chains[0].stationary()
    starts = tl.eye(K)
    distance = [(starts - stationary).abs().sum(axis=1) / 2]
    for _ in range(10):
        starts = starts @ transition
        distance.append((starts - stationary).abs().sum(axis=1) / 2)
    distance = tl.stack(distance)
    report.claim("each letter more in the state saves bits on held-out text", bits == sorted(bits, reverse=True))
    report.claim("the stationary distribution is that of the letters", abs(stationary - frequencies).max() < 1e-3)
    report.claim("no step takes the chain away from it", ((distance[1:] - distance[:-1]) < 1e-6).all())
    report.claim("after 10 steps the first letter is forgotten, whichever it was", distance[-1].max() < 1e-3)

    table, chart = report.axes(columns=2, height=3.8)
    image = table.imshow(transition.sqrt(), cmap=viz.style.SEQUENTIAL)
    viz.style.colorbar(image, table, "√ probability")
    table.set(title="Transitions of letters", xlabel="next letter", ylabel="letter")
    names = [letter.replace(" ", "␣") for letter in LETTERS]
    table.set_xticks(range(K), names)
    table.set_yticks(range(K), names)
    for letter in "qeu":
        chart.semilogy(distance[:, LETTERS[letter]], "o-", markersize=3, label=f"begun with {letter}")
    chart.set(title="The first letter is forgotten", xlabel="step", ylabel="distance from the stationary distribution")
