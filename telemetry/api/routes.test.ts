import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { openControlStore } from "../control/control-store.ts";
import { openStore } from "../store/client.ts";
import { newRun, numberedNonces } from "../store/rows.test-support.ts";
import { temporaryFolder } from "../store/store.test-support.ts";
import type { Store } from "../store/store.ts";
import { ask, type Running, runApi } from "./api.test-support.ts";
import { openApiOf } from "./openapi.ts";
import { ROUTES } from "./routes.ts";
import { problem } from "./schemas/answers.ts";
import { components } from "./schemas/component.ts";
import { aSnapshotOfEverything } from "./snapshot.test-support.ts";

const OPERATE = "o".repeat(20);
const headers = { authorization: `Bearer ${OPERATE}` };

/** A daemon that has something to say at every address; its only run is number 1. */
async function talkative(): Promise<Running & { store: Store }> {
  const store = await openStore({ path: join(temporaryFolder(), "t.db"), commitIntervalMs: 3_600_000 });
  onTestFinished(() => store.close());
  const runId = await store.startRun(newRun);
  const unknown = numberedNonces(0, 50);
  unknown.residualNs[3] = Number.NaN;
  unknown.difficultyLog2[4] = Number.NaN;
  store.addNonces(runId, unknown);
  await store.putResult(runId, "narma10", "twin", { nrmse: 0.5 });
  const control = openControlStore(":memory:");
  onTestFinished(() => control.close());
  control.latch({ rig: "bench", code: "SENTINEL", cause: "too hot", evidence: { chipTempC: 90 }, wallMs: 1000 });
  const running = await runApi({ store, control, tokens: { view: null, operate: OPERATE } });
  aSnapshotOfEverything(running.hub);
  return { ...running, store };
}

const PLACES = { "{run}": "1", "{table}": "nonces", "{format}": "parquet", "{fault}": "1" };
const address = (path: string) => Object.entries(PLACES).reduce((filled, [name, value]) => filled.replaceAll(name, value), path);
/** Parameters without which an address refuses. */
const needed = (path: string) => (path.endsWith("/clear") ? "?reason=new+paste" : "");

describe("declared addresses", () => {
  test("every one answers what it declares, and its problems are problems", async () => {
    const { api } = await talkative();
    for (const { method, path, answer, params, query } of ROUTES) {
      const response = await ask(api, address(path) + needed(path), { method, headers });
      expect(response.status, path).toBe(answer.status);
      if ("type" in answer) expect(answer.type.split("|"), path).toContain(response.headers["content-type"]);
      else expect(z.prettifyError(answer.schema.safeParse(response.json()).error ?? new z.ZodError([])), path).toBe("");
      if (!query.safeParse({ surely: "not" }).success) {
        const refused = await ask(api, `${address(path)}?surely=not`, { method, headers });
        expect(problem.parse(refused.json()), path).toMatchObject({ status: 400, code: "PARAMETER_REFUSED" });
      } else expect(path).toBe("/api/system/info");
      if (!("run" in params.shape)) continue;
      const missing = await ask(api, address(path).replace("/runs/1", "/runs/7"), { method });
      expect(problem.parse(missing.json()), path).toMatchObject({ status: 404, code: "NOT_FOUND" });
    }
  });

  test("the document names each of them, and every reference in it leads somewhere", async () => {
    const { api } = await talkative();
    const document = (await ask(api, "/api/v1/openapi.json")).json() as ReturnType<typeof openApiOf>;
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths as object).toSorted()).toEqual([...new Set(ROUTES.map(({ path }) => path))].toSorted());
    const schemas = (document.components as { schemas: object }).schemas;
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, id]) => id as string);
    expect(references.length).toBeGreaterThan(20);
    for (const id of references) expect(schemas).toHaveProperty(id);
    expect(JSON.stringify(document)).not.toContain('"additionalProperties":false');
  });

  test("a schema without a name is no answer's", () => {
    const nameless = { ...(ROUTES[0] as (typeof ROUTES)[0]), answer: { status: 200, about: "", schema: z.object({}) } as const };
    expect(components.has(nameless.answer.schema)).toBe(false);
    expect(() => openApiOf([nameless], "1")).toThrow("component()");
  });
});

