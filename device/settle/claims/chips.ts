/** Rows 22 to 26, 30, 31: throughput, chips together, errors, identity, entropy, the hash itself. CLAIMS A, G, H, I */
import { splitmix64 } from "../../../common/random.ts";
import { doubleHash } from "../../../reservoir/verdict/claims/round-information.ts";
import type { ClaimRow, Finding, SettleBench } from "../claim.ts";
import { S9_PER_S } from "../rates.ts";

/** What a new job after every share costs: the inference of CLAIMS G. */
async function blockManager({ recordings }: SettleBench): Promise<Finding | null> {
  const capture = (await recordings?.capture()) ?? null;
  if (capture === null) return null;
  const { timesS, sinceJobMs, evidence } = capture;
  const meanMs = (1000 * ((timesS.at(-1) as number) - (timesS[0] as number))) / (timesS.length - 1);
  const tail = sinceJobMs.filter((ms) => ms > 50);
  const lostMs = meanMs - tail.reduce((sum, ms) => sum + ms - 50, 0) / tail.length;
  const lost = lostMs / meanMs;
  return {
    measured: [
      { name: "hashing lost to a new job after each share (S9)", value: lost },
      { name: "gain from no longer doing so", value: lost / (1 - lost) },
    ],
    controls: [{ name: "published gain", value: 45 / 175 }],
    sampleSize: `${timesS.length} shares of an S9; the claim is of another miner`,
    power: "a gain of 25 % takes 250 shares an arm, one of 5 % 6300",
    verdict: "not testable with these data",
    because: `No record of the published run exists. The S9's capture shows how such a number can arise: a proxy that sends a new job after every share loses ${(100 * lost).toFixed(0)} % of the hashing, and to stop that looks like a gain of ${((100 * lost) / (1 - lost)).toFixed(0)} %.`,
    evidence: [evidence],
    origin: "recording",
    plots: [],
  };
}

async function entropy({ recordings }: SettleBench): Promise<Finding | null> {
  const capture = (await recordings?.capture()) ?? null;
  if (capture === null) return null;
  const { timesS, evidence } = capture;
  const n = timesS.length - 1;
  const counts = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const tick = Math.floor(1000 * ((timesS[i + 1] as number) - (timesS[i] as number)));
    counts.set(tick, (counts.get(tick) ?? 0) + 1);
  }
  const share = Math.max(...counts.values()) / n;
  // SP 800-90B 6.3.1: the most common value, at the upper end of a 99 % interval.
  const upper = Math.min(1, share + 2.576 * Math.sqrt((share * (1 - share)) / (n - 1)));
  const shannon = [...counts.values()].reduce((sum, count) => sum - (count / n) * Math.log2(count / n), 0);
  return {
    measured: [
      {
        name: "min-entropy by the most common value, at the upper end of its 99 % interval, bit an interval of 1 ms ticks",
        value: -Math.log2(upper),
      },
      { name: "Shannon entropy of the same histogram, bit", value: shannon },
    ],
    controls: [{ name: "published, bit a share", value: 5.06 }],
    sampleSize: `${n} intervals; the standard asks for 1 000 000`,
    power: "none for a source: an estimate from so few says nothing of dependence between shares",
    verdict: "not testable with these data",
    because: `The time between shares is not known beforehand (${(-Math.log2(upper)).toFixed(2)} bit an interval by the simplest estimator, on the safe side), but ${n} intervals are far from the million that the standard asks for, and the host's clock, its scheduler and the network are in the same number.`,
    evidence: [evidence],
    origin: "recording",
    plots: [],
  };
}

async function verifiedShares({ recordings }: SettleBench): Promise<Finding | null> {
  const capture = (await recordings?.capture()) ?? null;
  if (capture === null) return null;
  const { report, evidence } = capture;
  return {
    measured: [
      { name: "shares that do not verify", value: report.rows - report.verified },
      { name: "duplicates", value: report.duplicates },
    ],
    controls: [{ name: "shares verified", value: report.verified }],
    sampleSize: `${report.rows} shares at a voltage that was not recorded`,
    power: "none: a miner drops nonces that do not verify before it sends a share, so that a capture of shares cannot show them",
    verdict: "not testable with these data",
    because: `Every share of the capture verifies (${report.verified} of ${report.rows}), with ${report.duplicates} sent twice. Hardware errors are nonces that the miner drops by itself: they are counted on the chips' own wire, where this software reads, not in shares, and the voltage of the capture is unknown.`,
    evidence: [evidence],
    origin: "recording",
    plots: [],
  };
}

