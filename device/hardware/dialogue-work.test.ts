import { expect, test } from "vitest";
import { DriverError } from "../../common/errors.ts";
import type { ChainDialogue } from "../../drivers/bm13xx/chain-dialogue.ts";
import type { ChainDialogueOptions } from "../../drivers/bm13xx/exchange.ts";
import { DialogueWork } from "./dialogue-work.ts";

const OPTIONS = { depth: 1, deadlineMs: 1, onExchange: () => {} };

function staged(open?: (options: ChainDialogueOptions) => ChainDialogue) {
  const calls: string[] = [];
  const failures: unknown[] = [];
  let opened: ChainDialogueOptions | null = null;
  const steady = {
    start: () => void calls.push("steady start"),
    fresh: async () => void calls.push("steady fresh"),
    renewLease: (ttlMs: number) => void calls.push(`steady renew ${ttlMs}`),
    stop: () => void calls.push("steady stop"),
  };
  const dialogue = {
    renew: (ttlMs: number) => void calls.push(`dialogue renew ${ttlMs}`),
    stop: () => void calls.push("dialogue stop"),
  } as unknown as ChainDialogue;
  const events = { jobs: () => {}, failed: (error: unknown) => void failures.push(error), note: () => {} };
  const work = new DialogueWork(
    steady,
    (options) => {
      opened = options;
      return open ? open(options) : dialogue;
    },
    events,
  );
  return { work, calls, failures, opened: () => opened as unknown as ChainDialogueOptions };
}

test("the steady flow stands still while a dialogue goes on, and one lease covers both", async () => {
  const { work, calls } = staged();
  work.start();
  work.renewLease(1);
  const dialogue = work.startDialogue(OPTIONS);
  work.renewLease(2);
  await work.fresh();
  dialogue.stop();
  await work.fresh();
  expect(calls).toEqual([
    "steady start",
    "steady renew 1",
    "steady stop",
    "steady renew 2",
    "dialogue renew 2",
    "dialogue stop",
    "steady start",
    "steady fresh",
  ]);
});

test("a dialogue that is refused leaves the steady flow alone", () => {
  const { work, calls } = staged(() => {
    throw new DriverError("DIALOGUE_REFUSED", "no", "no");
  });
  work.start();
  expect(() => work.startDialogue(OPTIONS)).toThrow("no");
  expect(calls).toEqual(["steady start"]);
});

test("work that was stopped is not started by the end of a dialogue", () => {
  const { work, calls } = staged();
  work.start();
  const dialogue = work.startDialogue(OPTIONS);
  work.stop();
  dialogue.stop();
  expect(calls.filter((call) => call === "steady start")).toHaveLength(1);
  expect(calls.filter((call) => call === "dialogue stop")).toHaveLength(1);
});

test("the end of a dialogue by itself is a failure of the work", () => {
  const { work, failures, opened } = staged();
  work.startDialogue(OPTIONS);
  const reason = new DriverError("DIALOGUE_ENDED", "gone", "");
  opened().onEnd(reason);
  expect(failures).toEqual([reason]);
});
