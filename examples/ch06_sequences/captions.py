"""A recurrent generator makes a sequence of a vector: it spells the digit in an image.

A convolutional network makes a vector of an image, and an LSTM that starts from it writes the name of the digit letter
by letter, as in Show and Tell (Vinyals et al., 2015). Both are trained together, and the only teacher is the next
letter. Spelling is learned first, then the images: where the network is wrong about a digit, it still writes the name
of another one. Batch normalisation matters here: without it the vectors of the images differ too little at first, and
the network still wrote the same word for all of them after eight epochs.
"""

from tensorlab import nn, optim
from tensorlab.data import DataLoader, TensorDataset, random_split
from tensorlab.datasets import Digits, TranslationDataset
from tensorlab.models import RecurrentGenerator
from tensorlab.train import Trainer

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Captioner(nn.Module):
    """An encoder of images, and a generator that starts from what it makes of them."""

    def __init__(self, vocab_size):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        )  # fmt: skip
        special = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
        self.generator = RecurrentGenerator(vocab_size, 16, 64, context_size=32 * 2 * 2, **special)

    def forward(self, images, words):
        return self.generator(words, self.encoder(images))

    def write(self, images):
        return self.generator.generate(self.encoder(images), max_new_tokens=8)


class Captioning(Trainer):
    """Trains a model to predict each letter of a word from those before it, and from the image."""

    def forward(self, model, batch):
        images, words = batch
        logits = model(images, words[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), words[:, 1:].flatten(), ignore_index=0)
        return loss, logits, words


def as_text(vocabulary, row):
    """Return the letters between the beginning and the end."""
    letters = vocabulary.decode(row.tolist())[1:]
    return "".join(letters[: letters.index("<eos>")] if "<eos>" in letters else letters)


def lesson(report, long):
    digits, names = Digits(), TranslationDataset([(word, word) for word in WORDS])
    data = TensorDataset(digits.data / 16, names.target[digits.targets])
    train, test = random_split(data, [0.8, 0.2])
    model = Captioner(len(names.target_vocabulary))
    trainer = Captioning(model, None, optim.Adam(model.parameters(), lr=0.005), progress=False)
    trainer.fit(DataLoader(train, batch_size=32, shuffle=True), epochs=50 if long else 12)

    images, words = test.batch(range(len(test)))
    model.eval()
    wanted, written = ([as_text(names.target_vocabulary, row) for row in rows] for rows in (words, model.write(images)))
    right = sum(a == b for a, b in zip(wanted, written, strict=True)) / len(wanted)
    spelled = sum(word in WORDS for word in written) / len(written)
    report.value("held-out images with the right word", right)
    report.value("held-out images with the name of a digit", spelled)
    report.claim("more than 85 % of the held-out images get the right word", right > 0.85)
    report.claim("more than 98 % get a correctly spelled name of a digit", spelled > 0.98)

    panels = report.axes(3, 6, width=1.3, height=1.4)
    wrong = [i for i, word in enumerate(written) if word != wanted[i]][:6]
    for ax, index in zip(panels, [*wrong, *(i for i in range(len(test)) if i not in wrong)], strict=False):
        ax.imshow(images[index, 0].tolist(), cmap="gray_r")
        ax.set_title(written[index], color="#bd1f01" if index in wrong else "#222222")
        ax.axis("off")
    panels[0].figure.suptitle("What the network writes (red: wrong)", fontsize=10)
