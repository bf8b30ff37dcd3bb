/** The decision over a started system, with the host's commands played by small scripts that write down what they were asked. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const LIB = path.resolve("image/tree/usr/lib/asic-reservoir-image");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "slot-"));
  for (const name of ["bin", "state"]) mkdirSync(path.join(folder, name));
  for (const name of ["confirm-slot", "other-slot"]) copyFileSync(path.join(LIB, name), path.join(folder, name));
  writeFileSync(path.join(folder, "build"), "20260102T030405\n");
  writeFileSync(path.join(folder, "cmdline"), "ro rauc.slot=B quiet\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Host {
  readonly board?: boolean;
  readonly program?: boolean;
  readonly active?: boolean;
  readonly answers?: boolean;
  readonly grubenv?: string;
  readonly proven?: string;
}

/** Runs confirm-slot on a host like that: how it ended, and what it asked for. */
function confirm({ board = true, program = true, active = true, answers = true, grubenv = "A_OK=1", proven }: Host) {
  const command = (file: string, lines: string) => {
    writeFileSync(path.join(folder, file), `#!/bin/sh\n${lines}\n`);
    chmodSync(path.join(folder, file), 0o755);
  };
  const end = (good: boolean) => `exit ${good ? 0 : 3}`;
  const asked = path.join(folder, "asked");
  command("bin/rauc", `echo "rauc $*" >> ${asked}`);
  command("bin/systemctl", `[ "$1" = reboot ] && echo reboot >> ${asked} && exit 0\n${end(active)}`);
  command("bin/asic-reservoir", end(program));
  command("bin/grub-editenv", `printf '${grubenv}\\n'`);
  command("answers", end(answers));
  if (board) writeFileSync(path.join(folder, "rig.yaml"), "version: 1\n");
  if (proven !== undefined) writeFileSync(path.join(folder, "state/proven"), `${proven}\n`);
  const env = {
    PATH: `${path.join(folder, "bin")}:${process.env.PATH}`,
    PATIENCE_S: "4",
    IMAGE_PAUSE_S: "0",
    IMAGE_LIB: folder,
    IMAGE_STATE: path.join(folder, "state"),
    IMAGE_CONFIG: path.join(folder, "rig.yaml"),
    IMAGE_CMDLINE: path.join(folder, "cmdline"),
  };
  const { status } = spawnSync(path.join(folder, "confirm-slot"), { env });
  const of = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
  return { status, asked: of(asked), proven: of(path.join(folder, "state/proven")) };
}

const GOOD = { status: 0, asked: ["rauc status mark-good"], proven: ["20260102T030405"] };
const REJECTED = { status: 0, asked: ["rauc status mark-bad", "reboot"], proven: [] };

describe("a new system", () => {
  it("is good when its service is up and answers", () => {
    expect(confirm({})).toEqual(GOOD);
  });

  it("is good without a board when its program runs", () => {
    expect(confirm({ board: false, active: false, answers: false })).toEqual(GOOD);
  });

  it.each([
    ["the service is not up", { active: false }],
    ["the service does not answer", { answers: false }],
    ["there is no board, and the program does not run", { board: false, program: false }],
  ])("is given up for the other one when %s", (_, host) => {
    expect(confirm(host)).toEqual(REJECTED);
  });

  it("is neither given up nor good when the other one cannot be started", () => {
    expect(confirm({ answers: false, grubenv: "A_OK=0\\nB_OK=1" })).toEqual({ status: 1, asked: [], proven: [] });
  });
});

describe("a system that has proved itself", () => {
  it("is not given up for a board that is unplugged", () => {
    expect(confirm({ active: false, proven: "20260102T030405" })).toEqual(GOOD);
  });

  it("does not vouch for another", () => {
    expect(confirm({ active: false, proven: "20250102T030405" })).toEqual({ ...REJECTED, proven: ["20250102T030405"] });
  });
});

describe("whether the API answers", () => {
  const ask = async (status: number, host: string) => {
    const server = createServer((request, response) => response.writeHead(request.url === "/healthz" ? status : 404).end());
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const program = path.join(folder, "bin/asic-reservoir");
    writeFileSync(program, `#!/bin/sh\necho '${JSON.stringify({ config: { api: { host, port } } })}'\n`, { mode: 0o755 });
    const env = { PATH: `${path.join(folder, "bin")}:${process.env.PATH}`, NODE: process.execPath };
    const answers = spawn(path.join(LIB, "answers"), ["rig.yaml"], { env, stdio: "ignore" });
    const code = await new Promise<number | null>((ended) => answers.once("exit", ended));
    server.close();
    return code;
  };

  it("is asked of the port of its configuration, on this machine when it listens everywhere", async () => {
    expect(await ask(200, "127.0.0.1")).toBe(0);
    expect(await ask(200, "0.0.0.0")).toBe(0);
  });

  it("is denied by any answer but a good one", async () => {
    expect(await ask(500, "127.0.0.1")).toBe(1);
  });
});
