"""Estimators for scikit-learn: its own checks, its tools, and the errors of wrong parameters."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import nn, optim

pytest.importorskip("sklearn")
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tensorlab.random.seeding import random_states
from tensorlab.train import Classifier, EarlyStopping, Regressor

IRIS = load_iris(return_X_y=True)
SCALED = (StandardScaler().fit_transform(IRIS[0]), IRIS[1])
ON_NUMPY = pytest.mark.skipif(tl.active_backend().name != "numpy", reason="slow elsewhere")


class Net(nn.Module):
    """A perceptron; in a module, so that it can be pickled."""

    def __init__(self, features, outputs, hidden=16, dropout=0.0):
        self.layers = nn.Sequential(
            nn.Linear(features, hidden), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden, outputs)
        )

    def forward(self, x):
        return self.layers(x)


class ConvNet(nn.Module):
    """A network for images, whose first layer learns the number of channels."""

    def __init__(self, classes):
        self.layers = nn.Sequential(nn.LazyConv2d(8, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(classes))

    def forward(self, x):
        return self.layers(x)


def classifier(module=Net, **options):
    return Classifier(module, **{"lr": 0.02, "max_epochs": 30, "random_state": 0, **options})


@ON_NUMPY
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([Classifier(Net, lr=0.02, max_epochs=30), Regressor(Net, lr=0.02, max_epochs=30)])
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


# -- what scikit-learn does with estimators ----------------------------------------------------------------------------


def test_pipeline_and_cross_validation():
    scores = cross_val_score(make_pipeline(StandardScaler(), classifier()), *IRIS, cv=3)
    assert scores.mean() > 0.93


def test_search_over_nested_parameters():
    pipeline = make_pipeline(StandardScaler(), classifier(max_epochs=10))
    grid = {"classifier__module__hidden": [1, 16], "classifier__optimizer__weight_decay": [0.0, 10.0]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(*IRIS)
    assert search.best_params_ == {"classifier__module__hidden": 16, "classifier__optimizer__weight_decay": 0.0}
    best = search.best_estimator_[-1]
    assert best.module_.layers[0].weight.shape == (16, 4)
    assert best.get_params()["module__hidden"] == 16


@ON_NUMPY
@pytest.mark.slow
def test_search_in_processes():
    prototype = nn.Sequential(nn.LazyLinear(8), nn.Tanh(), nn.Linear(8, 3))
    search = GridSearchCV(classifier(prototype), {"lr": [1e-5, 0.05]}, cv=2, n_jobs=2).fit(*SCALED)
    assert search.best_params_ == {"lr": 0.05}
    alone = GridSearchCV(classifier(prototype), {"lr": [1e-5, 0.05]}, cv=2).fit(*SCALED)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])


def test_clones_and_searches_keep_callbacks():
    """skorch #1110."""
    stopping = EarlyStopping(patience=1, min_delta=1e3)
    estimator = classifier(callbacks=[stopping], validation_fraction=0.2)
    copy = clone(estimator)
    assert copy.callbacks[0] is not stopping
    assert copy.callbacks[0].patience == 1
    search = GridSearchCV(estimator, {"callbacks": [[], [stopping]]}, cv=2).fit(*SCALED)
    assert len(search.cv_results_["params"]) == 2
    assert len(copy.fit(*SCALED).history_) < 5
    assert len(copy.fit(*SCALED).history_) < 5  # what the callbacks know of the first fit is not kept
    assert len(classifier(callbacks=[], validation_fraction=0.2).fit(*SCALED).history_) == 30


def test_nested_parameters():
    estimator = classifier(module__hidden=4, optimizer=optim.SGD, optimizer__momentum=0.9, trainer__clip=1.0)
    params = estimator.get_params()
    assert params["module__hidden"] == 4
    assert params["optimizer__momentum"] == 0.9
    estimator.set_params(module__hidden=5, criterion__label_smoothing=0.1, lr=0.1)
    copy = clone(estimator)
    assert copy.get_params() == estimator.get_params()
    assert "module__hidden=5" in repr(copy)
    copy.fit(*SCALED)
    assert copy.module_.layers[0].weight.shape == (5, 4)
    assert copy.score(*SCALED) > 0.9
    with pytest.raises(ValueError, match="Invalid parameter 'hidden'"):
        estimator.set_params(hidden=3)


