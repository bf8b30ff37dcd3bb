import fc from "fast-check";
import { connectAsync, type IClientPublishOptions } from "mqtt";
import { describe, expect, onTestFinished, test } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { createHub } from "../hub.ts";
import { type CommandActions, type CommandAnswer, commandInbox } from "./commands.ts";
import type { HeardPacket } from "./connection.ts";
import { BROKERS, eventually, freePort, listen, publishTo } from "./mqtt.test-support.ts";
import { EmbeddedBrokers, startMqtt } from "./start.ts";
import type { Message } from "./topics.ts";

const ROOT = "asic/bench";
const patient = { timeout: 20_000 };
const soon = () => Date.now() + 30_000;

function actionsThat(done: string[], over: Partial<CommandActions> = {}): CommandActions {
  return {
    emergencyOff: async () => void done.push("off"),
    stopPlan: async () => {
      done.push("stop");
      return true;
    },
    applySetPoint: async (wanted) => {
      done.push(`${wanted.coreVoltageMv} mV`);
      return wanted;
    },
    ...over,
  };
}

/** An inbox without a broker, of a daemon that has run for an hour. */
function stage(over: Partial<CommandActions> = {}) {
  const done: string[] = [];
  const answers: Message[] = [];
  const lines: string[] = [];
  let wallMs = 0;
  const inbox = commandInbox({
    settings: { role: "operate", actions: actionsThat(done, over) },
    root: ROOT,
    forbiddenPrefix: "homeassistant",
    hub: createHub({ rig: "bench", origin: "twin", software: "", startedWallMs: 0 }),
    wallMs: () => wallMs,
    nowMs: () => wallMs,
    answer: (message) => void answers.push(message),
    tell: (level, text) => void lines.push(`${level}: ${text}`),
  });
  wallMs = 3_600_000;
  const hear = (name: string, body: unknown, more: Partial<HeardPacket> = {}) => {
    const payload = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    inbox.heard({ topic: `${ROOT}/command/${name}`, payload, retained: false, responseTopic: null, correlation: null, ...more });
  };
  const codes = () => answers.map(({ payload }) => (JSON.parse(String(payload)) as CommandAnswer).code);
  return { hear, done, answers, lines, codes, expiresAt: wallMs + 1000, settled: () => new Promise(setImmediate) };
}

