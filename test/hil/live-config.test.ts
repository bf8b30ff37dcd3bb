/** A running daemon and its configuration's file: what it takes, what it refuses, and that a mistake costs nothing. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { startTwin } from "../../twin/index.ts";
import { run, start, workshop } from "./program.ts";

const shop = workshop();
afterAll(() => shop.remove());

type Twin = Awaited<ReturnType<typeof startTwin>>;
let twin: Twin | null = null;
afterEach(async () => {
  await twin?.stop();
  twin = null;
});

it("limits tightened in the file switch a hot board off, and nothing else is disturbed on the way", async () => {
  twin = await startTwin({});
  const file = shop.configFor(twin);
  const change = (more: Record<string, unknown>) => writeFileSync(file, stringify({ ...parse(readFileSync(file, "utf8")), ...more }));
  // Without a terminal, as a service: SIGHUP asks for a reload.
  const daemon = start(["run", "--config", file], { detached: true });
  await daemon.saying(/\[running\]/);

  change({ log: { level: "info" } });
  await daemon.saying(/log\.level: "warning" becomes "info": in force/);

  change({ store: { path: "telemetry.db", sizeBudgetMb: 1000 } });
  await daemon.saying(/store\.sizeBudgetMb: 8192 becomes 1000: in force/);

  const good = readFileSync(file, "utf8");
  writeFileSync(file, `${good}volts: 3\n`);
  await daemon.saying(/the configuration stays as it is: .*:\d+:1: unknown key volts/);

  writeFileSync(file, good.replace("rig: test", "rig: other"));
  daemon.child.kill("SIGHUP");
  await daemon.saying(/rig: "test" becomes "other": needs a restart/);

  writeFileSync(file, good);
  change({ limits: { maxPowerW: 1000 } });
  await daemon.saying(/limits stays as it is: LIMIT_TOO_LOOSE/);
  expect(daemon.said()).not.toContain("[fault]");

  // Below the air's 25 °C: any chip is too hot.
  change({ limits: { maxChipTempC: 20 } });
  await daemon.saying(/\[fault\] SENTINEL: .*is above 20/);
  daemon.child.kill("SIGTERM");
  expect((await daemon.finished).code).toBe(3);
  expect(twin.status().frequencyMhz, "0 means held in reset").toBe(0);
});

it("a variable comes before the file, and an answer says so", async () => {
  const file = shop.configFor({ controlPath: "/dev/pts/900", dataPath: "/dev/pts/901", workScale: 0 });
  const { code, stdout } = await start(["check-config", file, "--json"], { env: { ...process.env, ASICR_API_PORT: "8400" } }).finished;
  expect(code).toBe(0);
  const { values } = JSON.parse(stdout) as { values: { key: string; value: unknown; source: string }[] };
  expect(values.find(({ key }) => key === "api.port")).toMatchObject({ value: 8400, source: "ASICR_API_PORT" });
  const bad = await start(["check-config", file], { env: { ...process.env, ASICR_API_PORT: "x" } }).finished;
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining("ASICR_API_PORT: api.port: expected a whole number")]);
});

it("the doctor ends with 3 where a port is missing, and says what mends it", async () => {
  const file = shop.configFor({ controlPath: "/dev/no-such-control", dataPath: "/dev/no-such-data", workScale: 0 });
  const { code, stdout } = await run(["doctor", "--config", file, "--json"]);
  expect(code).toBe(3);
  const { rows } = JSON.parse(stdout) as { rows: { status: string; says: string; mend: string | null }[] };
  const bad = rows.filter(({ status }) => status === "bad").map(({ says }) => says);
  expect(bad).toEqual(expect.arrayContaining([expect.stringContaining("/dev/no-such-control is not there")]));
  expect(rows.every(({ status, mend }) => (status === "ok") === (mend === null))).toBe(true);
});
