"""Streams of random bits: what a seed, a state and a child are."""

from __future__ import annotations

from math import ceil
from threading import Lock
from typing import Any, TypeVar

from ..backend import active_backend, dtypes
from ..ops.creation import asarray
from ..tensor import Tensor
from .arguments import Call

S = TypeVar("S", bound="Stream")

WORDS_PER_BLOCK = 4
CHILDREN = 1 << 63
"""The first of the blocks that children's keys are made of; draws never get that far."""
DIGITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}


def blocks_of(words: int) -> int:
    """Return how many blocks hold so many words."""
    return -(-words // WORDS_PER_BLOCK)


def words_of(numbers: int, double: bool) -> int:
    """Return how many words so many uniform numbers are made of: a word each, or half of one in single precision."""
    return numbers if double else -(-numbers // 2)


class Excerpt:
    """The part of a stream that one draw may use, whether it comes to use all of it or not."""

    def __init__(self, call: Call, key: tuple[int, int], block: int) -> None:
        self._backend, self._device, self._key, self._block = call.backend, call.device, key, block
        self.xp = call.backend.xp

    def words(self, count: int) -> Any:
        """Return the next words; they begin at a fresh block."""
        bits = self._backend.random_bits(self._key, self._block, count)
        self._block += blocks_of(count)
        return bits if self._device is None else self._backend.asarray(bits, device=self._device)

    def halves(self, count: int) -> Any:
        """Return the next half words, the low one of each word first."""
        xp, words = self.xp, self.words(words_of(count, False))
        pairs = xp.empty((words.shape[0], 2), dtype=xp.uint32, device=words.device)
        pairs[:, 0] = xp.astype(words & 0xFFFFFFFF, xp.uint32)
        words >>= 32
        pairs[:, 1] = xp.astype(words, xp.uint32)
        return xp.reshape(pairs, (-1,))[:count]

    def unit(self, count: int, digits: int) -> Any:
        """Return numbers in [0, 1) with so many random bits; of double precision if there are more than 24."""
        xp = self.xp
        double = digits > 24
        bits = self.words(count) if double else self.halves(count)
        bits >>= (64 if double else 32) - digits
        numbers = xp.astype(bits, xp.float64 if double else xp.float32)
        numbers *= 2.0**-digits
        return numbers

    def between(self, count: int, double: bool) -> Any:
        """Return numbers in the open interval (0, 1): odd multiples of ``2**-24`` or ``2**-53``."""
        digits = 52 if double else 23
        numbers = self.unit(count, digits)
        numbers += 0.5 * 2.0**-digits
        return numbers

    def below(self, count: int, p: float) -> Any:
        """Return which numbers of `unit`, with 24 digits, are below `p`, without making numbers of the bits."""
        xp, limit = self.xp, ceil(p * 2**24) << 8
        words = self.words(words_of(count, False))
        pairs = xp.stack((words & 0xFFFFFFFF < limit, words >> 32 < limit), axis=1)
        return xp.reshape(pairs, (-1,))[:count]

    def skip(self, blocks: int) -> None:
        """Leave blocks out."""
        self._block += blocks


class Stream:
    """A key and a position: what generators are, apart from the distributions that they draw from."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = Lock()
        self.manual_seed(seed)

    def manual_seed(self: S, seed: int) -> S:
        """Begin the stream of `seed`; returns the generator itself.

        Parameters
        ----------
        seed : int
            In ``[0, 2**128)``.

        Raises
        ------
        ValueError
            If the seed is out of range.

        Examples
        --------
        >>> g = tl.Generator(0)
        >>> first = g.uniform((2,))
        >>> g.manual_seed(0).uniform((2,)) == first
        tensor([ True,  True])
        """
        if not 0 <= seed < 1 << 128:
            raise ValueError(f"a seed is an integer in [0, 2**128), not {seed}")
        with self._lock:
            self._key, self._block, self._children = (seed & (1 << 64) - 1, seed >> 64), 0, 0
        return self

    def get_state(self) -> dict[str, Any]:
        """Return what `set_state` continues from; plain numbers, the same on every backend.

        Examples
        --------
        >>> tl.Generator(5).get_state()
        {'key': (5, 0), 'block': 0, 'children': 0}
        """
        with self._lock:
            return {"key": self._key, "block": self._block, "children": self._children}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue where `get_state` was called.

        Examples
        --------
        >>> g = tl.Generator(5)
        >>> state = g.get_state()
        >>> first = g.normal((2,))
        >>> g.set_state(state)
        >>> g.normal((2,)) == first
        tensor([ True,  True])
        """
        low, high = state["key"]
        with self._lock:
            self._key, self._block, self._children = (low, high), state["block"], state["children"]

    def state_dict(self) -> dict[str, Tensor]:
        """Return the state as a tensor, which `tl.save` can write beside those of a model and an optimizer.

        Returns
        -------
        dict of str to Tensor
            One entry, ``"stream"``: four words (uint64), of which two are the key, then the position and the number
            of children.

        Examples
        --------
        >>> tl.Generator(5).state_dict()["stream"].shape
        (4,)
        """
        state = self.get_state()
        return {"stream": asarray([*state["key"], state["block"], state["children"]], dtype=dtypes.uint64)}

    def load_state_dict(self, state_dict: dict[str, Tensor]) -> None:
        """Continue, bit for bit, where `state_dict` was called; on whichever backend that was.

        Parameters
        ----------
        state_dict : dict of str to Tensor
            What `state_dict` gave.

        Raises
        ------
        ValueError
            If it is no such state.

        Examples
        --------
        >>> g, other = tl.Generator(5), tl.Generator(6)
        >>> first = g.normal((2,))
        >>> other.load_state_dict(g.state_dict())
        >>> other.uniform((2,)) == g.uniform((2,))
        tensor([ True,  True])
        """
        words = state_dict.get("stream")
        if words is None or tuple(words.shape) != (4,) or words.dtype != dtypes.uint64:
            raise ValueError("the state of a generator is a dict with the entry 'stream', 4 words of type uint64")
        low, high, block, children = words.tolist()
        self.set_state({"key": (low, high), "block": block, "children": children})

    def spawn(self: S, n_children: int) -> list[S]:
        """Make generators whose streams have nothing to do with one another's, or with this one's.

        Their keys are words of this generator's own stream at places that no draw reaches. They depend on its key and
        on how many children it had before, not on how much it has drawn; its own numbers stay as they were.

        Parameters
        ----------
        n_children : int
            How many.

        Returns
        -------
        list of Generator
            Each call gives others.

        Examples
        --------
        >>> first, second = tl.Generator(0).spawn(2)
        >>> (first.integers(1 << 50) == second.integers(1 << 50)).item()
        False
        """
        if n_children < 0:
            raise ValueError(f"spawn: the number of children is at least 0, not {n_children}")
        with self._lock:
            key, first = self._key, self._children
            self._children += n_children
        backend = active_backend()
        words = backend.to_numpy(backend.random_bits(key, CHILDREN + first, n_children * WORDS_PER_BLOCK)).tolist()
        pairs = zip(words[::WORDS_PER_BLOCK], words[1::WORDS_PER_BLOCK], strict=True)
        return [type(self)(low | high << 64) for low, high in pairs]

    # -- for the distributions -----------------------------------------------------------------------------------------

    def _excerpt(self, call: Call, blocks: int) -> Excerpt:
        """Reserve the next blocks for a draw. All that can be refused has been, when this is called."""
        with self._lock:  # threads that share a generator draw different numbers
            key, block = self._key, self._block
            self._block += blocks
        return Excerpt(call, key, block)

    def _unit(self, call: Call, digits: int | None = None) -> Any:
        """Return numbers in [0, 1) of the call's shape, with as many random bits as its precision holds."""
        digits = digits or (53 if call.double else 24)
        excerpt = self._excerpt(call, blocks_of(words_of(call.size, digits > 24)))
        return call.xp.reshape(excerpt.unit(call.size, digits), call.shape)

    def _between(self, call: Call) -> Any:
        """Return numbers in (0, 1) of the call's shape."""
        excerpt = self._excerpt(call, blocks_of(words_of(call.size, call.double)))
        return call.xp.reshape(excerpt.between(call.size, call.double), call.shape)
