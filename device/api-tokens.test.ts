import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { apiTokens } from "./api-tokens.ts";
import { missingSecrets } from "./config/missing-secrets.ts";
import { configSchema } from "./config/schema.ts";

const parse = (api: object) =>
  configSchema.parse({ origin: "twin", board: { kind: "bitaxe-ultra", control: "/dev/a", data: "/dev/b" }, api });
const problemsOf = (api: object) => missingSecrets(parse(api), { valueAt: () => ({ kind: "default" }) } as never).map(({ key }) => key);

test("a daemon that can be reached from elsewhere needs a token of at least one role", () => {
  expect(problemsOf({ host: "0.0.0.0" })).toEqual(["api.host"]);
  expect(problemsOf({ host: "192.168.1.4" })).toEqual(["api.host"]);
  expect(problemsOf({ host: "0.0.0.0", viewTokenFile: "v" })).toEqual([]);
  expect(problemsOf({ host: "::", operateTokenFile: "o" })).toEqual([]);
  expect(problemsOf({})).toEqual([]);
});

test("tokens are what their files hold; a file that is not there is said with its key", () => {
  const folder = mkdtempSync(join(tmpdir(), "asic-tokens-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "token");
  writeFileSync(file, "0123456789abcdef0123\n");
  expect(apiTokens(parse({ operateTokenFile: file }))).toEqual({ view: null, operate: "0123456789abcdef0123" });
  expect(() => apiTokens(parse({ viewTokenFile: `${file}.none` }))).toThrow(/api\.viewTokenFile/);
});
