"""Pickles, read without importing or calling anything but what the reader of a format names.

The instructions of a pickle are those of a stack machine (see `pickletools`), which this runs itself: names of classes
and functions are looked up in tables of stand-ins, and nothing else can be reached.
"""

from __future__ import annotations

import codecs
import pickletools
from collections.abc import Callable, Mapping
from typing import IO, Any

from .structure import Unreadable

Names = Mapping[tuple[str, str], Any]
"""What a pickle may name, by module and name: stand-ins for functions (`Function`) and values."""

OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}

PUSHED = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8",
}  # fmt: skip
"""Instructions that push their argument."""

CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
SCALARS = (str, bytes, int, float, bool, type(None))


class Refused(Unreadable):
    """A pickle names something that is not in the tables of its reader."""


class Function:
    """A function that a pickle may call by a name."""

    def __init__(self, call: Callable[..., Any]):
        self.call = call


class Stateful:
    """A stand-in for an object whose state comes after it."""

    def with_state(self, state: Any) -> Any:
        """Return the object that has the state."""
        raise NotImplementedError


class Unpickler:
    """Reads one pickle.

    Parameters
    ----------
    file : binary file
        Where the pickle begins; afterwards the position is behind it.
    names : mapping
        What it may name.
    persistent : callable, optional
        Returns the object outside the pickle that an identifier stands for.
    advice : str
        What the message of a refusal ends with.
    """

    def __init__(
        self, file: IO[bytes], names: Names, persistent: Callable[[Any], Any] | None = None, advice: str = ""
    ) -> None:
        self._file, self._names, self._persistent, self._advice = file, names, persistent, advice
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._numbers: dict[int, list[int]] = {}  # the numbers that stand-ins have in the memo, by their identity

    def load(self) -> Any:
        """Return the object.

        Raises
        ------
        Refused
            If the pickle names something else. Nothing has been called or imported.
        Unreadable
            If it is damaged.
        """
        try:
            while (step := self._next())[0] != "STOP":
                self._run(*step)
            return self._pop()
        except Unreadable:
            raise
        except Exception as error:  # damaged pickles raise almost anything
            reason = str(error) or type(error).__name__
            raise Unreadable(f"is not a readable pickle: {reason}") from error

    def _next(self) -> tuple[str, Any]:
        """Return the next instruction and its argument."""
        octet = self._file.read(1)
        if not octet:
            raise ValueError("it ends too early")
        opcode = OPCODES[octet.decode("latin-1")]
        if opcode.arg is None:
            return opcode.name, None
        if opcode.name == "STRING":  # pickletools reads ASCII alone
            quoted = self._file.readline().rstrip(b"\n")
            return "STRING", codecs.escape_decode(quoted[1:-1])[0].decode("latin-1")
        return opcode.name, opcode.arg.reader(self._file)

    def _run(self, name: str, argument: Any) -> None:
        if name in PUSHED:
            self._stack.append(argument)
        elif name in CONSTANTS:
            self._stack.append(CONSTANTS[name])
        elif name in TUPLES:
            self._stack.append(tuple(reversed([self._pop() for _ in range(TUPLES[name])])))
        elif name in OPERATIONS:
            OPERATIONS[name](self, argument)
        else:
            raise Refused(f"uses the pickle instruction {name}{self._advice}")

    # -- the stack -----------------------------------------------------------------------------------------------------

    def _pop(self) -> Any:
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise ValueError("it takes an object that is not there")
        return self._stack.pop()

    def _top(self) -> Any:
        self._stack.append(top := self._pop())
        return top

    def _mark(self, argument: None) -> None:
        self._marks.append(len(self._stack))

    def _pop_mark(self) -> list[Any]:
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def _drop(self, argument: None) -> None:
        self._pop()

    def _drop_mark(self, argument: None) -> None:
        self._pop_mark()

    def _nothing(self, argument: Any) -> None:
        pass

    def _put(self, argument: int | str) -> None:
        self._memo[int(argument)] = top = self._top()
        if isinstance(top, Stateful):
            self._numbers.setdefault(id(top), []).append(int(argument))

    def _memoize(self, argument: None) -> None:
        self._put(len(self._memo))

    def _get(self, argument: int | str) -> None:
        self._stack.append(self._memo[int(argument)])

    # -- containers ----------------------------------------------------------------------------------------------------

    def _empty(self, argument: None, *, make: Callable[[], Any]) -> None:
        self._stack.append(make())

    def _collected(self, argument: None, *, make: Callable[[list[Any]], Any]) -> None:
        self._stack.append(make(self._pop_mark()))

    def _append(self, argument: None) -> None:
        item = self._pop()
        _of_type(self._top(), list).append(item)

    def _appends(self, argument: None) -> None:
        items = self._pop_mark()
        _of_type(self._top(), list).extend(items)

    def _set_item(self, argument: None) -> None:
        value, key = self._pop(), self._pop()
        _of_type(self._top(), dict).update(_pairs([key, value]))

    def _set_items(self, argument: None) -> None:
        items = self._pop_mark()
        _of_type(self._top(), dict).update(_pairs(items))

    def _add_items(self, argument: None) -> None:
        items = self._pop_mark()
        _of_type(self._top(), set).update(map(checked_key, items))

    # -- names, calls, states ------------------------------------------------------------------------------------------

    def _global(self, argument: str) -> None:
        self._push_named(*argument.split(" ", 1))

    def _stack_global(self, argument: None) -> None:
        name, module = self._pop(), self._pop()
        self._push_named(module, name)

    def _push_named(self, module: str, name: str) -> None:
        try:
            self._stack.append(self._names[_of_type(module, str), _of_type(name, str)])
        except KeyError:
            raise Refused(f"refers to {module}.{name}{self._advice}") from None

    def _reduce(self, argument: None) -> None:
        arguments, function = self._pop(), self._pop()
        self._stack.append(_of_type(function, Function).call(*_of_type(arguments, tuple)))

    def _build(self, argument: None) -> None:
        state, stand_in = self._pop(), self._top()
        if type(stand_in) is dict:  # an OrderedDict has attributes, which are left out
            return
        self._stack[-1] = built = _of_type(stand_in, Stateful).with_state(state)
        for number in self._numbers.pop(id(stand_in), ()):
            self._memo[number] = built

    def _persistent_object(self, argument: str | None) -> None:
        if self._persistent is None:
            raise Refused(f"refers to an object outside{self._advice}")
        self._stack.append(self._persistent(self._pop() if argument is None else argument))