const HEADERS = 2000;

/** Bits that change in the double hash when one bit of the header does. */
async function avalancheOfHash({ seed, evidence }: SettleBench): Promise<Finding> {
  const random = splitmix64(seed);
  const distances = Float64Array.from({ length: HEADERS }, () => {
    const header = Uint32Array.from({ length: 20 }, () => Math.floor(random.next() * 2 ** 32));
    const before = doubleHash(header);
    const bit = Math.floor(random.next() * 640);
    header[bit >> 5] = (header[bit >> 5] as number) ^ (1 << (bit & 31));
    return doubleHash(header).reduce((sum, word, i) => sum + ones(word ^ (before[i] as number)), 0);
  });
  const mean = distances.reduce((sum, value) => sum + value, 0) / HEADERS;
  const deviation = Math.sqrt(distances.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (HEADERS - 1));
  const error = 8 / Math.sqrt(HEADERS);
  const band = [128 - 2.58 * error, 128 + 2.58 * error] as const;
  const inside = mean >= band[0] && mean <= band[1];
  const bins = new Map<number, number>();
  for (const distance of distances) bins.set(distance, (bins.get(distance) ?? 0) + 1);
  return {
    measured: [
      { name: "mean Hamming distance, bits", value: mean, band, bandOf: "99 % for fair bits" },
      { name: "standard deviation, bits", value: deviation },
    ],
    controls: [{ name: "fair bits: mean 128, standard deviation", value: 8 }],
    sampleSize: `${HEADERS} pairs of headers that differ in one bit`,
    power: `a mean that is off by ${(4 * error).toFixed(1)} bits is found in 9 of 10 runs`,
    verdict: inside ? "trivially true" : "refuted",
    because: `One bit of the header changes ${mean.toFixed(1)} of 256 bits of the hash, with a spread of ${deviation.toFixed(1)}. That is what SHA-256 is made to do on any machine, and says nothing of silicon.`,
    evidence: [
      evidence.table(
        { name: "Hamming distance of double SHA-256", seed, draws: HEADERS },
        ["bits"],
        Array.from(distances, (bits) => [bits]),
      ),
    ],
    origin: "software",
    plots: [
      {
        title: "Bits of the hash that one bit of the header changes",
        x: "bits",
        y: "pairs",
        series: [
          { name: "measured", style: "steps", points: [...bins].sort(([a], [b]) => a - b) },
          {
            name: "fair bits",
            style: "line",
            points: Array.from(
              { length: 61 },
              (_, i) => [98 + i, (HEADERS * Math.exp(-((i - 30) ** 2) / 128)) / Math.sqrt(2 * Math.PI * 64)] as const,
            ),
          },
        ],
      },
    ],
  };
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}

