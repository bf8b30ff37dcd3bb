/** What a request shows of its right to ask: a token, or the session that a browser got for one. */
import type { IncomingHttpHeaders } from "node:http";

export const SESSION_COOKIE = "asicr";

export interface Presented {
  readonly token: string | null;
  readonly session: string | null;
}

export function presentedBy({ authorization, cookie }: Pick<IncomingHttpHeaders, "authorization" | "cookie">): Presented {
  return { token: tokenIn(authorization), session: sessionIn(cookie) };
}

/** `Bearer TOKEN`; or Basic, which browsers can ask a person for: any name, the token as password. */
function tokenIn(authorization: string | undefined): string | null {
  const [scheme = "", value = ""] = (authorization ?? "").split(/ +/, 2);
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic") return null;
  const [, password = ""] = /^[^:]*:([\s\S]*)$/.exec(Buffer.from(value, "base64").toString("utf8")) ?? [];
  return password;
}

function sessionIn(cookie: string | undefined): string | null {
  for (const pair of (cookie ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === SESSION_COOKIE && value !== undefined) return value;
  }
  return null;
}
