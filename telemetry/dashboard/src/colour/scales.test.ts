import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contrast, inkOn, luminance, parseHex, type Rgb } from "./rgb.ts";
import { againstBand, difficultyShades, IN_BAND, SHADES, sequential, shadeOf } from "./scales.ts";

/** How a dichromat sees a colour: Vienot, Brettel, Mollon 1999, on linear RGB. */
const DICHROMATS = {
  protan: [0.11238, 0.88762, 0, 0.11238, 0.88762, 0, 0.00401, -0.00401, 1],
  deutan: [0.29275, 0.70725, 0, 0.29275, 0.70725, 0, -0.02234, 0.02234, 1],
} as const;

function seenBy(kind: keyof typeof DICHROMATS, colour: Rgb): Rgb {
  const m = DICHROMATS[kind];
  const [r, g, b] = colour.map((c) => (c / 255) ** 2.2) as [number, number, number];
  const row = (i: number): number =>
    Math.max(0, (m[i] as number) * r + (m[i + 1] as number) * g + (m[i + 2] as number) * b) ** (1 / 2.2) * 255;
  return [row(0), row(3), row(6)];
}

function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

const STEPS = Array.from({ length: 41 }, (_, i) => i / 40);

describe("sequential scale", () => {
  it("is brighter the higher the value, for everyone", () => {
    for (const see of [(c: Rgb) => c, (c: Rgb) => seenBy("protan", c), (c: Rgb) => seenBy("deutan", c)]) {
      const lights = STEPS.map((x) => luminance(see(sequential(x))));
      expect(lights.every((light, i) => i === 0 || light > (lights[i - 1] as number))).toBe(true);
    }
  });

  it("clamps outside 0..1", () => {
    expect(sequential(-3)).toEqual(sequential(0));
    expect(sequential(7)).toEqual(sequential(1));
  });

  it("cell text keeps a contrast of 4.5 on every colour", () => {
    for (const x of STEPS) expect(contrast(sequential(x), parseHex(inkOn(sequential(x))))).toBeGreaterThan(4.5);
  });
});

describe("colour against a null band", () => {
  it("is grey exactly inside the band", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3, noNaN: true }), (value) => {
        expect(againstBand(value, [0.9, 1.1]) === IN_BAND).toBe(value >= 0.9 && value <= 1.1);
      }),
    );
  });

  it("below and above stay apart for dichromats, and from the grey", () => {
    for (const kind of ["protan", "deutan"] as const) {
      const below = seenBy(kind, againstBand(0.5, [0.9, 1.1]));
      const above = seenBy(kind, againstBand(1.5, [0.9, 1.1]));
      const inside = seenBy(kind, IN_BAND);
      for (const [a, b] of [
        [below, above],
        [below, inside],
        [above, inside],
      ] as const)
        expect(distance(a, b), kind).toBeGreaterThan(60);
    }
  });
});

describe("difficulty shades", () => {
  it("stand out more the higher the difficulty, on both grounds", () => {
    for (const [theme, ground] of [
      ["dark", "#131920"],
      ["light", "#fbfaf7"],
    ] as const) {
      const contrasts = difficultyShades(theme).map((shade) => contrast(shade, parseHex(ground)));
      expect(contrasts).toHaveLength(SHADES);
      expect(contrasts.every((value, i) => value > (contrasts[i - 1] ?? 1.5))).toBe(true);
    }
  });

  it("count factors of two above the ticket difficulty; unknown is the lowest", () => {
    expect([shadeOf(8, 8), shadeOf(9.9, 8), shadeOf(40, 8), shadeOf(7, 8), shadeOf(Number.NaN, 8)]).toEqual([0, 1, SHADES - 1, 0, 0]);
  });
});

describe("the page's colours", () => {
  const css = readFileSync(new URL("../styles/base.css", import.meta.url), "utf8");
  const token = (name: string): [Rgb, Rgb] => {
    const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
    if (found === null) throw new Error(`no colour ${name}`);
    return [parseHex(found[1] as string), parseHex(found[2] as string)];
  };

  it.each(["text", "muted", "accent", "alarm", "caution", "twin", "hardware", "recording"])(
    "%s reads well on a panel in both themes",
    (name) => {
      for (const theme of [0, 1] as const) expect(contrast(token(name)[theme], token("panel")[theme])).toBeGreaterThanOrEqual(4.5);
    },
  );

  it("alarm and data stay apart for dichromats", () => {
    for (const kind of ["protan", "deutan"] as const) {
      for (const theme of [0, 1] as const) {
        expect(distance(seenBy(kind, token("alarm")[theme]), seenBy(kind, token("series-1")[theme])), kind).toBeGreaterThan(80);
      }
    }
  });
});
