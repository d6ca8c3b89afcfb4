// Jets through a layer of splines, forward and backward, and the outer products of Gauss-Newton
// rows. All numbers are float64; arguments ending in "At" are byte addresses. Per point and input:
// the piece's functions and their derivatives by u (`[m, i]`), their jets by the chain rule
// (`[c, i]`), and products of these with rows of coefficients. See ../jets/spline_jets.ts.

/** The host's exp: AssemblyScript's own would lay a table into the memory. */
@external("env", "exp")
declare function exp(x: f64): f64;

/** a b + c, rounded once where the build has relaxed SIMD and the processor fuses. */
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

@inline
function at(base: usize, index: i32): f64 {
  return load<f64>(base + (<usize> index << 3));
}

@inline
function put(base: usize, index: i32, value: f64): void {
  store<f64>(base + (<usize> index << 3), value);
}

/** silu and its derivatives 0 to top at u: entries `i + m count`. */
function silu(u: f64, top: i32, functions: usize, i: i32, count: i32): void {
  const s = 1 / (1 + exp(-u)), s1 = s * (1 - s), s2 = s1 * (1 - 2 * s);
  const s3 = s1 * (1 - 6 * s1), s4 = s2 * (1 - 12 * s1);
  put(functions, i, u * s);
  if (top >= 1) put(functions, i + count, s + u * s1);
  if (top >= 2) put(functions, i + 2 * count, 2 * s1 + u * s2);
  if (top >= 3) put(functions, i + 3 * count, 3 * s2 + u * s3);
  if (top >= 4) put(functions, i + 4 * count, 4 * s3 + u * s4);
  if (top >= 5) {
    put(functions, i + 5 * count, 5 * s4 + u * s1 * (1 + s1 * (-30 + 120 * s1)));
  }
}

/** Powers of w differentiated, `[m, k]`, and functions differentiated, `[m, i]`. */
function evaluate(
  u: f64,
  origin: f64,
  rate: f64,
  size: i32,
  count: i32,
  top: i32,
  polynomials: usize,
  powers: usize,
  functions: usize,
): void {
  const w = (u - origin) * rate;
  let scale: f64 = 1;
  for (let m = 0; m <= top; m++) {
    let power = scale; // rate^m w^(k-m)
    for (let k = 0; k < m; k++) put(powers, m * size + k, 0);
    for (let k = m; k < size; k++) {
      let factor = power; // times k (k-1) ... (k-m+1)
      for (let l = 0; l < m; l++) factor *= <f64> (k - l);
      put(powers, m * size + k, factor);
      power *= w;
    }
    for (let i = 0; i < size; i++) {
      let sum: f64 = 0;
      for (let k = m; k < size; k++) {
        sum += at(powers, m * size + k) * at(polynomials, k * size + i);
      }
      put(functions, m * count + i, sum);
    }
    scale *= rate;
  }
  if (count > size) silu(u, top, functions, size, count);
}

/** Jets of the functions; keeps every term's product. */
function compose(
  uAt: usize,
  uStep: i32,
  count: i32,
  channels: i32,
  terms: i32,
  termsAt: usize,
  factorsAt: usize,
  functions: usize,
  products: usize,
  jets: usize,
): void {
  memory.copy(jets, functions, <usize> count << 3);
  memory.fill(jets + (<usize> count << 3), 0, <usize> ((channels - 1) * count) << 3);
  for (let s = 0; s < terms; s++) {
    const term = termsAt + (<usize> s << 5);
    const to = load<i32>(term) * count, from = load<i32>(term, 4) * count;
    const blocks = load<i32>(term, 8);
    let product = at(factorsAt, s);
    for (let b = 0; b < blocks; b++) {
      product *= at(uAt, load<i32>(term + (<usize> b << 2), 12) * uStep);
    }
    put(products, s, product);
    for (let i = 0; i < count; i++) {
      put(jets, to + i, at(jets, to + i) + product * at(functions, from + i));
    }
  }
}

