/** The Stratum client of a twin that has a life of its own besides: it hashes at the clock that was set, stops while it restarts, and comes again. */
import type { MinerKind } from "./miner-kinds.ts";
import { type LiveMiner, startLiveMiner } from "./stratum-client.ts";

export interface Pool {
  readonly host: string;
  readonly port: number;
  readonly workScale: number;
  readonly seed: number;
}

/** What hashes. Rates are above zero. */
export interface Hashing {
  hashRateHs(): number;
  isDown(): boolean;
  /** Answers to its shares since the last call. */
  onAnswers(accepted: number, refused: number): void;
}

/** How often it looks at its clock and its connection, ms. */
const LOOK_MS = 250;
/** After a connection was refused or ended, ms. GUESS. */
const AGAIN_MS = 2000;

/** Mines in real time until the returned function is called. A pool that is away is tried again, for ever. */
export function mineFor(pool: Pool, kind: MinerKind, hashing: Hashing): () => void {
  let live: LiveMiner | null = null;
  let counted = { accepted: 0, refused: 0 };
  let notBefore = 0;
  let connecting = false;
  let stopped = false;
  const leave = () => {
    live?.stop();
    live = null;
  };
  const join = async () => {
    connecting = true;
    try {
      const joined = await startLiveMiner(pool, { ...kind, hashRateHs: hashing.hashRateHs() }, pool);
      counted = { accepted: 0, refused: 0 };
      if (stopped) joined.stop();
      else live = joined;
      joined.ended.then(() => {
        if (live === joined) live = null;
      });
    } catch {
      // Nothing answers there: a miner goes on trying, and so does this one.
    }
    notBefore = performance.now() + AGAIN_MS;
    connecting = false;
  };
  const look = () => {
    if (hashing.isDown()) return leave();
    if (live === null) {
      if (!connecting && performance.now() >= notBefore) void join();
      return;
    }
    const { miner } = live;
    miner.setHashRate(hashing.hashRateHs(), process.hrtime.bigint());
    hashing.onAnswers(miner.accepted - counted.accepted, miner.refused - counted.refused);
    counted = { accepted: miner.accepted, refused: miner.refused };
  };
  const timer = setInterval(look, LOOK_MS);
  look();
  return () => {
    stopped = true;
    clearInterval(timer);
    leave();
  };
}
