/** What one connection may cost. A miner's lines are a few hundred bytes and nest three deep; a template with 16 branches is 2 KB, and that is ours. */
export interface StratumLimits {
  readonly lineBytes: number;
  readonly depth: number;
  /** A line begun must be ended within this, ms: an honest miner writes a line at once. */
  readonly lineMs: number;
  /** From connecting to an authorized worker, ms. */
  readonly handshakeMs: number;
  /** Without one byte from the miner, ms: at any useful difficulty it is gone. */
  readonly idleMs: number;
  /** What may wait for a client that does not read, bytes. */
  readonly backlogBytes: number;
  readonly connections: number;
}

export const STRATUM_LIMITS: StratumLimits = {
  lineBytes: 4096,
  depth: 6,
  lineMs: 5000,
  handshakeMs: 15_000,
  idleMs: 600_000,
  backlogBytes: 256 * 1024,
  connections: 1024,
};

/** Why the server ended a connection. Each is counted; none is ever thrown. */
export const CLOSE_REASONS = [
  "line-too-long",
  "not-text",
  "not-json",
  "too-deep",
  "not-a-request",
  "bad-params",
  "slow-line",
  "handshake-timeout",
  "idle",
  "write-backlog",
  "too-many-connections",
  "socket-error",
  "client-left",
  "server-stopped",
] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];
