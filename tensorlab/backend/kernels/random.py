"""Random bits: the counter-based generator Philox."""

from __future__ import annotations

from typing import Any

PHILOX_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
PHILOX_KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
PHILOX_ROUNDS = 10
WORD = (1 << 64) - 1


class RandomKernels:
    """Random bits as a function of key and position: the same on every backend."""

    xp: Any

    def random_bits(self, key: tuple[int, int], block: int, count: int) -> Any:
        """Return `count` random 64-bit words (uint64) of the stream `key`, beginning with block number `block`.

        The generator is Philox4x64-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
        SC 2011); a block is 4 words, and blocks are numbered as in ``numpy.random.Philox(key=...)``.
        """
        xp = self.xp
        blocks = -(-count // 4)
        counter = xp.arange(blocks, dtype=xp.uint64) + self._word(block + 1)
        zeros = xp.zeros_like(counter)
        state, round_key = (counter, zeros, zeros, zeros), key
        for _ in range(PHILOX_ROUNDS):
            high0, low0 = self._multiply_wide(state[0], PHILOX_MULTIPLIERS[0])
            high1, low1 = self._multiply_wide(state[2], PHILOX_MULTIPLIERS[1])
            state = (
                high1 ^ state[1] ^ self._word(round_key[0]),
                low1,
                high0 ^ state[3] ^ self._word(round_key[1]),
                low0,
            )
            round_key = (round_key[0] + PHILOX_KEY_STEPS[0], round_key[1] + PHILOX_KEY_STEPS[1])
        return xp.reshape(xp.stack(state, axis=1), (-1,))[:count]

    def _word(self, value: int) -> Any:
        return self.xp.asarray(value & WORD, dtype=self.xp.uint64)

    def _multiply_wide(self, words: Any, factor: int) -> tuple[Any, Any]:
        """Return the high and the low word of a 64 x 64 bit product, from four products of half words."""
        half, mask = self._word(32), self._word(0xFFFFFFFF)
        a_low, a_high = words & mask, words >> half
        b_low, b_high = self._word(factor & 0xFFFFFFFF), self._word(factor >> 32)
        low = a_low * b_low
        middle1 = a_high * b_low + (low >> half)
        middle2 = a_low * b_high + (middle1 & mask)
        high = a_high * b_high + (middle1 >> half) + (middle2 >> half)
        return high, (middle2 << half) | (low & mask)