def test_schedules():
    schedule = {"schedule": optim.lr_scheduler.StepLR, "schedule__step_size": 1, "schedule__gamma": 0.5}
    estimator = classifier(max_epochs=3, lr=0.1, **schedule).fit(*SCALED)
    assert [row["lr"] for row in estimator.history_] == pytest.approx([0.1, 0.05, 0.025])


def test_fit_does_not_change_parameters():
    accuracy = tl.metrics.Accuracy()
    classifier(max_epochs=1, trainer__metrics={"accuracy": accuracy}).fit(*SCALED)
    assert accuracy.state_dict() == {}


def test_pickles_predict_and_train_alike():
    for module in (Net, nn.Sequential(nn.LazyLinear(8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 3))):
        weight = {"criterion": nn.CrossEntropyLoss(weight=tl.ones(3))}
        fitted = classifier(module, max_epochs=3, **weight).fit(*SCALED)
        loaded = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_array_equal(loaded.predict_proba(SCALED[0]), fitted.predict_proba(SCALED[0]))
        again = pickle.loads(pickle.dumps(clone(fitted))).fit(*SCALED)
        np.testing.assert_array_equal(again.predict_proba(SCALED[0]), fitted.predict_proba(SCALED[0]))


def test_shared_parameters_stay_shared_in_pickles():
    layer = nn.Linear(3, 3)
    fitted = classifier(nn.Sequential(nn.Linear(4, 3), layer, layer), max_epochs=1).fit(*SCALED)
    module = pickle.loads(pickle.dumps(fitted)).module_
    assert module[1].weight is module[2].weight
    assert len(list(module.parameters())) == 4


# -- modules and data --------------------------------------------------------------------------------------------------


def test_a_layer_is_a_module_class():
    estimator = classifier(nn.Linear, max_epochs=60, lr=0.1).fit(*SCALED)
    assert estimator.module_.weight.shape == (3, 4)
    assert estimator.score(*SCALED) > 0.93


def test_images_and_lazy_layers():
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).reshape(-1, 1, 8, 8)[:600]
    train, test, train_labels, test_labels = train_test_split(images, labels[:600], random_state=0)
    estimator = classifier(ConvNet, max_epochs=10, lr=0.01).fit(train, train_labels)
    assert estimator.module_.layers[0].weight.shape == (8, 1, 3, 3)
    assert estimator.score(test, test_labels) > 0.9


def test_labels_are_of_any_type():
    names = np.array(["a", "b", "c"])[SCALED[1]]
    estimator = classifier().fit(SCALED[0], names)
    assert estimator.classes_.tolist() == ["a", "b", "c"]
    assert set(estimator.predict(SCALED[0])) == {"a", "b", "c"}
    proba = estimator.predict_proba(SCALED[0])
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    assert (names == estimator.predict(SCALED[0])).mean() > 0.93


def test_log_probabilities():
    def network(features, classes):
        return nn.Sequential(nn.Linear(features, classes), nn.LogSoftmax(axis=-1))

    one, other = classifier(network, criterion=nn.NLLLoss), classifier(nn.Linear)
    np.testing.assert_allclose(
        one.fit(*SCALED).predict_proba(SCALED[0]), other.fit(*SCALED).predict_proba(SCALED[0]), rtol=1e-4
    )


def test_regression():
    X, y = load_diabetes(return_X_y=True)
    network = Regressor(Net, module__hidden=8, lr=0.01, max_epochs=40, random_state=0)
    estimator = TransformedTargetRegressor(make_pipeline(StandardScaler(), network), transformer=StandardScaler())
    assert cross_val_score(estimator, X, y, cv=3).mean() > 0.4


def test_several_outputs():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = X @ rng.normal(size=(3, 2))
    estimator = Regressor(nn.Linear, optimizer=optim.SGD, lr=0.1, max_epochs=30, random_state=0).fit(X, y)
    assert estimator.predict(X).shape == (200, 2)
    assert estimator.score(X, y) > 0.999
    assert Regressor(nn.Linear, max_epochs=1).fit(X, y[:, 0]).predict(X).shape == (200,)


def test_the_module_decides_the_data_type():
    estimator = classifier(nn.Linear(4, 3).double(), max_epochs=1).fit(*SCALED)
    assert str(estimator.module_.weight.dtype) == "float64"


