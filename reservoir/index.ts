/** The science of this project: substrate in, verdict out. Knows no hardware. */

export { type Driven, type DriveSettings, drive } from "./drive.ts";
export { checkFeatures, type FeatureCheck, type RefusedFeature, requireFeatures } from "./features/guard.ts";
export { type Matrix, matrix, type RowRange, takeColumns, takeRows } from "./matrix.ts";
export { fitRidge, predict, type RidgeModel, type RidgePoint, type RidgeSettings, ridgePath } from "./readout/ridge.ts";
export { delayTaps, quadraticTaps } from "./readout/taps.ts";
export { DelayLine, type DelayLineSettings } from "./software/delay-line.ts";
export { EchoStateNetwork, type EsnSettings } from "./software/esn.ts";
export { WhiteNoise } from "./software/null.ts";
export { coefficientOfVariation } from "./statistics/coefficient-of-variation.ts";
export { poissonCvBand } from "./statistics/cv-band.ts";
export { type DieboldMariano, dieboldMariano } from "./statistics/diebold-mariano.ts";
export { ksTest } from "./statistics/kolmogorov-smirnov.ts";
export { type ErrorMeasures, errorMeasures, nrmse } from "./statistics/nrmse.ts";
export { ranks, spearman } from "./statistics/rank-correlation.ts";
export type { Emitted, StepOutcome, Substrate } from "./substrate.ts";
export { type Narma10, narma10, narma10Response, nrmseFloor } from "./tasks/narma10.ts";
export type { Comparison } from "./verdict/beats.ts";
export { type Narma10Collected, type Narma10Result, type Narma10Settings, scoreNarma10 } from "./verdict/narma-report.ts";
export type { Score } from "./verdict/score.ts";
