import { describe, expect, it } from "vitest";
import { AnswerBook, AnswerSequence, type RecordedAnswer } from "./recorded-answers.ts";

/** Answers are numbered by the places of their frames. */
function bookOf(keys: readonly string[]): AnswerBook {
  const book = new AnswerBook();
  keys.forEach((key, i) => {
    book.enter(key).push({ afterNs: i, bytes: new Uint8Array(0) });
  });
  return book;
}

const placeOf = (answer: readonly RecordedAnswer[] | null) => answer?.[0]?.afterNs ?? null;
const ask = (book: AnswerBook, keys: string) => [...keys].map((key) => placeOf(book.ask(key)));

describe("frames that may be asked at any time", () => {
  it("answer in their order to a host that asks in it", () => {
    expect(ask(bookOf([..."arbrcrdr"]), "arbrcrdr")).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("mean what was asked before them: a read after b is the one after b", () => {
    expect(ask(bookOf([..."arbrcr"]), "brar")).toEqual([2, 3, 0, 1]);
  });

  it("of something that comes at its own times do not lead the rest astray", () => {
    // A heartbeat, h, comes earlier than it was recorded.
    expect(ask(bookOf([..."1r2r3rh4r"]), "1rh2r3r4r")).toEqual([0, 1, 6, 2, 3, 4, 5, 7, 8]);
  });

  it("mean what was set last, though a heartbeat stands between where none was recorded, and the other way round", () => {
    // Every command begins with pq: sX sets a value, g asks for the one that is set, h is a heartbeat.
    const book = bookOf([..."pqsXpqgrpqhpqsYpqhpqgrpqhpqsZpqgr"]);
    expect(ask(book, "pqsXpqhpqgr").at(-1)).toBe(7);
    expect(ask(book, "pqsYpqgr").at(-1)).toBe(21);
    expect(ask(book, "pqhpqsZpqhpqgr").at(-1)).toBe(32);
  });

  it("are found again behind a wait that was longer when it was recorded, though a part of them stands before it too", () => {
    // v asks for the version, and is a value as well.
    const recorded = [
      "pqvr",
      "pqsX",
      ..."h"
        .repeat(40)
        .split("")
        .map(() => "pqh"),
      "pqsv",
      "pqgr",
      "pqsZ",
      "pqgr",
    ];
    const book = bookOf([...recorded.join("")]);
    expect(ask(book, "pqvrpqsXpqhpqhpqsvpqgr").at(-1)).toBe(8 + 120 + 7);
  });

  it("are told apart by device: what comes to another one is no context", () => {
    const book = new AnswerBook((key) => (/[0-9]/.test(key) ? "fan" : "pic"));
    [..."aXr1bXr"].forEach((key, i) => {
      book.enter(key).push({ afterNs: i, bytes: new Uint8Array(0) });
    });
    expect(ask(book, "b1X1r").at(-1)).toBe(6);
    expect(ask(book, "a1X1r").at(-1)).toBe(2);
  });

  it("go on with their last answer when the recording is over", () => {
    expect(ask(bookOf([..."xaa"]), "xaaaa")).toEqual([0, 1, 2, 2, 2]);
  });

  it("that were never recorded have none", () => {
    expect(bookOf(["a"]).ask("b")).toBeNull();
    expect(new AnswerBook().ask("b")).toBeNull();
  });
});

describe("frames that come in an order", () => {
  it("are found from the last one on, and those left out are counted", () => {
    const jobs = new AnswerSequence();
    for (const [i, key] of [..."abca"].entries()) jobs.enter(key).push({ afterNs: i, bytes: new Uint8Array(0) });
    expect(placeOf(jobs.ask("a"))).toBe(0);
    expect(placeOf(jobs.ask("c"))).toBe(2);
    expect(jobs.ask("b")).toBeNull();
    expect(placeOf(jobs.ask("a"))).toBe(3);
    expect(jobs.skipped).toBe(1);
  });
});
