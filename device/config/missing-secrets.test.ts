/** Found by a board that stayed on: `off` ran after a killed daemon, saw none of its credentials, and refused the configuration. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "../cli/serve.ts";
import { loadBoards, readConfig } from "./load.ts";

const folder = mkdtempSync(path.join(tmpdir(), "missing-secrets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = "origin: twin\nboard: { kind: bitaxe-ultra, control: /dev/pts/1, data: /dev/pts/2, workScale: 20 }\n";

describe.each([
  ["a dashboard seen from elsewhere", 'api: { host: "0.0.0.0" }', "api-view-token", "api.host"],
  ["a client certificate", 'mqtt: { url: "mqtts://broker", certFile: c }', "mqtt-key", "mqtt.certFile"],
])("%s, with its secret in a credential", (_, line, credential, key) => {
  const file = path.join(folder, `${credential}.yaml`);
  writeFileSync(file, `${GOOD}${line}\n`);
  writeFileSync(path.join(folder, credential), "0123456789abcdef0123\n");

  it("is complete for the daemon that is shown it", () => {
    expect(readConfig(`${GOOD}${line}\n`, file, { CREDENTIALS_DIRECTORY: folder }).missingSecrets).toEqual([]);
  });

  it("is a good configuration for what runs after the daemon, and says what is missing", () => {
    const [loaded] = loadBoards(file, {});
    expect(loaded?.config.board.data).toBe("/dev/pts/2");
    expect(loaded?.missingSecrets).toMatchObject([{ key }]);
  });

  it("starts no daemon that is not shown it", async () => {
    const started = runCommand({ config: file } as Parameters<typeof runCommand>[0]);
    await expect(started).rejects.toMatchObject({ code: "CONFIG_INVALID", context: { problems: [{ key }] } });
  });
});
