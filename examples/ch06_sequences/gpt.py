"""A small GPT learns the play by predicting all letters of a window at once, each from those before it.

GPT-2 (Radford et al., 2019), with one block instead of 48, reads windows of "As You Like It". A causal mask hides what
follows, so that one pass trains as many predictions as there are letters. The first of them is poor, as a single letter
is known. After a short training the network beats a table of pairs of letters, but makes little use yet of what is
further back than a few letters: attention has to find out that what stands just before matters most, and the LSTM of
the character model learns more in the same time. When it writes, GPT keeps the keys and values of the letters that it
has read; the text is the same without them.
"""

import math

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.datasets import TokenWindows, Vocabulary, load_as_you_like_it
from tensorlab.models import GPT2
from tensorlab.models.classic import MarkovChain


def bits(logits, targets):
    """Return the bits that predictions need for each of the letters."""
    losses = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses.reshape(targets.shape) / math.log(2)


def train(model, windows, steps, lr, batch_size=16):
    """Train on windows at random places of a text."""
    optimizer = optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.95))
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    for _ in range(steps):
        inputs, targets = windows.batch(tl.randint(0, len(windows), (batch_size,)).tolist())
        loss = bits(model(inputs), targets).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()


def lesson(report, long):
    play = load_as_you_like_it()
    vocabulary = Vocabulary.of(play)
    tokens = vocabulary.encode(play)
    train_tokens, test_tokens = tokens[: 9 * len(tokens) // 10], tokens[9 * len(tokens) // 10 :]
    length, width, layers = (128, 192, 4) if long else (32, 96, 1)
    model = GPT2(len(vocabulary), length, width, layers, n_head=4, dropout=0.2 if long else 0.0)
    train(model, TokenWindows(train_tokens, length, stride=1), 3000 if long else 400, lr=0.002 if long else 0.006)

    model.eval()
    windows = TokenWindows(test_tokens, length)
    inputs, targets = windows.batch(range(len(windows)))
    with tl.no_grad():
        found = bits(model(inputs), targets)
        changed = tl.concat([inputs[:1, : length // 2], tl.zeros_like(inputs[:1, length // 2 :])], axis=1)
        unseen = tl.allclose(model(changed)[0, : length // 2], model(inputs[:1])[0, : length // 2], atol=1e-4)
    by_place = found.mean(axis=0)
    chain = MarkovChain(smoothing=0.1).fit(train_tokens, n_states=len(vocabulary))
    chain_bits = -float(chain.log_prob(test_tokens)) / len(test_tokens) / math.log(2)
    start = vocabulary.encode("ORLANDO:\n")
    options = {"max_new_tokens": 100, "do_sample": True, "temperature": 0.8}
    text, same = (model.generate(start, **options, generator=tl.Generator(0), use_cache=c) for c in (True, False))

    report.value("bits a letter, held out", found.mean())
    report.value("bits a letter of a table of pairs", chain_bits)
    report.value("a sample", "".join(vocabulary.decode(text.tolist())).replace("\n", " / "))
    report.claim(
        "the prediction of the held-out text is better than that of a table of pairs", found.mean() < chain_bits
    )
    report.claim("the second half of a window is predicted better than the first letter, by 0.4 bits",
                 by_place[length // 2 :].mean() < by_place[0] - 0.4)  # fmt: skip
    report.claim("what follows changes no earlier prediction", unseen)
    report.claim("with the cache of keys and values the text is the same", tl.all(text == same))

    ax = report.axes(width=5.6)
    ax.plot(range(1, length + 1), by_place.tolist(), label="GPT")
    ax.axhline(chain_bits, color="#bd1f01", linestyle="--", label="table of pairs")
    ax.set(title="Prediction along the window", xlabel="letters that are known", ylabel="bits a letter")
