"""Histogram boosting with early stopping on a table: prints the rmse on other rows."""

import sys

import numpy
import pandas
from sklearn.ensemble import HistGradientBoostingRegressor

train, test = (pandas.read_csv(file) for file in sys.argv[1:3])
model = HistGradientBoostingRegressor(early_stopping=True, max_iter=1000, random_state=1)
model.fit(train.drop(columns="y"), train["y"])
error = model.predict(test.drop(columns="y")) - test["y"]
print(numpy.sqrt(numpy.mean(error**2)))
