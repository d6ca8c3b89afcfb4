/*
 * Loss and gradient of an all-spline network in plain C: what a careful programmer gets from gcc.
 *
 * double, points outermost: the whole chain of layers forward and backward for one point at a
 * time, so activations never leave the registers and the first cache. Per point and input the
 * degree + 1 local basis values by the recursion (Piegl and Tiller, The NURBS Book, algorithm
 * A2.2) with the divisors' inverses tabulated; the output row in registers; gradients by
 * coefficients and by knots in tables, one set per thread. Uniform knots, or free ones: a softmax
 * per input node with free outer knots, exactly the parameters that the library has.
 * Inputs outside [-1, 1] are clamped. Mean squared error, no normalisation, no base branch.
 *
 * The network is fixed at compile time, so that every loop has known bounds:
 *   gcc -O3 -march=native -ffast-math -fopenmp -DWIDTHS=2,5,1 -DLAYERS=2 -DMAX_WIDTH=5 \
 *     -DDEGREE=3 -DFREE=1 spline_layers.c -lm -o spline_layers
 *   ./spline_layers IN OUT rows intervals threads seconds repeats
 *   ./spline_layers rate
 * IN: parameters, inputs [rows, n_in], targets [rows, n_out], all double; OUT: value, gradient.
 * Prints one JSON object: milliseconds of every repeat, peak memory in bytes.
 */

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INLINE static inline __attribute__((always_inline))
#define TRIANGLE (DEGREE * (DEGREE + 1) / 2)

static const int widths[LAYERS + 1] = {WIDTHS};

typedef struct {
  int numBasis, numKnots, numLogits;
  long coefficients, logits; /* offsets into the parameters */
  long knots;                /* offset into the knot tables */
  long inverses;             /* offset into the tables of inverse divisors */
  long buckets;              /* offset into the tables of first intervals */
} Layer;

typedef struct {
  double *gradient; /* by coefficients; later also by logits */
  double *knotsBar;
  double sum;
  char pad[64];
} Own; /* of one thread */

static int rows, intervals, threads, numBuckets;
static long numParameters, numAllKnots, numAllInverses, numAllBuckets;
static Layer layers[LAYERS];
static double *parameters, *inputs, *targets, *knots, *inverses, *gradient;
static int *buckets;
static Own *owns;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void *allocate(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (!p) { fprintf(stderr, "out of memory\n"); exit(1); }
  memset(p, 0, bytes);
  return p;
}

/* ---- knots, once per evaluation ---- */

static void partition(const double *s, int count, double from, double to, double *t) {
  double largest = s[0], total = 0, sum = 0;
  for (int j = 1; j < count; j++) if (s[j] > largest) largest = s[j];
  for (int j = 0; j < count; j++) total += exp(s[j] - largest);
  t[0] = from;
  for (int j = 0; j < count - 1; j++) {
    sum += exp(s[j] - largest);
    t[j + 1] = from + (to - from) * (sum / total);
  }
  t[count] = to;
}

static void partitionPull(const double *s, int count, double width, const double *tBar,
                          double *sBar) {
  if (count < 2) return;
  double largest = s[0], total = 0, sum = 0, weighted = 0, suffix = 0;
  for (int j = 1; j < count; j++) if (s[j] > largest) largest = s[j];
  for (int j = 0; j < count; j++) total += exp(s[j] - largest);
  for (int j = 0; j < count - 1; j++) {
    sum += exp(s[j] - largest);
    weighted += tBar[j + 1] * (sum / total);
    suffix += tBar[j + 1];
  }
  for (int j = 0; j < count; j++) {
    sBar[j] += width * exp(s[j] - largest) / total * (suffix - weighted);
    if (j < count - 1) suffix -= tBar[j + 1];
  }
}

