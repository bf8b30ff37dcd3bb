/**
 * Requests of the bitaxe-raw control protocol, as data. specs/bm1366.md 5.10
 * On the wire: LEN (u16 LE, of everything), ID, BUS (0), PAGE, CMD, fields. A GPIO's pin number stands where CMD does.
 */
type FieldType = "u8" | "u32le" | "bytes";
type Fields = Readonly<Record<string, FieldType>>;
type ValuesOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends "bytes" ? Uint8Array : number };

interface Command<F extends Fields = Fields> {
  readonly page: number;
  /** null: the first field stands in its place. */
  readonly code: number | null;
  readonly fields: F;
  /** Data bytes of a good answer. */
  readonly answerBytes: (values: ValuesOf<F>) => number;
  /** Is this one-byte answer what the request asked for? Needed where a one-byte answer looks like an error code ("total" generation). */
  readonly isAnswer?: (values: ValuesOf<F>, data: Uint8Array) => boolean;
}

const command = <const F extends Fields>(declared: Command<F>): Command<F> => declared;

export const BRIDGE_COMMANDS = {
  i2cSetFrequency: command({ page: 0x05, code: 0x10, fields: { hz: "u32le" }, answerBytes: () => 4 }),
  i2cWrite: command({
    page: 0x05,
    code: 0x20,
    fields: { address: "u8", data: "bytes" },
    answerBytes: () => 1,
    isAnswer: ({ data }, answer) => answer[0] === data.length,
  }),
  i2cRead: command({ page: 0x05, code: 0x30, fields: { address: "u8", length: "u8" }, answerBytes: ({ length }) => length }),
  i2cWriteRead: command({
    page: 0x05,
    code: 0x40,
    fields: { address: "u8", data: "bytes", length: "u8" },
    answerBytes: ({ length }) => length,
  }),
  gpioSet: command({
    page: 0x06,
    code: null,
    fields: { pin: "u8", level: "u8" },
    answerBytes: () => 1,
    isAnswer: (_, answer) => (answer[0] ?? 0xff) <= 1,
  }),
  gpioGet: command({
    page: 0x06,
    code: null,
    fields: { pin: "u8" },
    answerBytes: () => 1,
    isAnswer: (_, answer) => (answer[0] ?? 0xff) <= 1,
  }),
  adcReadVdd: command({ page: 0x07, code: 0x50, fields: {}, answerBytes: () => 2 }),
  /** emberOne only; here for logs and twins, no method of Bridge sends it. */
  ledSetRgb: command({ page: 0x08, code: 0x10, fields: { red: "u8", green: "u8", blue: "u8" }, answerBytes: () => 3 }),
  fanSet: command({
    page: 0x09,
    code: 0x10,
    fields: { percent: "u8" },
    answerBytes: () => 1,
    isAnswer: ({ percent }, answer) => answer[0] === percent,
  }),
  fanTach: command({ page: 0x09, code: 0x20, fields: {}, answerBytes: () => 2 }),
  /** emberOne only: page 09 is the fan on a Bitaxe (pitfall 21). Never sent; here so that a log can name it. */
  systemReboot: command({ page: 0x09, code: 0x01, fields: { key: "bytes" }, answerBytes: () => 0 }),
} as const;

export type BridgeCommandName = keyof typeof BRIDGE_COMMANDS;
export type BridgeValues<N extends BridgeCommandName> = ValuesOf<(typeof BRIDGE_COMMANDS)[N]["fields"]>;
type AnyValues = Readonly<Record<string, number | Uint8Array>>;

const HEADER_BYTES = 6;
/** Of the whole request: the firmware's buffer. */
export const MAX_REQUEST_BYTES = 4098;

const COMMANDS_BY_NAME: Readonly<Record<string, Command>> = BRIDGE_COMMANDS as unknown as Readonly<Record<string, Command>>;

