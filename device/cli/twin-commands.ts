import { createInterface } from "node:readline";
import { ConfigError, explain } from "../../common/errors.ts";
import { FAULTS, type FaultName, type FaultSpec, type TwinBoard } from "../../twin/index.ts";
import { parseFault } from "./twin-faults.ts";

/** What a running twin can be told on standard input. */
interface Commanded {
  setFault(fault: FaultSpec): void;
  clearFault(name: FaultName): void;
  status(): unknown;
}

/** One line: `fault NAME[=VALUE][#CHIP][@MS[-MS]]`, `clear NAME` or `status`. Returns the answer, one line. ConfigError: UNKNOWN_COMMAND and those of a fault. */
export function twinCommandLine(line: string, twin: Commanded, board: TwinBoard): string {
  const [verb = "", argument = ""] = line.trim().split(/\s+/, 2);
  switch (verb) {
    case "fault": {
      const fault = parseFault(argument, board);
      twin.setFault(fault);
      return `fault ${fault.name}`;
    }
    case "clear":
      if (!Object.hasOwn(FAULTS, argument)) throw unknown(line);
      twin.clearFault(argument as FaultName);
      return `cleared ${argument}`;
    case "status":
      return JSON.stringify(twin.status());
    default:
      throw unknown(line);
  }
}

function unknown(line: string): ConfigError {
  return new ConfigError("UNKNOWN_COMMAND", `The twin does not know "${line.trim()}".`, "Say fault NAME[=VALUE], clear NAME or status.");
}

/** Does what standard input says, line by line; answers go to standard output, complaints to standard error. */
export function followCommands(twin: Commanded, board: TwinBoard): void {
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line.trim() === "") return;
    try {
      process.stdout.write(`${twinCommandLine(line, twin, board)}\n`);
    } catch (error) {
      process.stderr.write(`${explain(error)}\n`);
    }
  });
}
