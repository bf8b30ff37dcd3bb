import type { CloseReason } from "./limits.ts";

const NEWLINE = 0x0a;

/** Cuts a byte stream into lines of UTF-8 text; keeps no more than one unfinished line of `maxBytes`. */
export class LineReader {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #parts: Uint8Array[] = [];
  #held = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of a line that has not ended. */
  get pendingBytes(): number {
    return this.#held;
  }

  /** The lines that `chunk` ends, without blank ones; `fault` when what follows them can be no line. After a fault the stream is lost. */
  push(chunk: Uint8Array): { lines: string[]; fault: CloseReason | null } {
    const lines: string[] = [];
    let from = 0;
    while (true) {
      const at = chunk.indexOf(NEWLINE, from);
      const part = chunk.subarray(from, at === -1 ? chunk.length : at);
      if (this.#held + part.length > this.#maxBytes) return { lines, fault: "line-too-long" };
      if (at === -1) {
        if (part.length > 0) this.#parts.push(part.slice());
        this.#held += part.length;
        return { lines, fault: null };
      }
      let text: string;
      try {
        text = this.#decoder.decode(this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part])).trim();
      } catch {
        return { lines, fault: "not-text" };
      }
      this.#parts = [];
      this.#held = 0;
      if (text !== "") lines.push(text);
      from = at + 1;
    }
  }
}
