import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type S9Twin, startS9Twin } from "./index.ts";

let twin: S9Twin | null = null;

afterEach(async () => {
  await twin?.stop();
  twin = null;
});

/** Runs a program and resolves with what it prints. */
function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.on("error", reject).on("close", () => resolve(text));
  });
}

async function poweredBoard(): Promise<S9Twin> {
  const started = await startS9Twin({ powered: true });
  twin = started;
  for (let i = 0; i < 2000 && started.status().stringVoltageV < 9; i++) await new Promise((resolve) => setTimeout(resolve, 2));
  return started;
}

/** The first block of a language in docs/twin.md after a heading. */
function example(heading: string, language: string): string {
  const [, section = ""] = readFileSync("docs/twin.md", "utf8").split(`## ${heading}`);
  return section.split(`\`\`\`${language}\n`)[1]?.split("```")[0] ?? "";
}

describe("the examples of docs/twin.md", () => {
  it("in Python: a program without any library counts the chips", async () => {
    const { dataPath } = await poweredBoard();
    const printed = await output("python3", ["-c", example("From Python, without any library", "python"), dataPath]);
    expect(printed).toBe(example("From Python, without any library", "text"));
  });

  it("in a shell: stty, printf and xxd see 63 answers", async () => {
    const { dataPath } = await poweredBoard();
    const script = example("From a shell", "sh").replaceAll("./s9-uart/data", dataPath);
    const lines = (await output("timeout", ["20", "bash", "-c", script])).trim().split("\n");
    expect(lines).toHaveLength(63);
    expect(lines[0]).toMatch(/13 87 90 00 00 00 07/);
  });
});