/* Inverse divisors of interval i, in the order in which the recursion wants them. */
static void placeKnots(void) {
  for (int l = 0; l < LAYERS; l++) {
    const Layer *layer = &layers[l];
    for (int p = 0; p < widths[l]; p++) {
      const double *s = parameters + layer->logits + (long)p * layer->numLogits;
      double *t = knots + layer->knots + (long)p * layer->numKnots;
      partition(s, DEGREE, -3, -1, t);
      partition(s + DEGREE, intervals, -1, 1, t + DEGREE);
      partition(s + DEGREE + intervals, DEGREE, 1, 3, t + DEGREE + intervals);
      double *inverse = inverses + layer->inverses + (long)p * intervals * TRIANGLE;
      for (int i = 0; i < intervals; i++) {
        const double *own = t + DEGREE + i; /* own[0] <= u < own[1] */
        for (int j = 1; j <= DEGREE; j++)
          for (int r = 0; r < j; r++) *inverse++ = 1 / (own[r + 1] - own[1 - j + r]);
      }
      int *first = buckets + layer->buckets + (long)p * numBuckets;
      for (int b = 0, i = 0; b < numBuckets; b++) {
        while (i < intervals - 1 && -1 + 2.0 * b / numBuckets >= t[DEGREE + i + 1]) i++;
        first[b] = i;
      }
    }
  }
}

/* ---- one layer at one point ---- */

/* What a layer keeps between its way forward and its way back. */
typedef struct {
  int interval[MAX_WIDTH];
  double basis[MAX_WIDTH][DEGREE + 1];
  double lower[MAX_WIDTH][DEGREE + 1]; /* uniform: basis of degree - 1 */
  double x[MAX_WIDTH];
  int inside[MAX_WIDTH];
} Kept;

INLINE double clamp(double x) { return x < -1 ? -1 : x > 1 ? 1 : x; }

INLINE void forwardUniform(const Layer *layer, int nIn, int nOut, const double *x, double *y,
                           Kept *kept) {
  const double *c = parameters + layer->coefficients;
  double sums[MAX_WIDTH];
  for (int q = 0; q < nOut; q++) sums[q] = 0;
  for (int p = 0; p < nIn; p++) {
    const double at = clamp(x[p]);
    const double v = (at + 1) * (0.5 * intervals);
    int m = (int)v;
    if (m > intervals - 1) m = intervals - 1;
    const double w = v - m;
    double n[DEGREE + 1];
    n[0] = 1;
#pragma GCC unroll 8
    for (int j = 1; j <= DEGREE; j++) {
      if (j == DEGREE) for (int r = 0; r < j; r++) kept->lower[p][r] = n[r];
      double saved = 0;
#pragma GCC unroll 8
      for (int r = 0; r < j; r++) {
        const double temp = n[r] * (1.0 / j);
        n[r] = saved + (r + 1 - w) * temp;
        saved = (w + j - r - 1) * temp;
      }
      n[j] = saved;
    }
    kept->interval[p] = m;
    kept->inside[p] = at == x[p];
    const double *own = c + ((long)p * layer->numBasis + m) * nOut;
#pragma GCC unroll 8
    for (int k = 0; k <= DEGREE; k++) {
      kept->basis[p][k] = n[k];
      for (int q = 0; q < nOut; q++) sums[q] += n[k] * own[k * nOut + q];
    }
  }
  for (int q = 0; q < nOut; q++) y[q] = sums[q];
}

INLINE void backwardUniform(const Layer *layer, int nIn, int nOut, const double *yBar,
                            double *xBar, const Kept *kept, Own *own) {
  const double *c = parameters + layer->coefficients;
  double *cBar = own->gradient + layer->coefficients;
  double g[MAX_WIDTH];
  for (int q = 0; q < nOut; q++) g[q] = yBar[q];
  for (int p = 0; p < nIn; p++) {
    const long at = ((long)p * layer->numBasis + kept->interval[p]) * nOut;
    double s[DEGREE + 1];
#pragma GCC unroll 8
    for (int k = 0; k <= DEGREE; k++) {
      const double *ck = c + at + k * nOut;
      double *gk = cBar + at + k * nOut, n = kept->basis[p][k], sum = 0;
      for (int q = 0; q < nOut; q++) {
        if (xBar) sum += g[q] * ck[q];
        gk[q] += n * g[q];
      }
      s[k] = sum;
    }
    if (!xBar) continue;
    double slope = 0;
    for (int r = 0; r < DEGREE; r++) slope += kept->lower[p][r] * (s[r + 1] - s[r]);
    xBar[p] = kept->inside[p] ? slope * (0.5 * intervals) : 0;
  }
}