describe("commands", () => {
  test("are done and answered: where, whose and from what is in the answer", async () => {
    const { hear, done, answers, expiresAt, settled } = stage();
    hear("set-point", { id: "a", expiresAt, args: { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 8 }, replyTo: "me/answers" });
    await settled();
    expect(done).toEqual(["1200 mV"]);
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({ topic: "me/answers", isAbsolute: true, qos: 1, retain: false });
    expect(JSON.parse(String(answers[0]?.payload))).toEqual({
      ...{ id: "a", command: "set-point", ok: true, code: null, hint: null, wallMs: 3_600_000, origin: "twin" },
      message: "In force: 1200 mV, 485 MHz, difficulty 8.",
    });
  });

  test("whatever is sent is answered, done at most once per id, and never throws", async () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({
        id: fc.constantFrom("a", "b", 7),
        expiresAt: fc.constantFrom(3_600_500, 0, 1e15, "x"),
        replyTo: fc.string(),
        args: fc.object(),
      }),
    );
    const name = fc.constantFrom("emergency-off", "stop-plan", "set-point", "toString", "__proto__", "");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, body), { maxLength: 20 }), async (commands) => {
        const { hear, done, answers, settled } = stage();
        for (const [name, body] of commands) hear(name, body);
        await settled();
        expect(done.length).toBeLessThanOrEqual(2);
        expect(answers).toHaveLength(commands.filter(([, body]) => body !== "").length);
      }),
    );
  });

  test("what is wrong with one is said by a code, with its id where that can be read", async () => {
    const { hear, done, answers, codes, expiresAt, settled } = stage();
    hear("reboot", { id: "a", expiresAt });
    hear("stop-plan", "{");
    hear("stop-plan", { id: "a" });
    hear("stop-plan", { id: "a", expiresAt, args: { now: true } });
    hear("stop-plan", { id: "a", expiresAt, more: 1 });
    hear("set-point", { id: "a", expiresAt, args: { coreVoltageMv: 1200 } });
    hear("stop-plan", JSON.stringify({ id: "a", expiresAt, args: { x: "x".repeat(5000) } }));
    hear("stop-plan", { id: "a", expiresAt }, { retained: true });
    hear("stop-plan", { id: "a", expiresAt: 1 });
    await settled();
    expect(done).toEqual([]);
    expect(codes()).toEqual(["COMMAND_UNKNOWN", ...Array(6).fill("COMMAND_MALFORMED"), "COMMAND_RETAINED", "COMMAND_EXPIRED"]);
    const ids = answers.map(({ payload }) => (JSON.parse(String(payload)) as CommandAnswer).id);
    expect(ids).toEqual(["a", null, "a", "a", "a", "a", null, "a", "a"]);
  });

  test("a device that cannot is quoted: code, message and hint", async () => {
    const { hear, answers, expiresAt, settled } = stage({
      applySetPoint: () => Promise.reject(new DriverError("SETPOINT_REFUSED", "Too high.", "Stay below 1300 mV.")),
    });
    hear("set-point", { id: "a", expiresAt, args: { coreVoltageMv: 9000, frequencyMhz: 485, ticketDifficulty: 8 } });
    await settled();
    expect(JSON.parse(String(answers[0]?.payload))).toMatchObject({ ok: false, code: "SETPOINT_REFUSED", hint: "Stay below 1300 mV." });
  });

  test("no answer goes where others would take it for the rig's own word", async () => {
    for (const topic of ["asic/bench/state", "asic/bench", "homeassistant/device/x/config", "$SYS/x", "a/#", "+", "a\0", "x".repeat(257)]) {
      const { hear, answers, expiresAt, settled } = stage();
      hear("stop-plan", { id: "a", expiresAt, replyTo: topic });
      hear("stop-plan", { id: "b", expiresAt }, { responseTopic: topic });
      await settled();
      expect(
        answers.map((one) => [one.topic, one.isAbsolute]),
        topic,
      ).toEqual(Array(2).fill(["answer", undefined]));
    }
    const { hear, answers, expiresAt } = stage();
    hear("stop-plan", { id: "a", expiresAt, replyTo: "asic/bench/answer/me" }, { retained: true });
    expect(answers[0]).toMatchObject({ topic: "asic/bench/answer/me", isAbsolute: true });
  });

  test("the same order while it is being done joins it; a second move meanwhile is refused", async () => {
    const release: (() => void)[] = [];
    const wait = () => new Promise<void>((resolve) => void release.push(resolve));
    const { hear, codes, expiresAt, settled } = stage({ emergencyOff: wait, applySetPoint: (wanted) => wait().then(() => wanted) });
    const args = { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 8 };
    for (const id of ["a", "b"]) hear("emergency-off", { id, expiresAt });
    for (const id of ["c", "d"]) hear("set-point", { id, expiresAt, args });
    await settled();
    expect(codes()).toEqual(["COMMAND_UNDER_WAY"]);
    expect(release).toHaveLength(2);
    for (const go of release) go();
    await settled();
    expect(codes()).toEqual(["COMMAND_UNDER_WAY", null, null, null]);
  });

  test("a flood is neither answered nor logged in full, and emergency-off comes through it", async () => {
    const { hear, done, answers, lines, expiresAt, settled } = stage();
    for (let i = 0; i < 10_000; i++) hear("stop-plan", "nonsense");
    hear("emergency-off", { id: "a", expiresAt });
    await settled();
    expect(done).toEqual(["off"]);
    expect(answers.length).toBeLessThan(60);
    expect(lines.length).toBeLessThan(20);
    expect(JSON.parse(String(answers.at(-1)?.payload))).toMatchObject({ id: "a", ok: true });
  });
});