export const CHIPS: readonly ClaimRow[] = [
  {
    row: 22,
    name: "vbm",
    claim: "A virtual block manager gives 25 % more hash rate",
    published: "+25 % (175 to 220)",
    device: "LB-Box",
    kind: "recording",
    question: "Own count of proofs of work, A/B/A/B at the same difficulty, with rejects and latency logged.",
    method: "Hashing lost per job from the capture: mean interval less the mean wait where the hazard is flat.",
    controls: ["a proxy that sends a job after every share"],
    rig: {
      rig: "a LB-Box, or an S9 in its place",
      design: "A/B/A/B, 250 shares an arm for 25 %, 6300 for 5 %",
      arms: 4,
      samples: 6300,
      unit: "shares",
      ratePerS: S9_PER_S,
      settleS: 60,
      detects: "a gain of 5 %",
    },
    run: blockManager,
  },
  {
    row: 23,
    name: "spatial-coupling",
    claim: "Boards are coupled",
    published: "r > 0.3, MI > 0.1, coherence > 0.2",
    device: "S9",
    kind: "hardware",
    question: "Nonces by board, rate and temperature that they share taken out, circular shifts as null.",
    method: "",
    controls: ["circular shifts", "boards on supplies of their own", "planted coupling on the twin"],
    rig: {
      rig: "S9 with three boards on this software's own wires",
      design: "two hours at one set-point",
      arms: 1,
      samples: 75_000,
      unit: "nonces",
      ratePerS: S9_PER_S,
      settleS: 1800,
      detects: "a correlation of 0.07 between counts of 1 s",
    },
    run: null,
  },
  {
    row: 24,
    name: "avalanches",
    claim: "Errors come in avalanches with a power law",
    published: "exponent 1.5 to 2.5, R2 > 0.85",
    device: "S9",
    kind: "hardware",
    question:
      "A log of hardware errors, exponent by maximum likelihood, Kolmogorov-Smirnov distance, likelihood ratio against the exponential.",
    method: "",
    controls: ["exponential bursts", "R2 of a log-log fit of exponential bursts"],
    rig: {
      rig: "S9",
      design: "undervolted until 1 % of nonces are wrong; 10 000 bursts",
      arms: 1,
      samples: 10_000,
      unit: "bursts",
      ratePerS: 0.1,
      settleS: 3600,
      detects: "a power law against an exponential",
    },
    run: null,
  },
  {
    row: 25,
    name: "puf",
    claim: "A device has a signature (PUF)",
    published: '"signature 0.8661"',
    device: "all",
    kind: "hardware",
    question: "Five units and more, three sessions each, two temperatures; equal error rate.",
    method: "",
    controls: ["labels exchanged within sessions", "the same board twice"],
    rig: {
      rig: "five boards of a kind",
      design: "five boards x three sessions x two temperatures",
      arms: 30,
      samples: 20_000,
      unit: "nonces",
      ratePerS: S9_PER_S,
      settleS: 1800,
      detects: "an equal error rate below 0.4",
    },
    run: null,
  },
  {
    row: 26,
    name: "entropy-source",
    claim: "Share timing is an entropy source",
    published: "5.06 bit a share",
    device: "LV06",
    kind: "recording",
    question: "Min-entropy by SP 800-90B of a million raw times, with the host's and the network's part taken out.",
    method: "The estimator of the most common value, on intervals in ticks of 1 ms.",
    controls: ["a generator of known entropy on the same path"],
    rig: {
      rig: "S9 at difficulty 256",
      design: "a million intervals at one set-point, and a million of a generator on the same path",
      arms: 2,
      samples: 1_000_000,
      unit: "intervals",
      ratePerS: S9_PER_S,
      settleS: 600,
      detects: "min-entropy to 0.01 bit",
    },
    run: entropy,
  },
  {
    row: 30,
    name: "zero-errors",
    claim: "No hardware errors at 7.6 V",
    published: "0",
    device: "S9",
    kind: "recording",
    question: "Nonces that do not verify, duplicates and rejects, by own verification.",
    method: "Every header of the capture is rebuilt and hashed.",
    controls: ["the same at nominal voltage"],
    rig: {
      rig: "S9",
      design: "8.8, 8.4, 8.0 and 7.6 V (7.6 V is below the firmware's 7.95 V)",
      arms: 4,
      samples: 20_000,
      unit: "nonces",
      ratePerS: S9_PER_S,
      settleS: 600,
      detects: "an error share of 0.0002",
    },
    run: verifiedShares,
  },
  {
    row: 31,
    name: "hash-avalanche",
    claim: "One bit changes half of the hash",
    published: "50 % of the bits",
    device: "all",
    kind: "software",
    question: "Hamming distance of hashes whose headers differ in one bit.",
    method: "Double SHA-256 of 2000 random headers, each with one random bit changed.",
    controls: ["fair bits"],
    rig: null,
    run: avalancheOfHash,
  },
];
