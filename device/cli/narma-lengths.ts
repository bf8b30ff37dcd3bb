/** How many steps of NARMA-10 are driven where the command line does not say. */
export interface NarmaLengths {
  readonly washout: number;
  readonly train: number;
  readonly test: number;
}

const USUAL: NarmaLengths = { washout: 200, train: 2000, test: 2000 };
/** As `demo` has them. */
const SHORT: NarmaLengths = { washout: 50, train: 450, test: 200 };
/** Boards whose steps are long (an S9's voltage takes a third of a second, and a replay comes on top) are not kept busy for longer without being told to. */
const LONGEST_MIN = 25;

export const stepsIn = ({ washout, train, test }: NarmaLengths): number => washout + train + test;

/** `stepMs` is what a step takes on the board at the least; null in software. */
export function lengthsFor(asked: { readonly [name in keyof NarmaLengths]?: number | undefined }, stepMs: number | null): NarmaLengths {
  const own = stepMs !== null && (stepsIn(USUAL) * stepMs) / 60_000 > LONGEST_MIN ? SHORT : USUAL;
  return { washout: asked.washout ?? own.washout, train: asked.train ?? own.train, test: asked.test ?? own.test };
}
