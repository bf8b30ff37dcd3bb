import { describe, expect, it } from "vitest";
import type { Clock } from "../../common/clock.ts";
import { leftWith } from "../../common/left-with.test-support.ts";
import { SetPointTurns } from "./set-point-turns.ts";

/** Advances when told. */
class SetClock implements Clock {
  ms = 0;
  nowNs = () => BigInt(this.ms) * 1_000_000n;
  wallMs = () => this.ms;
  sleep = () => Promise.reject(new Error("nobody sleeps here"));
}

/** Resolves when told, or rejects with the reason when its signal aborts. */
function held(signal: AbortSignal) {
  return new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

const plan = (steps: (() => Promise<unknown>)[], budgetMs = 1000) => ({ steps, budgetMs, slowHint: "Cut it." });

describe("set-points of a chain", () => {
  it("run one at a time, in order, also after one that failed", async () => {
    const turns = new SetPointTurns();
    const done: string[] = [];
    const first = turns.take(undefined, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      done.push("first");
      throw new Error("no");
    });
    const second = turns.take(undefined, async () => void done.push("second"));
    await expect(first).rejects.toThrow("no");
    await second;
    expect(done).toEqual(["first", "second"]);
  });

  it("are not begun by who has left meanwhile", async () => {
    const turns = new SetPointTurns();
    const left = new AbortController();
    left.abort(new Error("left"));
    await expect(turns.take(left.signal, async () => "never")).rejects.toThrow("left");
    expect(await turns.take(undefined, async () => "next")).toBe("next");
  });

  it("leave nothing with the signal of a plan of thousands of them", async () => {
    const turns = new SetPointTurns();
    const plan = new AbortController();
    for (let point = 0; point < 1000; point++) await turns.take(plan.signal, async () => point);
    expect(leftWith(plan.signal)).toBe(0);
  });
});

describe("shutting down", () => {
  it("stops what is under way, goes through its steps, and lets nothing begin after it", async () => {
    const turns = new SetPointTurns();
    const done: string[] = [];
    const underWay = turns.take(undefined, held);
    const reason = turns.shutDown(() => plan([async () => done.push("ramp"), async () => done.push("confirm")]), new SetClock());
    await expect(underWay).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
    expect(await reason).toBeNull();
    expect(done).toEqual(["ramp", "confirm"]);
    await expect(turns.take(undefined, async () => done.push("late"))).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
    expect(done).toHaveLength(2);
  });

  it("says what stopped it: a step that failed, or its time", async () => {
    expect(
      await new SetPointTurns().shutDown(
        () =>
          plan([
            async () => {
              throw new Error("silent");
            },
          ]),
        new SetClock(),
      ),
    ).toMatchObject({ message: "silent" });
    const clock = new SetClock();
    const done: string[] = [];
    const slow = async () => {
      done.push("slow");
      clock.ms += 600;
    };
    expect(await new SetPointTurns().shutDown(() => plan([slow, slow, slow]), clock)).toMatchObject({
      code: "SHUT_DOWN_SLOW",
      hint: "Cut it.",
    });
    expect(done).toEqual(["slow", "slow"]);
  });
});
