/** Options that are numbers within a range, as commander reads them: what is none is refused with the range. */
import { InvalidArgumentError } from "commander";

export const number = (from: number, to: number) => (text: string) => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= from && value <= to)) throw new InvalidArgumentError(`It must be a number from ${from} to ${to}.`);
  return value;
};

export const whole = (from: number, to: number) => (text: string) => {
  const value = number(from, to)(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
  return value;
};