/** `y_cq += sum_i beta_ci a_iq` for rows i of coefficients that follow each other. */
function addRows(
  jets: usize,
  first: i32,
  rows: i32,
  count: i32,
  channels: i32,
  nOut: i32,
  a: usize,
  y: usize,
): void {
  const step = <usize> nOut << 3;
  if (rows == 4) {
    let q = 0;
    for (; q + 2 <= nOut; q += 2) {
      const own = a + (<usize> q << 3);
      const a0 = v128.load(own), a1 = v128.load(own + step);
      const a2 = v128.load(own + 2 * step), a3 = v128.load(own + 3 * step);
      let to = y + (<usize> q << 3), b = jets + (<usize> first << 3);
      for (let c = 0; c < channels; c++) {
        let sum = madd(v128.load64_splat(b), a0, v128.load(to));
        sum = madd(v128.load64_splat(b, 8), a1, sum);
        sum = madd(v128.load64_splat(b, 16), a2, sum);
        v128.store(to, madd(v128.load64_splat(b, 24), a3, sum));
        to += step;
        b += <usize> count << 3;
      }
    }
    if (q < nOut) {
      const own = a + (<usize> q << 3);
      const a0 = load<f64>(own), a1 = load<f64>(own + step);
      const a2 = load<f64>(own + 2 * step), a3 = load<f64>(own + 3 * step);
      let to = y + (<usize> q << 3), b = jets + (<usize> first << 3);
      for (let c = 0; c < channels; c++) {
        store<f64>(
          to,
          load<f64>(to) + load<f64>(b) * a0 + load<f64>(b, 8) * a1 + load<f64>(b, 16) * a2 +
            load<f64>(b, 24) * a3,
        );
        to += step;
        b += <usize> count << 3;
      }
    }
    return;
  }
  for (let i = 0; i < rows; i++) {
    const own = a + <usize> i * step;
    for (let c = 0; c < channels; c++) {
      const beta = at(jets, c * count + first + i), to = y + <usize> c * step;
      const b = f64x2.splat(beta);
      let q = 0;
      for (; q + 2 <= nOut; q += 2) {
        const shift = <usize> q << 3;
        v128.store(to + shift, madd(b, v128.load(own + shift), v128.load(to + shift)));
      }
      if (q < nOut) put(to, q, at(to, q) + beta * at(own, q));
    }
  }
}

/** `aBar_iq += sum_c beta_ci g_cq` and `betaBar_ci = sum_q a_iq g_cq`. */
function pullRows(
  jets: usize,
  jetBars: usize,
  first: i32,
  rows: i32,
  count: i32,
  channels: i32,
  nOut: i32,
  a: usize,
  aBar: usize,
  g: usize,
): void {
  const step = <usize> nOut << 3;
  for (let i = 0; i < rows; i++) {
    const own = a + <usize> i * step, to = aBar + <usize> i * step;
    let q = 0;
    for (; q + 2 <= nOut; q += 2) {
      const shift = <usize> q << 3;
      let sum = v128.load(to + shift), from = g + shift;
      let b = jets + (<usize> (first + i) << 3);
      for (let c = 0; c < channels; c++) {
        sum = madd(v128.load64_splat(b), v128.load(from), sum);
        from += step;
        b += <usize> count << 3;
      }
      v128.store(to + shift, sum);
    }
    if (q < nOut) {
      let sum = at(to, q);
      for (let c = 0; c < channels; c++) {
        sum += at(jets, c * count + first + i) * at(g + <usize> c * step, q);
      }
      put(to, q, sum);
    }
    for (let c = 0; c < channels; c++) {
      const from = g + <usize> c * step;
      let pair = f64x2.splat(0);
      let l = 0;
      for (; l + 2 <= nOut; l += 2) {
        const shift = <usize> l << 3;
        pair = madd(v128.load(own + shift), v128.load(from + shift), pair);
      }
      let sum = f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
      if (l < nOut) sum += at(own, l) * at(from, l);
      put(jetBars, c * count + first + i, sum);
    }
  }
}

/**
 * Adds a layer's outputs. Places are `[rows, nIn, 2]` int32: piece and index of the first
 * coefficient; jets of inputs `[rows, channels, nIn]`, of outputs `[rows, channels, nOut]`. Scratch
 * holds powers and functions (64 numbers each), jets and their gradients (1,024), gradients by
 * functions (64), a product per term.
 */
