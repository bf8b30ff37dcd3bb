import { z } from "zod";

export const nothing = z.strictObject({});

/** A whole number as it stands in an address. */
export const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(least, `must be ${least} or more`).max(most, `must be ${most} or less`));

export const runParams = z.strictObject({ run: whole(0, Number.MAX_SAFE_INTEGER).describe("Number of the run") });

export const cursor = z.string().max(200).optional().describe("From the answer before; without it from the start");

/** Which board's, by its name. */
export const board = z.string().max(200).optional().describe("Name of a board, as /api/v1/boards has it; without it the first");

export const ofBoard = z.strictObject({ board });
