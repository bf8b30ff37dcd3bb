import { describe, expect, it } from "vitest";
import { joinedSignal } from "./joined-signal.ts";
import { leftWith } from "./left-with.test-support.ts";

describe("a signal joined of several", () => {
  it("aborts with the first of them and its reason", () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const { signal } = joinedSignal(first.signal, undefined, second.signal);
    expect(signal.aborted).toBe(false);
    second.abort("the second");
    first.abort("the first");
    expect(signal.reason).toBe("the second");
  });

  it("is aborted from the beginning where one of them is", () => {
    const { signal } = joinedSignal(new AbortController().signal, AbortSignal.abort("long ago"), AbortSignal.abort("later"));
    expect(signal.reason).toBe("long ago");
  });

  it("leaves nothing with them when it is released, where AbortSignal.any leaves something", () => {
    const long = new AbortController();
    for (let round = 0; round < 100; round++) joinedSignal(long.signal, new AbortController().signal).release();
    expect(leftWith(long.signal)).toBe(0);
    AbortSignal.any([long.signal]);
    expect(leftWith(long.signal)).toBe(1);
  });

  it("hears nothing any more once it is released", () => {
    const one = new AbortController();
    const { signal, release } = joinedSignal(one.signal);
    release();
    one.abort();
    expect(signal.aborted).toBe(false);
  });
});
