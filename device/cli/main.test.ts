/** The program itself, with an output that cannot be written. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

function start(args: readonly string[], stdout: number | "ignore") {
  return spawn(process.execPath, ["--import", "tsx", MAIN, ...args], { stdio: ["ignore", stdout, "pipe"] });
}

test("an answer that does not fit on the disk ends with 3 and says so", async () => {
  const child = start(["decode", "55AA520500000A"], openSync("/dev/full", "w"));
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  expect((await once(child, "close"))[0]).toBe(3);
  expect(said).toMatch(/^PATH_REFUSED: Standard output .*ENOSPC/);
}, 60_000);

test("nobody who reads what is said is no failure", async () => {
  const child = start(["check-config", "no-such-file.yaml"], "ignore");
  child.stderr?.destroy();
  expect((await once(child, "close"))[0]).toBe(2);
}, 60_000);

test("a long answer reaches a reader that is slow, whole", async () => {
  const command = `'${process.execPath}' --import tsx '${MAIN}' config schema | (sleep 5; cat)`;
  const child = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  await once(child, "close");
  // More than a pipe takes at a time.
  expect(text.length).toBeGreaterThan(65_536);
  expect(() => JSON.parse(text)).not.toThrow();
}, 60_000);
