/** What switches a board off when the daemon cannot: whole programs on a twin's pseudo-terminals. docs/safety.md */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { startTwin } from "../../twin/index.ts";
import { type Program, start, workshop } from "./program.ts";

type Twin = Awaited<ReturnType<typeof startTwin>>;

const shop = workshop();
let twin: Twin;
let program: Program | null = null;
let count = 0;

afterEach(async () => {
  if (program !== null && program.child.exitCode === null) {
    program.child.kill("SIGKILL");
    await program.finished;
  }
  program = null;
  await twin.stop();
});
afterAll(() => shop.remove());

/** A daemon that mines on a twin of a Bitaxe; its main thread spins for so long as soon as `hang()` is called. */
async function mining({ variant, hangMs = 0 }: { variant?: "205" | "207"; hangMs?: number } = {}) {
  twin = await startTwin(variant ? { variant } : {});
  const mark = shop.file(`hang-${count++}`);
  const preload = shop.file(`preload-${count}.mjs`);
  writeFileSync(
    preload,
    `import { existsSync } from "node:fs";
     import { isMainThread } from "node:worker_threads";
     const mark = ${JSON.stringify(mark)};
     if (isMainThread && ${hangMs} > 0) {
       const look = setInterval(() => {
         if (!existsSync(mark)) return;
         clearInterval(look);
         const end = Date.now() + ${hangMs};
         while (Date.now() < end);
       }, 50);
       look.unref();
     }`,
  );
  const config = shop.configFor(twin, { setPoint: { frequencyMhz: 400 }, store: { path: `safety-${count}.db` } });
  const env = { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` };
  program = start(["run", "--config", config], { env });
  await program.saying(/Mining at the set-point/);
  expect(twin.status().frequencyMhz).toBeGreaterThan(0);
  return { program, config, hang: () => writeFileSync(mark, "") };
}

const held = () => twin.status().frequencyMhz === 0;

describe("a daemon whose main loop hangs", () => {
  it.each(["205", "207"] as const)(
    "has its board (%s) switched off by the watchdog while it hangs, and says so afterwards",
    async (variant) => {
      const { program: daemon, hang } = await mining({ variant, hangMs: 25_000 });
      hang();
      await expect.poll(held, { timeout: 20_000, interval: 100 }).toBe(true);
      if (variant === "207") await expect.poll(() => twin.status().coreVoltageMv, { timeout: 2_000 }).toBeLessThan(200);
      expect(daemon.said(), "it has not come to itself yet").not.toMatch(/\[fault\]/);
      await daemon.saying(/\[fault\]/, 40_000);
      await daemon.saying(/the watchdog switched the board off/, 10_000);
      expect(held()).toBe(true);
      daemon.child.kill("SIGTERM");
      expect((await daemon.finished).code).toBe(3);
      expect(held()).toBe(true);
    },
    120_000,
  );
});
