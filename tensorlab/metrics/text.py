"""Metrics of text: perplexity and BLEU."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import KW_ONLY
from math import exp, log
from typing import Annotated, Any, Literal

from ..backend.dtypes import float64, int64
from ..errors import ShapeError
from ..ops.comparison import where
from ..ops.creation import tensor
from ..ops.declare import require
from ..ops.indexing import take_along_axis
from ..ops.softmax import log_softmax
from ..options import NonNegative, Size, checked, declared
from ..options.kinds import Ordered
from ..tensor import Tensor
from .inputs import inside, weights_of
from .metric import Metric, PredictionMetric, Statistics
from .ratio import ratio

Sentence = str | Sequence[Hashable]
Sentences = Annotated[Sequence[Any], Ordered("a list of sentences", excluded=(Tensor,))]


@declared
class Perplexity(PredictionMetric):
    """The exponential of the mean negative log-probability of the true tokens: 1 for a model that is always certain.

    Predictions are logits, or log-probabilities, for the tokens of a vocabulary: floating-point, (..., V). Targets are
    the true tokens: integers, (...).

    Parameters
    ----------
    ignore_index : int, optional
        Targets with this value, such as padding, do not count.

    References
    ----------
    F. Jelinek, R. L. Mercer, L. R. Bahl and J. K. Baker (1977), Perplexity, a measure of the difficulty of speech
    recognition tasks.

    Examples
    --------
    >>> perplexity = tl.metrics.Perplexity(ignore_index=-100)
    >>> perplexity.update(tl.zeros(2, 3, 5), tl.tensor([[1, 2, 3], [4, 0, -100]]))
    >>> perplexity.compute()
    tensor(5.00000015, dtype=float64)
    """

    names = ("loss", "weight", "outside")

    _: KW_ONLY
    ignore_index: int | None = None

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        name = "Perplexity"
        require(name, "real floating", preds=preds)
        require(name, "integral or bool", target=target)
        if not preds.shape or tuple(preds.shape[:-1]) != tuple(target.shape) or preds.shape[-1] == 0:
            raise ShapeError(
                f"{name}: preds have the shape (..., V) and target the shape (...), not {tuple(preds.shape)} and "
                f"{tuple(target.shape)}"
            )
        weight = weights_of(name, tuple(target.shape), sample_weight)
        counted = target == target
        if self.ignore_index is not None:
            counted = target != self.ignore_index
            target = where(counted, target, 0)
        target, outside = inside(name, "target", target, preds.shape[-1])
        weight = counted.astype(int64) if weight is None else where(counted, weight, 0.0)
        losses = -take_along_axis(log_softmax(preds, axis=-1), target[..., None], axis=-1)[..., 0].astype(float64)
        total = (where(weight == 0, 0.0, losses) * weight).sum()  # that of an ignored target may be infinite
        return {"loss": total, "weight": weight.sum(), "outside": outside}

    def value(self, statistics: Statistics) -> Any:
        return ratio(statistics["loss"], statistics["weight"]).exp()


@declared
class BLEUScore(Metric):
    """How many n-grams of translations occur in reference translations, times a penalty for brevity; from 0 to 1.

    This is the BLEU of a corpus: matches and lengths are added up over all sentences before they are divided. It is
    that of sacreBLEU (divided by 100) given the same tokens, and that of NLTK's `corpus_bleu` unless a sentence has
    fewer than `n_gram` of them.

    Parameters
    ----------
    n_gram : int
        The length of the longest n-grams.
    weights : sequence of float, optional
        The weights of the precisions of 1-grams, 2-grams, ...; by default they are equal.
    smooth : {"none", "exp", "floor", "add-k"}
        What takes the place of zero matches: nothing, so that the score is 0; halved again for each length without
        matches, ``1 / 2, 1 / 4, ...`` (sacreBLEU's default); 0.1; or 1 is added to all counts of 2-grams and longer.
    tokenize : callable
        Splits a sentence that is a string; by default at white space. Scores depend on it.

    References
    ----------
    K. Papineni, S. Roukos, T. Ward and W.-J. Zhu (2002), BLEU: a method for automatic evaluation of machine
    translation. B. Chen and C. Cherry (2014), A systematic comparison of smoothing techniques for sentence-level BLEU.

    Examples
    --------
    >>> bleu = tl.metrics.BLEUScore()
    >>> bleu.update(["the cat is on the mat"], [["there is a cat on the mat", "a cat is on the mat"]])
    >>> bleu.compute()
    tensor(0.75983569, dtype=float64)
    """

    names = ("matches", "possible", "length", "reference_length")

    _: KW_ONLY
    n_gram: Size = 4
    weights: Sequence[NonNegative] | None = None
    smooth: Literal["none", "exp", "floor", "add-k"] = "none"
    tokenize: Callable[[str], Iterable[Hashable]] = str.split

    def __post_init__(self) -> None:
        if self.weights is not None and (len(self.weights) != self.n_gram or sum(self.weights) == 0):
            raise ValueError(
                f"BLEUScore: weights must be one number for each of n_gram={self.n_gram} lengths, not all zero, not "
                f"{self.weights!r}"
            )

    @checked
    def update(self, preds: Sentences, target: Sentences) -> None:
        """Add sentences.

        Parameters
        ----------
        preds : list of sentences
            The translations: strings, or lists of tokens.
        target : list
            For each of them the reference translations: a list of sentences, or one string.

        Raises
        ------
        ValueError, TypeError
            If there are not as many entries in `target` as in `preds`, a sentence has no reference, or an entry is no
            sentence.

        Examples
        --------
        >>> bleu = tl.metrics.BLEUScore(n_gram=2)
        >>> bleu.update([["to", "be", "or", "not"]], [[["to", "be", "or", "so"], ["not", "to", "be"]]])
        >>> bleu.compute()
        tensor(0.81649658, dtype=float64)
        """
        super().update(preds, target)

    @checked
    def __call__(self, preds: Sentences, target: Sentences) -> Any:
        return super().__call__(preds, target)

    def statistics(self, preds: Sequence[Any], target: Sequence[Any]) -> Statistics:
        preds, target = list(preds), list(target)
        if len(preds) != len(target):
            raise ValueError(
                f"BLEUScore: target must have references for each of {len(preds)} sentences of preds, not {len(target)}"
            )
        matches, possible, lengths = [0] * self.n_gram, [0] * self.n_gram, [0, 0]
        for number, (sentence, references) in enumerate(zip(preds, target)):
            found = self._tokens(f"preds[{number}]", sentence)
            known = self._references(number, references)
            lengths[0] += len(found)
            lengths[1] += min((abs(len(tokens) - len(found)), len(tokens)) for tokens in known)[1]
            for n in range(self.n_gram):
                grams = _n_grams(found, n + 1)
                most: Counter[Any] = Counter()
                for tokens in known:
                    most |= _n_grams(tokens, n + 1)
                matches[n] += (grams & most).total()
                possible[n] += grams.total()
        counts = tensor(matches, dtype=int64), tensor(possible, dtype=int64)
        return dict(zip(self.names, (*counts, *lengths), strict=True))

    def _references(self, number: int, references: Any) -> list[list[Hashable]]:
        if isinstance(references, str):
            references = [references]
        if not isinstance(references, list | tuple) or not references:
            raise TypeError(
                f"BLEUScore: target[{number}] must be a string or a list of at least one sentence, not {references!r}"
            )
        return [self._tokens(f"target[{number}][{i}]", sentence) for i, sentence in enumerate(references)]

    def _tokens(self, place: str, sentence: Any) -> list[Hashable]:
        if isinstance(sentence, str):
            return list(self.tokenize(sentence))
        if not isinstance(sentence, list | tuple) or not all(isinstance(token, Hashable) for token in sentence):
            raise TypeError(f"BLEUScore: {place} must be a string or a list of tokens, not {sentence!r}")
        return list(sentence)

    def value(self, statistics: Statistics) -> Any:
        matches, possible = statistics["matches"].tolist(), statistics["possible"].tolist()
        length, reference_length = statistics["length"], statistics["reference_length"]
        weights = self.weights or (1.0,) * self.n_gram
        logs = [
            weight / sum(weights) * log(precision) if precision else (0.0 if weight == 0 else -float("inf"))
            for weight, precision in zip(weights, self._precisions(matches, possible))
        ]
        if not any(matches) or length == 0:
            return tensor(0.0, dtype=float64)
        brevity = min(0.0, 1 - reference_length / length)
        return tensor(exp(brevity + sum(logs)), dtype=float64)

    def _precisions(self, matches: list[int], possible: list[int]) -> list[float]:
        """Return the precisions of the n-grams of each length, smoothed."""
        precisions, part = [], 1.0
        for n, (right, total) in enumerate(zip(matches, possible)):
            added = 1 if self.smooth == "add-k" and n > 0 else 0
            numerator, denominator = float(right + added), total + added
            if numerator == 0 and self.smooth == "exp":
                part /= 2
                numerator = part
            elif numerator == 0 and self.smooth == "floor":
                numerator = 0.1
            precisions.append(numerator / denominator if denominator else 0.0)
        return precisions


def _n_grams(tokens: Sequence[Hashable], n: int) -> Counter[Any]:
    """Return how often each n-gram occurs."""
    return Counter(zip(*(tokens[start:] for start in range(n))))
