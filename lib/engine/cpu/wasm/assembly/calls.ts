// The call that runs, and the block, row and thread that it runs on. _value_calls.ts and _jet_calls.ts know
// what a call's arguments are; ../kernel_calls.ts writes calls down.

let call: usize = 0;
let block: i32 = 0;
let row: i32 = 0;
let thread: i32 = 0;

@inline
export function setCall(at: usize): void {
  call = at;
}

/** Sets the block and the thread that works on it. */
@inline
export function setBlock(index: i32, by: i32): void {
  block = index;
  thread = by;
}

/** Sets the first row of the chunk. */
@inline
export function setRow(first: i32): void {
  row = first;
}

/** Argument i: `base + perRow row + perBlock block + perThread thread`. */
@inline
export function f(i: i32): f64 {
  const at = call + <usize>(16 + 32 * i);
  return load<f64>(at) + load<f64>(at, 8) * <f64>row + load<f64>(at, 16) * <f64>block +
    load<f64>(at, 24) * <f64>thread;
}

@inline
export function i(index: i32): i32 {
  return <i32>f(index);
}

@inline
export function u(index: i32): usize {
  return <usize>f(index);
}

/** The call after one. */
@inline
export function nextCall(at: usize): usize {
  return at + <usize>(16 + 32 * <i32>load<f64>(at, 8));
}
