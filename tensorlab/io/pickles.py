"""Recognising pickles, to say why they are not loaded. Nothing in them is executed."""

from __future__ import annotations

from pickletools import genops

START = 65536
"""How many bytes of a file are needed to recognise it."""


def pickle_hint(start: bytes) -> str:
    """Return a remark for an error message if a file that begins so is a pickle; else an empty text."""
    advice = "which is unsafe to load; save its tensors with torch.save or the package safetensors"
    return f" (it looks like a pickle, {advice})" if _is_pickle(start) else ""


def _is_pickle(start: bytes) -> bool:
    """Whether bytes are a pickle, or begin one of protocol 2 or later."""
    has_protocol = len(start) > 1 and start[0] == 0x80 and 2 <= start[1] <= 5
    count, position = 0, 0
    try:
        for _, _, at in genops(start):
            count, position = count + 1, at or 0
    except Exception:  # not a pickle, or one of which this is only the start
        return has_protocol and count > 2
    return has_protocol or (count > 1 and position == len(start) - 1)
