"""Errors of worker processes, to be raised in the main process."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from signal import Signals
from traceback import format_exception
from typing import NoReturn


class _Verbatim(str):
    """A text that is its own repr: `KeyError` shows the repr of its argument."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass
class ProcessError:
    """An error of another process: its class, and a text that holds its message and its traceback."""

    kind: type[Exception]
    text: str

    @classmethod
    def of(cls, error: Exception, worker: int, doing: str) -> ProcessError:
        """Return what can be sent of an error."""
        trace = "".join(format_exception(error)).rstrip()
        message = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        text = f"{message}\n\nRaised in worker {worker} of the DataLoader, a process {doing}:\n{trace}"
        return cls(type(error) if _can_be_sent(type(error)) else RuntimeError, text)

    def reraise(self) -> NoReturn:
        """Raise an error of the same class with the text, or a `RuntimeError` if the class takes other arguments."""
        try:
            error = self.kind(_Verbatim(self.text))
        except Exception:
            error = RuntimeError(self.text)
        if self.text not in str(error):
            error.add_note(self.text)
        try:
            raise error
        finally:
            del error


def _can_be_sent(kind: type) -> bool:
    try:
        pickle.dumps(kind)
    except Exception:
        return False
    return True


def death_of(worker: int, exitcode: int | None, indices: list[str]) -> RuntimeError:
    """Return the error for a process that has ended by itself."""
    if exitcode is None:
        cause = "closed its connection"
    elif exitcode >= 0:
        cause = f"exited with code {exitcode}"
    else:
        name = Signals(-exitcode).name if -exitcode in list(Signals) else "an unknown signal"
        hint = ", as the system does when memory runs out" if name == "SIGKILL" else ""
        cause = f"was killed by {name} (signal {-exitcode}){hint}"
    had = f"It had {'; '.join(indices)}." if indices else "It had nothing to do."
    return RuntimeError(f"DataLoader: worker {worker}, a process, {cause}. {had}")
