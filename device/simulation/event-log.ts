/** What happened in a simulation, one line an event; their SHA-256 is the run's fingerprint. */
import { createHash, type Hash } from "node:crypto";

const BLOCK = 65_536;

export class EventLog {
  readonly #hash: Hash = createHash("sha256");
  readonly #nowNs: () => number;
  readonly #write: (line: string) => void;
  /** Lines that the hash has yet to take: many at a time are quicker. */
  #fresh = "";
  lines = 0;

  /** `write` gets every line, with its end. */
  constructor(nowNs: () => number, write: (line: string) => void = () => {}) {
    this.#nowNs = nowNs;
    this.#write = write;
  }

  /** Virtual ns, who, what. */
  add(source: string, text: string): void {
    const line = `${Math.round(this.#nowNs()).toString().padStart(15)} ${source} ${text}\n`;
    this.lines++;
    this.#fresh += line;
    if (this.#fresh.length >= BLOCK) this.#take();
    this.#write(line);
  }

  bytes(source: string, bytes: Uint8Array): void {
    this.add(source, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex"));
  }

  /** Of everything so far. */
  fingerprint(): string {
    this.#take();
    return this.#hash.copy().digest("hex");
  }

  #take(): void {
    this.#hash.update(this.#fresh);
    this.#fresh = "";
  }
}

/** A short digest of anything, for lines that would otherwise be long. */
export function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
