"""Dropout makes each unit of an autoencoder useful on its own.

An autoencoder of 256 hidden ReLUs learns the digits twice, with half of its hidden units left out at random and with
all of them (Srivastava et al., 2014, sections 7.1 and 7.2). Without dropout the units correct each other, and the
patterns that each adds to the image look like noise. With dropout they are strokes and spots, and the image survives
the loss of half of the units.
"""

from tensorlab import datasets, nn, optim, viz
from tensorlab.data import DataLoader, TensorDataset

UNITS = 256


def train(pixels, dropout, epochs):
    """Return the encoder and the decoder of an autoencoder."""
    encoder, decoder = nn.Sequential(nn.Linear(64, UNITS), nn.ReLU()), nn.Linear(UNITS, 64)
    model = nn.Sequential(encoder, nn.Dropout(dropout), decoder)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        for (x,) in DataLoader(TensorDataset(pixels), 64, shuffle=True):
            loss = nn.functional.mse_loss(model(x), x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()


def measure(model, x):
    """Return the error, that with half of the units left out, and the share of units that are active."""
    encoder, _, decoder = model
    hidden = encoder(x).detach()
    without_half = nn.functional.dropout(hidden, 0.5)
    errors = [float(nn.functional.mse_loss(decoder(h), x)) for h in (hidden, without_half)]
    return *errors, int((hidden > 0).sum()) / hidden.size


def lesson(report, long):
    pixels = datasets.Digits().data.flatten(1) / 16
    learnt, held_out = pixels[:1500], pixels[1500:]
    models = {p: train(learnt, p, epochs=200 if long else 40) for p in (0.0, 0.5)}
    found = {p: measure(model, held_out) for p, model in models.items()}
    rows = [("without dropout", *found[0.0]), ("with dropout", *found[0.5])]
    report.table(["autoencoder", "error", "error with half of the units", "active units"], rows)
    (_, plain_half, plain_active), (_, dropped_half, dropped_active) = found[0.0], found[0.5]
    report.claim("without half of its units, the plain one errs 5 times as much", plain_half > 5 * dropped_half)
    report.claim("with dropout, an image activates fewer units", dropped_active < plain_active - 0.1)

    drawn = {p: model[2].weight.T.reshape(-1, 1, 8, 8).detach() for p, model in models.items()}
    smooth = {p: float((w[..., 1:, :] * w[..., :-1, :]).sum() / (w**2).sum()) for p, w in drawn.items()}
    report.value("correlation of neighbouring pixels in what a unit adds, without dropout", smooth[0.0])
    report.value("and with dropout", smooth[0.5])
    report.claim(
        "with dropout, what a unit adds is smooth: the correlation is over 0.2", smooth[0.5] > 0.2 > smooth[0.0]
    )
    for ax, (p, weights) in zip(report.axes(columns=2, width=4, height=4), drawn.items(), strict=True):
        title = f"{'With' if p else 'Without'} dropout: what a unit adds"
        viz.filters(weights[:49], columns=7, title=title, ax=ax)
