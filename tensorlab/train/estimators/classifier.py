"""The classifier."""

from __future__ import annotations

from typing import Any

from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from ...nn import CrossEntropyLoss, NLLLoss
from ...ops.softmax import softmax
from .base import Estimator


class Classifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """A classifier for scikit-learn that trains a module.

    Parameters
    ----------
    module : class, callable or Module
        What is trained. A class, or a function that returns a module, is called with the numbers of features and of
        classes for its first two parameters without default (``nn.Linear`` is logistic regression), or with the number
        of classes alone if there is one such parameter. A `Module` is a prototype, of which each `fit` trains a copy.
        Lazy layers are inferred. Outputs have the shape (n_samples, n_classes); they are logits.
    criterion : class or callable, optional
        The loss of outputs and the numbers of the classes, which is `CrossEntropyLoss` by default. With `NLLLoss`
        outputs are log-probabilities.
    optimizer : class
        The optimizer's class.
    lr : float, optional
        The learning rate; by default that of the optimizer.
    schedule : class, optional
        The class of a learning-rate schedule, which is stepped after each epoch.
    max_epochs : int
        The number of epochs.
    batch_size : int
        The number of samples in a batch, also for predictions.
    validation_fraction : float, optional
        The part of the training data that is held out, of each class alike: for callbacks such as `EarlyStopping`,
        which find ``valid_loss``.
    callbacks : sequence of Callback
        Each `fit` uses copies of these.
    device : str or Device, optional
        Where the module is trained.
    warm_start : bool
        Whether another `fit` goes on with the module of the last one.
    random_state : int or numpy.random.RandomState, optional
        Determines the initial parameters, the order of the samples, and dropout. The global random states stay as they
        were. None draws from them.
    verbose : bool
        Whether to show a progress bar.
    **nested : any
        Parameters of parts: ``module__hidden=32``, ``optimizer__momentum=0.9``, ``criterion__label_smoothing=0.1``,
        ``schedule__T_max=20``, ``trainer__clip=1.0``. They can be set and searched like all others.

    Attributes
    ----------
    classes_ : array, shape (n_classes,)
        The labels.
    module_ : Module
        The trained module.
    history_ : list of dict
        The values of each epoch, as in `Trainer.history`.
    n_features_in_ : int
        The number of features.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> def network(features, classes, hidden=16):
    ...     return tl.nn.Sequential(tl.nn.Linear(features, hidden), tl.nn.Tanh(), tl.nn.Linear(hidden, classes))
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = tl.train.Classifier(network, lr=0.01, max_epochs=20, random_state=0)
    >>> bool(cross_val_score(make_pipeline(StandardScaler(), classifier), X, y, cv=3).mean() > 0.9)
    True
    """

    _default_criterion = CrossEntropyLoss

    def _read(self, X: Any, y: Any) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, allow_nd=True)
        check_classification_targets(y)
        encoder = LabelEncoder().fit(y)
        self.classes_ = encoder.classes_
        return X, encoder.transform(y).astype("int64")

    @property
    def _outputs(self) -> int:
        return len(self.classes_)

    def _strata(self, target: Any) -> Any:
        return target

    def predict_proba(self, X: Any) -> Any:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features) or (n_samples, ...)
            The inputs.

        Returns
        -------
        array, shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        outputs = self._predicted(X)
        return (outputs.exp() if isinstance(self._criterion(), NLLLoss) else softmax(outputs, axis=-1)).numpy()

    def predict(self, X: Any) -> Any:
        """Return the most probable label of each sample.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features) or (n_samples, ...)
            The inputs.

        Returns
        -------
        array, shape (n_samples,)
            Entries of `classes_`.
        """
        labels = self._predicted(X).argmax(axis=-1).numpy()
        return self.classes_[labels]
