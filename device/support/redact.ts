/** Takes secrets out of texts: those that are known, and those that stand in addresses. */

/** Shorter than every secret that is looked for, so that it can contain none. */
const MARK = "###";
/** What is shorter would be found everywhere, and is no secret. */
const LEAST_LENGTH = 4;

export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets.flatMap(spellings).filter((secret) => secret.length >= LEAST_LENGTH);
  // A long one may contain a short one.
  const longestFirst = [...new Set(known)].sort((a, b) => b.length - a.length);
  return (text) => {
    let out = withoutPasswords(text);
    // What is left of two may be a third, and a mark is shorter than what it replaces: it ends.
    for (let before = ""; before !== out; ) {
      before = out;
      for (const secret of longestFirst) out = out.replaceAll(secret, MARK);
    }
    return out;
  };
}

/** `mqtt://user:password@host`: names and passwords in any address. */
export function withoutPasswords(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, `$1${MARK}@`);
}

/** As it is, in JSON, and in an address. */
function spellings(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), inAddress(secret)];
}

function inAddress(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    // Half a character cannot stand in an address.
    return secret;
  }
}
