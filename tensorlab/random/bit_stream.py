"""Streams of random bits: seeds, states, child streams, and uniform numbers."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from threading import Lock
from typing import Any, TypeVar

from ..backend import active_backend, dtypes
from ..backend.memory import require_memory
from ..blocks import Setting
from ..ops.creation import asarray
from ..options import Count, checked
from ..options.kinds import Several, Whole, read
from ..tensor import Tensor
from .arguments import Call

S = TypeVar("S", bound="Stream")

WORDS_PER_BLOCK = 4
FIRST_CHILD_BLOCK = 1 << 63
"""The first of the blocks that hold the keys of child streams; draws never get that far."""
PRECISION_BITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}
"""The number of bits in the significand of each data type."""


def blocks_for(words: int) -> int:
    """Return the number of blocks that hold a number of words."""
    return -(-words // WORDS_PER_BLOCK)


def words_for(numbers: int, double: bool) -> int:
    """Return the number of words for uniform numbers: one for each, or half of one in single precision."""
    return numbers if double else -(-numbers // 2)


class Excerpt:
    """The part of a stream that is reserved for one draw, which need not use all of it."""

    def __init__(self, call: Call, key: tuple[int, int], block: int) -> None:
        self._backend, self._device, self._key, self._block = call.backend, call.device, key, block
        self.xp = call.backend.xp

    def words(self, count: int) -> Any:
        """Return the next words, from the beginning of a block."""
        bits = self._backend.random_bits(self._key, self._block, count)
        self._block += blocks_for(count)
        return bits if self._device is None else self._backend.asarray(bits, device=self._device)

    def half_words(self, count: int) -> Any:
        """Return the next half words; the low half of each word comes first."""
        xp, words = self.xp, self.words(words_for(count, False))
        pairs = xp.empty((words.shape[0], 2), dtype=xp.uint32, device=words.device)
        pairs[:, 0] = xp.astype(words & 0xFFFFFFFF, xp.uint32)
        words >>= 32
        pairs[:, 1] = xp.astype(words, xp.uint32)
        return xp.reshape(pairs, (-1,))[:count]

    def uniform(self, count: int, bits: int) -> Any:
        """Return numbers in [0, 1) with a number of random bits; in double precision if that is more than 24."""
        xp = self.xp
        double = bits > 24
        words = self.words(count) if double else self.half_words(count)
        words >>= (64 if double else 32) - bits
        numbers = xp.astype(words, xp.float64 if double else xp.float32)
        numbers *= 2.0**-bits
        return numbers

    def open_uniform(self, count: int, double: bool) -> Any:
        """Return numbers in the open interval (0, 1): odd multiples of ``2**-24`` or ``2**-53``."""
        bits = 52 if double else 23
        numbers = self.uniform(count, bits)
        numbers += 0.5 * 2.0**-bits
        return numbers

    def bernoulli(self, count: int, p: float) -> Any:
        """Return which numbers of ``uniform(count, 24)`` are below `p`, without converting the bits to numbers."""
        xp, limit = self.xp, ceil(p * 2**24) << 8
        words = self.words(words_for(count, False))
        pairs = xp.stack((words & 0xFFFFFFFF < limit, words >> 32 < limit), axis=1)
        return xp.reshape(pairs, (-1,))[:count]

    def skip(self, blocks: int) -> None:
        """Skip blocks."""
        self._block += blocks


SEED = Whole(0, (1 << 128) - 1)
WORD = Whole(0, (1 << 64) - 1)
STATE = {"key": Several((WORD, WORD)), "block": WORD, "children": WORD}


def _read_seed(function: str, seed: Any) -> int:
    """Return a seed as a Python number."""
    try:
        return SEED.read(seed)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}: a seed is an integer in [0, 2**128), not {seed!r}") from None


class Stream:
    """A stream of random bits, given by a key and a position; the base class of generators."""

    _replacement: Setting[Any] | None = None
    """The stream that stands in for this one in a block, or None; only the default generator has such a setting."""

    @property
    def _source(self) -> Any:
        """The stream to draw from: this one, unless another one stands in for it."""
        return self if self._replacement is None else self._replacement.get() or self

    def __init__(self, seed: int = 0) -> None:
        self._lock = Lock()
        self._start(_read_seed("Generator", seed))

    def manual_seed(self: S, seed: int) -> S:
        """Start the stream of `seed` and return the generator.

        Parameters
        ----------
        seed : int
            In ``[0, 2**128)``.

        Raises
        ------
        TypeError
            If the seed is not an integer.
        ValueError
            If the seed is out of range.

        Examples
        --------
        >>> g = tl.Generator(0)
        >>> first = g.uniform((2,))
        >>> g.manual_seed(0).uniform((2,)) == first
        tensor([ True,  True])
        """
        self._start(_read_seed("manual_seed", seed))
        return self

    def _start(self, seed: int) -> None:
        source = self._source
        with source._lock:
            source._key, source._block, source._children = (seed & (1 << 64) - 1, seed >> 64), 0, 0

    def get_state(self) -> dict[str, Any]:
        """Return the state for `set_state`, as Python numbers, the same on every backend.

        Examples
        --------
        >>> tl.Generator(5).get_state()
        {'key': (5, 0), 'block': 0, 'children': 0}
        """
        source = self._source
        with source._lock:
            return {"key": source._key, "block": source._block, "children": source._children}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue from a state returned by `get_state`.

        Raises
        ------
        TypeError, ValueError
            If it is not such a state.

        Examples
        --------
        >>> g = tl.Generator(5)
        >>> state = g.get_state()
        >>> first = g.normal((2,))
        >>> g.set_state(state)
        >>> g.normal((2,)) == first
        tensor([ True,  True])
        """
        if not isinstance(state, Mapping) or set(state) != set(STATE):
            raise ValueError(f"set_state: state must be a dict with the entries {', '.join(map(repr, STATE))}")
        found = [read("set_state", f"state[{name!r}]", kind, state[name]) for name, kind in STATE.items()]
        source = self._source
        with source._lock:
            source._key, source._block, source._children = found

    def __getstate__(self) -> dict[str, Any]:
        return self.get_state()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._lock = Lock()
        self.set_state(state)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the state as a tensor, which `tl.save` can write along with those of a model and an optimizer.

        Returns
        -------
        dict of str to Tensor
            One entry, ``"stream"``: four words (uint64) with the two words of the key, the position and the number of
            children.

        Examples
        --------
        >>> tl.Generator(5).state_dict()["stream"].shape
        (4,)
        """
        state = self.get_state()
        return {"stream": asarray([*state["key"], state["block"], state["children"]], dtype=dtypes.uint64)}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> None:
        """Continue from a state returned by `state_dict`, bit for bit, on any backend.

        Parameters
        ----------
        state_dict : dict of str to Tensor
            The result of `state_dict`.

        Raises
        ------
        ValueError
            If it is not the state of a generator.

        Examples
        --------
        >>> g, other = tl.Generator(5), tl.Generator(6)
        >>> first = g.normal((2,))
        >>> other.load_state_dict(g.state_dict())
        >>> other.uniform((2,)) == g.uniform((2,))
        tensor([ True,  True])
        """
        words: Any = state_dict.get("stream") if isinstance(state_dict, Mapping) else None
        if getattr(words, "dtype", None) != dtypes.uint64 or tuple(words.shape) != (4,):
            raise ValueError(
                "load_state_dict: state_dict must be a dict with the entry 'stream', a tensor of 4 words of type uint64"
            )
        low, high, block, children = words.tolist()
        self.set_state({"key": (low, high), "block": block, "children": children})

    @checked
    def spawn(self: S, n_children: Count) -> list[S]:
        """Return generators with streams that are independent of each other and of this one.

        Their keys are words of this generator's stream at positions that no draw reaches. They depend on its key and
        the number of its earlier children, not on how much it has drawn, and do not affect what it draws later.

        Parameters
        ----------
        n_children : int
            The number of generators.

        Returns
        -------
        list of Generator
            New generators at each call.

        Raises
        ------
        ValueError
            If `n_children` is negative.

        Examples
        --------
        >>> first, second = tl.Generator(0).spawn(2)
        >>> (first.integers(1 << 50) == second.integers(1 << 50)).item()
        False
        """
        require_memory("spawn", f"n_children={n_children} generators", n_children)
        source = self._source
        with source._lock:
            key, first = source._key, source._children
            source._children += n_children
        backend = active_backend()
        bits = backend.random_bits(key, FIRST_CHILD_BLOCK + first, n_children * WORDS_PER_BLOCK)
        words = backend.to_numpy(bits).tolist()
        pairs = zip(words[::WORDS_PER_BLOCK], words[1::WORDS_PER_BLOCK], strict=True)
        return [type(self)(low | high << 64) for low, high in pairs]

    # -- for the distributions -----------------------------------------------------------------------------------------

    def _excerpt(self, call: Call, blocks: int) -> Excerpt:
        """Reserve the next blocks for a draw, after all arguments have been checked."""
        source = self._source
        with source._lock:  # threads that share a generator draw different numbers
            key, block = source._key, source._block
            source._block += blocks
        return Excerpt(call, key, block)

    def _uniform(self, call: Call, bits: int | None = None) -> Any:
        """Return numbers in [0, 1) of the call's shape, by default with as many random bits as its precision."""
        bits = bits or (53 if call.double else 24)
        excerpt = self._excerpt(call, blocks_for(words_for(call.size, bits > 24)))
        return call.xp.reshape(excerpt.uniform(call.size, bits), call.shape)

    def _open_uniform(self, call: Call) -> Any:
        """Return numbers in (0, 1) of the call's shape."""
        excerpt = self._excerpt(call, blocks_for(words_for(call.size, call.double)))
        return call.xp.reshape(excerpt.open_uniform(call.size, call.double), call.shape)
