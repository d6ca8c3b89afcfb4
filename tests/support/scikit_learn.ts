/**
 * scikit-learn as an independent oracle, where Python has it.
 *
 * @module
 */

import { pythonOracle } from "./python.ts";

/** Runs Python programs with `metrics`, `calibration_curve`, `model_selection` and `np`. */
export const { version: scikitVersion, run: runScikit } = pythonOracle("sklearn", "scikit-learn", [
  "import warnings",
  "warnings.filterwarnings('ignore')",
  "import numpy as np",
  "from sklearn import metrics",
  "from sklearn.calibration import calibration_curve",
]);
