import { describe, expect, it } from "vitest";
import { STATUS } from "../../../../common/nonce-batch.ts";
import { drawMark, type MarkStyle } from "./marks.ts";

describe("marks", () => {
  it("a valid nonce's dot goes beneath what is there, every other mark on top: dots cannot bury an invalid one", () => {
    const layers: string[] = [];
    const context = {
      globalCompositeOperation: "",
      fillRect: () => layers.push(`dot ${context.globalCompositeOperation}`),
      stroke: () => layers.push(`outline ${context.globalCompositeOperation}`),
      ...Object.fromEntries(["beginPath", "moveTo", "lineTo", "rect", "arc", "closePath"].map((name) => [name, () => undefined])),
    };
    const style = { ink: {}, shades: [], scale: 1, dot: 2 } as unknown as MarkStyle;
    const draw = (status: number): void => drawMark(context as unknown as CanvasRenderingContext2D, 5, 5, status, 0, style);
    for (const status of [STATUS.valid, STATUS.invalid, STATUS.valid, STATUS.stale, STATUS.duplicate, STATUS.unknownJob]) draw(status);
    const [under, over] = ["dot destination-over", "outline source-over"];
    expect(layers).toEqual([under, over, under, over, over, over]);
  });
});
