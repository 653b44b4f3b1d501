"""What the estimators share: parameters, and the training and evaluation of a module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from inspect import signature
from typing import Any, Self

from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ...autodiff.graph import no_grad
from ...backend.dtypes import float64
from ...data import DataLoader
from ...nn import Module
from ...nn.utils.evaluation import evaluating
from ...ops.joining import concat
from ...optim import Adam
from ...tensor import Tensor
from ..callbacks import Callback
from ..randomness import seeded
from ..trainer import Trainer
from .inputs import as_input, dataset_of, sizes_for
from .pickling import packed, unpacked

NESTED = ("module__", "criterion__", "optimizer__", "schedule__", "trainer__")
"""How the names of nested parameters begin."""

SEEDS = 2**31 - 1


class Estimator(BaseEstimator):  # type: ignore[misc]
    """The base class of the estimators; see `Classifier`."""

    def __init__(
        self,
        module: type[Module] | Callable[..., Module] | Module,
        *,
        criterion: Any = None,
        optimizer: Any = Adam,
        lr: float | None = None,
        schedule: Any = None,
        max_epochs: int = 100,
        batch_size: int = 32,
        validation_fraction: float | None = None,
        callbacks: Sequence[Callback] = (),
        device: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
        **nested: Any,
    ) -> None:
        self.module = module
        self.criterion = criterion
        self.optimizer = optimizer
        self.lr = lr
        self.schedule = schedule
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.callbacks = callbacks
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.__dict__.update(nested)

    # -- parameters --------------------------------------------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, nested ones included.

        Parameters
        ----------
        deep : bool
            Whether parameters of parameters that are estimators are included.
        """
        params: dict[str, Any] = super().get_params(deep=deep)
        return {**params, **{name: x for name, x in vars(self).items() if name[0] != "_" and name[-1] != "_"}}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, such as ``lr=0.1`` or ``module__hidden=32``.

        Returns
        -------
        The estimator.
        """
        nested = {name: value for name, value in params.items() if name.startswith(NESTED)}
        super().set_params(**{name: value for name, value in params.items() if name not in nested})
        self.__dict__.update(nested)
        return self

    def _check_names(self) -> None:
        """Refuse unknown parameters, about which constructors of estimators must not complain."""
        known = signature(type(self)).parameters
        for name in self.get_params(deep=False):
            if name not in known and not name.startswith(NESTED):
                raise TypeError(
                    f"{type(self).__name__}: there is no parameter {name!r}; the names of nested ones begin with "
                    f"{', '.join(NESTED)}"
                )

    def _nested(self, prefix: str) -> dict[str, Any]:
        """Return the nested parameters that begin with a prefix, without it."""
        return {name.removeprefix(prefix): x for name, x in vars(self).items() if name.startswith(prefix)}

    def _seed(self) -> int | None:
        """Return the seed of this fit; None if the global random states count."""
        return None if self.random_state is None else int(check_random_state(self.random_state).randint(SEEDS))

    # -- fitting -----------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any) -> Self:
        """Train a new module, or with `warm_start` the one that was trained before.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features) or (n_samples, ...)
            The inputs, which are cast to the data type of the module's parameters.
        y : array-like, shape (n_samples,)
            The targets; for a regressor also of shape (n_samples, n_outputs).

        Returns
        -------
        The estimator.

        Raises
        ------
        ValueError, TypeError
            If the data has missing or infinite values or does not fit, or a parameter is out of range.
        """
        self._check_names()
        X, target = self._read(X, y)
        with seeded(self._seed()):
            fitted = getattr(self, "module_", None) if self.warm_start else None
            module = self._initial_module(X) if fitted is None else fitted
            train, valid = self._loaders(module, X, target)
            trainer = self._trainer(module)
            self.history_ = trainer.fit(train, valid, epochs=self.max_epochs)
        self.module_ = trainer.evaluated_model
        return self

    def _read(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return the inputs and what the criterion compares the outputs with, as arrays; note what they say."""
        raise NotImplementedError

    @property
    def _outputs(self) -> int:
        """The number of outputs that the data needs."""
        raise NotImplementedError

    def _initial_module(self, X: Any) -> Module:
        """Return the module to train: a copy of a prototype, or what a class or function makes for the data."""
        options = self._nested("module__")
        if isinstance(self.module, Module):
            if options:
                raise ValueError(f"{type(self).__name__}: module is made already; {', '.join(options)} cannot be set")
            module = deepcopy(self.module)
        elif not callable(self.module):
            raise TypeError(
                f"{type(self).__name__}: module must be a Module, or a class or function that makes one, not "
                f"{self.module!r}"
            )
        else:
            sizes = sizes_for(type(self).__name__, self.module, options, X.shape[1], self._outputs)
            module = self.module(*sizes, **options)
        if self.device is not None:
            module.to(device=self.device)
        self._infer_lazy(module, X)
        return module

    def _infer_lazy(self, module: Module, X: Any) -> None:
        """Let lazy layers see an input, so that the optimizer finds their parameters."""
        if any(getattr(part, "has_uninitialized_params", bool)() for part in module.modules()):
            with evaluating(module), no_grad():
                module(as_input(module, X[:1], self.device))

    def _trainer(self, module: Module) -> Trainer:
        rate = {} if self.lr is None else {"lr": self.lr}
        optimizer = self.optimizer(module.parameters(), **{**rate, **self._nested("optimizer__")})
        schedule = None if self.schedule is None else self.schedule(optimizer, **self._nested("schedule__"))
        options = {"callbacks": list(self.callbacks), "progress": bool(self.verbose), **self._nested("trainer__")}
        return Trainer(module, self._criterion(), optimizer, schedule=schedule, **deepcopy(options))

    def _criterion(self) -> Any:
        criterion = self._default_criterion if self.criterion is None else self.criterion
        return criterion(**self._nested("criterion__")) if isinstance(criterion, type) else criterion

    def _loaders(self, module: Module, X: Any, target: Any) -> tuple[DataLoader, DataLoader | None]:
        """Return the training data in batches, and the held-out part if there is one."""
        valid = None
        if self.validation_fraction is not None:
            X, held_out, target, held_out_target = train_test_split(
                X,
                target,
                test_size=self.validation_fraction,
                random_state=self.random_state,
                stratify=self._strata(target),
            )
            valid = DataLoader(dataset_of(module, held_out, held_out_target), batch_size=self.batch_size)
        return DataLoader(dataset_of(module, X, target), batch_size=self.batch_size, shuffle=True), valid

    def _strata(self, target: Any) -> Any:
        """Return the labels whose frequencies both parts of the data share; None for other targets."""
        return None

    # -- predicting --------------------------------------------------------------------------------------------------

    def _predicted(self, X: Any) -> Tensor:
        """Return the outputs of the module for all samples, float64."""
        check_is_fitted(self, "module_")
        X = validate_data(self, X, reset=False, allow_nd=True)
        with evaluating(self.module_), no_grad():
            starts = range(0, X.shape[0], self.batch_size)
            batches = [self.module_(as_input(self.module_, X[i : i + self.batch_size])) for i in starts]
            return concat(batches).astype(float64)

    # -- pickling ----------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        return {name: packed(value) for name, value in super().__getstate__().items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: unpacked(value) for name, value in state.items()})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