OPERATIONS: Mapping[str, Callable[[Unpickler, Any], None]] = {
    "PROTO": Unpickler._nothing,
    "FRAME": Unpickler._nothing,
    "MARK": Unpickler._mark,
    "POP": Unpickler._drop,
    "POP_MARK": Unpickler._drop_mark,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), Unpickler._put),
    "MEMOIZE": Unpickler._memoize,
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), Unpickler._get),
    "EMPTY_LIST": lambda self, _: self._empty(_, make=list),
    "EMPTY_DICT": lambda self, _: self._empty(_, make=dict),
    "EMPTY_SET": lambda self, _: self._empty(_, make=set),
    "LIST": lambda self, _: self._collected(_, make=list),
    "TUPLE": lambda self, _: self._collected(_, make=tuple),
    "DICT": lambda self, _: self._collected(_, make=lambda items: dict(_pairs(items))),
    "FROZENSET": lambda self, _: self._collected(_, make=lambda items: frozenset(map(checked_key, items))),
    "APPEND": Unpickler._append,
    "APPENDS": Unpickler._appends,
    "SETITEM": Unpickler._set_item,
    "SETITEMS": Unpickler._set_items,
    "ADDITEMS": Unpickler._add_items,
    "GLOBAL": Unpickler._global,
    "STACK_GLOBAL": Unpickler._stack_global,
    "REDUCE": Unpickler._reduce,
    "NEWOBJ": Unpickler._reduce,
    "BUILD": Unpickler._build,
    "PERSID": Unpickler._persistent_object,
    "BINPERSID": Unpickler._persistent_object,
}


def _of_type(obj: Any, cls: type) -> Any:
    if not isinstance(obj, cls):
        raise ValueError(f"it has {type(obj).__name__} in place of {cls.__name__}")
    return obj


def _pairs(items: list[Any]) -> list[tuple[Any, Any]]:
    if len(items) % 2:
        raise ValueError("it has a key without a value")
    return [(checked_key(key), value) for key, value in zip(items[::2], items[1::2])]


def checked_key(key: Any) -> Any:
    """Return a key of a dictionary or set, whose hash is quick: that of nested tuples can take years."""
    parts = key if type(key) is tuple else (key,)
    if not all(type(part) in SCALARS for part in parts):
        raise ValueError(f"it has {type(key).__name__} as the key of a dictionary")
    return key