export function forwardJets(
  rows: i32,
  nIn: i32,
  nOut: i32,
  size: i32,
  count: i32,
  channels: i32,
  order: i32,
  terms: i32,
  termsAt: usize,
  factorsAt: usize,
  uAt: usize,
  placesAt: usize,
  originsAt: usize,
  ratesAt: usize,
  polynomialsAt: usize,
  polynomialStep: i32,
  coefficientsAt: usize,
  baseAt: usize,
  yAt: usize,
  scratchAt: usize,
): void {
  const powers = scratchAt, functions = scratchAt + 512, jets = scratchAt + 1024;
  const products = scratchAt + 17920;
  for (let r = 0; r < rows; r++) {
    const y = yAt + (<usize> (r * channels * nOut) << 3);
    for (let p = 0; p < nIn; p++) {
      const u = uAt + (<usize> (r * channels * nIn + p) << 3);
      const place = placesAt + (<usize> (r * nIn + p) << 3);
      const piece = load<i32>(place);
      const polynomials = polynomialsAt + (<usize> (piece * polynomialStep) << 3);
      evaluate(
        load<f64>(u), at(originsAt, piece), at(ratesAt, piece), size, count, order, polynomials,
        powers, functions,
      );
      compose(u, nIn, count, channels, terms, termsAt, factorsAt, functions, products, jets);
      const a = coefficientsAt + (<usize> load<i32>(place, 4) << 3);
      addRows(jets, 0, size, count, channels, nOut, a, y);
      if (count > size) {
        addRows(jets, size, 1, count, channels, nOut, baseAt + (<usize> (p * nOut) << 3), y);
      }
    }
  }
}

/**
 * Adds to gradients by coefficients and base weights, overwrites those by the inputs' jets. With
 * polynomial sums (not 0) adds to those by polynomials and places: of the piece, or, with
 * `byNode`, of node p's slot p. `active` channels of the outputs' gradient are not 0: all, or 1.
 */
