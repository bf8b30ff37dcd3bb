/** Tokens that give a role to whoever presents one. Kept as digests; a guess is compared with all of them in the same time. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { TelemetryError } from "../../../common/errors.ts";
import type { Role } from "./rights.ts";

/** What each role's token is; null: nobody can have that role by a token. */
export interface Tokens {
  readonly view: string | null;
  readonly operate: string | null;
}

type TokenRole = keyof Tokens;

const LEAST_CHARACTERS = 16;
const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

export class TokenRing {
  readonly #digests: readonly { readonly role: TokenRole; readonly digest: Buffer }[];
  /** Of sessions: what a browser got before the daemon was started again is worth nothing. */
  readonly #key = randomBytes(32);

  /** TelemetryError TOKEN_SHORT; TOKENS_EQUAL when a viewer would be an operator. */
  constructor(tokens: Tokens) {
    const given = (["operate", "view"] as const).flatMap((role) => {
      const token = tokens[role];
      return token === null ? [] : [{ role, token }];
    });
    for (const { role, token } of given) {
      if (token.length >= LEAST_CHARACTERS) continue;
      const hint = "Make one with: openssl rand -hex 24";
      throw new TelemetryError("TOKEN_SHORT", `The token of role ${role} has fewer than ${LEAST_CHARACTERS} characters.`, hint, { role });
    }
    if (tokens.view !== null && tokens.view === tokens.operate)
      throw new TelemetryError("TOKENS_EQUAL", "Both roles have the same token.", "Give each role its own, or only one of them any.");
    this.#digests = given.map(({ role, token }) => ({ role, digest: digestOf(token) }));
  }

  get isEmpty(): boolean {
    return this.#digests.length === 0;
  }

  /** The role that a token gives; null when it is none of ours. */
  roleOf(token: string): TokenRole | null {
    const asked = digestOf(token);
    return this.#digests.reduce<TokenRole | null>((found, { role, digest }) => (timingSafeEqual(asked, digest) ? role : found), null);
  }

  /** What a browser may keep instead of the token, until the daemon ends. */
  sessionOf(role: TokenRole): string {
    return `${role}.${createHmac("sha256", this.#key).update(role).digest("base64url")}`;
  }

  roleOfSession(session: string): Role | null {
    return this.#digests.reduce<Role | null>(
      (found, { role }) => (timingSafeEqual(digestOf(session), digestOf(this.sessionOf(role))) ? role : found),
      null,
    );
  }
}
