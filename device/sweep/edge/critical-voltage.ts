/** What is known of one chip's critical voltage: a distribution over it and over how sharp its edge is. */

/** Voltages in mV of one chip. */
export interface EdgeLaw {
  /** The critical voltage is where this share of the chip's nonces is invalid. */
  readonly share: number;
  /** Critical voltages that are possible, and the step between two that are told apart. */
  readonly fromMv: number;
  readonly toMv: number;
  readonly stepMv: number;
  /** Widths of the logistic that are possible: so many mV for a factor of e in the odds. */
  readonly widthsMv: readonly number[];
  /** A chip is silent so far below its critical voltage. */
  readonly silentBelowMv: number;
}

/**
 * Error law of a voltage domain, mV: ten times more errors per 5 mV just below its minimum voltage, silent 20 mV below, where a share of 0.1 has
 * come 10 mV before (specs/bm1387.md 8.3, a GUESS there). That is 2.2 mV for a factor of e; the widths reach half an octave of it to either side and beyond.
 */
const DOMAIN = { widthsMv: [1, 1.5, 2.2, 3.2, 4.7], silentBelowMv: 10 } as const;

/** An edge at all, on a line that also damages a frame now and then: this share is invalid however high the voltage. GUESS. */
const BACKGROUND = 1e-3;
/** A chip that fell silent above its critical voltage: how probable that is thought to be. GUESS, so that one error of the line decides nothing. */
const SILENT_ABOVE = 0.005;

/**
 * A logistic is not the law: the odds of any one look are taken to be off by a factor of e to this, sd, besides its count. A choice, for intervals that
 * hold where a look has a hundred nonces and more.
 */
const MISFIT = 0.4;

/** The law of a chip with so many domains in series, searched for over `fromMv` to `toMv`. */
export function edgeLaw({ share, domains, fromMv, toMv }: { share: number; domains: number; fromMv: number; toMv: number }): EdgeLaw {
  const reachMv = 3 * DOMAIN.silentBelowMv * domains;
  return {
    share,
    fromMv: fromMv - reachMv,
    toMv: toMv + reachMv,
    stepMv: 0.5,
    widthsMv: DOMAIN.widthsMv.map((mv) => mv * domains),
    silentBelowMv: DOMAIN.silentBelowMv * domains,
  };
}

/** Invalid share at `mv` of a chip with that critical voltage and width: a logistic through `share` at the critical voltage. */
export function invalidShareAt(mv: number, criticalMv: number, widthMv: number, share: number): number {
  const odds = (share / (1 - share)) * Math.exp((criticalMv - mv) / widthMv);
  return BACKGROUND + (1 - 2 * BACKGROUND) * (odds === Number.POSITIVE_INFINITY ? 1 : odds / (1 + odds));
}

export class CriticalVoltage {
  readonly law: EdgeLaw;
  /** Critical voltages, mV, and of each its probability, summed over widths. */
  readonly voltagesMv: Float64Array;
  readonly probability: Float64Array;
  /** log weights, voltages x widths. */
  readonly #logs: Float64Array;
  readonly #weights: Float64Array;
  /** Of this one and all lower ones. */
  readonly #upTo: Float64Array;
  /** Asked for again and again between two counts, at voltages that hardly differ. */
  readonly #information = new Map<number, number>();

  constructor(law: EdgeLaw) {
    this.law = law;
    const cells = Math.floor((law.toMv - law.fromMv) / law.stepMv) + 1;
    this.voltagesMv = Float64Array.from({ length: cells }, (_, i) => law.fromMv + i * law.stepMv);
    this.probability = new Float64Array(cells);
    this.#upTo = new Float64Array(cells);
    this.#logs = new Float64Array(cells * law.widthsMv.length);
    this.#weights = new Float64Array(this.#logs.length);
    this.#normalise();
  }

