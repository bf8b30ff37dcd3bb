import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { DriverError, TwinError } from "../../common/errors.ts";
import { EXIT, exitCodeOf } from "./exit.ts";
import { pathError } from "./path-error.ts";

const folder = mkdtempSync(path.join(tmpdir(), "asicr-path-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe("a path that cannot be used", () => {
  test("because it is a folder or not there is bad input, and named", () => {
    for (const [named, code] of [
      [folder, "EISDIR"],
      [path.join(folder, "none"), "ENOENT"],
    ] as const) {
      const error = pathError(caught(() => readFileSync(named)));
      expect(error).toMatchObject({ code: "PATH_WRONG", context: { systemCode: code } });
      expect(exitCodeOf(error)).toBe(EXIT.usage);
    }
  });

  test("because the device is full is the environment's", () => {
    const error = pathError(caught(() => writeFileSync("/dev/full", "x")));
    expect(error).toMatchObject({ code: "PATH_REFUSED", context: { systemCode: "ENOSPC" } });
    expect(exitCodeOf(error)).toBe(EXIT.environment);
  });

  test("no other error is touched: one that nobody foresaw keeps its stack", () => {
    for (const error of [new TypeError("x is not a function"), new DriverError("I2C_NAK", "", ""), "thrown text"])
      expect(pathError(error)).toBe(error);
  });
});

test("what was typed and cannot be is bad usage, whoever finds out", () => {
  expect(exitCodeOf(new TwinError("OPTION_OUT_OF_RANGE", "", ""))).toBe(EXIT.usage);
  expect(exitCodeOf(new DriverError("STRATUM_ADDRESS", "", ""))).toBe(EXIT.usage);
  expect(exitCodeOf(new TwinError("PTY_REFUSED", "", ""))).toBe(EXIT.environment);
});
