"""Linear classifiers: `Linear`, `Bayes`, `Ridge`, and any of scikit-learn's."""
