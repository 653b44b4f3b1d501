"""The regressor."""

from __future__ import annotations

from typing import Any

from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from ...nn import MSELoss
from .base import Estimator


class Regressor(RegressorMixin, Estimator):  # type: ignore[misc]
    """A regressor for scikit-learn that trains a module.

    The parameters are those of `Classifier`, with these differences. The module's outputs have the shape
    (n_samples, n_outputs), where `n_outputs` is 1 for targets of shape (n_samples,). The criterion is `MSELoss` by
    default; it compares outputs with targets of their shape. Targets are not scaled:
    `sklearn.compose.TransformedTargetRegressor` does that.

    Attributes
    ----------
    module_ : Module
        The trained module.
    history_ : list of dict
        The values of each epoch, as in `Trainer.history`.
    n_features_in_ : int
        The number of features.
    n_outputs_ : int
        The number of outputs.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(n_features=4, random_state=0)
    >>> regressor = tl.train.Regressor(tl.nn.Linear, lr=0.1, optimizer=tl.optim.SGD, random_state=0)
    >>> bool(regressor.fit(X, y).score(X, y) > 0.999)
    True
    """

    _default_criterion = MSELoss

    def _read(self, X: Any, y: Any) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, allow_nd=True, multi_output=True, y_numeric=True)
        self._is_flat = y.ndim == 1
        target = y.reshape(len(y), -1)
        self.n_outputs_ = target.shape[1]
        return X, target.astype("float64")

    @property
    def _outputs(self) -> int:
        return self.n_outputs_

    def predict(self, X: Any) -> Any:
        """Return the predicted targets.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features) or (n_samples, ...)
            The inputs.

        Returns
        -------
        array, shape (n_samples,) or (n_samples, n_outputs)
            As the targets of `fit`.
        """
        outputs = self._predicted(X).numpy()
        return outputs.reshape(-1) if self._is_flat else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output, tags.target_tags.multi_output = True, True
        return tags
