/**
 * Answers of cgminer's API are JSON only nearly: bmminer leaves out the comma between two objects of `stats`, ends its answers with a zero byte, and
 * puts control characters into texts. What is cut off is told apart, and never completed: half a number is another number.
 */

export interface Mended {
  readonly text: string;
  /** What had to be mended, for the record. */
  readonly mended: readonly ("zero-byte" | "comma" | "control-character")[];
  /** Brackets or a text that do not end: the answer was cut off. */
  readonly isCut: boolean;
}

export function mend(raw: string): Mended {
  const mended = new Set<Mended["mended"][number]>();
  let text = raw.replace(/[\0\s]+$/, "");
  if (text.length !== raw.length && raw.includes("\0")) mended.add("zero-byte");
  let out = "";
  let from = 0;
  let depth = 0;
  let quoted = false;
  let ended = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
      else if (c < " ") {
        mended.add("control-character");
        text = `${text.slice(0, i)} ${text.slice(i + 1)}`;
      }
      continue;
    }
    if (/\s/.test(c)) continue;
    const opens = c === "{" || c === "[";
    if (opens && (ended === "}" || ended === "]")) {
      mended.add("comma");
      out += `${text.slice(from, i)},`;
      from = i;
    }
    if (opens) depth++;
    else if (c === "}" || c === "]") depth--;
    else if (c === '"') quoted = true;
    ended = c;
  }
  return { text: out + text.slice(from), mended: [...mended], isCut: depth > 0 || quoted || text === "" };
}
