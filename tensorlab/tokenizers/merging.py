"""Byte-pair encoding: which pairs to merge, and merging them.

Sennrich, Haddow and Birch, "Neural machine translation of rare words with subword units", 2016, algorithm 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

Pair = tuple[int, int]


def learn_merges(
    counts: Mapping[tuple[int, ...], int], tokens: Sequence[bytes], size: int, min_frequency: int
) -> list[tuple[bytes, bytes]]:
    """Return the pairs of tokens to merge: each time the most frequent one, of equally frequent ones the first.

    Parameters
    ----------
    counts : mapping from tuple of int to int
        The words as numbers of tokens, and how often each is there.
    tokens : sequence of bytes
        The tokens to begin with.
    size : int
        The most tokens to have in the end.
    min_frequency : int
        How often a pair must be there.

    Examples
    --------
    >>> from tensorlab.tokenizers.merging import learn_merges
    >>> learn_merges({(0, 1, 2): 5, (0, 1): 2, (3, 2): 6}, [b"a", b"b", b"c", b"d"], size=6, min_frequency=2)
    [(b'a', b'b'), (b'd', b'c')]
    """
    tokens = list(tokens)
    numbers = {token: number for number, token in enumerate(tokens)}
    words, times = [list(word) for word in counts], list(counts.values())
    frequency: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for i, word in enumerate(words):
        for pair in pairwise(word):
            frequency[pair] += times[i]
            places[pair].add(i)
    queue = [(-count, pair) for pair, count in frequency.items()]
    heapify(queue)
    merges: list[tuple[bytes, bytes]] = []
    while queue and len(tokens) < size:
        count, pair = heappop(queue)
        if -count != frequency[pair]:  # merging others made it rarer since it was put there
            if frequency[pair] > 0:
                heappush(queue, (-frequency[pair], pair))
            continue
        if -count < min_frequency:
            break
        left, right = tokens[pair[0]], tokens[pair[1]]
        merges.append((left, right))
        merged = numbers.setdefault(left + right, len(tokens))  # other pairs may have made the same token
        if merged == len(tokens):
            tokens.append(left + right)
        grown: set[Pair] = set()
        for i in places.pop(pair):
            before, words[i] = words[i], merge(words[i], pair, merged)
            for old in pairwise(before):
                frequency[old] -= times[i]
            for new in pairwise(words[i]):
                frequency[new] += times[i]
                if merged in new:
                    places[new].add(i)
                    grown.add(new)
        for new in grown:
            heappush(queue, (-frequency[new], new))
    return merges


def merge(tokens: Sequence[int], pair: Pair, merged: int) -> list[int]:
    """Return tokens in which each occurrence of a pair, from the left, is one token.

    Examples
    --------
    >>> from tensorlab.tokenizers.merging import merge
    >>> merge([1, 1, 1, 2], (1, 1), 9)
    [9, 1, 2]
    """
    found, i, last = [], 0, len(tokens) - 1
    while i <= last:
        if i < last and (tokens[i], tokens[i + 1]) == pair:
            found.append(merged)
            i += 2
        else:
            found.append(tokens[i])
            i += 1
    return found


def merge_all(tokens: Sequence[int], ranks: Mapping[Pair, tuple[int, int]]) -> list[int]:
    """Return tokens merged as far as possible, in the order of the ranks.

    Parameters
    ----------
    tokens : sequence of int
        The tokens of a word.
    ranks : mapping from pair to (int, int)
        The rank of each pair, and the token that it becomes.
    """
    found, none = list(tokens), (len(ranks), -1)
    while len(found) > 1:
        pair = min(set(pairwise(found)), key=lambda pair: ranks.get(pair, none))
        if pair not in ranks:
            break
        found = merge(found, pair, ranks[pair][1])
    return found
