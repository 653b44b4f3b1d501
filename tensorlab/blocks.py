"""Settings that `with` blocks change: the mode of recording, the active backend, the cache of parametrised tensors."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from io import BytesIO
from types import coroutine
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar, cast
from weakref import ref

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Block(list[T]):
    """A `with` block: a list whose one element is the setting inside, and which is empty before and after the block."""

    __slots__ = ("entered_by", "outer", "prepared")
    outer: Block[T]
    prepared: ref[BytesIO] | None  # dead if the with statement was given up, None from `__enter__` on
    entered_by: SettingChange[T] | None  # where `__enter__` was called without a with statement

    def ending(self) -> BytesIO:
        """Return an object whose `__exit__` clears the list and runs no Python code: a file calls its `close` in C."""
        file = BytesIO()
        file.close = self.clear  # type: ignore[method-assign]
        return file

    def not_ended(self) -> Block[T]:
        """Return the innermost block, from this one outwards, that runs or is about to begin."""
        block = self
        while not block and (block.prepared is None or block.prepared() is None):
            block = block.outer
        return block


class Setting(Generic[T]):
    """A value for each thread and asynchronous task, which `SettingChange` changes for a block.

    Attributes
    ----------
    latest : ContextVar
        The block that was prepared last. If it is empty, look at `get`.
    """

    def __init__(self, name: str, default: T) -> None:
        outermost = Block([default])
        outermost.entered_by = None
        self.latest: ContextVar[Block[T]] = ContextVar(name, default=outermost)

    def block(self) -> Block[T]:
        """Return the innermost block that runs, and forget those that have ended."""
        block = latest = self.latest.get()
        if not block:
            block = block.not_ended()
            if block is not latest:
                self.latest.set(block)
            while not block:
                block = block.outer
        return block

    def get(self) -> T:
        """Return the value of the setting."""
        return self.block()[0]

    def prepare(self) -> BytesIO:
        """Make a block that begins with the next `__enter__`; return the object whose `__exit__` ends it."""
        block: Block[T] = Block()
        file = block.ending()
        block.entered_by, block.prepared = None, ref(file)
        block.outer = self.latest.get().not_ended()
        try:
            self.latest.set(block)
        except BaseException:  # an interrupt just now, whose traceback refers to the file
            block.prepared = None
            raise
        return file


class _Exit:
    """The attribute `__exit__` of changes of settings: reading it prepares a block and returns the function to end it.

    A with statement reads `__exit__` before it calls `__enter__`.
    """

    def __get__(self, change: SettingChange[Any] | None, kind: type[SettingChange[Any]]) -> Callable[..., None]:
        if change is not None and change.entered_by_hand:
            block = change.setting.block()
            if block.entered_by is change:
                return block.ending().__exit__
        return kind.setting.prepare().__exit__


class SettingChange(Generic[T]):
    """A context manager and decorator that changes a setting. The change never outlives its block.

    An ordinary context manager, also one with `try` and `finally`, cannot promise that. Ctrl-C raises
    `KeyboardInterrupt` at the beginning of any Python function, so also at that of `__exit__`, which then restores
    nothing. And if a generator is suspended in the block and closed by another thread, `__exit__` runs there and cannot
    reach the context of the thread that began the block.

    So nothing is restored at the end. The with statement is given an `__exit__` in C, which no interrupt can precede,
    and which empties the `Block`, from whichever thread. Readers of the setting skip empty blocks.

    A block in a generator stays in effect while the generator is suspended, so that `contextlib.contextmanager` works.
    A decorated generator or coroutine function has the setting only while its body runs.
    """

    setting: ClassVar[Setting[Any]]
    entered_by_hand = False
    """Whether `__enter__` was ever called without a with statement."""
    bound: Any = None
    """What ``with ... as`` binds."""

    def changed(self, outer: T) -> T:
        """Return the value inside, given the one outside."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        setting = self.setting
        block: Block[T] = setting.latest.get().not_ended()
        if block:  # no with statement has read `__exit__`
            _still_prepared = setting.prepare()
            block = setting.latest.get()
            block.entered_by, self.entered_by_hand = self, True
        outer = block.outer
        while not outer:
            outer = outer.outer
        value = self.changed(outer[0])
        try:
            block.prepared = None
            block.append(value)
        except BaseException:  # an interrupt just now: the block will not be entered
            block.clear()
            raise
        return self.bound

    __exit__ = _Exit()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        if isasyncgenfunction(function):
            raise TypeError(
                f"{type(self).__name__} cannot decorate the asynchronous generator {function.__name__}; "
                "write a with statement in its body"
            )
        if iscoroutinefunction(function):
            return cast(Callable[P, R], self._coroutine_function(function))
        if isgeneratorfunction(function):
            return cast(Callable[P, R], self._generator_function(function))

        @wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return inside

    def _coroutine_function(self, function: Callable[..., Coroutine[Any, Any, R]]) -> Any:
        steps = coroutine(self._steps)

        @wraps(function)
        async def inside(*args: Any, **kwargs: Any) -> R:
            return cast(R, await steps(function(*args, **kwargs)))

        return inside

    def _generator_function(self, function: Callable[..., Generator[Any, Any, R]]) -> Any:
        @wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Generator[Any, Any, R]:
            return (yield from self._steps(function(*args, **kwargs)))

        return inside

    def _steps(self, body: Generator[Any, Any, R] | Coroutine[Any, Any, R]) -> Generator[Any, Any, R]:
        """Run a generator or coroutine, with the setting while it runs and without while it is suspended."""
        advance: Callable[[Any], Any] = body.send
        given = None
        while True:
            try:
                with self:
                    result = advance(given)
            except StopIteration as stop:
                return cast(R, stop.value)
            try:
                advance, given = body.send, (yield result)
            except GeneratorExit:
                with self:
                    body.close()
                raise
            except BaseException as error:
                advance, given = body.throw, error