/** Sends until somebody answers: the rig's subscription may follow its connection by a moment. */
async function until(answered: () => boolean, send: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + patient.timeout;
  while (!answered()) {
    if (performance.now() > end) throw new Error("nobody answers");
    await send();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.each(BROKERS)("commands by MQTT $protocol with $name", ({ available, protocol, start }) => {
  const stageWith = async () => {
    const { url } = await start(await freePort());
    const done: string[] = [];
    const commander = await connectAsync(url, { reconnectPeriod: 0, protocolVersion: protocol === "5" ? 5 : 4 });
    onTestFinished(() => void commander.end(true));
    const answers: { topic: string; correlation: string | undefined; answer: CommandAnswer }[] = [];
    commander.on("message", (topic, payload, { properties }) => {
      const answer = JSON.parse(payload.toString()) as CommandAnswer;
      answers.push({ topic, correlation: properties?.correlationData?.toString(), answer });
    });
    await commander.subscribeAsync("asic/bench/answer/#", { qos: 1 });
    const send = (name: string, body: object, options: IClientPublishOptions = {}) =>
      commander.publishAsync(`asic/bench/command/${name}`, JSON.stringify(body), { qos: 1, ...options });
    const listenToCommands = async () => {
      const { publisher } = publishTo(url, { protocol, commands: { role: "safe", actions: actionsThat(done) } });
      await eventually(() => publisher.counters().connected).toBe(true);
    };
    const codesOf = (id: string) => answers.filter(({ answer }) => answer.id === id).map(({ answer }) => answer.code);
    return { done, answers, codesOf, send, listenToCommands };
  };

  test.skipIf(!available)("an order is done and answered where it asked, and the same one sent again is refused", async () => {
    const { done, answers, send, listenToCommands } = await stageWith();
    await listenToCommands();
    const order = { id: "a", expiresAt: soon() };
    const replyTo = "asic/bench/answer/me";
    const properties = { responseTopic: replyTo, correlationData: Buffer.from("c1") };
    const sendIt = () => (protocol === "5" ? send("stop-plan", order, { properties }) : send("stop-plan", { ...order, replyTo }));
    await until(() => answers.length > 1, sendIt);
    expect(done).toEqual(["stop"]);
    expect(answers[0]).toMatchObject({ topic: replyTo, answer: { id: "a", ok: true, origin: "twin" } });
    expect(answers[1]).toMatchObject({ topic: replyTo, answer: { id: "a", ok: false, code: "COMMAND_REPLAYED" } });
    for (const { correlation } of answers) expect(correlation).toBe(protocol === "5" ? "c1" : undefined);
  });

  test.skipIf(!available)("an order that the broker kept for whoever comes is not done", async () => {
    const { done, answers, codesOf, send, listenToCommands } = await stageWith();
    await send("emergency-off", { id: "kept", expiresAt: soon() }, { retain: true });
    await listenToCommands();
    await until(
      () => answers.some(({ answer }) => answer.ok),
      () => send("stop-plan", { id: `b${Date.now()}`, expiresAt: soon() }),
    );
    // MQTT 5 does not even deliver it.
    expect(codesOf("kept")).toEqual(protocol === "5" ? [] : ["COMMAND_RETAINED"]);
    if (protocol === "5") {
      await send("emergency-off", { id: "live", expiresAt: soon() }, { retain: true });
      await eventually(() => codesOf("live")).toEqual(["COMMAND_RETAINED"]);
    }
    expect(done).not.toContain("off");
  });
});

describe("commands to the broker inside", () => {
  const start = async (withCommands: boolean) => {
    const done: string[] = [];
    const hub = createHub({ rig: "bench", origin: "twin", software: "", startedWallMs: 1 });
    const commands = { role: "safe", actions: actionsThat(done) } as const;
    const mqtt = await startMqtt(
      { hub, base: "asic", rig: "bench", url: null, port: 0, ...(withCommands ? { commands } : {}) },
      new EmbeddedBrokers(),
    );
    onTestFinished(() => mqtt.close());
    await eventually(() => mqtt.counters().connected).toBe(true);
    const client = await connectAsync(mqtt.url, { reconnectPeriod: 0 });
    onTestFinished(() => void client.end(true));
    client.on("error", () => undefined);
    return { mqtt, done, client };
  };

  test("reach it where they are enabled, answered for all to see; nothing else may be published", async () => {
    const { mqtt, done, client } = await start(true);
    const witness = await listen(mqtt.url, "asic/#");
    const order = () =>
      client.publishAsync("asic/bench/command/emergency-off", JSON.stringify({ id: `a${Date.now()}`, expiresAt: soon() }));
    await until(() => witness.texts("asic/bench/answer").length > 0, order);
    expect(done[0]).toBe("off");
    const cut = new Promise<void>((resolve) => client.once("close", () => resolve()));
    client.publish("asic/bench/state", "forged");
    await cut;
    expect(witness.texts("asic/bench/state").filter((text) => text === "forged")).toEqual([]);
  });

  test("are cut off where they are not enabled, and when retained", async () => {
    for (const [withCommands, retain] of [
      [false, false],
      [true, true],
    ] as const) {
      const { done, client } = await start(withCommands);
      const cut = new Promise<void>((resolve) => client.once("close", () => resolve()));
      client.publish("asic/bench/command/emergency-off", JSON.stringify({ id: "a", expiresAt: soon() }), { retain });
      await cut;
      expect(done).toEqual([]);
    }
  });
});
