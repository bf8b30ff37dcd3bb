// Writes docs/wire.md: every frame, register and command that this program speaks, from the tables that encode and decode it. `npm run -s docs:wire`.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { encodeCommand as encode1366 } from "../drivers/bm13xx/frames.ts";
import { LONG_RESPONSE_BYTES, SHORT_RESPONSE_BYTES } from "../drivers/bm13xx/response.ts";
import { coreRegisters } from "../drivers/bm1366/core-registers.ts";
import { explainBytes as explain1366 } from "../drivers/bm1366/explain.ts";
import { encodeJob as encodeJob1366 } from "../drivers/bm1366/job.ts";
import { registers as registers1366 } from "../drivers/bm1366/registers.ts";
import { explainBytes as explain1387 } from "../drivers/bm1387/explain.ts";
import { encodeCommand as encode1387 } from "../drivers/bm1387/frames.ts";
import { jobBytes, MIDSTATE_COUNTS } from "../drivers/bm1387/job.ts";
import { registers as registers1387 } from "../drivers/bm1387/registers.ts";
import { RESPONSE_BYTES } from "../drivers/bm1387/response.ts";
import { PIC_COMMANDS } from "../drivers/boards/pic16f1704-commands.ts";
import { BRIDGE_COMMANDS, encodeRequest } from "../drivers/transport/bridge-commands.ts";

const FILE = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "docs/wire.md");

const hex = (value, digits = 2) => value.toString(16).toUpperCase().padStart(digits, "0");
const bytesText = (bytes) => [...bytes].map((byte) => hex(byte)).join(" ");
const cell = (text) => String(text).replaceAll("|", "\\|");
const table = (head, rows) => [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

/** `31:16`, or `30`; several stretches with a comma. */
function bitsOf(mask) {
  const stretches = [];
  for (let bit = 31; bit >= 0; bit--) {
    if (((mask >>> bit) & 1) === 0) continue;
    const high = bit;
    while (bit > 0 && ((mask >>> (bit - 1)) & 1) === 1) bit--;
    stretches.push(high === bit ? `${high}` : `${high}:${bit}`);
  }
  return stretches.join(", ");
}

function registerSection({ name, address, access, reset, meaning, source, fields }) {
  const rows = Object.entries(fields).map(([field, { mask, meaning: says, unit, range }]) => [
    field,
    bitsOf(mask),
    range === null ? "flag" : `${range.min} to ${range.max}`,
    [says, unit && `(${unit})`].filter(Boolean).join(" "),
  ]);
  return `#### ${hex(address)} ${name}

${meaning}. Access ${access}, after reset ${reset === null ? "unknown" : hex(reset, 8)}. Source: ${source}.
${rows.length === 0 ? "" : `\n${table(["field", "bits", "range", "meaning"], rows)}\n`}`;
}

/** One of each kind, with what the log says of it. */
const COMMANDS = [
  ["set-address", { kind: "set-address", address: 0x04 }],
  ["write to one chip", { kind: "write", address: 0x04, register: 0x14, value: 0x0000_00ff }],
  ["write to all chips", { kind: "write", address: null, register: 0x14, value: 0x0000_00ff }],
  ["read from one chip", { kind: "read", address: 0x04, register: 0x00 }],
  ["read from all chips", { kind: "read", address: null, register: 0x00 }],
  ["chain-inactive", { kind: "chain-inactive" }],
];

const commandTable = (encode, explain) =>
  table(
    ["command", "bytes", "as the log explains it"],
    COMMANDS.map(([name, command]) => {
      const bytes = encode(command);
      return [
        name,
        `\`${bytesText(bytes)}\``,
        explain(bytes, "to-chip")
          .join("; ")
          .trim()
          .replace(/^-> \S+\s+/, ""),
      ];
    }),
  );

const EXAMPLE = { u8: 1, u32le: 100_000, bytes: Uint8Array.of(0x10, 0x20) };

function bridgeRow([name, { page, code, fields, answerBytes }]) {
  const values = Object.fromEntries(Object.entries(fields).map(([field, type]) => [field, EXAMPLE[type]]));
  const list = Object.entries(fields).map(([field, type]) => `${field} ${type}`);
  return [
    name,
    hex(page),
    code === null ? "the pin" : hex(code),
    list.join(", ") || "none",
    answerBytes(values),
    `\`${bytesText(encodeRequest(0, name, values))}\``,
  ];
}

const picRow = ([name, { code, program, dataBytes, replyBytes, settleMs }]) => [
  name,
  hex(code),
  program,
  dataBytes,
  replyBytes ?? "unknown",
  settleMs,
];

export function wirePage() {
  const header = { version: 0x2000_0000, prevHash: new Uint8Array(32), merkleRoot: new Uint8Array(32), ntime: 0, nbits: 0x1703_4219 };
  return `# Wire protocols

Generated from the tables that encode and decode them by \`npm run -s docs:wire\`. Numbers are hexadecimal where they are bytes. \`asic-reservoir decode HEX\` explains any
bytes; \`--trace-wire FILE\` logs what goes over the line. Sources name sections of the specifications that the tables were written from.

## BM1366

115200 baud after reset, 8N1. A frame to the chips begins \`55 AA\`, then a header byte and a length (of everything after the preamble); a command ends in
a CRC5, a job in a CRC16. Values are big-endian. Answers begin \`AA 55\` and have ${SHORT_RESPONSE_BYTES} bytes, with version rolling on ${LONG_RESPONSE_BYTES}; bit 7 of the last byte tells a
nonce from a register. CRC5 lets one damaged frame in 32 through: an answer counts when its job lives and its hash verifies.

### Commands

${commandTable(encode1366, explain1366)}

A job with a whole header has ${encodeJob1366(0, header).length} bytes and begins \`${bytesText(encodeJob1366(0, header).subarray(0, 4))}\`.

### Registers

${registers1366.map(registerSection).join("\n")}
### Registers inside the cores

Through CORE_REGISTER_CONTROL.

${table(
  ["number", "name", "after reset"],
  coreRegisters.map(({ number, name, reset }) => [number, name, hex(reset)]),
)}

## BM1387

115200 baud after reset, 8N1. Frames to the chips have no preamble: a header byte, a length (of everything), data, and a CRC5 or, for a job, a CRC16. Answers have ${RESPONSE_BYTES} bytes;
bit 7 of the last byte tells a nonce from a register. A job has ${MIDSTATE_COUNTS.map((count) => `${jobBytes(count)} bytes with ${count}`).join(", ")} midstates.

### Commands

${commandTable(encode1387, explain1387)}

### Registers

${registers1387.map(registerSection).join("\n")}
## The bitaxe-raw bridge

The control port. A request: length (two bytes, low first, of everything), id, bus (00), page, command, fields. Answers come in three generations that differ in what their length counts.
The examples have id 00 and every one-byte field 01.

${table(["command", "page", "code", "fields", "answer, bytes", "example"], Object.entries(BRIDGE_COMMANDS).map(bridgeRow))}

## The PIC of an S9 hash board

On I2C at 55, 56 or 57, one byte in a transaction both ways: \`55 AA\`, the command, its data. There is no checksum. What erases or writes flash is in the table so that a log can name it: this program sends none of it.

${table(["command", "code", "known to", "data, bytes", "reply, bytes", "busy, ms"], Object.entries(PIC_COMMANDS).map(picRow))}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(FILE, wirePage());
