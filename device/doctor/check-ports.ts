import path from "node:path";
import type { Origin } from "../../common/origin.ts";
import type { PortFacts } from "./facts.ts";
import { bad, ok, type Row, warning } from "./row.ts";

const LATENCY_TIMER_MS = 1;

/** Ports of a configuration, or those that were found on a host without one. */
export function checkPorts(ports: readonly PortFacts[], origin: Origin | null, user: string): Row[] {
  if (ports.length === 0) {
    const mend = "plug the board in, or try `asic-reservoir demo`, which needs none; `dmesg | tail` says what the kernel saw";
    return [warning("ports", "no serial port was found", mend)];
  }
  return ports.flatMap((port) => checkPort(port, origin, user));
}

const PLUG_IN = "plug it in; ls -l /dev/serial/by-id lists what is there";
/** The twin's ports are links in a folder: docs/rig.md. */
const twinFor = (port: string) => `start it: asic-reservoir twin [--board s9 --chips N] --link ${path.dirname(port)}`;

function checkPort(port: PortFacts, origin: Origin | null, user: string): Row[] {
  const name = `${port.key} ${port.path}`;
  if (!port.exists) return [bad("ports", `${name} is not there`, origin === "twin" ? twinFor(port.path) : PLUG_IN)];
  if (!port.device) return [bad("ports", `${name} is no device`, "name the port itself; ls -l /dev/serial/by-id lists them")];
  const rows = [accessOf(port, name, user), originOf(port, name, origin), holdersOf(port, name), nameOf(port, name), timerOf(port, name)];
  const wrong = rows.filter((row) => row !== null);
  // Of a pseudo-terminal nobody can say: its twin has it open, too.
  return wrong.length > 0 ? wrong : [ok("ports", `${name} is there${port.pseudoTerminal ? ", a twin's" : " and free"}`)];
}

function accessOf({ readable, writable, group }: PortFacts, name: string, user: string): Row | null {
  if (readable && writable) return null;
  const mend =
    group === null || group === "root" ? "give it a group with a udev rule" : `sudo usermod -aG ${group} ${user}, then log in again`;
  return bad("ports", `${name} may not be ${readable ? "written" : "read"} by ${user}`, mend);
}

function originOf({ pseudoTerminal }: PortFacts, name: string, origin: Origin | null): Row | null {
  if (origin === null || pseudoTerminal === (origin !== "hardware")) return null;
  return pseudoTerminal
    ? bad("ports", `${name} is a pseudo-terminal, and the configuration says hardware`, "set `origin: twin`, or name the real port")
    : bad("ports", `${name} is a real port, and the configuration says ${origin}`, "set `origin: hardware` and `workScale: 0`");
}

function holdersOf({ holders, pseudoTerminal, path }: PortFacts, name: string): Row | null {
  // A twin holds its own pseudo-terminals.
  if (pseudoTerminal) return null;
  if (holders === null) return warning("ports", `who has ${name} open cannot be seen`, `sudo fuser -v ${path}`);
  const [first] = holders;
  if (!first) return null;
  const who = holders.map(({ pid, name: program }) => `${program} (process ${pid})`).join(", ");
  return bad("ports", `${name} is open in ${who}`, `end it (kill ${first.pid}), or stop its service`);
}

function nameOf({ stablePath, key }: PortFacts, name: string): Row | null {
  if (stablePath === null || key === "found") return null;
  return warning("ports", `${name} may be another device after the next start`, `${key}: ${stablePath}`);
}

function timerOf({ latencyTimer }: PortFacts, name: string): Row | null {
  if (latencyTimer === null || latencyTimer.ms <= LATENCY_TIMER_MS || latencyTimer.writable) return null;
  const says = `${name} keeps bytes for up to ${latencyTimer.ms} ms, and its latency timer may not be set`;
  return warning("latency", says, `echo 1 | sudo tee ${latencyTimer.file}; docs/time-stamps.md has a udev rule that lasts`);
}
