import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  calibrationCurve,
  classificationScores,
  precisionRecallCurve,
  regressionScores,
  rocCurve,
} from "../../lib/data/mod.ts";
import { calibrationError, classViews, decodeClasses } from "../../lib/data/inner.ts";
import { createRandom } from "../../lib/model/mod.ts";
import { runScikit, scikitVersion } from "../support/scikit_learn.ts";

const ignore = scikitVersion === undefined;
const TOLERANCE = 1e-12;

/** Rows of several classes that are told apart fairly well; many ties where `coarse`. */
function drawClasses(classes: number, rows: number, seed: number, coarse: boolean) {
  const random = createRandom(seed), nOut = classes === 2 ? 1 : classes;
  const right = Array.from(
    { length: rows },
    (_, row) => row % 7 === 0 ? 0 : random.integer(classes),
  );
  const logits = right.flatMap((k) =>
    Array.from({ length: nOut }, (_, q) => {
      const aim = nOut === 1 ? 2 * k - 1 : q === k ? 1 : 0, z = aim + 1.3 * random.normal();
      return coarse ? Math.round(2 * z) / 2 : z;
    })
  );
  const targets = right.flatMap((k) =>
    nOut === 1 ? [k] : Array.from({ length: nOut }, (_, q) => Number(q === k))
  );
  const weights = right.map(() => random.integer(4) / 2);
  const labels = Array.from({ length: classes }, (_, k) => `${k}`);
  const { probabilities } = decodeClasses(logits, labels);
  return { nOut, right, logits, targets, weights, probabilities: [...probabilities] };
}

function assertNear(found: unknown, wanted: unknown, name: string): void {
  if (typeof wanted === "number") {
    assertAlmostEquals(found as number, wanted, TOLERANCE * Math.max(1, Math.abs(wanted)), name);
  } else if (Array.isArray(wanted)) {
    assertEquals((found as unknown[]).length, wanted.length, name);
    wanted.forEach((value, i) => assertNear((found as unknown[])[i], value, `${name}[${i}]`));
  } else assertEquals(found, wanted, name);
}

const CLASS_PROGRAM = `
y, p, w, K = np.array(data["right"]), np.array(data["probabilities"]), data["weights"], data["classes"]
p = p.reshape(len(y), K)
said = p.argmax(axis=1)
W = None if w is None else np.array(w)
odds = np.array(data["odds"]).T
one_hot = np.eye(K)[y]
labels = list(range(K))
auc = [metrics.roc_auc_score(one_hot[:, k], odds[:, k], sample_weight=W) for k in labels]
ap = [metrics.average_precision_score(one_hot[:, k], odds[:, k], sample_weight=W) for k in labels]
brier = [metrics.brier_score_loss(one_hot[:, k], p[:, k], sample_weight=W) for k in labels]
answer = {
  "accuracy": metrics.accuracy_score(y, said, sample_weight=W),
  "balancedAccuracy": metrics.balanced_accuracy_score(y, said, sample_weight=W),
  "logLoss": metrics.log_loss(y, p, labels=labels, sample_weight=W),
  "recall": metrics.recall_score(y, said, average=None, sample_weight=W).tolist(),
  "precision": metrics.precision_score(y, said, average=None, sample_weight=W).tolist(),
  "f1": metrics.f1_score(y, said, average=None, sample_weight=W).tolist(),
  "confusion": metrics.confusion_matrix(y, said, sample_weight=W).tolist(),
  "aucs": auc, "averagePrecisions": ap,
  "auc": auc[1] if K == 2 else metrics.roc_auc_score(one_hot, odds, average="macro", sample_weight=W),
  "averagePrecision": ap[1] if K == 2 else metrics.average_precision_score(one_hot, odds, average="macro", sample_weight=W),
  "brier": brier[1] if K == 2 else float(sum(brier)),
}`;

