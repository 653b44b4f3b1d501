"""Data sets: synthetic ones, some shipped with the package, and readers of well-known file formats.

Nothing is downloaded. Functions ``make_...`` draw points or sequences and return tensors, as scikit-learn's do; a
`tensorlab.data.TensorDataset` makes a data set of them. Classes are data sets, with `classes` and `transform` as in
torchvision. Images are uint8 tensors of shape ``(N, channels, height, width)``, on the backend that is active when the
data set is made. Random data come from a seeded generator: the same on every backend.
"""

from ..data.files import load_npy, load_npz
from .cifar import CIFAR10, CIFAR100
from .digits import Digits
from .gaussians import make_blobs, make_gaussian_mixture
from .idx import load_idx, save_idx
from .karate import KarateClub
from .labelled import LabelledDataset
from .mnist import KMNIST, MNIST, MNIST10k, FashionMNIST
from .points import make_checkerboard, make_circles, make_moons, make_parity, make_spirals, make_xor
from .sequences import CopyTask, DateFormats, NumberWords, TranslationDataset, make_copy_memory
from .shapes import Shapes
from .surfaces import make_surface, make_surface_grid
from .tables import CSVDataset, NPZDataset
from .text import BPTTBatches, PennTreebank, TextCorpus, TokenWindows, WikiText, load_as_you_like_it
from .vocabulary import Vocabulary

__all__ = [
    "BPTTBatches", "CIFAR10", "CIFAR100", "CSVDataset", "CopyTask", "DateFormats", "Digits", "FashionMNIST", "KMNIST",
    "KarateClub", "LabelledDataset", "MNIST", "MNIST10k", "NPZDataset", "NumberWords", "PennTreebank", "Shapes",
    "TextCorpus", "TokenWindows", "TranslationDataset", "Vocabulary", "WikiText", "load_as_you_like_it", "load_idx",
    "load_npy", "load_npz", "make_blobs", "make_checkerboard", "make_circles", "make_copy_memory",
    "make_gaussian_mixture", "make_moons", "make_parity", "make_spirals", "make_surface", "make_surface_grid",
    "make_xor", "save_idx",
]  # fmt: skip