  /** So many of its nonces at `mv` were valid, and so many not. */
  counted(mv: number, valid: number, invalid: number): void {
    const nonces = valid + invalid;
    const seen = (invalid + 0.5) / (nonces + 1);
    // As many nonces as would have the spread of count and misfit together.
    const weight = 1 / (1 + nonces * seen * (1 - seen) * MISFIT ** 2);
    this.#update((criticalMv, widthMv) => {
      const share = invalidShareAt(mv, criticalMv, widthMv, this.law.share);
      return weight * (invalid * Math.log(share) + valid * Math.log1p(-share));
    });
  }

  /** It fell silent at `mv`. */
  fellSilent(mv: number): void {
    this.#update((criticalMv) => (criticalMv > mv ? 0 : Math.log(SILENT_ABOVE)));
  }

  /** How probable it is that it falls silent at `mv`. */
  silentAt(mv: number): number {
    return this.above(mv + this.law.silentBelowMv);
  }

  /** How probable it is that its critical voltage is above `mv`. */
  above(mv: number): number {
    const at = Math.floor((mv - this.law.fromMv) / this.law.stepMv);
    return at < 0 ? 1 : 1 - (this.#upTo[Math.min(at, this.#upTo.length - 1)] as number);
  }

  /** What one nonce at `mv` would tell of the critical voltage, bit. */
  informationAt(mv: number): number {
    const key = Math.round(mv / this.law.stepMv);
    let known = this.#information.get(key);
    if (known === undefined) {
      known = this.#mutualInformation(key * this.law.stepMv);
      this.#information.set(key, known);
    }
    return known;
  }

  #mutualInformation(mv: number): number {
    const widths = this.law.widthsMv.length;
    let invalid = 0;
    let conditional = 0;
    for (let at = 0; at < this.voltagesMv.length; at++) {
      const weight = this.probability[at] as number;
      if (weight < 1e-9) continue;
      let share = 0;
      for (let width = 0; width < widths; width++)
        share +=
          (this.#weights[at * widths + width] as number) *
          invalidShareAt(mv, this.voltagesMv[at] as number, this.law.widthsMv[width] as number, this.law.share);
      invalid += share;
      conditional += weight * bits(share / weight);
    }
    return Math.max(0, bits(invalid) - conditional);
  }

  /** The median, and the interval that leaves out `tail` on either side. */
  interval(tail = 0.025): { readonly mv: number; readonly lowMv: number; readonly highMv: number } {
    return { mv: this.#quantile(0.5), lowMv: this.#quantile(tail), highMv: this.#quantile(1 - tail) };
  }

  #quantile(of: number): number {
    let sum = 0;
    for (let at = 0; at < this.probability.length; at++) {
      const weight = this.probability[at] as number;
      // A cell's probability is spread evenly over its width.
      if (sum + weight >= of) return (this.voltagesMv[at] as number) + this.law.stepMv * ((of - sum) / weight - 0.5);
      sum += weight;
    }
    return this.voltagesMv.at(-1) as number;
  }

  #update(logLikelihood: (criticalMv: number, widthMv: number) => number): void {
    const { widthsMv } = this.law;
    this.voltagesMv.forEach((criticalMv, at) => {
      widthsMv.forEach((widthMv, width) => {
        this.#logs[at * widthsMv.length + width] =
          (this.#logs[at * widthsMv.length + width] as number) + logLikelihood(criticalMv, widthMv);
      });
    });
    this.#normalise();
  }

  #normalise(): void {
    const widths = this.law.widthsMv.length;
    const most = this.#logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let i = 0; i < this.#logs.length; i++) sum += this.#weights[i] = Math.exp((this.#logs[i] as number) - most);
    this.probability.fill(0);
    for (let i = 0; i < this.#weights.length; i++) {
      this.#weights[i] = (this.#weights[i] as number) / sum;
      const at = Math.floor(i / widths);
      this.probability[at] = (this.probability[at] as number) + (this.#weights[i] as number);
    }
    let below = 0;
    this.probability.forEach((weight, at) => {
      below += weight;
      this.#upTo[at] = below;
    });
    this.#information.clear();
  }
}

function bits(p: number): number {
  return p <= 0 || p >= 1 ? 0 : -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
}
