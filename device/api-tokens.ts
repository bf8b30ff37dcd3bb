import type { Tokens } from "../telemetry/api/access/tokens.ts";
import type { Config } from "./config/schema.ts";
import { readSecret } from "./config/secret.ts";

/** The tokens of the roles, read now. ConfigError SECRET_MISSING or SECRET_EMPTY. */
export function apiTokens({ api }: Pick<Config, "api">): Tokens {
  const read = (key: string, file: string | null) => (file === null ? null : readSecret({ key, file }));
  return { view: read("api.viewTokenFile", api.viewTokenFile), operate: read("api.operateTokenFile", api.operateTokenFile) };
}