INLINE void forwardFree(const Layer *layer, int nIn, int nOut, const double *x, double *y,
                        Kept *kept) {
  const double *c = parameters + layer->coefficients;
  double sums[MAX_WIDTH];
  for (int q = 0; q < nOut; q++) sums[q] = 0;
  for (int p = 0; p < nIn; p++) {
    const double at = clamp(x[p]);
    const double *t = knots + layer->knots + (long)p * layer->numKnots + DEGREE;
    int bucket = (int)((at + 1) * (0.5 * numBuckets));
    if (bucket > numBuckets - 1) bucket = numBuckets - 1;
    int m = buckets[layer->buckets + (long)p * numBuckets + bucket];
    while (m < intervals - 1 && at >= t[m + 1]) m++;
    while (m > 0 && at < t[m]) m--;
    const double *inverse =
        inverses + layer->inverses + ((long)p * intervals + m) * TRIANGLE;
    double n[DEGREE + 1];
    n[0] = 1;
#pragma GCC unroll 8
    for (int j = 1; j <= DEGREE; j++) {
      double saved = 0;
#pragma GCC unroll 8
      for (int r = 0; r < j; r++) {
        const double temp = n[r] * inverse[j * (j - 1) / 2 + r];
        n[r] = saved + (t[m + r + 1] - at) * temp;
        saved = (at - t[m + 1 - j + r]) * temp;
      }
      n[j] = saved;
    }
    kept->interval[p] = m;
    kept->x[p] = at;
    kept->inside[p] = at == x[p];
    const double *own = c + ((long)p * layer->numBasis + m) * nOut;
#pragma GCC unroll 8
    for (int k = 0; k <= DEGREE; k++) {
      kept->basis[p][k] = n[k];
      for (int q = 0; q < nOut; q++) sums[q] += n[k] * own[k * nOut + q];
    }
  }
  for (int q = 0; q < nOut; q++) y[q] = sums[q];
}

INLINE void backwardFree(const Layer *layer, int nIn, int nOut, const double *yBar,
                         double *xBar, const Kept *kept, Own *own) {
  const double *c = parameters + layer->coefficients;
  double *cBar = own->gradient + layer->coefficients;
  double g[MAX_WIDTH];
  for (int q = 0; q < nOut; q++) g[q] = yBar[q];
  for (int p = 0; p < nIn; p++) {
    const int m = kept->interval[p];
    const long at = ((long)p * layer->numBasis + m) * nOut;
    double s[DEGREE + 1];
#pragma GCC unroll 8
    for (int k = 0; k <= DEGREE; k++) {
      const double *ck = c + at + k * nOut;
      double *gk = cBar + at + k * nOut, n = kept->basis[p][k], sum = 0;
      for (int q = 0; q < nOut; q++) {
        sum += g[q] * ck[q];
        gk[q] += n * g[q];
      }
      s[k] = sum;
    }
    /* The recursion once more, every step kept, then backwards. */
    const double u = kept->x[p];
    const double *t = knots + layer->knots + (long)p * layer->numKnots + DEGREE + m;
    const double *inverse =
        inverses + layer->inverses + ((long)p * intervals + m) * TRIANGLE;
    double n[DEGREE + 1], temps[TRIANGLE], right[DEGREE + 1], left[DEGREE + 1];
    double rightBar[DEGREE + 1], leftBar[DEGREE + 1];
    n[0] = 1;
#pragma GCC unroll 8
    for (int j = 1; j <= DEGREE; j++) {
      right[j] = t[j] - u;
      left[j] = u - t[1 - j];
      rightBar[j] = leftBar[j] = 0;
      double saved = 0;
#pragma GCC unroll 8
      for (int r = 0; r < j; r++) {
        const double temp = n[r] * inverse[j * (j - 1) / 2 + r];
        temps[j * (j - 1) / 2 + r] = temp;
        n[r] = saved + right[r + 1] * temp;
        saved = left[j - r] * temp;
      }
      n[j] = saved;
    }
#pragma GCC unroll 8
    for (int j = DEGREE; j >= 1; j--) {
#pragma GCC unroll 8
      for (int r = 0; r < j; r++) {
        const double temp = temps[j * (j - 1) / 2 + r];
        const double bar =
            (right[r + 1] * s[r] + left[j - r] * s[r + 1]) * inverse[j * (j - 1) / 2 + r];
        rightBar[r + 1] += temp * (s[r] - bar);
        leftBar[j - r] += temp * (s[r + 1] - bar);
        s[r] = bar;
      }
    }
    double *tBar = own->knotsBar + layer->knots + (long)p * layer->numKnots + DEGREE + m;
    double slope = 0;
#pragma GCC unroll 8
    for (int j = 1; j <= DEGREE; j++) {
      tBar[j] += rightBar[j];
      tBar[1 - j] -= leftBar[j];
      slope += leftBar[j] - rightBar[j];
    }
    if (xBar) xBar[p] = kept->inside[p] ? slope : 0;
  }
}

