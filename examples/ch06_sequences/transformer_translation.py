"""A Transformer translates sentences it has never seen from a toy language that has another order of words.

In the foreign language adjectives follow their noun and take its ending, articles are left out, and the verb comes
last: "the old king sees the red rose" is "rexo veko rosa ruba vidu". The Transformer of Vaswani et al. (2017), with
normalisation before each block, is trained on 2,000 pairs with the schedule and the label smoothing of the paper. It
translates nearly all new sentences without a mistake, order, agreement and all: it has learned rules, and not
sentences. While it writes a noun or an adjective, its attention is on the word from which this comes.
"""

import random

import tensorlab as tl
from tensorlab import nn, optim, viz
from tensorlab.datasets import TranslationDataset
from tensorlab.metrics import BLEUScore
from tensorlab.models import TransformerSeq2Seq

NOUNS = {"dog": "hundo", "cat": "kata", "king": "rexo", "queen": "rexa", "horse": "evalo", "bird": "avita",
         "child": "filio", "rose": "rosa"}  # fmt: skip
ADJECTIVES = {"red": "rub", "old": "vek", "small": "min", "good": "bon", "wild": "fer", "quiet": "sil"}
VERBS = {"sees": "vidu", "loves": "amu", "follows": "segu", "hears": "audu", "finds": "trovu"}


def phrase():
    """Return a noun with up to two adjectives in both languages."""
    noun, foreign = random.choice([*NOUNS.items()])
    chosen = random.choices([*ADJECTIVES], k=random.randrange(3))
    return ["the", *chosen, noun], [foreign, *(ADJECTIVES[word] + foreign[-1] for word in chosen)]


def sentence():
    """Return a sentence in both languages."""
    (subject, foreign_subject), (thing, foreign_thing) = phrase(), phrase()
    verb, foreign_verb = random.choice([*VERBS.items()])
    return [*subject, verb, *thing], [*foreign_subject, *foreign_thing, foreign_verb]


def train(model, data, steps, factor, warmup):
    """Train with the schedule of the paper; return the losses."""
    optimizer = optim.Adam(model.parameters(), lr=factor, betas=(0.9, 0.98), eps=1e-9)
    schedule = optim.lr_scheduler.NoamLR(optimizer, model.d_model, warmup)
    smoothed = nn.CrossEntropyLoss(ignore_index=model.pad_token_id, label_smoothing=0.1)
    losses = []
    for _ in range(steps):
        source, target = data.batch(tl.randint(0, len(data), (64,)).tolist())
        loss = smoothed(model(source, target[:, :-1]).flatten(0, 1), target[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(loss))
    return losses


def translations(model, data):
    """Return the words that a model writes for each source."""
    written = model.generate(data.source, max_new_tokens=data.target.shape[1] - 1)
    words = [data.target_vocabulary.decode(row)[1:] for row in written.tolist()]
    return [row[: row.index("<eos>")] if "<eos>" in row else row for row in words]


def origins(source):
    """Return the places in a sentence of the words from which its translation is made, without the verb."""
    verb, last = next(i for i, word in enumerate(source) if word in VERBS), len(source) - 1
    return [verb - 1, *range(1, verb - 1), last, *range(verb + 2, last)]


def lesson(report, long):
    data = TranslationDataset([sentence() for _ in range(20_000 if long else 2000)])
    known = {tuple(source) for source, _ in data.pairs}
    new = [pair for pair in (sentence() for _ in range(500)) if tuple(pair[0]) not in known]
    test = TranslationDataset(new, data.source_vocabulary, data.target_vocabulary)
    sizes, steps = ((128, 8, 1, 1, 512), 1500) if long else ((32, 4, 1, 1, 128), 400)
    vocabularies = len(data.source_vocabulary), len(data.target_vocabulary)
    model = TransformerSeq2Seq(*vocabularies, *sizes, dropout=0.1 if long else 0.0, norm_first=True)
    losses = train(model, data, steps, 0.6, 400 if long else 100)

    found, wanted = translations(model, test), [target for _, target in test.pairs]
    right = sum(a == b for a, b in zip(found, wanted, strict=True)) / len(wanted)
    bleu = BLEUScore()
    bleu.update(found, [[target] for target in wanted])
    report.value("new sentences", len(test))
    report.value("translated without a mistake", right)
    report.value("BLEU", bleu.compute())
    report.table(["source", "translation"], [(" ".join(test.pairs[i][0]), " ".join(found[i])) for i in range(5)])
    report.claim("more than 90 % of the new sentences are translated without a mistake", right > 0.9)

    maps = viz.attention_weights(model, test.source, test.target[:, :-1])["decoder.layers.0.multihead_attn"].mean(
        axis=1
    )
    pairs = zip(maps.argmax(axis=2).tolist(), (origins(source) for source, _ in test.pairs), strict=True)
    agreeing = [a == b for looked, origin in pairs for a, b in zip(looked, origin, strict=False)]
    share = sum(agreeing) / len(agreeing)
    report.value("nouns and adjectives that attend most to their origin", share)
    report.claim("more than 75 % of the nouns and adjectives attend most to the word that they translate", share > 0.75)

    chart, picture = report.axes(columns=2)
    chart.plot(losses)
    chart.set(title="Training", xlabel="step", ylabel="smoothed cross entropy", ylim=(0, None))
    index = max(range(len(test)), key=lambda i: len(test.pairs[i][0]))
    words, foreign = ([*tokens, "end"] for tokens in test.pairs[index])
    viz.attention_maps(maps[index, : len(foreign), : len(words)], tokens=foreign, key_tokens=words, axes=picture)
    picture.set(title="Attention to the source", xlabel="", ylabel="")
