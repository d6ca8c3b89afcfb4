/**
 * SciPy as an independent oracle: `numpy as np`, `BSpline` and `insert` are imported.
 *
 * @module
 */

import { pythonOracle } from "./python.ts";

/** SciPy's version and the program runner. */
export const { version: scipyVersion, run: runScipy } = pythonOracle("scipy", "SciPy", [
  "import numpy as np",
  "from scipy.interpolate import BSpline, insert",
]);
