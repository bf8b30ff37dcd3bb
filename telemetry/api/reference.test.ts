import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROUTES } from "./routes.ts";

test("docs/api.md is what `npm run -s docs:api` would write, and knows every address", async () => {
  // From a variable: a literal path would make the compiler look for types of a .mjs file.
  const script = "../../scripts/api-docs.mjs";
  const { apiPage } = (await import(script)) as { apiPage(): string };
  const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
  expect(page).toBe(apiPage());
  for (const { method, path } of ROUTES) expect(page).toContain(`### ${method} ${path}\n`);
});
