"""Tokens as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

from ..data.files import from_numbers
from ..options import Size, checked
from ..options.kinds import Kind, Many, Whole
from ..tensor import Tensor


class TokensKind(Kind):
    """An iterable of strings; a string is one of its characters."""

    text = "an iterable of strings"

    def read(self, value: Any) -> list[str]:
        """Return a list."""
        if not isinstance(value, Iterable) or getattr(value, "shape", None) == ():
            raise TypeError
        tokens = list(value)
        if not all(isinstance(token, str) for token in tokens):
            raise TypeError
        return tokens


Numbers = Annotated[Sequence[int], Many(Whole())]
Tokens = Annotated[Iterable[str], TokensKind()]


class Vocabulary:
    """A list of tokens, each of which has a number.

    Parameters
    ----------
    tokens : iterable of str
        The tokens in the order of their numbers; all different.
    unknown : str, optional
        The token, one of them, that stands for all others when text is encoded; by default others are refused.

    Raises
    ------
    ValueError
        If a token is repeated, or `unknown` is not among them.

    Examples
    --------
    >>> letters = tl.datasets.Vocabulary("abc")
    >>> letters.encode("cab")
    tensor([2, 0, 1])
    >>> "".join(letters.decode([2, 0, 1]))
    'cab'
    """

    @checked
    def __init__(self, tokens: Tokens, unknown: str | None = None) -> None:
        self.tokens = list(tokens)
        self._numbers = {token: number for number, token in enumerate(self.tokens)}
        if len(self._numbers) != len(self.tokens):
            twice = next(token for token, count in Counter(self.tokens).items() if count > 1)
            raise ValueError(f"Vocabulary: tokens must be different, but {twice!r} is repeated")
        if unknown is not None and unknown not in self._numbers:
            raise ValueError(f"Vocabulary: unknown must be one of the tokens, not {unknown!r}")
        self.unknown = unknown

    @staticmethod
    @checked
    def of(
        tokens: Tokens,
        *,
        min_count: Size = 1,
        max_size: Size | None = None,
        specials: Tokens = (),
        unknown: str | None = None,
    ) -> Vocabulary:
        """Return the vocabulary of a text: the tokens in it, the most frequent first, equally frequent ones sorted.

        Parameters
        ----------
        tokens : iterable of str
            The tokens of the text in order; of a string, its characters.
        min_count : int
            How often a token must be there.
        max_size : int, optional
            The largest number of tokens, special ones included.
        specials : sequence of str
            Tokens that come first whether they are there or not, such as ``"<pad>"``.
        unknown : str, optional
            The token for all that are not in the vocabulary; it is added to `specials` if it is not there.

        Examples
        --------
        >>> words = "to be or not to be".split()
        >>> vocabulary = tl.datasets.Vocabulary.of(words, min_count=2, unknown="<unk>")
        >>> vocabulary.tokens
        ['<unk>', 'be', 'to']
        >>> vocabulary.encode(words)
        tensor([2, 1, 0, 0, 2, 1])
        """
        first = list(specials) if unknown is None or unknown in specials else [unknown, *specials]
        counts = Counter(tokens)
        ordered = sorted((token for token in counts if token not in first), key=lambda token: (-counts[token], token))
        frequent = [token for token in ordered if counts[token] >= min_count]
        return Vocabulary([*first, *frequent][:max_size], unknown)

    @checked
    def encode(self, tokens: Tokens) -> Tensor:
        """Return the numbers of tokens.

        Parameters
        ----------
        tokens : iterable of str
            The tokens; of a string, its characters.

        Returns
        -------
        Tensor, shape (n,)
            int64, on the active backend.

        Raises
        ------
        ValueError
            If a token is not in the vocabulary, and `unknown` is None.

        Examples
        --------
        >>> tl.datasets.Vocabulary(["no", "yes"]).encode(["yes", "yes", "no"])
        tensor([1, 1, 0])
        """
        numbers = self._numbers
        if self.unknown is not None:
            other = numbers[self.unknown]
            return from_numbers((numbers.get(token, other) for token in tokens), "int64")
        try:
            return from_numbers((numbers[token] for token in tokens), "int64")
        except KeyError as error:
            raise ValueError(f"Vocabulary.encode: tokens must be in the vocabulary, unlike {error.args[0]!r}") from None

    @checked
    def decode(self, numbers: Numbers) -> list[str]:
        """Return the tokens that numbers stand for.

        Parameters
        ----------
        numbers : sequence of int, or tensor of shape (n,)
            The numbers.

        Raises
        ------
        ValueError
            If a number is out of range.

        Examples
        --------
        >>> tl.datasets.Vocabulary(["no", "yes"]).decode(tl.tensor([1, 0]))
        ['yes', 'no']
        """
        wrong = [number for number in numbers if type(number) is not int or not 0 <= number < len(self.tokens)]
        if wrong:
            raise ValueError(f"Vocabulary.decode: numbers must be integers from 0 to {len(self) - 1}, not {wrong[0]!r}")
        return [self.tokens[number] for number in numbers]

    def __getitem__(self, token: str) -> int:
        return self._numbers[token]

    def __contains__(self, token: object) -> bool:
        return token in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        first = ", ".join(map(repr, self.tokens[:5]))
        return f"Vocabulary({len(self)} tokens: {first}{', ...' if len(self) > 5 else ''})"
