"""With attention, a decoder looks up what it needs; without, all must pass through one vector.

A recurrent encoder reads up to eight symbols, and a recurrent decoder writes them in the reverse order. Without
attention (Sutskever, Vinyals and Le, 2014) the decoder knows the source from the encoder's last state alone, and makes
the more mistakes the longer it is. With attention (Bahdanau, Cho and Bengio, 2015; here Luong, Pham and Manning's,
2015) it reads all states of the encoder, weighted by how well they match its own. Nobody tells it where to look: that
the weights run backwards over the source is learned.
"""

import tensorlab as tl
from tensorlab import nn, optim, viz
from tensorlab.data import DataLoader
from tensorlab.datasets import CopyTask
from tensorlab.models import RecurrentSeq2Seq
from tensorlab.train import Trainer


class Translation(Trainer):
    """Trains a model to predict each token of the target from those before it, and from the source."""

    def forward(self, model, batch):
        source, target = batch
        logits = model(source, target[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=0)
        return loss, logits, target


def trained(attention, data, hidden, epochs):
    """Return a network that was trained on pairs of sequences."""
    size = len(data.source_vocabulary)
    model = RecurrentSeq2Seq(size, size, embedding_dim=24, hidden_size=hidden, attention=attention)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    batches = DataLoader(data, batch_size=64, shuffle=True)
    Translation(model, None, optimizer, clip=1.0, progress=False).fit(batches, epochs=epochs)
    return model


def right(model, data):
    """Return for each pair whether the network writes the whole target."""
    written = model.generate(data.source, max_new_tokens=data.target.shape[1] - 1)
    missing = data.target.shape[1] - written.shape[1]
    return (nn.functional.pad(written, (0, missing)) == data.target).all(axis=1).astype("float32")


def lesson(report, long):
    length, count, hidden, epochs = (8, 16_000, 64, 6) if long else (8, 4000, 48, 5)
    train, test = (CopyTask(n, length, order="reversed", min_length=2) for n in (count, 500))
    models = {
        "no attention": trained(None, train, hidden, epochs),
        "attention": trained("luong", train, hidden, epochs),
    }
    scores = {name: right(model, test) for name, model in models.items()}
    without, attending = (float(found.mean()) for found in scores.values())
    weights = models["attention"].attention_weights(test.source, test.target[:, :-1]).detach()
    lengths = (test.source != 0).sum(axis=1) - 1
    mirrored = lengths[:, None] - 1 - tl.arange(weights.shape[1])
    looked = (weights.argmax(axis=2) == mirrored)[mirrored >= 0].astype("float32").mean()

    report.value("held-out sequences without a mistake, no attention", without)
    report.value("held-out sequences without a mistake, attention", attending)
    report.value("steps that attend most to the symbol that they write", looked)
    report.claim("with attention more than 85 % of the held-out sequences are without a mistake", attending > 0.85)
    report.claim("without attention more than three times as many have mistakes", 1 - without > 3 * (1 - attending))
    report.claim("more than 90 % of the steps attend most to the symbol that they write", looked > 0.9)

    chart, picture = report.axes(columns=2)
    for name, found in scores.items():
        shares = [float(found[lengths == n].mean()) for n in range(2, length + 1)]
        chart.plot(range(2, length + 1), shares, "o-", label=name)
    chart.set(title="Sequences without a mistake", xlabel="symbols of the source", ylabel="share", ylim=(-0.03, 1.03))
    longest = int(lengths.argmax())
    source, target = test.pairs[longest]
    shown = weights[longest, : length + 1, : length + 1]
    viz.attention_maps(shown, tokens=[*target, "end"], key_tokens=[*source, "end"], axes=picture)
    picture.set(title="Attention", xlabel="symbols that are read", ylabel="symbols that are written")
