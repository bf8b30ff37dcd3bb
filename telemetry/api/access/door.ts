/** Decides of each request whether it is answered at all. */
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../../common/clock.ts";
import { refuse } from "../guard.ts";
import { forbidden, type Problem } from "../problem.ts";
import { presentedBy, SESSION_COOKIE } from "./presented.ts";
import { RATE_LIMITS, RateLimit, type RateLimits } from "./rate-limit.ts";
import { mayDo, type Right, type Role } from "./rights.ts";
import { TokenRing, type Tokens } from "./tokens.ts";

/** No address takes a body. */
const MOST_BODY_BYTES = 16 * 1024;
/** A guess at a token costs as much as so many requests. */
const WRONG_TOKEN_COST = 20;

export interface DoorOptions {
  readonly clock: Clock;
  /** Bound to loopback: whoever is on this host may look, and switch off. */
  readonly loopback: boolean;
  readonly tokens: Tokens;
  readonly rate?: Partial<RateLimits>;
}

export type Asking = Pick<IncomingMessage, "headers"> & { readonly socket: Pick<IncomingMessage["socket"], "remoteAddress"> };

export type Admission =
  | { readonly admitted: true; readonly role: Role; readonly headers: Readonly<Record<string, string>> }
  | { readonly admitted: false; readonly problem: Problem; readonly headers: Readonly<Record<string, string>> };

export class Door {
  readonly #loopback: boolean;
  readonly #ring: TokenRing;
  readonly #rate: RateLimit;

  /** TelemetryError, as TokenRing throws it. */
  constructor({ clock, loopback, tokens, rate }: DoorOptions) {
    this.#loopback = loopback;
    this.#ring = new TokenRing(tokens);
    this.#rate = new RateLimit(clock, { ...RATE_LIMITS, ...rate });
  }

  admit(asking: Asking, right: Right): Admission {
    const { headers } = asking;
    const foreign = refuse(headers, this.#loopback);
    if (foreign !== null) return refused(foreign);
    if (Number(headers["content-length"] ?? 0) > MOST_BODY_BYTES) return refused(bodyTooLarge());
    const address = asking.socket.remoteAddress ?? "";
    const { token, session } = presentedBy(headers);
    const byToken = token === null ? null : this.#ring.roleOf(token);
    const bySession = session === null ? null : this.#ring.roleOfSession(session);
    const role = byToken ?? bySession ?? (this.#loopback ? "local" : "nobody");
    const wrong = token !== null && byToken === null;
    // Whoever may switch off is never told to wait.
    const waitS = right === "emergency" && mayDo(role, right) ? 0 : this.#rate.spend(address, wrong ? WRONG_TOKEN_COST : 1);
    if (waitS > 0) return refused(tooMany(waitS), { "retry-after": String(waitS) });
    if (!mayDo(role, right)) return role === "nobody" ? refused(tokenNeeded(wrong), CHALLENGE) : refused(notAllowed(role, right));
    const keep = byToken !== null && bySession !== byToken;
    return { admitted: true, role, headers: keep ? { "set-cookie": cookieOf(this.#ring.sessionOf(byToken)) } : {} };
  }
}

/** Browsers then ask a person, and repeat the request. */
const CHALLENGE = { "www-authenticate": 'Basic realm="asic-reservoir", charset="UTF-8"' };

function refused(problem: Problem, headers: Record<string, string> = {}): Admission {
  return { admitted: false, problem, headers };
}

/** A browser sends it with a WebSocket, where it can send no token; never to another site, and no script can read it. */
function cookieOf(session: string): string {
  return `${SESSION_COOKIE}=${session}; Path=/; HttpOnly; SameSite=Strict`;
}

function bodyTooLarge(): Problem {
  const detail = `No address takes a body of more than ${MOST_BODY_BYTES} bytes.`;
  return { status: 413, title: "Too large", detail, code: "BODY_TOO_LARGE", hint: "Send no body." };
}

function tooMany(seconds: number): Problem {
  const detail = "This address asks too often.";
  return {
    status: 429,
    title: "Too many requests",
    detail,
    code: "RATE_LIMITED",
    hint: `Wait ${seconds} s. The WebSocket at /ws tells of changes.`,
  };
}

function tokenNeeded(wrong: boolean): Problem {
  const detail = wrong ? "The token is not one of this daemon's." : "This daemon listens on a network and wants a token.";
  const hint =
    "Send `Authorization: Bearer TOKEN`, or in a browser any name and the token as password (api.viewTokenFile, api.operateTokenFile).";
  return { status: 401, title: "Unauthorized", detail, code: wrong ? "TOKEN_UNKNOWN" : "TOKEN_NEEDED", hint };
}

function notAllowed(role: Role, right: Right): Problem {
  return forbidden("ROLE_REFUSED", `Role ${role} may not do this (${right}).`, "Use the token of role operate.");
}