describe("pages", () => {
  test("of runs lead through all of them once, from either end, also while new ones start", async () => {
    const { api, store } = await talkative();
    for (let i = 0; i < 6; i++) await store.startRun(newRun);
    for (const order of ["oldest", "newest"]) {
      const ids: number[] = [];
      let next: string | null = `/api/v1/runs?limit=3&order=${order}`;
      while (next !== null && ids.length < 50) {
        const page = await ask(api, next);
        ids.push(...(page.json() as { id: number }[]).map(({ id }) => id));
        next = /<([^>]+)>; rel="next"/.exec(String(page.headers.link ?? ""))?.[1] ?? null;
        if (order === "newest" && ids.length === 3) await store.startRun(newRun);
      }
      expect(ids).toEqual(order === "oldest" ? [1, 2, 3, 4, 5, 6, 7] : [7, 6, 5, 4, 3, 2, 1]);
    }
  });

  test("of nonces lead through a run once, though it grows and its chunks are joined; a run that ended has a last page", async () => {
    const { api, store } = await talkative();
    const values: number[] = [];
    let row = 50;
    let cursor: string | null = null;
    const take = async () => {
      const page = await ask(api, `/api/v1/runs/1/nonces/page?limit=23${cursor === null ? "" : `&cursor=${cursor}`}`);
      const body = page.json() as { length: number; columns: { nonce: number[] }; next: string | null };
      values.push(...body.columns.nonce);
      cursor = body.next;
      return body;
    };
    for (let i = 0; i < 8; i++) {
      await take();
      expect(cursor).not.toBeNull();
      store.addNonces(1, numberedNonces(row, 10));
      row += 10;
      await store.flush();
    }
    await store.endRun(1, "finished");
    for (let i = 0; cursor !== null && i < 20; i++) await take();
    expect(values).toEqual(Array.from({ length: row }, (_, i) => i));
  });

  test("what is no cursor, and another run's, are refused; rows that were dropped are gone", async () => {
    const { api, store } = await talkative();
    const other = await store.startRun(newRun);
    const { next } = (await ask(api, `/api/v1/runs/${other}/nonces/page`)).json() as { next: string };
    for (const cursor of [next, "garbage", "", "bm9uY2VzOjE6eA", `${next}=`]) {
      const refused = await ask(api, `/api/v1/runs/1/nonces/page?cursor=${cursor}`);
      expect(refused.json(), cursor).toMatchObject({ status: 400, code: "CURSOR_REFUSED" });
      expect((await ask(api, `/api/v1/runs?cursor=${cursor}`)).json(), cursor).toMatchObject({ code: "CURSOR_REFUSED" });
    }
    const run = await store.run(1);
    if (run === null) throw new Error("run 1 is there");
    const dropped = [{ what: "nonces", count: 20, firstWallMs: 0, lastWallMs: 1, reason: "size" }] as const;
    const { api: after } = await runApi({ store: { ...store, run: async () => ({ ...run, dropped }) } });
    const { next: start } = (await ask(api, "/api/v1/runs/1/nonces/page?limit=5")).json() as { next: string };
    expect((await ask(after, `/api/v1/runs/1/nonces/page?cursor=${start}`)).json()).toMatchObject({ status: 410, code: "ROWS_DROPPED" });
    expect((await ask(after, "/api/v1/runs/1/nonces/page?limit=5")).json()).toMatchObject({ row: 20, length: 5 });
  });

  test("of a size that makes no sense are refused", async () => {
    const { api } = await talkative();
    for (const limit of ["0", "-1", "x", "1e3", "20001", "9".repeat(15), ""]) {
      expect((await ask(api, `/api/v1/runs/1/nonces/page?limit=${limit}`)).json(), limit).toMatchObject({ code: "PARAMETER_REFUSED" });
    }
  });
});
