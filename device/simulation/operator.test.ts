import { existsSync, readdirSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { openForTest, temporaryFolder } from "../../telemetry/store/store.test-support.ts";
import { EventLog } from "./event-log.ts";
import { Invariants } from "./invariants.ts";
import { Operator, type OperatorParts } from "./operator.ts";
import type { Order } from "./operator-order.ts";
import { VirtualTime } from "./virtual-time.ts";

const order = (name: Order["name"]): Order => ({ name, moment: null, nth: 1, afterMs: 0, board: 0, share: 0.1 });

/** What the observer says of a daemon that answers so, and does nothing, within two seconds of an order. */
async function rulesBroken(name: Order["name"], status: number, changes: object = {}): Promise<string[]> {
  const time = new VirtualTime({ next: () => 0.5 });
  const invariants = new Invariants(() => time.nowNs, false);
  invariants.entered("identified", "found");
  const operator = new Operator({
    time,
    log: new EventLog(() => time.nowNs),
    boards: [{ name: "rig", invariants }],
    host: () => ({ listens: true, ask: (_: string, __: string, answered: (answer: object) => void) => answered({ status, body: {} }) }),
    process: () => ({ alive: true, blocked: false, blockedUntilNs: 0 }),
    stopping: () => false,
    ledger: { rows: 1, look: () => {}, differences: () => ["nonces row 1/0 was committed and is gone"] },
    storePath: "absent.db",
    ...changes,
  } as unknown as OperatorParts);
  operator.schedule([order(name)]);
  await time.pass(
    () => time.nowNs > 2e9,
    (error) => {
      throw error;
    },
  );
  return invariants.violations.map(({ rule }) => rule);
}

it("sees that emergency-off was accepted and nothing went off", async () => {
  expect(await rulesBroken("emergency-off", 202)).toEqual(["emergency-off-obeyed"]);
});

it("asks nothing of a process that hung, or was told to end meanwhile", async () => {
  expect(await rulesBroken("emergency-off", 202, { process: () => ({ alive: true, blocked: true, blockedUntilNs: 5e9 }) })).toEqual([]);
});

it("sees an answer that says the daemon is broken; that something is not available is none", async () => {
  expect(await rulesBroken("read", 500)).toEqual(["answers"]);
  expect(await rulesBroken("read", 503)).toEqual([]);
});

/** A folder of its own with a record in it, as a simulation has. */
async function inWorkingFolder(): Promise<string> {
  const folder = temporaryFolder();
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));
  await openForTest({ path: "record.db", inProcess: true });
  return folder;
}

it("sees that a copy of the record lacks what was seen committed, and keeps no copy", async () => {
  const folder = await inWorkingFolder();
  expect(await rulesBroken("backup", 200, { storePath: "record.db" })).toEqual(["backup-is-whole"]);
  const whole = { rows: 1, look: () => {}, differences: () => [] };
  expect(await rulesBroken("backup", 200, { storePath: "record.db", ledger: whole })).toEqual([]);
  expect(readdirSync(folder).filter((name) => name.startsWith("backup"))).toEqual([]);
});

it("compares the copy, not the record it was made of, with all that was seen until then", async () => {
  await inWorkingFolder();
  const did: string[] = [];
  const ledger = {
    rows: 1,
    look: () => void did.push("look"),
    differences: (file?: string) => {
      did.push(`differences ${file}, ${file !== undefined && existsSync(file) ? "there" : "absent"}`);
      return [];
    },
  };
  await rulesBroken("backup", 200, { storePath: "record.db", ledger });
  expect(did).toEqual(["look", "differences backup-1.db, there"]);
});