def test_batches_of_predictions_do_not_matter():
    estimator = classifier(max_epochs=2).fit(*SCALED)
    whole = estimator.set_params(batch_size=1000).predict_proba(SCALED[0])
    np.testing.assert_allclose(estimator.set_params(batch_size=7).predict_proba(SCALED[0]), whole, rtol=1e-5)


# -- randomness and training -------------------------------------------------------------------------------------------


def test_the_random_state_determines_everything_and_leaves_the_global_ones():
    before = random_states()
    estimator = classifier(module__dropout=0.5, max_epochs=3, validation_fraction=0.1)
    one, other = (clone(estimator).fit(*SCALED).predict_proba(SCALED[0]) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert random_states() == before
    another = clone(estimator).set_params(random_state=1).fit(*SCALED).predict_proba(SCALED[0])
    assert not np.array_equal(one, another)


def test_without_a_random_state_the_global_one_counts():
    fits = []
    for seed in (0, 0, 1):
        tl.manual_seed(seed)
        fits.append(classifier(max_epochs=1, random_state=None).fit(*SCALED).predict_proba(SCALED[0]))
    np.testing.assert_array_equal(fits[0], fits[1])
    assert not np.array_equal(fits[0], fits[2])


def test_fit_begins_anew_unless_it_is_a_warm_start():
    estimator = classifier(max_epochs=2)
    first = estimator.fit(*SCALED).predict_proba(SCALED[0])
    np.testing.assert_array_equal(estimator.fit(*SCALED).predict_proba(SCALED[0]), first)
    module = estimator.set_params(warm_start=True).module_
    loss = estimator.history_[-1]["loss"]
    assert estimator.fit(*SCALED).module_ is module
    assert estimator.history_[0]["loss"] < loss


def test_prototypes_are_not_trained():
    prototype = nn.Linear(4, 3)
    before = prototype.weight.tolist()
    classifier(prototype, max_epochs=2).fit(*SCALED)
    assert prototype.weight.tolist() == before


def test_held_out_samples_are_of_all_classes_alike():
    estimator = classifier(max_epochs=1, validation_fraction=0.2, trainer__metrics={"accuracy": tl.metrics.Accuracy()})
    estimator.fit(*SCALED)
    assert {"loss", "accuracy", "valid_loss", "valid_accuracy"} <= set(estimator.history_[0])
    loaders = estimator._loaders(estimator.module_, *SCALED)
    counts = [np.bincount(loader.dataset[:][1].numpy()).tolist() for loader in loaders]
    assert counts == [[40, 40, 40], [10, 10, 10]]


# -- errors ------------------------------------------------------------------------------------------------------------


class Wide(nn.Module):
    def __init__(self, features, outputs, hidden):
        self.layer = nn.Linear(features, outputs)


REFUSED = {
    "unknown": (lambda: classifier(max_epoch=3), TypeError, "there is no parameter 'max_epoch'"),
    "module": (lambda: classifier(Wide), ValueError, "features, outputs, hidden without default.*module__hidden"),
    "prototype": (lambda: classifier(nn.Linear(4, 3), module__bias=False), ValueError, "module is made already; bias"),
    "name": (lambda: classifier("mlp"), TypeError, "module must be a Module, or a class or function .*, not 'mlp'"),
    "epochs": (lambda: classifier(max_epochs=0), ValueError, "fit: epochs must be a positive integer"),
    "batch": (lambda: classifier(batch_size=0), ValueError, "batch_size must be a positive integer"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_fit_refuses_wrong_parameters(name):
    make, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        make().fit(*SCALED)


def test_predictions_need_a_fit():
    for estimator in (classifier(), Regressor(Net)):
        with pytest.raises(NotFittedError):
            estimator.predict(SCALED[0])


def test_scikit_learn_is_imported_when_it_is_used():
    program = """
import sys
import tensorlab.train
assert "sklearn" not in sys.modules and "Classifier" in dir(tensorlab.train)
sys.modules["sklearn"] = sys.modules["sklearn.base"] = None
try:
    tensorlab.train.Classifier
except ImportError as error:
    print(error)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (
        "Classifier is an estimator of scikit-learn, which is not installed: pip install tensorlab[sklearn]"
        in found.stdout
    )