#if FREE
#define FORWARD forwardFree
#define BACKWARD backwardFree
#else
#define FORWARD forwardUniform
#define BACKWARD backwardUniform
#endif

/* ---- all points ---- */

static void block(Own *own, int begin, int end) {
  const int nIn = widths[0], nOut = widths[LAYERS];
  const double scale = 1.0 / ((double)rows * nOut);
  double sum = 0;
  for (int r = begin; r < end; r++) {
    double y[LAYERS][MAX_WIDTH], bar[LAYERS][MAX_WIDTH];
    Kept kept[LAYERS];
#pragma GCC unroll 8
    for (int l = 0; l < LAYERS; l++)
      FORWARD(&layers[l], widths[l], widths[l + 1], l ? y[l - 1] : inputs + (long)r * nIn, y[l],
              &kept[l]);
    for (int q = 0; q < nOut; q++) {
      const double e = y[LAYERS - 1][q] - targets[(long)r * nOut + q];
      sum += e * e;
      bar[LAYERS - 1][q] = 2 * e * scale;
    }
#pragma GCC unroll 8
    for (int l = LAYERS - 1; l >= 0; l--)
      BACKWARD(&layers[l], widths[l], widths[l + 1], bar[l], l ? bar[l - 1] : 0, &kept[l], own);
  }
  own->sum = sum * scale;
}

static double evaluate(void) {
  if (FREE) placeKnots();
#pragma omp parallel num_threads(threads)
  {
    const int k = omp_get_thread_num();
    Own *own = &owns[k];
    memset(own->gradient, 0, numParameters * sizeof(double));
    if (FREE) memset(own->knotsBar, 0, numAllKnots * sizeof(double));
    block(own, (long)rows * k / threads, (long)rows * (k + 1) / threads);
#pragma omp barrier
    if (threads > 1) {
#pragma omp for
      for (long i = 0; i < numParameters; i++) {
        double sum = 0;
        for (int j = 0; j < threads; j++) sum += owns[j].gradient[i];
        gradient[i] = sum;
      }
    }
  }
  if (threads == 1) memcpy(gradient, owns[0].gradient, numParameters * sizeof(double));
  double value = owns[0].sum;
  for (int j = 1; j < threads; j++) value += owns[j].sum;
  if (!FREE) return value;
  double *tBar = owns[0].knotsBar;
  for (int j = 1; j < threads; j++)
    for (long i = 0; i < numAllKnots; i++) tBar[i] += owns[j].knotsBar[i];
  for (int l = 0; l < LAYERS; l++) {
    for (int p = 0; p < widths[l]; p++) {
      const long at = layers[l].logits + (long)p * layers[l].numLogits;
      const double *own = tBar + layers[l].knots + (long)p * layers[l].numKnots;
      const double *s = parameters + at;
      partitionPull(s, DEGREE, 2, own, gradient + at);
      partitionPull(s + DEGREE, intervals, 2, own + DEGREE, gradient + at + DEGREE);
      partitionPull(s + DEGREE + intervals, DEGREE, 2, own + DEGREE + intervals,
                    gradient + at + DEGREE + intervals);
    }
  }
  return value;
}

/* ---- the program ---- */

static void lay(void) {
  numBuckets = 2 * intervals > 8 ? 2 * intervals : 8;
  for (int l = 0; l < LAYERS; l++) {
    Layer *layer = &layers[l];
    layer->numBasis = intervals + DEGREE;
    layer->numKnots = intervals + 1 + 2 * DEGREE;
    layer->numLogits = FREE ? intervals + 2 * DEGREE : 0;
    layer->coefficients = numParameters;
    numParameters += (long)widths[l] * layer->numBasis * widths[l + 1];
    layer->logits = numParameters;
    numParameters += (long)widths[l] * layer->numLogits;
    layer->knots = numAllKnots;
    numAllKnots += (long)widths[l] * layer->numKnots;
    layer->inverses = numAllInverses;
    numAllInverses += (long)widths[l] * intervals * TRIANGLE;
    layer->buckets = numAllBuckets;
    numAllBuckets += (long)widths[l] * numBuckets;
  }
}

