/** A running daemon and a broker: what is published of it, and what it can be told. */
import { randomUUID } from "node:crypto";
import { connectAsync } from "mqtt";
import { afterAll, afterEach, expect, it, onTestFinished } from "vitest";
import type { CommandAnswer } from "../../telemetry/mqtt/commands.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { startTwin } from "../../twin/index.ts";
import { start, workshop } from "./program.ts";

const shop = workshop();
afterAll(() => shop.remove());

type Twin = Awaited<ReturnType<typeof startTwin>>;
let twin: Twin | null = null;
afterEach(async () => {
  await twin?.stop();
  twin = null;
});

it("commands end a plan and let the rig mine on, and switch it off; each is answered", async () => {
  twin = await startTwin({});
  const plan = ["sweep"];
  const sweep = { coreVoltageMv: [1200], frequencyMhz: [500], settleMs: 500, dwellMs: 600_000 };
  const daemon = start(["run", "--config", shop.configFor(twin, { plan, sweep, mqtt: { commands: "safe", homeAssistant: "on" } })]);
  const [, url = ""] = await daemon.saying(/MQTT: +(mqtt:\S+)/);
  const client = await connectAsync(url, { reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  const answers = new Map<string | null, CommandAnswer>();
  const latest = new Map<string, string>();
  client.on("message", (topic, payload) => {
    if (topic.endsWith("/answer")) {
      const answer = JSON.parse(payload.toString()) as CommandAnswer;
      answers.set(answer.id, answer);
    }
    latest.set(topic, payload.toString());
  });
  await client.subscribeAsync("#", { qos: 1 });
  const tell = async (command: string, args: object = {}): Promise<CommandAnswer> => {
    const id = randomUUID();
    await client.publishAsync(`asic-reservoir/test/command/${command}`, JSON.stringify({ id, expiresAt: Date.now() + 30_000, args }), {
      qos: 1,
    });
    await expect.poll(() => answers.has(id), { timeout: 60_000 }).toBe(true);
    return answers.get(id) as CommandAnswer;
  };
  const said = (topic: string) => JSON.parse(latest.get(`asic-reservoir/test/${topic}`) ?? "{}") as Record<string, unknown>;

  await expect.poll(() => said("run"), { timeout: 60_000 }).toMatchObject({ kind: "sweep", status: "running", origin: "twin" });
  expect(await tell("set-point", { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 1 })).toMatchObject({
    code: "COMMAND_FORBIDDEN",
  });
  expect(await tell("stop-plan")).toMatchObject({ ok: true, message: "The plan was told to end.", origin: "twin" });
  await expect.poll(() => said("run"), { timeout: 60_000 }).toMatchObject({ kind: "mining", status: "running" });
  expect(said("state")).toMatchObject({ state: "running" });
  expect(await tell("stop-plan")).toMatchObject({ ok: true, message: "No plan is in progress." });
  expect(latest.get("homeassistant/device/asic-reservoir_test/config")).toContain("test (twin)");

  expect(await tell("emergency-off")).toMatchObject({ ok: true, message: "Core power is off." });
  await daemon.saying(/\[fault\] EMERGENCY_OFF/);
  expect(said("state")).toMatchObject({ state: "fault" });
  daemon.child.kill("SIGTERM");
  expect((await daemon.finished).code).toBe(3);
  expect(twin.status().frequencyMhz, "0 means held in reset").toBe(0);
  const record = await openStore({ path: shop.file("telemetry.db"), readonly: true });
  const lines = await Promise.all([null, ...(await record.listRuns()).map(({ id }) => id)].map((run) => record.events(run, 1000)));
  await record.close();
  const commands = lines.flat().filter(({ source }) => source === "mqtt");
  for (const done of [/^command "set-point" .* refused/, /^command stop-plan .* is being done/, /^command emergency-off .* is being done/])
    expect(commands.map(({ text }) => text)).toContainEqual(expect.stringMatching(done));
}, 180_000);