for (
  const { classes, coarse, weighted } of [
    { classes: 2, coarse: false, weighted: false },
    { classes: 2, coarse: true, weighted: false },
    { classes: 2, coarse: true, weighted: true },
    { classes: 4, coarse: false, weighted: false },
    { classes: 4, coarse: true, weighted: true },
  ]
) {
  const kind = `${classes} classes${coarse ? ", ties" : ""}${weighted ? ", weights" : ""}`;
  Deno.test({
    name: `classificationScores() agrees with scikit-learn: ${kind}`,
    ignore,
    async fn() {
      const drawn = drawClasses(classes, 400, 11 + classes, coarse);
      const { nOut, right, logits, targets, probabilities } = drawn;
      const weights = weighted ? drawn.weights : undefined;
      const scores = classificationScores(logits, targets, nOut, weights);
      const wanted = await runScikit<Record<string, unknown>>(CLASS_PROGRAM, {
        ...{ right, probabilities, classes },
        odds: classViews(logits, targets, nOut).map(({ logOdds }) => [...logOdds]),
        weights: weights ?? null,
      });
      const found: Record<string, unknown> = {
        ...scores,
        recall: scores.classes.map(({ recall }) => recall),
        precision: scores.classes.map(({ precision }) => precision),
        f1: scores.classes.map(({ f1 }) => f1),
        aucs: scores.classes.map(({ auc }) => auc),
        averagePrecisions: scores.classes.map((each) => each.averagePrecision),
      };
      for (const [name, value] of Object.entries(wanted)) assertNear(found[name], value, name);
    },
  });
}

Deno.test({
  name: "curves agree with scikit-learn: ROC, precision and recall, calibration",
  ignore,
  async fn() {
    for (const coarse of [false, true]) {
      const { right, probabilities } = drawClasses(2, 300, 5, coarse);
      const scores = probabilities.filter((_, i) => i % 2 === 1);
      const wanted = await runScikit<Record<string, number[]>>(
        `
y, p = np.array(data["right"]), np.array(data["scores"])
fpr, tpr, cuts = metrics.roc_curve(y, p, drop_intermediate=False)
precision, recall, _ = metrics.precision_recall_curve(y, p)
share, probability = calibration_curve(y, p, n_bins=10, strategy="quantile")
edges = np.percentile(p, np.linspace(0, 1, 11) * 100)
bins = np.bincount(np.searchsorted(edges[1:-1], p), minlength=10)
bins = bins[bins > 0]
answer = {
  "falsePositiveRate": fpr.tolist(), "truePositiveRate": tpr.tolist(), "thresholds": cuts.tolist()[1:],
  "precision": precision.tolist()[::-1], "recall": recall.tolist()[::-1],
  "share": share.tolist(), "probability": probability.tolist(), "rows": bins.tolist(),
  "error": [float((bins / len(y) * np.abs(share - probability)).sum())],
}`,
        { right, scores },
      );
      const roc = rocCurve(scores, right), pr = precisionRecallCurve(scores, right);
      const bins = calibrationCurve(scores, right);
      const found: Record<string, readonly number[]> = {
        ...roc,
        thresholds: roc.thresholds.slice(1),
        precision: pr.precision,
        recall: pr.recall,
        share: bins.map(({ share }) => share),
        probability: bins.map(({ probability }) => probability),
        rows: bins.map(({ rows }) => rows),
        error: [calibrationError(bins)],
      };
      for (const [name, value] of Object.entries(wanted)) assertNear(found[name], value, name);
    }
  },
});

Deno.test({
  name: "regressionScores() agrees with scikit-learn",
  ignore,
  async fn() {
    for (
      const { nOut, weighted } of [
        { nOut: 1, weighted: false },
        { nOut: 1, weighted: true },
        { nOut: 3, weighted: false },
      ]
    ) {
      const random = createRandom(3 + nOut), rows = 151;
      const targets = Array.from(
        { length: rows * nOut },
        (_, i) => 100 ** (i % nOut) * random.normal(),
      );
      const predictions = targets.map((t) => 1.1 * t + 0.3 * random.normal());
      const weights = weighted ? targets.map(() => 1 + random.integer(3)) : undefined;
      const wanted = await runScikit<Record<string, number>>(
        `
t, p = np.array(data["targets"]).reshape(-1, data["nOut"]), np.array(data["predictions"]).reshape(-1, data["nOut"])
W = None if data["weights"] is None else np.array(data["weights"])
repeat = (lambda a: a) if W is None else (lambda a: np.repeat(a, W.astype(int), axis=0))
answer = {
  "rmse": float(np.sqrt(metrics.mean_squared_error(t, p, sample_weight=W))),
  "mae": metrics.mean_absolute_error(t, p, sample_weight=W),
  "r2": metrics.r2_score(t, p, sample_weight=W),
  "medianError": metrics.median_absolute_error(repeat(t), repeat(p)),
  "mape": metrics.mean_absolute_percentage_error(t, p, sample_weight=W),
  "maxError": float(np.abs(t - p).max()),
}`,
        { targets, predictions, nOut, weights: weights ?? null },
      );
      const found = { ...regressionScores(predictions, targets, nOut, weights) };
      for (const [name, value] of Object.entries(wanted)) {
        assertNear(found[name as keyof typeof found], value, name);
      }
    }
  },
});