static long peakMemory(void) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  long kilobytes = 0;
  if (!file) return 0;
  while (fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %ld", &kilobytes);
  fclose(file);
  return 1024 * kilobytes;
}

static void readDoubles(FILE *file, double *to, long count) {
  if ((long)fread(to, sizeof(double), count, file) != count) {
    fprintf(stderr, "input file too short\n");
    exit(1);
  }
}

/* Multiply-adds per ns of one core (256-bit registers, ten chains), and bytes per ns read. */
typedef double four __attribute__((vector_size(32)));
#define CHAIN(s) s = s * factor + factor; __asm__ volatile("" : "+x"(s));

static int rate(void) {
  const four factor = {0.999, 0.998, 0.997, 0.996};
  four a = factor, b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a;
  volatile double sink = 0;
  double best = 0, bandwidth = 0;
  for (int trial = 0; trial < 20; trial++) {
    const double begin = now();
    for (int step = 0; step < 1000000; step++) {
      CHAIN(a) CHAIN(b) CHAIN(c) CHAIN(d) CHAIN(e) CHAIN(f) CHAIN(g) CHAIN(h) CHAIN(i) CHAIN(j)
    }
    const double one = 4e7 / (1e9 * (now() - begin));
    if (one > best) best = one;
  }
  sink += (a + b + c + d + e + f + g + h + i + j)[0];
  const long count = 8 << 20;
  double *big = allocate(count * sizeof(double));
  for (long k = 0; k < count; k++) big[k] = k;
  for (int trial = 0; trial < 5; trial++) {
    const double begin = now();
    double sum = 0;
    for (long k = 0; k < count; k++) sum += big[k];
    sink += sum;
    const double one = 8.0 * count / (1e9 * (now() - begin));
    if (one > bandwidth) bandwidth = one;
  }
  printf("{\"multiplyAdds\": %.3f, \"bytes\": %.3f}\n", best, bandwidth);
  return 0;
}

int main(int count, char **argument) {
  if (count == 2 && !strcmp(argument[1], "rate")) return rate();
  if (count != 8) {
    fprintf(stderr, "usage: spline_layers IN OUT rows intervals threads seconds repeats\n");
    return 2;
  }
  rows = atoi(argument[3]);
  intervals = atoi(argument[4]);
  threads = atoi(argument[5]);
  const double seconds = atof(argument[6]);
  const int repeats = atoi(argument[7]);
  lay();
  parameters = allocate(numParameters * sizeof(double));
  gradient = allocate(numParameters * sizeof(double));
  inputs = allocate((long)rows * widths[0] * sizeof(double));
  targets = allocate((long)rows * widths[LAYERS] * sizeof(double));
  knots = allocate(numAllKnots * sizeof(double));
  inverses = allocate(numAllInverses * sizeof(double));
  buckets = allocate(numAllBuckets * sizeof(int));
  owns = allocate(threads * sizeof(Own));
  for (int k = 0; k < threads; k++) {
    owns[k].gradient = allocate(numParameters * sizeof(double));
    owns[k].knotsBar = allocate(numAllKnots * sizeof(double));
  }
  FILE *in = fopen(argument[1], "rb");
  if (!in) { perror(argument[1]); return 1; }
  readDoubles(in, parameters, numParameters);
  readDoubles(in, inputs, (long)rows * widths[0]);
  readDoubles(in, targets, (long)rows * widths[LAYERS]);
  fclose(in);

  double value = evaluate();
  value = evaluate();
  printf("{\"milliseconds\": [");
  const double begin = now();
  for (int i = 0; i < repeats && (i < 3 || now() - begin < seconds); i++) {
    const double start = now();
    value = evaluate();
    printf("%s%.6f", i ? ", " : "", 1e3 * (now() - start));
  }
  printf("], \"peakBytes\": %ld}\n", peakMemory());

  FILE *out = fopen(argument[2], "wb");
  if (!out) { perror(argument[2]); return 1; }
  fwrite(&value, sizeof(double), 1, out);
  fwrite(gradient, sizeof(double), numParameters, out);
  return fclose(out) ? 1 : 0;
}
