/** Opening a serial port, with a cause and a cure for each way it fails. Linux. */
import { execFile } from "node:child_process";
import type { Stats } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { SerialPort } from "serialport";
import { DriverError } from "../../common/errors.ts";

const SERIAL_NAME = /^tty(ACM|USB|AMA|PS|S|UL|MXC|THS)\d+$/;

/** Paths of the serial ports that exist and have hardware behind them, sorted. */
export async function listSerialPorts(): Promise<string[]> {
  const names = (await readdir("/dev").catch(() => [])).filter((name) => SERIAL_NAME.test(name));
  const real = await Promise.all(names.map(async (name) => !name.startsWith("ttyS") || (await hasUart(name))));
  return names
    .filter((_, i) => real[i])
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .map((name) => `/dev/${name}`);
}

/** The kernel makes ttyS0..3 whether or not there is a chip; `type` 0 means there is none. */
async function hasUart(name: string): Promise<boolean> {
  const type = await readFile(`/sys/class/tty/${name}/type`, "utf8").catch(() => "0");
  return type.trim() !== "0";
}

/**
 * Opens a port, 8N1, raw, locked against others. The object is single-use: bytes queued in it at a disconnect would be sent on
 * a reopen (specs/stack.md). DriverError PORT_MISSING, PORT_NOT_SERIAL, PORT_DENIED, PORT_BUSY, PORT_OPEN_FAILED.
 */
export async function openPort(path: string, baud: number, onWarning: (text: string) => void = () => {}): Promise<SerialPort> {
  const stats = await inspect(path);
  const port = new SerialPort({ path, baudRate: baud, autoOpen: false, hupcl: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error === null || error === undefined ? resolve() : reject(error)));
  }).catch(async (error: Error) => {
    throw await openFailure(path, stats, error);
  });
  await keepModemLines(path, onWarning);
  return port;
}

async function inspect(path: string): Promise<Stats> {
  const stats = await stat(path).catch(async (error: NodeJS.ErrnoException) => {
    throw error.code === "EACCES" ? denied(path, null, error) : await missing(path, error);
  });
  if (!stats.isCharacterDevice()) throw notSerial(path);
  return stats;
}

async function openFailure(path: string, stats: Stats, error: Error): Promise<DriverError> {
  if (/permission denied|not permitted/i.test(error.message)) return denied(path, stats, error);
  if (/lock port|resource busy/i.test(error.message)) return busy(path, stats, error);
  if (/inappropriate ioctl/i.test(error.message)) return notSerial(path);
  if (/no such/i.test(error.message)) return missing(path, error);
  return new DriverError(
    "PORT_OPEN_FAILED",
    `The serial port ${path} cannot be opened: ${error.message}.`,
    "Unplug the board, plug it in again, and look at the last lines of `dmesg`.",
    { path },
    error,
  );
}

async function missing(path: string, cause: Error): Promise<DriverError> {
  const ports = await listSerialPorts();
  const there = ports.length === 0 ? "No serial port is plugged in" : `Serial ports here: ${ports.join(", ")}`;
  return new DriverError(
    "PORT_MISSING",
    `There is no port ${path}.`,
    `${there}; check the cable and the configuration.`,
    { path, ports },
    cause,
  );
}

function notSerial(path: string): DriverError {
  const hint = "Name a serial device such as /dev/ttyACM0.";
  return new DriverError("PORT_NOT_SERIAL", `${path} is not a serial port.`, hint, { path });
}

function denied(path: string, stats: Stats | null, cause: Error): DriverError {
  const hint =
    "Run `sudo usermod -aG dialout $USER` and log in again, or add the udev rule " +
    `SUBSYSTEM=="tty", ATTRS{idVendor}=="c0de", MODE="0660", GROUP="dialout".`;
  const context = { path, mode: stats === null ? null : (stats.mode & 0o777).toString(8), ownerGid: stats?.gid ?? null };
  return new DriverError("PORT_DENIED", `This user may not open ${path}.`, hint, context, cause);
}

async function busy(path: string, stats: Stats, cause: Error): Promise<DriverError> {
  const holder = await lockHolder(stats);
  const who = holder === null ? "another process" : `process ${holder.pid} (${holder.name})`;
  return new DriverError(
    "PORT_BUSY",
    `${path} is in use by ${who}.`,
    "Stop that process, or configure another port.",
    { path, holder },
    cause,
  );
}

/** Who holds the advisory lock on this device, from /proc/locks (device numbers in hex, inode in decimal). */
async function lockHolder(stats: Stats): Promise<{ pid: number; name: string } | null> {
  const locks = await readFile("/proc/locks", "utf8").catch(() => "");
  const hex = (n: number) => n.toString(16).padStart(2, "0");
  const inode = ` ${hex(stats.dev >> 8)}:${hex(stats.dev & 0xff)}:${stats.ino} `;
  const line = locks.split("\n").find((text) => text.includes("FLOCK") && text.includes(inode));
  const pid = Number(line?.split(/\s+/)[4]);
  if (!(pid > 0)) return null;
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "?");
  return { pid, name: name.trim() };
}

/**
 * Keeps DTR and RTS up when the port is closed: adapters wired for auto-reset restart the board otherwise (pitfall 23).
 * serialport's `hupcl: false` only leaves the flag as it was, and Linux starts with it set.
 */
async function keepModemLines(path: string, onWarning: (text: string) => void): Promise<void> {
  await promisify(execFile)("stty", ["-F", path, "-hupcl"], { timeout: 2000 }).catch((error: Error) =>
    onWarning(`${path}: could not switch off hang-up on close (${error.message.trim()}); closing the port may reset the board`),
  );
}

/** Is this the end of a pseudo-terminal, as a twin gives? */
export async function isPseudoTerminal(path: string): Promise<boolean> {
  return (await realpath(path).catch(() => path)).startsWith("/dev/pts/");
}
