import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { StoreError } from "../../common/errors.ts";
import { openStore } from "../store/client.ts";
import { newRun, numberedNonces } from "../store/rows.test-support.ts";
import { temporaryFolder } from "../store/store.test-support.ts";
import { ask, emptyStore, runApi } from "./api.test-support.ts";

describe("what it serves", () => {
  test("the dashboard with headers that let nothing foreign in", async () => {
    const { api } = await runApi();
    const page = await ask(api, "/");
    expect(page.status).toBe(200);
    expect(page.text).toContain("<title>rig</title>");
    expect(page.headers).toMatchObject({
      "content-security-policy": expect.stringContaining("default-src 'self'"),
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
  });

  test("the state as the hub has it now, and health", async () => {
    const { api, hub } = await runApi();
    hub.publish("state", { state: "fault", stateReason: "over-temperature" });
    expect((await ask(api, "/api/v1/state")).json()).toEqual(hub.snapshot());
    expect((await ask(api, "/healthz")).json()).toEqual({ status: "ok" });
    const head = await ask(api, "/api/v1/state", { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, text: "" });
  });

  test("runs, one run, its results and its nonces, chunk by chunk, from a real database", async () => {
    const store = await openStore({ path: join(temporaryFolder(), "t.db") });
    onTestFinished(() => store.close());
    const { api } = await runApi({ store });
    const runId = await store.startRun(newRun);
    const batch = numberedNonces(0, 3);
    batch.tNs[2] = 2n ** 63n - 1n;
    batch.difficultyLog2[1] = Number.NaN;
    store.addNonces(runId, batch);
    await store.putResult(runId, "narma10", "twin", { nrmse: 0.5 });
    expect((await ask(api, "/api/v1/runs")).json()).toMatchObject([{ id: runId, origin: "twin" }]);
    expect((await ask(api, `/api/v1/runs/${runId}`)).json()).toMatchObject({ ...newRun, nonces: 3, chunks: 1 });
    expect((await ask(api, `/api/v1/runs/${runId}/results`)).json()).toMatchObject([
      { kind: "narma10", origin: "twin", value: { nrmse: 0.5 } },
    ]);
    expect((await ask(api, `/api/v1/runs/${runId}/nonces`)).json()).toMatchObject({
      origin: "twin",
      chunk: 0,
      chunks: 1,
      length: 3,
      columns: { tNs: ["1000000000000000", "1000000001000000", "9223372036854775807"], nonce: [0, 1, 2], difficultyLog2: [0, null, 0] },
    });
  });

  test("what was asked for, to clients that offer HTTP/2 with it", async () => {
    const { api } = await runApi();
    const offer = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA" };
    expect(await ask(api, "/healthz", { headers: offer })).toMatchObject({ status: 200, headers: { connection: "close" } });
    expect(await ask(api, "/", { headers: offer })).toMatchObject({ status: 200, text: expect.stringContaining("<title>rig</title>") });
    expect(await ask(api, "/api/v1/runs/7", { headers: offer })).toMatchObject({ status: 404 });
    expect(await ask(api, "/healthz", { headers: { ...offer, origin: "http://evil.example" } })).toMatchObject({ status: 403 });
  });
});

describe("what it refuses", () => {
  const problem = { "content-type": "application/problem+json" };

  test("what is not there is a problem with a hint", async () => {
    const { api } = await runApi();
    for (const path of ["/api/v1/runs/7", "/api/v1/runs/7/results", "/api/v1/runs/7/nonces", "/api/v1/nothing", "/nothing.html", "/ws"]) {
      const response = await ask(api, path);
      expect(response, path).toMatchObject({ status: 404, headers: problem });
      expect(response.json(), path).toMatchObject({ status: 404, code: "NOT_FOUND", hint: expect.stringMatching(/\w/) });
    }
  });

  test("a chunk that does not exist or is no number", async () => {
    const run = {
      ...newRun,
      id: 7,
      status: "finished",
      startedWallMs: 0,
      endedWallMs: 1,
      software: null,
      configSha256: null,
      commitIntervalMs: 1000,
      lastCommitWallMs: 1,
      commits: null,
      imported: null,
      nonces: 3,
      jobs: 0,
      setPoints: 0,
      samples: 0,
      chunks: 2,
      dropped: [],
    } as const;
    const { api } = await runApi({
      store: { ...emptyStore, run: async () => run },
    });
    for (const chunk of ["2", "-1", "x", "1e3", "99999999999999999999"]) {
      const response = await ask(api, `/api/v1/runs/7/nonces?chunk=${chunk}`);
      expect(response.json(), chunk).toMatchObject({ status: 404, hint: "chunk counts from 0 to 1." });
    }
  });

  test("paths out of the dashboard's folder, however written", async () => {
    const { api } = await runApi();
    for (const path of [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/a/../../secret.txt",
      "/%2e%2e%2fsecret.txt",
      "/..\\secret.txt",
      "/%",
      "//[",
    ]) {
      const response = await ask(api, path);
      expect(response.text, path).not.toBe("secret");
      expect([400, 404], path).toContain(response.status);
    }
  });

  test("another page's requests and names that were made to point here", async () => {
    const emergencyOff = vi.fn(async () => undefined);
    const { api } = await runApi({ emergencyOff });
    const own = `127.0.0.1:${api.port}`;
    const post = (headers: Record<string, string>) => ask(api, "/api/v1/emergency-off", { method: "POST", headers });
    for (const origin of ["https://evil.example", "null", `http://127.0.0.1:${api.port + 1}`, "garbage"]) {
      const refused = await post({ host: own, origin });
      expect(refused.json(), origin).toMatchObject({ status: 403, code: "ORIGIN_REFUSED" });
    }
    for (const host of ["evil.example", `evil.example:${api.port}`, "127.0.0.1.evil.example", "192.168.1.9"]) {
      expect((await post({ host, origin: `http://${host}` })).json(), host).toMatchObject({ status: 403, code: "HOST_REFUSED" });
      expect((await ask(api, "/api/v1/state", { headers: { host } })).status, host).toBe(403);
    }
    expect(emergencyOff).not.toHaveBeenCalled();
    for (const headers of [{ host: own, origin: `http://${own}` }, { host: `localhost:${api.port}` }, { host: `[::1]:${api.port}` }]) {
      expect((await post(headers)).status).toBe(202);
    }
    expect(emergencyOff).toHaveBeenCalledTimes(3);
  });

  test("methods that make no sense", async () => {
    const { api } = await runApi();
    expect(await ask(api, "/api/v1/emergency-off")).toMatchObject({ status: 405, headers: { allow: "POST" } });
    expect(await ask(api, "/api/v1/state", { method: "DELETE" })).toMatchObject({ status: 405, headers: { allow: "GET" } });
    expect(await ask(api, "/", { method: "PUT" })).toMatchObject({ status: 405, headers: { allow: "GET" } });
  });

  test("a store or an emergency-off that fails says why, and nothing of the inside", async () => {
    const failing = async () => {
      throw new StoreError("DISK_IO", "The disk refused.", "Check the disk.");
    };
    const { api } = await runApi({
      store: { ...emptyStore, listRuns: failing },
      emergencyOff: async () => {
        throw new Error("at /home/someone/secret.ts");
      },
    });
    expect((await ask(api, "/api/v1/runs")).json()).toMatchObject({ status: 503, code: "DISK_IO", hint: "Check the disk." });
    const off = await ask(api, "/api/v1/emergency-off", { method: "POST" });
    expect(off.status).toBe(503);
    expect(off.text).not.toContain("/home");
  });

  test("bytes that are not HTTP, and the daemon lives on", async () => {
    const { api } = await runApi();
    const socket = connect(api.port, "127.0.0.1");
    const said = new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (part) => {
        text += part;
      });
      socket.on("close", () => resolve(text));
    });
    socket.end(Buffer.from([0x16, 0x03, 0x01, 0xff, 0x00, 0x0d, 0x0a, 0x0d, 0x0a]));
    expect(await said).toContain("400");
    expect((await ask(api, "/healthz")).status).toBe(200);
  });
});

describe("starting and stopping", () => {
  test("a port in use is PORT_IN_USE with a hint; an address of no interface is ADDRESS_UNKNOWN", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void blocker.close());
    const port = (blocker.address() as { port: number }).port;
    await expect(runApi({ port })).rejects.toThrow(expect.objectContaining({ code: "PORT_IN_USE", hint: expect.stringContaining("port") }));
    await expect(runApi({ host: "203.0.113.7", tokens: { view: "a".repeat(20), operate: null } })).rejects.toThrow(
      expect.objectContaining({ code: "ADDRESS_UNKNOWN" }),
    );
  });

  test("a dashboard that is not built is said; the API works", async () => {
    const { api } = await runApi({ dashboardDir: join(temporaryFolder(), "none") });
    expect((await ask(api, "/")).json()).toMatchObject({ status: 404, hint: expect.stringContaining("npm run build") });
    expect((await ask(api, "/healthz")).status).toBe(200);
  });

  test("close ends a connection whose answer never comes", async () => {
    const { api } = await runApi({ emergencyOff: () => new Promise(() => undefined) });
    const socket = connect(api.port, "127.0.0.1");
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    socket.write("POST /api/v1/emergency-off HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await api.close();
    await ended;
  });
});
