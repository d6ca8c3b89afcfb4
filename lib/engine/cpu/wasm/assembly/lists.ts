// A phase whose parts differ: each is a list of calls of its own.

import { CallList } from "./_abi";
import { runCalls } from "./_value_calls";

/** Runs one of the lists that lie one after the other. */
export function runList<T>(listsAt: usize, list: i32): void {
  const calls = changetype<CallList>(listsAt + <usize>list * offsetof<CallList>());
  runCalls<T>(<usize>calls.callsAt, <i32>calls.count, 0);
}
