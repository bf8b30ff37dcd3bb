import { DriverError } from "../../common/errors.ts";

/**
 * A part of a register: which bits it occupies and how its value sits in them. `In` is what is written, `Out` what is read:
 * they differ where a word can hold bits that mean nothing.
 */
export interface Field<In, Out = In> {
  /** The bits it occupies in the 32-bit word. */
  readonly mask: number;
  readonly meaning: string;
  readonly unit: string;
  /** Smallest and largest value; null for a flag. */
  readonly range: { readonly min: number; readonly max: number } | null;
  toBits(value: In): number;
  fromBits(word: number): Out;
  /** Words for a log; null when there is nothing worth saying (a flag that is off). */
  text(name: string, word: number): string | null;
}

interface Words {
  readonly meaning?: string;
  readonly unit?: string;
}

/** A number in bits high..low. With `offset` the register holds value - offset: PLL post dividers are stored less one; `hex` is how a log shows it. */
export function bits(high: number, low: number, options: Words & { offset?: number; hex?: boolean } = {}): Field<number> {
  const { meaning = "", unit = "", offset = 0, hex = false } = options;
  const largest = 2 ** (high - low + 1) - 1;
  const range = { min: offset, max: largest + offset };
  const mask = (largest * 2 ** low) >>> 0;
  const fromBits = (word: number) => ((word & mask) >>> low) + offset;
  return {
    mask,
    meaning,
    unit,
    range,
    toBits(value) {
      checkRange(value, range, meaning);
      return ((value - offset) * 2 ** low) >>> 0;
    },
    fromBits,
    text: (name, word) => `${name} ${hex ? fromBits(word).toString(16).toUpperCase() : fromBits(word)}${unit && ` ${unit}`}`,
  };
}

/** One bit, true when set. */
export function flag(bit: number, meaning = ""): Field<boolean> {
  const mask = (1 << bit) >>> 0;
  return {
    mask,
    meaning,
    unit: "",
    range: null,
    toBits: (value) => (value ? mask : 0),
    fromBits: (word) => (word & mask) !== 0,
    text: (name, word) => ((word & mask) !== 0 ? name : null),
  };
}

/**
 * log2 of a difficulty as the ticket mask holds it: p ones from the low end, then each byte bit-reversed. A word that is no such mask reads null.
 * specs/bm1366.md 2.2
 */
export function reversedBytesMask(options: Words & { max: number }): Field<number, number | null> {
  const { meaning = "", unit = "", max } = options;
  const range = { min: 0, max };
  const words = Array.from({ length: max + 1 }, (_, p) => reverseBitsInBytes(2 ** p - 1));
  const fromBits = (word: number) => {
    const p = words.indexOf(word >>> 0);
    return p < 0 ? null : p;
  };
  return {
    mask: 0xffff_ffff,
    meaning,
    unit,
    range,
    toBits(value) {
      checkRange(value, range, meaning);
      return words[value] as number;
    },
    fromBits,
    text: (name, word) => `${name} ${fromBits(word) ?? "unknown (not a mask)"}`,
  };
}

function reverseBitsInBytes(word: number): number {
  let out = 0;
  for (let bit = 0; bit < 32; bit++) if ((word / 2 ** bit) & 1) out |= 1 << ((bit & 0x18) | (7 - (bit & 7)));
  return out >>> 0;
}

function checkRange(value: number, range: { min: number; max: number }, meaning: string): void {
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return;
  throw new DriverError(
    "VALUE_REFUSED",
    `${value} does not fit a register field (${meaning || "no name"}): it holds whole numbers from ${range.min} to ${range.max}.`,
    "Choose a value in that range.",
    { value, range },
  );
}

/** A field of whatever type: nothing can be written to it until its own type is known. */
type SomeField = Field<never, unknown>;
export type Fields = Readonly<Record<string, SomeField>>;
/** What a register is written from. */
export type FieldInputs<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer In, unknown> ? In : never };
/** What a register reads as. */
export type FieldValues<F extends Fields> = { readonly [K in keyof F]: F[K] extends { fromBits(word: number): infer Out } ? Out : never };

export interface RegisterDeclaration<F extends Fields> {
  readonly name: string;
  readonly address: number;
  readonly access: "r" | "rw";
  /** What a freshly reset chip reports; null when no source says. */
  readonly reset: number | null;
  readonly meaning: string;
  /** Where the declaration comes from. */
  readonly source: string;
  readonly fields: F;
  /** Bits the chip itself changes: left out of a read-back's comparison. */
  readonly statusMask?: number;
}

export interface Register<F extends Fields = Fields> extends RegisterDeclaration<F> {
  /** The word with these fields; what is not named keeps its reset value. Throws DriverError VALUE_REFUSED when a value does not fit. */
  encode(values: Partial<FieldInputs<F>>): number;
  decode(word: number): FieldValues<F>;
  /** One line for a log: name, hex, fields. */
  describe(word: number): string;
  /** Whether reading back `read` confirms `wrote`: equal but for the bits the chip itself changes. */
  confirms(wrote: number, read: number): boolean;
}

/** A register, declared once; everything else about it is derived from this. */
export function register<const F extends Fields>(declaration: RegisterDeclaration<F>): Register<F> {
  const entries = Object.entries<SomeField>(declaration.fields);
  return {
    ...declaration,
    encode(values) {
      let word = declaration.reset ?? 0;
      for (const [name, field] of entries) {
        const value = values[name];
        if (value !== undefined) word = (word & ~field.mask) | field.toBits(value as never);
      }
      return word >>> 0;
    },
    decode: (word) => Object.fromEntries(entries.map(([name, field]) => [name, field.fromBits(word)])) as FieldValues<F>,
    describe(word) {
      const texts = entries.map(([name, field]) => field.text(name, word)).filter((text) => text !== null);
      const hex = (word >>> 0).toString(16).toUpperCase().padStart(8, "0");
      return `${declaration.name} ${hex}${texts.length > 0 ? ` (${texts.join(", ")})` : ""}`;
    },
    confirms: (wrote, read) => ((wrote ^ read) & ~(declaration.statusMask ?? 0)) === 0,
  };
}