/** The request's bytes. RangeError when a value does not fit its field: that is a mistake in this program, not on the wire. */
export function encodeRequest<N extends BridgeCommandName>(id: number, name: N, values: BridgeValues<N>): Uint8Array {
  const { page, code, fields } = COMMANDS_BY_NAME[name] as Command;
  const body: number[] = code === null ? [] : [code];
  for (const [field, type] of Object.entries(fields)) body.push(...encodeField(field, type, (values as AnyValues)[field]));
  const length = HEADER_BYTES - 1 + body.length;
  if (length > MAX_REQUEST_BYTES) throw new RangeError(`${name}: ${length} bytes, the bridge takes ${MAX_REQUEST_BYTES}`);
  return Uint8Array.from([length & 0xff, length >> 8, id, 0, page, ...body]);
}

function encodeField(field: string, type: FieldType, value: number | Uint8Array | undefined): readonly number[] {
  if (value instanceof Uint8Array) return [...value];
  const max = type === "u8" ? 0xff : 0xffff_ffff;
  if (value === undefined || !Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`${field}: ${value} is not 0..${max}`);
  return type === "u8" ? [value] : [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

export interface DecodedRequest {
  readonly id: number;
  readonly name: BridgeCommandName;
  readonly values: AnyValues;
}

/** What a request's bytes ask for; null when they are no complete request of the table. */
export function decodeRequest(bytes: Uint8Array): DecodedRequest | null {
  const [low = 0, high = 0, id = 0, bus, page] = bytes;
  if (bytes.length < HEADER_BYTES || (low | (high << 8)) !== bytes.length || bus !== 0) return null;
  for (const [name, declared] of Object.entries(COMMANDS_BY_NAME)) {
    if (declared.page !== page || (declared.code !== null && declared.code !== bytes[HEADER_BYTES - 1])) continue;
    const values = decodeFields(declared.fields, bytes.subarray(declared.code === null ? HEADER_BYTES - 1 : HEADER_BYTES));
    if (values !== null) return { id, name: name as BridgeCommandName, values };
  }
  return null;
}

const fieldBytes = (type: FieldType, free: number): number => (type === "bytes" ? free : type === "u8" ? 1 : 4);

function decodeFields(fields: Fields, bytes: Uint8Array): AnyValues | null {
  const free = Object.values(fields).reduce((left, type) => left - fieldBytes(type, 0), bytes.length);
  if (free < 0 || (free > 0 && !Object.values(fields).includes("bytes"))) return null;
  const values: Record<string, number | Uint8Array> = {};
  let at = 0;
  for (const [field, type] of Object.entries(fields)) {
    const size = fieldBytes(type, free);
    const part = bytes.subarray(at, at + size);
    values[field] = type === "bytes" ? part : littleEndian(part);
    at += size;
  }
  return values;
}

const littleEndian = (bytes: Uint8Array): number => [...bytes].reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);

/** A request for a log: its name and its values, numbers in decimal, bytes in hex. */
export function describeRequest(name: BridgeCommandName, values: AnyValues): string {
  const parts = Object.entries(values).map(([field, value]) => {
    if (value instanceof Uint8Array) return `${field}=${Buffer.from(value).toString("hex")}`;
    return field === "address" ? `address=0x${value.toString(16)}` : `${field}=${value}`;
  });
  return [name, ...parts].join(" ");
}

/** How the answer to this request will look. */
export function expectedAnswer<N extends BridgeCommandName>(id: number, name: N, values: BridgeValues<N>): ExpectedAnswer {
  const declared = COMMANDS_BY_NAME[name] as Command;
  const { isAnswer } = declared;
  return {
    id,
    answerBytes: declared.answerBytes(values as never),
    ...(isAnswer === undefined ? {} : { isAnswer: (data: Uint8Array) => isAnswer(values as never, data) }),
  };
}

export interface ExpectedAnswer {
  readonly id: number;
  readonly answerBytes: number;
  readonly isAnswer?: (data: Uint8Array) => boolean;
}
