"""Search for hyperparameters: over a grid, at random, or as Optuna suggests.

The objective is a function of the hyperparameters that returns a number. It trains on the training data and measures on
validation data, never on the test set: the best of many trials is good on the data that chose it also by chance. The
test set is for the model that is trained with the best hyperparameters, once, at the end::

    from tensorlab.train import search

    def objective(lr, hidden):
        trainer = make_trainer(lr, hidden)
        for epoch in trainer.epochs(10):
            for inputs, targets in trainer.batches(train_data):
                trainer.step(cross_entropy(trainer.model(inputs), targets))
            yield trainer.evaluate(valid_data)["valid_accuracy"]

    space = {"lr": search.LogUniform(1e-4, 1e-1), "hidden": [32, 64, 128]}
    found = search.optuna_search(objective, space, trials=50, seed=0, log="runs/search.jsonl", callback=print)
    print(found)
    found.plot().savefig("runs/search.png")

`grid_search`, `random_search` and `optuna_search` differ in the combinations that they try. All log each trial as it
ends, go on from a log that was interrupted, and keep trials that failed with their errors.
"""

from .distributions import Choice, Distribution, Integers, LogUniform, Uniform
from .searches import grid_search, optuna_search, random_search, read_search
from .trials import SearchResult, Trial

__all__ = [
    "Choice", "Distribution", "Integers", "LogUniform", "SearchResult", "Trial", "Uniform", "grid_search",
    "optuna_search", "random_search", "read_search",
]  # fmt: skip
