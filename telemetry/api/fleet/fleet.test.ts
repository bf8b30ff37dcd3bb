import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numberedNonces } from "../../store/rows.test-support.ts";
import { ask, runApi } from "../api.test-support.ts";
import { aSnapshotOfEverything } from "../snapshot.test-support.ts";
import { axeOsInfo, shortDifficulty } from "./axe-os.ts";
import { replyTo } from "./commands.ts";

/** Sends the parts and reads until the other side ends. */
function talk(port: number, parts: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1");
    socket.setEncoding("utf8");
    socket.on("data", (part) => {
      text += part;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(text));
    for (const part of parts) socket.write(part);
  });
}

async function rig(others: readonly string[] = []) {
  const running = await runApi({ fleetSocket: { host: "127.0.0.1", port: 0 }, others });
  aSnapshotOfEverything(running.hub);
  const batch = numberedNonces(0, 3);
  batch.difficultyLog2.set([3, 10, 20]);
  batch.status.set([0, 0, 1]);
  running.hub.publishNonces(batch);
  return { ...running, port: running.api.fleetPort as number };
}

describe("tools that know AxeOS", () => {
  test("read a rig in its units; a twin's name says that it is one, and there is no pool", async () => {
    const { api } = await rig();
    const info = axeOsInfo.parse((await ask(api, "/api/system/info?ts=1")).json());
    expect(info).toMatchObject({ origin: "twin", hostname: "bench-twin", ASICModel: "BM1366", asicCount: 1, smallCoreCount: 894 });
    expect(info).toMatchObject({ hashRate: 430.5, power: 11.5, voltage: 5000, current: null, temp: 52.5, vrTemp: 61, frequency: 485 });
    expect(info).toMatchObject({ coreVoltage: 1200, coreVoltageActual: 1198, bestDiff: "1.02k", sharesAccepted: 0, stratumURL: "" });
  });

  test("see a fault and its reason", async () => {
    const { api, hub } = await rig();
    hub.publish("state", { state: "fault", stateReason: "the chip is too hot" });
    hub.publish("safety", { action: "power-off", rule: "over-temperature", reason: "", margins: [] });
    expect((await ask(api, "/api/system/info")).json()).toMatchObject({ overheat_mode: 1, power_fault: "the chip is too hot" });
  });

  test.each([
    [null, "0"],
    [1, "1.00"],
    [999, "999.00"],
    [1234567, "1.23M"],
    [2 ** 80, "1208925.82E"],
  ])("difficulty %s is written %s", (difficulty, text) => expect(shortDifficulty(difficulty)).toBe(text));
});

describe("tools that know cgminer", () => {
  test("get one reply with a NUL at its end, however the request is cut, and the connection is closed", async () => {
    const { port } = await rig();
    for (const parts of [['{"command":"summary"}'], ['{"comm', 'and":"summary"}'], ['{"command":"summary"}\n']]) {
      const reply = await talk(port, parts);
      expect(reply.endsWith("\0")).toBe(true);
      const { STATUS, SUMMARY } = JSON.parse(reply.slice(0, -1));
      expect(STATUS).toMatchObject([{ STATUS: "S", Code: 11, Description: "0.1.0 (origin: twin)" }]);
      expect(SUMMARY).toMatchObject([
        { "MHS 5s": 430_500, "GHS av": 430.5, Accepted: 0, "Hardware Errors": 1, "Best Share": 1024, Origin: "twin" },
      ]);
    }
  });

  test("find board, version, statistics and no pools, also several at once", async () => {
    const { port } = await rig();
    const reply = JSON.parse((await talk(port, ['{"command":"devs+pools+version+stats"}'])).slice(0, -1));
    expect(reply.devs[0].DEVS).toMatchObject([{ ASC: 0, Name: "BM1366", Status: "Alive", Temperature: 52.5, Origin: "twin" }]);
    expect(reply.pools[0]).toMatchObject({ STATUS: [{ Code: 7, Msg: "0 Pool(s)" }], POOLS: [] });
    expect(reply.version[0].VERSION).toMatchObject([{ API: "3.7", Origin: "twin" }]);
    expect(reply.stats[0].STATS).toMatchObject([{ chain_acn1: 1, freq_avg1: 485, temp_chip1: 52.5, fan1: 4200 }]);
  });

  test("count several boards as devices of one miner: rates and errors add up, what is unknown of one board is not of the others", async () => {
    const { port, hubs } = await rig(["bench-s9", "bench-cold"]);
    const second = hubs[1] as (typeof hubs)[0];
    aSnapshotOfEverything(second);
    second.publish("state", { state: "fault", stateReason: "gone" });
    const batch = numberedNonces(0, 2);
    batch.difficultyLog2.set([12, 3]);
    batch.status.set([0, 1]);
    second.publishNonces(batch);
    const reply = JSON.parse((await talk(port, ['{"command":"summary+devs+stats"}'])).slice(0, -1));
    expect(reply.summary[0].SUMMARY).toMatchObject([{ "MHS 5s": 861_000, "GHS av": 861, "Hardware Errors": 2, "Best Share": 4096 }]);
    expect(reply.devs[0].DEVS).toMatchObject([
      { ASC: 0, Status: "Alive", "MHS 5s": 430_500 },
      { ASC: 1, Status: "Sick", "MHS 5s": 430_500, "Hardware Errors": 1 },
    ]);
    expect(reply.stats[0].STATS).toMatchObject([{ ID: "BM13660" }, { ID: "BM13661" }, { STATS: 2, chain_acn1: 0 }]);
  });

  test("cannot change anything: what is not one of the five is an invalid command", async () => {
    const { port } = await rig();
    for (const command of ["restart", "quit", "addpool", "switchpool", "ascset", "constructor", "__proto__", "summary "])
      expect(JSON.parse((await talk(port, [JSON.stringify({ command })])).slice(0, -1)).STATUS, command).toMatchObject([
        { STATUS: "E", Code: 14 },
      ]);
  });

  test("it is off unless asked for", async () => {
    const { api } = await runApi();
    expect(api.fleetPort).toBeNull();
  });

  test("whatever they send, there is a reply or the end of the connection, and the next one is answered", async () => {
    const { port } = await rig();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1500 }), async (bytes) => {
        const reply = await talk(port, [bytes, "\n"]);
        if (reply !== "") expect(JSON.parse(reply.slice(0, -1)).STATUS).toMatchObject([{ STATUS: "E" }]);
      }),
      { numRuns: 40 },
    );
    expect(await talk(port, ["x".repeat(5000)])).toBe("");
    expect(await talk(port, ['{"command":"version"}'])).toContain('"API"');
  });

  test("any text has a reply", () => {
    const tally = {
      nonces: { valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 },
      bestDifficulty: null,
      meanHashRateGhs: null,
    };
    const snapshot = {
      software: "0",
      origin: "twin",
      board: null,
      readings: null,
      setPoint: null,
      state: "cold",
      startedWallMs: 0,
    } as never;
    const source = { snapshot, wallMs: 1, tally };
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string().map((command) => JSON.stringify({ command })),
    );
    fc.assert(fc.property(text, (request) => void expect(replyTo(request, [source])).toHaveProperty("id", 1)));
  });
});
