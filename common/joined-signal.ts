/**
 * A signal that aborts with the first of several. AbortSignal.any does the same, and leaves a word with each of them about every signal made from it, some 30 to
 * 100 bytes for as long as that one lives (Node 20): of a rig's own signal that is days, with several joined a second.
 */
export interface JoinedSignal {
  readonly signal: AbortSignal;
  /** Leaves no trace with any of them; what they do from then on is not heard. */
  release(): void;
}

export function joinedSignal(...signals: readonly (AbortSignal | undefined)[]): JoinedSignal {
  const either = new AbortController();
  const end = ({ target }: Event) => either.abort((target as AbortSignal).reason);
  const joined = signals.filter((signal) => signal !== undefined);
  for (const signal of joined) {
    if (signal.aborted) either.abort(signal.reason);
    signal.addEventListener("abort", end);
  }
  return {
    signal: either.signal,
    release() {
      for (const signal of joined) signal.removeEventListener("abort", end);
    },
  };
}
