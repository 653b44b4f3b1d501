"""Text for language models: corpora in files, and their tokens in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from operator import index as as_index
from pathlib import Path
from typing import ClassVar, Literal

from ..data.arguments import BatchIndices
from ..data.dataset import Dataset, as_integers
from ..data.files import FilePath, existing, opened
from ..ops.creation import arange, asarray
from ..ops.declare import require
from ..ops.indexing import take
from ..options import Size, checked
from ..tensor import Tensor
from .stored import FOLDER
from .vocabulary import Vocabulary


def load_as_you_like_it() -> str:
    """Return Shakespeare's play "As You Like It" for models of characters; it is shipped with the package.

    Returns
    -------
    str
        122,440 characters, 64 of them different, ASCII. A speaker's name stands in capitals on a line of its own, with
        a colon, above the lines spoken.

    Notes
    -----
    Licence: in the public domain. Source: William Shakespeare, "As You Like It", 1623, in Project Gutenberg's edition;
    the list of persons and the running heads are left out.

    Examples
    --------
    >>> play = tl.datasets.load_as_you_like_it()
    >>> start = play.index("All the world's a stage")
    >>> print(play[start : start + 66])
    All the world's a stage,
    And all the men and women merely players:
    >>> vocabulary = tl.datasets.Vocabulary.of(play)
    >>> windows = tl.datasets.TokenWindows(vocabulary.encode(play), 64)  # samples of 64 characters
    """
    with opened(FOLDER / "as_you_like_it.txt.gz") as file:
        return file.read().decode("ascii")


class TokenWindows(Dataset):
    """Windows of a long sequence, each with the same window one step later: what comes next.

    Parameters
    ----------
    tokens : Tensor, shape (n,)
        The sequence: numbers of tokens.
    length : int
        The length of a window.
    stride : int, optional
        The distance between the beginnings of two windows; by default `length`, so that they do not overlap.

    Raises
    ------
    ValueError
        If the sequence is not a vector, or too short for a window and what comes next.

    Notes
    -----
    A sample is ``(tokens[i : i + length], tokens[i + 1 : i + length + 1])``. What is left at the end is not used.

    Examples
    --------
    >>> windows = tl.datasets.TokenWindows(tl.arange(8), length=3)
    >>> len(windows), windows[1]
    (2, (tensor([3, 4, 5]), tensor([4, 5, 6])))
    >>> windows.batch([0, 1])[0]
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """

    @checked
    def __init__(self, tokens: Tensor, length: Size, stride: Size | None = None) -> None:
        require("TokenWindows", tokens=tokens)
        if tokens.ndim != 1 or len(tokens) <= length:
            raise ValueError(
                f"TokenWindows: tokens must be a vector longer than length={length}, not of shape {tokens.shape}"
            )
        self.tokens, self.length, self.stride = tokens, length, length if stride is None else stride

    def __len__(self) -> int:
        return (len(self.tokens) - self.length - 1) // self.stride + 1

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        start = _in_range("TokenWindows", index, len(self)) * self.stride
        return self.tokens[start : start + self.length], self.tokens[start + 1 : start + self.length + 1]

    @checked
    def batch(self, indices: BatchIndices) -> tuple[Tensor, Tensor]:
        starts = [_in_range("TokenWindows.batch", index, len(self)) * self.stride for index in as_integers(indices)]
        device = self.tokens.device
        places = asarray(starts, dtype="int64", device=device).reshape(-1, 1) + arange(self.length, device=device)
        return take(self.tokens, places, axis=0), take(self.tokens, places + 1, axis=0)

    def __repr__(self) -> str:
        return f"TokenWindows({len(self)} windows of length {self.length})"


class BPTTBatches(Dataset):
    """A long sequence in parallel parts, piece by piece: for truncated back-propagation through time.

    The sequence is cut into `batch_size` parts, which are read side by side: the state of a recurrent network after one
    piece is what the next one starts from.

    Parameters
    ----------
    tokens : Tensor, shape (n,)
        The sequence: numbers of tokens.
    batch_size : int
        The number of parts.
    length : int
        The length of the pieces; the last may be shorter.
    batch_first : bool
        Whether pieces have the shape ``(batch_size, length)`` rather than ``(length, batch_size)``, which recurrent
        layers take by default.

    Raises
    ------
    ValueError
        If the sequence is not a vector, or has fewer than two tokens for each part.

    Notes
    -----
    A sample is a whole batch: a piece of all parts, and the same one step later. Iterate over the data set itself, or
    over ``DataLoader(batches, batch_size=None)``, in order. What is left after cutting into equal parts is not used.

    Examples
    --------
    >>> pieces = tl.datasets.BPTTBatches(tl.arange(10), batch_size=2, length=3, batch_first=True)
    >>> pieces[0]
    (tensor([[0, 1, 2],
            [5, 6, 7]]), tensor([[1, 2, 3],
            [6, 7, 8]]))
    >>> [x.shape for x, y in pieces]
    [(2, 3), (2, 1)]
    """

    @checked
    def __init__(self, tokens: Tensor, batch_size: Size, length: Size, batch_first: bool = False) -> None:
        require("BPTTBatches", tokens=tokens)
        if tokens.ndim != 1 or len(tokens) < 2 * batch_size:
            raise ValueError(
                f"BPTTBatches: tokens must be a vector with two or more for each of the batch_size={batch_size} parts, "
                f"not of shape {tokens.shape}"
            )
        per_part = len(tokens) // batch_size
        self.parts = tokens[: per_part * batch_size].reshape(batch_size, per_part)
        self.length, self.batch_first = length, batch_first

    def __len__(self) -> int:
        return -(-(self.parts.shape[1] - 1) // self.length)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        start = _in_range("BPTTBatches", index, len(self)) * self.length
        stop = min(start + self.length, self.parts.shape[1] - 1)
        x, y = self.parts[:, start:stop], self.parts[:, start + 1 : stop + 1]
        return (x, y) if self.batch_first else (x.mT, y.mT)

    def __repr__(self) -> str:
        return f"BPTTBatches({len(self)} pieces of length {self.length}, {len(self.parts)} parts)"


def _in_range(owner: str, index: int, count: int) -> int:
    """Return an index of `count` samples, counted from the beginning; refuse others."""
    try:
        number = as_index(index)
    except TypeError:
        raise TypeError(f"{owner}: indices must be integers, not {index!r}") from None
    if not -count <= number < count:
        raise IndexError(f"{owner}: indices must be in the range of {count} samples, unlike {number}")
    return number % count


class TextCorpus:
    r"""The tokens of text files, numbered by one vocabulary.

    Parameters
    ----------
    train : str or path
        The file from which the vocabulary is made: UTF-8 text, plain or compressed by gzip.
    valid, test : str or path, optional
        Further files, whose tokens that are not in the vocabulary become ``"<unk>"``.
    level : str
        ``"word"``: words are separated by white space, and a line ends with the token ``"<eos>"``, empty lines too.
        ``"char"``: every character is a token.
    min_count : int
        How often a token must be in the training file to be in the vocabulary.
    max_size : int, optional
        The largest size of the vocabulary: the most frequent tokens.

    Attributes
    ----------
    vocabulary : Vocabulary
        ``"<unk>"``, then the tokens of the training file, the most frequent first.
    train, valid, test : Tensor, shape (n,)
        The numbers of the tokens, int64; None for files that were not given.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a file is not UTF-8 text or has no tokens; the message names the file and the place.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "train.txt"
    >>> _ = path.write_text("the cat saw the dog\nthe dog ran\n")
    >>> corpus = tl.datasets.TextCorpus(path)
    >>> corpus.vocabulary.tokens
    ['<unk>', 'the', '<eos>', 'dog', 'cat', 'ran', 'saw']
    >>> corpus.train
    tensor([1, 4, 6, 1, 3, 2, 1, 3, 5, 2])
    """

    @checked
    def __init__(
        self,
        train: FilePath,
        valid: FilePath | None = None,
        test: FilePath | None = None,
        *,
        level: Literal["word", "char"] = "word",
        min_count: Size = 1,
        max_size: Size | None = None,
    ) -> None:
        self.level = level
        words = self._tokens("train", train)
        self.vocabulary = Vocabulary.of(words, min_count=min_count, max_size=max_size, unknown="<unk>")
        self.train = self.vocabulary.encode(words)
        self.valid, self.test = (
            None if path is None else self.vocabulary.encode(self._tokens(part, path))
            for part, path in (("valid", valid), ("test", test))
        )

    def _tokens(self, argument: str, path: FilePath) -> list[str]:
        """Return the tokens of a file."""
        name = type(self).__name__
        path = existing(name, path, argument)
        with opened(path) as file:
            data = file.read()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{name}: {path} is not UTF-8 text: byte {error.start} is {data[error.start]:#04x}"
            ) from error
        tokens = list(text) if self.level == "char" else list(_words(text))
        if not tokens:
            raise ValueError(f"{name}: {path} has no tokens")
        return tokens

    def __repr__(self) -> str:
        counts = [
            f"{part} {len(tokens)}"
            for part, tokens in (("train", self.train), ("valid", self.valid), ("test", self.test))
            if tokens is not None
        ]
        return f"{type(self).__name__}({len(self.vocabulary)} tokens in the vocabulary; {', '.join(counts)})"


def _words(text: str) -> Iterator[str]:
    for line in StringIO(text):  # splitlines would end lines at other characters as well
        yield from line.split()
        yield "<eos>"


class _NamedCorpus(TextCorpus):
    """A corpus of words whose files have known names."""

    FILES: ClassVar[Sequence[tuple[str, str, str]]]
    """Names of the training, validation and test file, in several spellings."""

    @checked
    def __init__(self, root: FilePath, *, min_count: Size = 1, max_size: Size | None = None) -> None:
        root = Path(root)
        for names in self.FILES:
            paths = [root / name for name in names]
            if all(path.is_file() for path in paths):
                super().__init__(*paths, min_count=min_count, max_size=max_size)
                return
        listed = ", nor ".join(", ".join(names) for names in self.FILES)
        raise FileNotFoundError(f"{type(self).__name__}: root={str(root)!r} does not have the files {listed}")


class PennTreebank(_NamedCorpus):
    r"""The Penn Treebank's news of the Wall Street Journal, as T. Mikolov prepared them: about a million words.

    Parameters
    ----------
    root : str or path
        The folder of ``ptb.train.txt``, ``ptb.valid.txt`` and ``ptb.test.txt``.
    min_count : int
        How often a word must be in the training text to be in the vocabulary.
    max_size : int, optional
        The largest size of the vocabulary.

    Attributes
    ----------
    vocabulary : Vocabulary
        The 10,000 words of the training text, ``"<unk>"`` and ``"<eos>"`` among them.
    train, valid, test : Tensor, shape (n,)
        The numbers of the words, int64: 929,589, 73,760 and 82,430 of them.

    Raises
    ------
    FileNotFoundError
        If a file is missing.

    Notes
    -----
    Licence: the Linguistic Data Consortium's, for research. Source: M. P. Marcus, B. Santorini and M. A. Marcinkiewicz,
    "Building a large annotated corpus of English: the Penn Treebank", 1993; T. Mikolov et al., "Recurrent neural
    network based language model", 2010.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for part in ("train", "valid", "test"):
    ...     _ = (folder / f"ptb.{part}.txt").write_text(" mr. <unk> is chairman\n")
    >>> tl.datasets.PennTreebank(folder).vocabulary.tokens
    ['<unk>', '<eos>', 'chairman', 'is', 'mr.']
    """

    FILES = [("ptb.train.txt", "ptb.valid.txt", "ptb.test.txt"), ("train.txt", "valid.txt", "test.txt")]


class WikiText(_NamedCorpus):
    r"""WikiText-2 or WikiText-103: good articles of Wikipedia, of about 2 or 103 million words.

    Parameters
    ----------
    root : str or path
        The folder of ``wiki.train.tokens``, ``wiki.valid.tokens`` and ``wiki.test.tokens``.
    min_count : int
        How often a word must be in the training text to be in the vocabulary.
    max_size : int, optional
        The largest size of the vocabulary.

    Attributes
    ----------
    vocabulary : Vocabulary
        The words of the training text, ``"<unk>"`` and ``"<eos>"`` among them: 33,278 of WikiText-2.
    train, valid, test : Tensor, shape (n,)
        The numbers of the words, int64: 2,088,628, 217,646 and 245,569 of them in WikiText-2.

    Raises
    ------
    FileNotFoundError
        If a file is missing.

    Notes
    -----
    Licence: CC BY-SA 3.0. Source: S. Merity, C. Xiong, J. Bradbury and R. Socher, "Pointer sentinel mixture models",
    arXiv:1609.07843, 2016.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for part in ("train", "valid", "test"):
    ...     _ = (folder / f"wiki.{part}.tokens").write_text(" = Robert <unk> = \n \n")
    >>> tl.datasets.WikiText(folder)
    WikiText(4 tokens in the vocabulary; train 6, valid 6, test 6)
    """

    FILES = [
        ("wiki.train.tokens", "wiki.valid.tokens", "wiki.test.tokens"),
        ("wiki.train.raw", "wiki.valid.raw", "wiki.test.raw"),
        ("train.txt", "valid.txt", "test.txt"),
    ]