export function backwardJets(
  rows: i32,
  nIn: i32,
  nOut: i32,
  size: i32,
  count: i32,
  channels: i32,
  active: i32,
  order: i32,
  terms: i32,
  termsAt: usize,
  factorsAt: usize,
  uAt: usize,
  placesAt: usize,
  originsAt: usize,
  ratesAt: usize,
  polynomialsAt: usize,
  polynomialStep: i32,
  coefficientsAt: usize,
  baseAt: usize,
  yBarAt: usize,
  uBarAt: usize,
  coefficientBarsAt: usize,
  baseBarsAt: usize,
  polynomialBarsAt: usize,
  placeBarsAt: usize,
  byNode: i32,
  scratchAt: usize,
): void {
  const powers = scratchAt, functions = scratchAt + 512, jets = scratchAt + 1024;
  const jetBars = jets + 8192, functionBars = jetBars + 8192, products = scratchAt + 17920;
  const square = size * size;
  const top = active == 1 ? 0 : order, live = active == 1 ? 0 : terms;
  for (let r = 0; r < rows; r++) {
    const g = yBarAt + (<usize> (r * channels * nOut) << 3);
    if (active == 1) {
      let q = 0;
      while (q < nOut && at(g, q) == 0) q++;
      if (q == nOut) {
        memory.fill(
          uBarAt + (<usize> (r * channels * nIn) << 3), 0, <usize> (channels * nIn) << 3,
        );
        continue;
      }
    }
    for (let p = 0; p < nIn; p++) {
      const own = r * channels * nIn + p;
      const u = uAt + (<usize> own << 3), uBar = uBarAt + (<usize> own << 3);
      const place = placesAt + (<usize> (r * nIn + p) << 3);
      const piece = load<i32>(place);
      const polynomials = polynomialsAt + (<usize> (piece * polynomialStep) << 3);
      evaluate(
        load<f64>(u), at(originsAt, piece), at(ratesAt, piece), size, count, top + 1,
        polynomials, powers, functions,
      );
      compose(u, nIn, count, active, live, termsAt, factorsAt, functions, products, jets);
      const shift = <usize> load<i32>(place, 4) << 3;
      pullRows(
        jets, jetBars, 0, size, count, active, nOut, coefficientsAt + shift,
        coefficientBarsAt + shift, g,
      );
      if (count > size) {
        const node = <usize> (p * nOut) << 3;
        pullRows(jets, jetBars, size, 1, count, active, nOut, baseAt + node, baseBarsAt + node, g);
      }
      for (let c = 0; c < channels; c++) put(uBar, c * nIn, 0);
      memory.fill(functionBars, 0, <usize> ((top + 1) * count) << 3);
      memory.copy(functionBars, jetBars, <usize> count << 3);
      for (let s = 0; s < live; s++) {
        const term = termsAt + (<usize> s << 5);
        const from = load<i32>(term) * count, to = load<i32>(term, 4) * count;
        const blocks = load<i32>(term, 8), product = at(products, s);
        let bar: f64 = 0;
        for (let i = 0; i < count; i++) {
          const own = at(jetBars, from + i);
          bar += own * at(functions, to + i);
          put(functionBars, to + i, at(functionBars, to + i) + own * product);
        }
        bar *= at(factorsAt, s);
        for (let b = 0; b < blocks; b++) {
          let rest = bar;
          for (let other = 0; other < blocks; other++) {
            if (other != b) {
              rest *= at(u, load<i32>(term + (<usize> other << 2), 12) * nIn);
            }
          }
          const to = load<i32>(term + (<usize> b << 2), 12) * nIn;
          put(uBar, to, at(uBar, to) + rest);
        }
      }
      let slope: f64 = 0, whole: f64 = 0, rateBar: f64 = 0;
      for (let m = 0; m <= top; m++) {
        const own = m * count, next = own + count;
        for (let i = 0; i < size; i++) {
          const bar = at(functionBars, own + i);
          slope += bar * at(functions, next + i);
          rateBar += <f64> m * bar * at(functions, own + i);
        }
        if (count > size) whole += at(functionBars, own + size) * at(functions, next + size);
      }
      store<f64>(uBar, load<f64>(uBar) + slope + whole);
      if (placeBarsAt == 0) continue;
      const slot = byNode ? p : piece, sums = placeBarsAt + (<usize> (3 * slot) << 3);
      put(sums, 0, at(sums, 0) + slope);
      put(sums, 1, at(sums, 1) + slope * at(powers, 1));
      put(sums, 2, at(sums, 2) + rateBar);
      if (polynomialBarsAt == 0) continue;
      const bars = polynomialBarsAt + (<usize> (slot * square) << 3);
      for (let k = 0; k < size; k++) {
        for (let i = 0; i < size; i++) {
          let sum = at(bars, k * size + i);
          for (let m = 0; m <= top && m <= k; m++) {
            sum += at(functionBars, m * count + i) * at(powers, m * size + k);
          }
          put(bars, k * size + i, sum);
        }
      }
    }
  }
}

/**
 * Adds `row^T row` to the upper half of a matrix of `size` columns, and clears the row. Ranges are
 * int32 pairs, start and end, in rising order; the row is 0 elsewhere.
 */
export function addOuter(
  rowAt: usize,
  rangesAt: usize,
  ranges: i32,
  matrixAt: usize,
  size: i32,
): void {
  for (let k = 0; k < ranges; k++) {
    const own = rangesAt + (<usize> k << 3);
    const start = load<i32>(own), end = load<i32>(own, 4);
    for (let i = start; i < end; i++) {
      const value = at(rowAt, i);
      if (value == 0) continue;
      const factor = f64x2.splat(value), line = matrixAt + (<usize> i * <usize> size << 3);
      for (let l = k; l < ranges; l++) {
        const other = rangesAt + (<usize> l << 3);
        let j = l == k ? i : load<i32>(other);
        const last = load<i32>(other, 4);
        for (; j + 2 <= last; j += 2) {
          const shift = <usize> j << 3, to = line + shift;
          v128.store(to, madd(factor, v128.load(rowAt + shift), v128.load(to)));
        }
        if (j < last) put(line, j, at(line, j) + value * at(rowAt, j));
      }
    }
  }
  for (let k = 0; k < ranges; k++) {
    const own = rangesAt + (<usize> k << 3);
    const start = load<i32>(own), end = load<i32>(own, 4);
    memory.fill(rowAt + (<usize> start << 3), 0, <usize> (end - start) << 3);
  }
}
