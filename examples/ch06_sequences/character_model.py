"""An LSTM that reads a play letter by letter predicts it better than any table of frequencies.

The network reads Shakespeare's "As You Like It" in pieces and carries its state from one to the next (truncated
back-propagation through time). Its prediction of the last tenth of the play is compared with those of Markov chains,
which know the frequencies of what follows the last few letters. A longer memory helps the chains until most of what
they meet is new to them. The network, after two passes, needs fewer bits a letter than the best of them. Samples at a
low temperature repeat what is most likely; at a high one they are spelled badly.
"""

import math
from collections import Counter

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.datasets import BPTTBatches, Vocabulary, load_as_you_like_it
from tensorlab.models import RecurrentGenerator

TEMPERATURES = (0.2, 0.5, 1.0, 1.5)


def chain_bits(order, train, test, symbols, smoothing=0.1):
    """Return the bits that a Markov chain needs for each letter of a text, given the `order` letters before."""
    contexts = [train[i : i + order] for i in range(len(train) - order)]
    seen, continued = Counter(contexts), Counter(zip(contexts, train[order:], strict=True))
    total = 0.0
    for i in range(order, len(test)):
        context = test[i - order : i]
        share = (continued[context, test[i]] + smoothing) / (seen[context] + smoothing * symbols)
        total -= math.log2(share)
    return total / (len(test) - order)


def train_epoch(model, optimizer, pieces):
    """Train on the pieces of a text in their order; return the mean loss in bits."""
    state, total = None, 0.0
    for inputs, targets in pieces:
        logits, state = model.advance(inputs, state)
        state = model.detached(state)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += float(loss)
    return total / len(pieces) / math.log(2)


@tl.no_grad()
def network_bits(model, tokens):
    """Return the bits that a network needs for each letter of a text."""
    model.eval()
    loss = nn.functional.cross_entropy(model(tokens[None, :-1])[0], tokens[1:]) / math.log(2)
    model.train()
    return float(loss)


def share_of_words(text, play):
    """Return the share of the words of a text that are in the play; the last one, which may be cut off, is left out."""
    words, found = set(play.lower().split()), text.lower().split()[:-1]
    return sum(word in words for word in found) / max(1, len(found))


def lesson(report, long):
    play = load_as_you_like_it()
    train, test = play[: int(0.9 * len(play))], play[int(0.9 * len(play)) :]
    vocabulary = Vocabulary.of(play)
    orders = range(7)
    chains = [chain_bits(order, train, test, len(vocabulary)) for order in orders]
    model = RecurrentGenerator(len(vocabulary), 32, 512 if long else 128, dropout=0.3 if long else 0.0)
    optimizer = optim.Adam(model.parameters(), lr=0.003 if long else 0.01)
    pieces = BPTTBatches(vocabulary.encode(train), batch_size=16, length=32, batch_first=True)
    learned = []
    for _ in range(12 if long else 2):
        train_epoch(model, optimizer, pieces)
        learned.append(network_bits(model, vocabulary.encode(test)))

    start = vocabulary.encode("ROSALIND:\n")
    texts = {
        t: "".join(vocabulary.decode(model.generate(start, 400, do_sample=True, temperature=t).tolist()))
        for t in TEMPERATURES
    }
    report.table(
        ["temperature", "sample"],
        [[t, " ".join(text[10:].split())[:110]] for t, text in texts.items()],
        "samples after ROSALIND:",
    )
    known = [share_of_words(text[10:], train) for text in texts.values()]
    report.value("bits a letter of the best Markov chain", min(chains))
    report.value("bits a letter of the network", learned[-1])
    report.claim("the network needs fewer bits than any of the Markov chains", learned[-1] < min(chains))
    report.claim("chains of order 2 to 4 are better than those of order 0, 1 and 6",
                 max(chains[2:5]) < min(chains[0], chains[1], chains[6]))  # fmt: skip
    report.claim("at temperature 0.2 more words are spelled as in the play than at 1.5", known[0] > known[-1])

    chart, bars = report.axes(columns=2)
    chart.plot(orders, chains, "o-", label="Markov chains")
    chart.axhline(learned[-1], color="#bd1f01", label="LSTM")
    chart.set(title="Prediction of the last tenth", xlabel="letters that a chain knows", ylabel="bits a letter")
    chart.set_ylim(0, None)
    bars.bar([str(t) for t in TEMPERATURES], known)
    bars.set(title="Words that are in the play", xlabel="temperature", ylabel="share of the sampled words", ylim=(0, 1))
