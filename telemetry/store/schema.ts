/**
 * The tables of telemetry.db. Times in `_ms` are ms since 1970, times in `_ns` the host's monotonic clock. A job row holds every
 * header field, so that a nonce can be verified from this file alone; nonces lie in chunks of columns (columns.ts).
 */
import type { Readings, SetPoint } from "../messages.ts";

/** "ARsv": tells this file from other programs' SQLite databases. */
export const APPLICATION_ID = 0x41527376;

/** Migration i brings a database of schema i to schema i + 1. Never edit one that was released: add the next. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('hardware', 'twin', 'recording')),
    status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'stopped', 'failed', 'interrupted')),
    started_ms REAL NOT NULL,
    ended_ms REAL,
    last_commit_ms REAL NOT NULL,
    note TEXT NOT NULL,
    provenance TEXT NOT NULL
  ) STRICT;
  CREATE INDEX runs_status ON runs (status);

  CREATE TABLE jobs (
    run INTEGER NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,
    wire_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    prev_hash BLOB NOT NULL CHECK (length(prev_hash) = 32),
    merkle_root BLOB NOT NULL CHECK (length(merkle_root) = 32),
    ntime INTEGER NOT NULL,
    nbits INTEGER NOT NULL,
    ticket_log2 REAL NOT NULL,
    work_scale INTEGER NOT NULL,
    sent_ns INTEGER NOT NULL,
    frequency_mhz REAL NOT NULL,
    hash_counting_number INTEGER,
    PRIMARY KEY (run, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE nonce_chunks (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    t_first_ns INTEGER NOT NULL,
    t_last_ns INTEGER NOT NULL,
    committed_ms REAL NOT NULL,
    columns BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX nonce_chunks_run_seq ON nonce_chunks (run, seq, count);

  CREATE TABLE samples (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id),
    t_ns INTEGER NOT NULL,
    set_core_voltage_mv REAL,
    set_frequency_mhz REAL,
    set_ticket_difficulty REAL,
    wall_ms REAL NOT NULL,
    core_voltage_mv REAL,
    input_voltage_mv REAL,
    input_current_ma REAL,
    power_w REAL,
    chip_temp_c REAL,
    board_temp_c REAL,
    regulator_temp_c REAL,
    fan_rpm REAL,
    fan_percent REAL,
    hash_rate_ghs REAL,
    expected_ghs REAL
  ) STRICT;
  CREATE INDEX samples_run ON samples (run, id);

  CREATE TABLE results (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id),
    kind TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('hardware', 'twin', 'recording')),
    wall_ms REAL NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  CREATE INDEX results_run ON results (run, id);

  CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    run INTEGER REFERENCES runs (id),
    wall_ms REAL NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    source TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_run ON events (run, id);
  PRAGMA application_id = ${APPLICATION_ID};
  `,
  `
  ALTER TABLE runs ADD COLUMN software TEXT;
  ALTER TABLE runs ADD COLUMN config_sha256 TEXT;
  ALTER TABLE runs ADD COLUMN commit_interval_ms REAL;
  ALTER TABLE runs ADD COLUMN imported_ms REAL;
  ALTER TABLE runs ADD COLUMN imported_from TEXT;
  UPDATE runs SET software = json_extract(provenance, '$.software')
   WHERE json_valid(provenance) AND json_type(provenance, '$.software') = 'text';

  CREATE TABLE set_points (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id),
    t_ns INTEGER NOT NULL,
    wall_ms REAL NOT NULL,
    core_voltage_mv REAL NOT NULL,
    frequency_mhz REAL NOT NULL,
    ticket_difficulty REAL NOT NULL,
    asked_core_voltage_mv REAL,
    asked_frequency_mhz REAL,
    asked_ticket_difficulty REAL
  ) STRICT;
  CREATE INDEX set_points_run ON set_points (run, id);

  CREATE TABLE nonce_minutes (
    run INTEGER NOT NULL REFERENCES runs (id),
    minute_ns INTEGER NOT NULL,
    chip INTEGER NOT NULL,
    valid INTEGER NOT NULL,
    invalid INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    unknown_job INTEGER NOT NULL,
    residuals INTEGER NOT NULL,
    residual_mean_ns REAL,
    residual_sd_ns REAL,
    residual_min_ns REAL,
    residual_max_ns REAL,
    PRIMARY KEY (run, minute_ns, chip)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE dropped (
    run INTEGER NOT NULL REFERENCES runs (id),
    what TEXT NOT NULL CHECK (what IN ('nonces', 'jobs', 'samples', 'events')),
    count INTEGER NOT NULL,
    first_wall_ms REAL NOT NULL,
    last_wall_ms REAL NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (run, what)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE runs ADD COLUMN commit_number INTEGER;
  ALTER TABLE runs ADD COLUMN commits INTEGER;
  ALTER TABLE runs ADD COLUMN late_commits INTEGER;
  ALTER TABLE runs ADD COLUMN worst_commit_age_ms REAL;
  `,
  `
  ALTER TABLE jobs ADD COLUMN claim_trie_root BLOB CHECK (length(claim_trie_root) = 32);
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Column of each part of a set-point; a new part does not compile until it has a column (and a migration). */
export const SET_POINT_COLUMNS = {
  coreVoltageMv: "set_core_voltage_mv",
  frequencyMhz: "set_frequency_mhz",
  ticketDifficulty: "set_ticket_difficulty",
} as const satisfies Record<keyof SetPoint, string>;

/** Column of each reading, likewise. */
export const READING_COLUMNS = {
  wallMs: "wall_ms",
  coreVoltageMv: "core_voltage_mv",
  inputVoltageMv: "input_voltage_mv",
  inputCurrentMa: "input_current_ma",
  powerW: "power_w",
  chipTempC: "chip_temp_c",
  boardTempC: "board_temp_c",
  regulatorTempC: "regulator_temp_c",
  fanRpm: "fan_rpm",
  fanPercent: "fan_percent",
  hashRateGhs: "hash_rate_ghs",
  expectedGhs: "expected_ghs",
} as const satisfies Record<keyof Readings, string>;
