import { beforeEach, expect, test } from "vitest";
import type { Clock } from "../../common/clock.ts";
import { AnswerCollector, type Question } from "./answer-collector.ts";

/** Sleeps end when the test lets them. */
class HeldClock implements Pick<Clock, "sleep"> {
  readonly sleeping: { ms: number; end: () => void }[] = [];

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = { ms, end: resolve };
      this.sleeping.push(entry);
      signal?.addEventListener("abort", () => {
        this.sleeping.splice(this.sleeping.indexOf(entry), 1);
        reject(signal.reason);
      });
    });
  }

  /** The one sleep there is passes. */
  pass(): number {
    const [only, ...others] = this.sleeping.splice(0);
    if (only === undefined || others.length > 0) throw new Error("not one sleep");
    only.end();
    return only.ms;
  }
}

let clock: HeldClock;
let collector: AnswerCollector<string>;
let asked: string[];
const settled = () => new Promise((resolve) => setImmediate(resolve));
const question = (name: string, more: Partial<Question<string>> = {}): Question<string> => ({
  ask: async () => asked.push(name),
  isEnough: (answers) => answers.length >= 2,
  timeoutMs: 100,
  quietMs: 10,
  ...more,
});

beforeEach(() => {
  clock = new HeldClock();
  collector = new AnswerCollector(clock);
  asked = [];
});

test("resolves with all that was there when it was enough, and leaves no timer behind", async () => {
  const answers = collector.collect(question("a"));
  await settled();
  expect(collector.push("1")).toBe(true);
  collector.push("2");
  collector.push("3");
  await expect(answers).resolves.toEqual(["1", "2", "3"]);
  expect(clock.sleeping).toEqual([]);
});

test("waits longer for a first answer than for another one", async () => {
  const answers = collector.collect(question("a"));
  await settled();
  expect(clock.sleeping.map(({ ms }) => ms)).toEqual([100]);
  collector.push("1");
  await settled();
  expect(clock.pass()).toBe(10);
  await expect(answers).resolves.toEqual(["1"]);
});

test("asks one question at a time, each after what follows from the one before, also when that one fails", async () => {
  const log: string[] = [];
  const first = collector.collect(
    question("a", {
      ask: () => Promise.reject(new Error("no link")),
      after: (received) => log.push(`a: ${received}`),
    }),
  );
  const second = collector.collect(question("b", { before: async () => void log.push("before b") }));
  expect(collector.answers).toBeNull();
  await expect(first).rejects.toThrow("no link");
  await settled();
  expect(log).toEqual(["a: 0", "before b"]);
  expect(asked).toEqual(["b"]);
  expect(collector.answers).toEqual([]);
  clock.pass();
  await expect(second).resolves.toEqual([]);
});

test("takes no answer that nobody asked for", async () => {
  expect(collector.push("early")).toBe(false);
  const answers = collector.collect(question("a"));
  await settled();
  clock.pass();
  await expect(answers).resolves.toEqual([]);
  expect(collector.push("late")).toBe(false);
});

test("ends at once when its caller gives up, and goes on with the next", async () => {
  const leave = new AbortController();
  const first = collector.collect(question("a", { signal: leave.signal }));
  const second = collector.collect(question("b"));
  await settled();
  leave.abort(new Error("enough"));
  await expect(first).rejects.toThrow("enough");
  await settled();
  expect(asked).toEqual(["a", "b"]);
  clock.pass();
  await second;
});

test("ends what waits and refuses what comes once the link is gone", async () => {
  const waiting = collector.collect(question("a"));
  await settled();
  collector.end(new Error("cable pulled"));
  await expect(waiting).rejects.toThrow("cable pulled");
  await expect(collector.collect(question("b"))).rejects.toThrow("cable pulled");
  expect(asked).toEqual(["a"]);
  expect(clock.sleeping).toEqual([]);
});
