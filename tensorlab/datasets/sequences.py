"""Toy tasks from sequence to sequence: copying, numbers in words, and dates."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal

from ..data.arguments import BatchIndices
from ..data.dataset import Dataset, TensorDataset
from ..docstrings import Documented
from ..ops.creation import full
from ..ops.declare import composite
from ..ops.joining import concat
from ..options import Count, Size, checked
from ..options.kinds import Ordered, Whole
from ..random import Generator, default_generator
from ..tensor import Tensor
from .vocabulary import Vocabulary

PAD, BEGIN, END = "<pad>", "<bos>", "<eos>"

Pairs = Annotated[Sequence[tuple[Iterable[str], Iterable[str]]], Ordered("a sequence of pairs of sequences of tokens")]
Symbols = Annotated[int, Whole(1, 10_000)]
Length = Annotated[int, Whole(1, 1_000_000)]


class TranslationDataset(Documented, Dataset):
    """Pairs of sequences of tokens, padded to equal lengths.

    Parameters
    ----------
    pairs : sequence of pairs of sequences of str
        For each sample the tokens of the source and of the target.
    source_vocabulary, target_vocabulary : Vocabulary, optional
        The tokens by number, of which the first are ``"<pad>"``, ``"<bos>"`` and ``"<eos>"``; by default the others are
        those of `pairs`, sorted. A test set gets those of its training set.

    Attributes
    ----------
    pairs : list
        The tokens, as given.
    source_vocabulary, target_vocabulary : Vocabulary
        The tokens by number: ``"<pad>"`` is 0, ``"<bos>"`` 1 and ``"<eos>"`` 2.
    source : Tensor, shape (N, longest source + 1)
        The sources, int64, each followed by ``"<eos>"`` and padding.
    target : Tensor, shape (N, longest target + 2)
        The targets, int64, each between ``"<bos>"`` and ``"<eos>"``, followed by padding. A decoder gets
        ``target[:, :-1]`` and learns ``target[:, 1:]``.

    Raises
    ------
    ValueError
        If there are no pairs, a vocabulary begins with other tokens, or lacks a token of a pair.

    Notes
    -----
    A sample is ``(source[i], target[i])``.

    Examples
    --------
    >>> data = tl.datasets.TranslationDataset([(["good", "day"], ["guten", "Tag"]), (["hello"], ["hallo"])])
    >>> data[1]
    (tensor([5, 2, 0]), tensor([1, 5, 2, 0]))
    >>> data.source_vocabulary.decode(data.source[0])
    ['good', 'day', '<eos>']
    >>> data.batch([1, 0])[0]
    tensor([[5, 2, 0],
            [4, 3, 2]])
    """

    @checked
    def __init__(
        self,
        pairs: Pairs,
        source_vocabulary: Vocabulary | None = None,
        target_vocabulary: Vocabulary | None = None,
    ) -> None:
        self.pairs = [self._as_pair(pair) for pair in pairs]
        if not self.pairs:
            raise ValueError(f"{type(self).__name__}: pairs must have at least one pair")
        sources, targets = zip(*self.pairs)
        self.source_vocabulary = source_vocabulary or sorted_vocabulary(*sources)
        self.target_vocabulary = target_vocabulary or sorted_vocabulary(*targets)
        for name in ("source_vocabulary", "target_vocabulary"):
            if (first := getattr(self, name).tokens[:3]) != [PAD, BEGIN, END]:
                raise ValueError(f"{type(self).__name__}: {name} must begin with {PAD}, {BEGIN} and {END}, not {first}")
        self.source = _padded(self.source_vocabulary, [[*tokens, END] for tokens in sources])
        self.target = _padded(self.target_vocabulary, [[BEGIN, *tokens, END] for tokens in targets])

    def _as_pair(self, pair: Any) -> tuple[list[str], list[str]]:
        """Return the tokens of source and target as lists."""
        try:
            source, target = (list(tokens) for tokens in pair)
        except (TypeError, ValueError):
            raise ValueError(
                f"{type(self).__name__}: pairs must hold pairs of sequences of tokens, not {pair!r}"
            ) from None
        return source, target

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.source[index], self.target[index]

    @checked
    def batch(self, indices: BatchIndices) -> tuple[Tensor, ...]:
        return TensorDataset(self.source, self.target).batch(indices)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({len(self)} pairs, from {len(self.source_vocabulary)} to "
            f"{len(self.target_vocabulary)} tokens)"
        )


def sorted_vocabulary(*sequences: Iterable[str]) -> Vocabulary:
    """Return the vocabulary of the tokens in these sequences, after those for padding, the beginning and the end."""
    return Vocabulary([PAD, BEGIN, END, *sorted({token for tokens in sequences for token in tokens})])


def _padded(vocabulary: Vocabulary, sequences: Sequence[list[str]]) -> Tensor:
    """Return the numbers of the tokens, a row for each sequence."""
    longest = max(map(len, sequences))
    padded = [token for tokens in sequences for token in [*tokens, *[PAD] * (longest - len(tokens))]]
    return vocabulary.encode(padded).reshape(-1, longest)


ORDERS: dict[str, Callable[[list[int]], list[int]]] = {
    "same": list,
    "reversed": lambda numbers: numbers[::-1],
    "sorted": sorted,
}


class CopyTask(TranslationDataset):
    """Random sequences of symbols, to be copied, reversed or sorted.

    Parameters
    ----------
    n_samples : int
        The number of pairs.
    length : int
        The greatest length of a sequence.
    n_symbols : int
        The number of symbols, at most 10,000: ``"0"``, ``"1"``, ...
    order : str
        The order of the symbols in the target: ``"same"``, ``"reversed"`` or ``"sorted"``.
    min_length : int, optional
        The smallest length; by default all sequences have `length` symbols.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> task = tl.datasets.CopyTask(100, length=4, n_symbols=5, order="reversed", generator=tl.Generator(0))
    >>> source, target = task.pairs[0]
    >>> len(source), target == source[::-1]
    (4, True)
    """

    @checked
    def __init__(
        self,
        n_samples: Size = 1000,
        length: Length = 10,
        n_symbols: Symbols = 10,
        order: Literal["same", "reversed", "sorted"] = "same",
        *,
        min_length: Size | None = None,
        generator: Generator | None = None,
    ) -> None:
        shortest = length if min_length is None else min_length
        if shortest > length:
            raise ValueError(f"CopyTask: min_length={shortest} must be at most length={length}")
        source = generator or default_generator
        lengths = source.integers(shortest, length + 1, (n_samples,)).tolist()
        symbols = source.integers(0, n_symbols, (n_samples, length)).tolist()
        sequences = [row[:count] for row, count in zip(symbols, lengths)]
        vocabulary = Vocabulary([PAD, BEGIN, END, *_texts(range(n_symbols))])
        super().__init__([(_texts(row), _texts(ORDERS[order](row))) for row in sequences], vocabulary, vocabulary)


def _texts(numbers: Sequence[int]) -> list[str]:
    return [str(number) for number in numbers]


ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def _in_words(number: int) -> list[str]:
    """Return a number below a million in English words."""
    if number < 20:
        return [ONES[number]]
    if number < 100:
        return [TENS[number // 10 - 2], *(_in_words(number % 10) if number % 10 else [])]
    if number < 1000:
        return [ONES[number // 100], "hundred", *(["and", *_in_words(number % 100)] if number % 100 else [])]
    rest = number % 1000
    joint = ["and"] if 0 < rest < 100 else []
    return [*_in_words(number // 1000), "thousand", *joint, *(_in_words(rest) if rest else [])]


class NumberWords(TranslationDataset):
    """Numbers in English words, to be translated into digits.

    The source is a number below a million in words, such as *four hundred and twelve*; the target are its digits.

    Parameters
    ----------
    n_samples : int
        The number of pairs.
    stop : int
        The numbers are drawn from those below, at most a million.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> task = tl.datasets.NumberWords(1000, stop=1000, generator=tl.Generator(1))
    >>> " ".join(task.pairs[0][0]), "".join(task.pairs[0][1])
    ('three hundred and three', '303')
    """

    @checked
    def __init__(self, n_samples: Size = 1000, stop: Size = 1_000_000, *, generator: Generator | None = None) -> None:
        if stop > 1_000_000:
            raise ValueError(f"NumberWords: stop must be at most 1000000, not {stop}")
        numbers = (generator or default_generator).integers(0, stop, (n_samples,)).tolist()
        words = sorted_vocabulary(ONES, TENS, ["hundred", "thousand", "and"])
        super().__init__(
            [(_in_words(number), list(str(number))) for number in numbers], words, sorted_vocabulary("0123456789")
        )


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _date_forms(year: int, month: int, day: int) -> list[str]:
    """Return ways to write a date."""
    name, short = MONTHS[month - 1], MONTHS[month - 1][:3]
    ending = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return [
        f"{day} {name} {year}",
        f"{name} {day}, {year}",
        f"{day} {short} {year}",
        f"{short} {day}, {year}",
        f"the {day}{ending} of {name} {year}",
        f"{day}.{month}.{year}",
        f"{month}/{day}/{year}",
        f"{day:02}-{short.upper()}-{year % 100:02}",
    ]


class DateFormats(TranslationDataset):
    """Dates as people write them, to be translated into the ISO format, character by character.

    The sources have eight forms, among them *3 March 2021*, *Mar 3, 2021*, *3/3/2021* (the month first) and
    *03-MAR-21*; the target is *2021-03-03*. The years are from 1950 to 2049.

    Parameters
    ----------
    n_samples : int
        The number of pairs.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> task = tl.datasets.DateFormats(1000, generator=tl.Generator(0))
    >>> "".join(task.pairs[0][0]), "".join(task.pairs[0][1])
    ('the 4th of March 1951', '1951-03-04')
    """

    @checked
    def __init__(self, n_samples: Size = 1000, *, generator: Generator | None = None) -> None:
        draws = (generator or default_generator).uniform((n_samples, 4), dtype="float64").tolist()
        letters = sorted_vocabulary(
            "0123456789 ,./-", "the of", *MONTHS, *(month[:3].upper() for month in MONTHS), "stndrdth"
        )
        super().__init__([_date_pair(*draw) for draw in draws], letters, sorted_vocabulary("0123456789-"))


def _date_pair(year: float, month: float, day: float, form: float) -> tuple[list[str], list[str]]:
    """Return a date, drawn by numbers from 0 to 1, as a person may write it, and in the ISO format."""
    y, m = 1950 + int(100 * year), 1 + int(12 * month)
    d = 1 + int(monthrange(y, m)[1] * day)
    forms = _date_forms(y, m, d)
    return list(forms[int(len(forms) * form)]), list(f"{y}-{m:02}-{d:02}")


@composite()
def make_copy_memory(
    n_samples: Count = 100,
    delay: Count = 20,
    length: Size = 10,
    n_symbols: Symbols = 8,
    *,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Make the copy memory task: a network reads symbols, waits, and repeats them.

    Parameters
    ----------
    n_samples : int
        The number of sequences.
    delay : int
        The number of steps between the symbols and the signal to repeat them.
    length : int
        The number of symbols.
    n_symbols : int
        The number of different symbols, 1 to `n_symbols`; at most 10,000.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        Inputs and targets, int64 of shape ``(n_samples, delay + 2 * length + 1)``. The input has the symbols, zeros,
        the signal ``n_symbols + 1`` at position ``length + delay``, and zeros again; the target has the symbols in the
        last `length` places and zeros elsewhere.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    S. Hochreiter and J. Schmidhuber, "Long short-term memory", 1997; M. Arjovsky, A. Shah and Y. Bengio, "Unitary
    evolution recurrent neural networks", 2016, section 5.1. Without memory the cross entropy is at least
    ``length * log(n_symbols) / (delay + 2 * length + 1)``.

    Examples
    --------
    >>> x, y = tl.datasets.make_copy_memory(1, delay=3, length=2, n_symbols=5, generator=tl.Generator(0))
    >>> x.shape, x[0, 2:], bool((x[0, :2] == y[0, -2:]).all())
    ((1, 8), tensor([0, 0, 0, 6, 0, 0]), True)
    """
    symbols = (generator or default_generator).integers(1, n_symbols + 1, (n_samples, length))
    before = full((n_samples, delay), 0, dtype="int64")
    signal = full((n_samples, 1), n_symbols + 1, dtype="int64")
    after = full((n_samples, length), 0, dtype="int64")
    return (
        concat([symbols, before, signal, after], axis=1),
        concat([after, before, full((n_samples, 1), 0, dtype="int64"), symbols], axis=1),
    )
