/**
 * A queue that gives the entry with the largest key first.
 *
 * @module
 */

/** Entries by their keys; equal keys in an order that depends on the calls alone. */
export interface LargestFirst<Entry extends { readonly key: number }> {
  readonly size: number;
  push(entry: Entry): void;
  pop(): Entry | undefined;
}

/** Makes an empty queue. */
export function largestFirst<Entry extends { readonly key: number }>(): LargestFirst<Entry> {
  const heap: Entry[] = [];
  function push(entry: Entry): void {
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const above = (i - 1) >> 1;
      if (heap[above].key >= entry.key) break;
      heap[i] = heap[above];
      i = above;
    }
    heap[i] = entry;
  }
  function pop(): Entry | undefined {
    const first = heap[0], entry = heap.pop();
    if (entry === undefined || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let next = 2 * i + 1;
      if (next >= heap.length) break;
      if (next + 1 < heap.length && heap[next + 1].key > heap[next].key) next++;
      if (heap[next].key <= entry.key) break;
      heap[i] = heap[next];
      i = next;
    }
    heap[i] = entry;
    return first;
  }
  return {
    get size() {
      return heap.length;
    },
    push,
    pop,
  };
}
