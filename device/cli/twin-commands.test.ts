import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { FaultSpec } from "../../twin/index.ts";
import { twinCommandLine } from "./twin-commands.ts";

function recorder() {
  const done: unknown[] = [];
  const twin = {
    setFault: (fault: FaultSpec) => done.push(fault),
    clearFault: (name: string) => done.push(name),
    status: () => ({ fanRpm: 12 }),
  };
  return { done, say: (line: string) => twinCommandLine(line, twin as never, "s9") };
}

describe("a line to a running twin", () => {
  it("sets and clears faults, and asks how it is", () => {
    const { done, say } = recorder();
    expect(say("fault bad-cores=20#3@100-200")).toBe("fault bad-cores");
    expect(say("  clear bad-cores ")).toBe("cleared bad-cores");
    expect(say("status")).toBe('{"fanRpm":12}');
    expect(done).toEqual([{ name: "bad-cores", value: 20, chip: 3, atMs: 100, untilMs: 200 }, "bad-cores"]);
  });

  it.each(["explode", "clear everything", "clear toString", "fault gremlins", "fault disk-full"])(
    "%s is refused, with what to say",
    (line) => {
      const { done, say } = recorder();
      expect(() => say(line)).toThrow(expect.objectContaining({ name: "ConfigError", hint: expect.stringMatching(/\w{5}/) }));
      expect(done).toEqual([]);
    },
  );

  it("--commands: a twin stalls its fan on request", async () => {
    const child = spawn("node", ["--import", "tsx", "device/cli/main.ts", "twin", "--powered", "--commands", "--json"]);
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const until = async (done: () => boolean) => {
      for (let i = 0; i < 1000 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    try {
      await until(() => text.includes('"data"'));
      child.stdin.write("fault fan-stall\nexplode\nstatus\n");
      await until(() => text.includes("uptimeMs"));
      expect(text).toMatch(/fault fan-stall\n\{"uptimeMs":/);
    } finally {
      child.kill("SIGTERM");
      await once(child, "close");
    }
  });
});
