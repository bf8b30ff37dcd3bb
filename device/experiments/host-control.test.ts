import { expect, test } from "vitest";
import { hostStates } from "./host-control.ts";

const step = (value: number) => [
  { knob: "core voltage (mV)", value: 1200 },
  { knob: "chip 0: fed back (MHz)", value },
  { knob: "chip 1: fed back (MHz)", value: -value },
];

test("what the host knew of each step: the input, and what it fed back", () => {
  const host = hostStates(Float64Array.of(0.1, 0.2, 0.3), [step(0), step(2), []]);
  expect(host?.names).toEqual(["u", "chip 0: fed back (MHz)", "chip 1: fed back (MHz)"]);
  expect([...(host?.states.data ?? [])]).toEqual([0.1, 0, -0, 0.2, 2, -2, 0.3, Number.NaN, Number.NaN]);
});

test("a host that fed nothing back explains nothing", () => {
  expect(hostStates(Float64Array.of(0.1, 0.2), [step(0), step(0)])).toBeNull();
  expect(hostStates(Float64Array.of(0.1), [[{ knob: "core voltage (mV)", value: 1 }]])).toBeNull();
});
