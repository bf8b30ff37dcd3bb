import { hostClock } from "../../common/clock.ts";
import { explain } from "../../common/errors.ts";
import type { CoreOff } from "../../drivers/boards/board.ts";
import { monotonicRawNs } from "../../drivers/native/index.ts";
import { loadBoards } from "../config/load.ts";
import { takeOff } from "../guard/take-off.ts";
import { SERIAL_PORTS } from "../hardware/open.ts";
import { EXIT } from "./exit.ts";

export interface OffOptions {
  config: string;
  grace: number;
  patience: number;
  json?: boolean;
}

export async function offCommand(options: OffOptions): Promise<number> {
  const configs = loadBoards(options.config).map(({ config }) => config);
  const log = (text: string) => void process.stderr.write(`${text}\n`);
  const parts = { clock: hostClock(monotonicRawNs), ports: SERIAL_PORTS, log };
  // Every board is asked, whatever becomes of another.
  const asked = await Promise.allSettled(
    configs.map((config) =>
      takeOff(config, parts, {
        graceMs: options.grace * 1000,
        patienceMs: options.patience * 1000,
        signal: (pid, name) => void process.kill(pid, name),
      }),
    ),
  );
  const several = configs.length > 1;
  const boards = configs.map(({ rig }, at) => ({ rig, ...answerOf(asked[at] as PromiseSettledResult<CoreOff>) }));
  for (const { rig, off, how } of several ? boards : []) log(off ? `${rig} is off: ${how}` : `${rig} is NOT off: ${how}`);
  const refused = asked.find((result) => result.status === "rejected");
  if (refused) throw refused.reason;
  const [{ supplyOff, how }] = boards as [(typeof boards)[0]];
  if (options.json) process.stdout.write(`${JSON.stringify(several ? { off: true, boards } : { off: true, supplyOff, how })}\n`);
  else process.stdout.write(several ? `All ${boards.length} boards are off.\n` : `The board is off: ${how}.\n`);
  return EXIT.good;
}

function answerOf(result: PromiseSettledResult<CoreOff>): { off: boolean; supplyOff: boolean; how: string } {
  if (result.status === "fulfilled") return { off: true, ...result.value };
  return { off: false, supplyOff: false, how: explain(result.reason) };
}
