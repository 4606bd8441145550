"""Linear classifiers: `Linear`, `Bayes`, `Ridge`, and any classifier of scikit-learn."""
