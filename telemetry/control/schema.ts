/** "ARCT": tells this file from other programs' databases, and from the record. */
export const CONTROL_APPLICATION_ID = 0x4152_4354;

/** One step for each version of the layout. */
export const CONTROL_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE latches (
    id INTEGER PRIMARY KEY,
    rig TEXT NOT NULL,
    code TEXT NOT NULL,
    cause TEXT NOT NULL,
    evidence TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    cleared_wall_ms INTEGER,
    cleared_reason TEXT,
    CHECK ((cleared_wall_ms IS NULL) = (cleared_reason IS NULL))
  ) STRICT;
  CREATE INDEX latched ON latches (rig) WHERE cleared_wall_ms IS NULL;
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    rig TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE TABLE settings (
    rig TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    PRIMARY KEY (rig, name)
  ) STRICT, WITHOUT ROWID;
  `,
];
