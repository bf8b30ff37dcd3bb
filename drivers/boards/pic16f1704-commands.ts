/**
 * Frames of the S9 hash board's PIC16F1704, as data: 55 AA command [data], no checksum. specs/bm1387.md 4.1
 * Each byte travels in an I2C transaction of its own, both ways.
 */

interface PicCommand {
  readonly code: number;
  /** Which of the PIC's two programs knows it. */
  readonly program: "loader" | "application" | "both";
  readonly dataBytes: number;
  /** null where no source says. */
  readonly replyBytes: number | null;
  /** How long the PIC is busy with it; until then it does not acknowledge, or misses what comes next. */
  readonly settleMs: number;
}

const command = (
  code: number,
  program: PicCommand["program"],
  { dataBytes = 0, replyBytes = 0, settleMs = 0 }: Partial<Omit<PicCommand, "code" | "program">> = {},
): PicCommand => ({ code, program, dataBytes, replyBytes, settleMs });

/** What erases or writes flash is here so that a log can name it; Pic16f1704 sends none of it. */
export const PIC_COMMANDS = {
  noOperation: command(0x00, "both"),
  setFlashPointer: command(0x01, "loader", { dataBytes: 2 }),
  loadBuffer: command(0x02, "loader", { dataBytes: 16 }),
  readFlash: command(0x03, "loader", { replyBytes: 16 }),
  eraseSector: command(0x04, "loader", { settleMs: 100 }),
  writeBuffer: command(0x05, "loader", { settleMs: 100 }),
  jumpToApplication: command(0x06, "loader", { settleMs: 100 }),
  reset: command(0x07, "both", { settleMs: 500 }),
  getFlashPointer: command(0x08, "loader", { replyBytes: 2 }),
  eraseApplication: command(0x09, "loader"),
  setVoltage: command(0x10, "application", { dataBytes: 1, settleMs: 100 }),
  setVoltageTime: command(0x11, "application", { dataBytes: 6 }),
  setBoardId: command(0x12, "application", { dataBytes: 12 }),
  getBoardId: command(0x13, "application", { replyBytes: 12 }),
  setHostMac: command(0x14, "application", { dataBytes: 12 }),
  enable: command(0x15, "application", { dataBytes: 1, settleMs: 100 }),
  heartbeat: command(0x16, "application"),
  version: command(0x17, "both", { replyBytes: 1 }),
  getVoltage: command(0x18, "application", { replyBytes: 1 }),
  date: command(0x19, "application", { replyBytes: null }),
  whichMac: command(0x20, "application", { replyBytes: null }),
  mac: command(0x21, "application", { replyBytes: null }),
  setTemperatureOffsets: command(0x22, "application", { dataBytes: 8 }),
  getTemperatureOffsets: command(0x23, "application", { replyBytes: 8 }),
} as const satisfies Readonly<Record<string, PicCommand>>;

export type PicCommandName = keyof typeof PIC_COMMANDS;

const PREAMBLE = [0x55, 0xaa] as const;
const HEADER_BYTES = 3;

/** A frame's bytes. RangeError when the data is not what the command takes: a mistake in this program, not on the wire. */
export function picFrame(name: PicCommandName, data: readonly number[] = []): Uint8Array {
  const { code, dataBytes } = PIC_COMMANDS[name];
  if (data.length !== dataBytes || data.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 0xff))
    throw new RangeError(`${name} takes ${dataBytes} bytes, not ${data.join(", ")}`);
  return Uint8Array.of(...PREAMBLE, code, ...data);
}

/**
 * Ends whatever the PIC's parser was in the middle of: it does not look for a preamble inside one, so 55 55 AA 07 is missed.
 * A no-operation, then zeros enough for the longest data a command takes.
 */
export const PIC_FLUSH: Uint8Array = Uint8Array.from([...picFrame("noOperation"), ...new Array<number>(16).fill(0)]);

/** What a frame says; null when it is none of the table. */
export function decodePicFrame(bytes: Uint8Array): { readonly name: PicCommandName; readonly data: Uint8Array } | null {
  if (PREAMBLE.some((byte, i) => bytes[i] !== byte)) return null;
  for (const [name, { code, dataBytes }] of Object.entries(PIC_COMMANDS)) {
    if (bytes[2] === code && bytes.length === HEADER_BYTES + dataBytes)
      return { name: name as PicCommandName, data: bytes.slice(HEADER_BYTES) };
  }
  return null;
}
