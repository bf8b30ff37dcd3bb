/** The science of this project: substrate in, verdict out. Knows no hardware. */

export { type Driven, type DriveSettings, drive } from "./drive.ts";
export { checkFeatures, type FeatureCheck, type RefusedFeature, requireFeatures } from "./features/guard.ts";
export { masked, maskOf } from "./features/mask.ts";
export { analog, counts, delayed, goldenHits, perChip, perCoreGroup, rate, residualSums, virtualNodes } from "./features/nonce-features.ts";
export { type Features, type StepWindow, together, windowSeconds } from "./features/window.ts";
export { type Matrix, matrix, type RowRange, rowRange, takeColumns, takeRows } from "./matrix.ts";
export { type Capacity, capacity, capacityP } from "./properties/capacity.ts";
export { type Consistency, consistency } from "./properties/consistency.ts";
export { type EchoState, echoState } from "./properties/echo-state.ts";
export {
  type InformationProcessing,
  type InformationSettings,
  informationProcessing,
  type MemoryFunction,
  memoryFunction,
} from "./properties/information-processing.ts";
export { legendre } from "./properties/legendre.ts";
export { type RankMeasures, rankMeasures, type SeparationRanks, separationRanks, singularValues } from "./properties/rank.ts";
export { constantSubspace, type Subspace, spanBeyond } from "./properties/subspace.ts";
export { RidgeAccumulator } from "./readout/accumulator.ts";
export { bindReadout, predictAll } from "./readout/bind.ts";
export { decodeModel, encodeModel, loadModel, type StoredReadout, saveModel } from "./readout/model-file.ts";
export { FLOAT32_ERROR_BOUND } from "./readout/refusal.ts";
export {
  type Accumulate,
  fitRidge,
  type MultiRidgeModel,
  predict,
  type RidgeModel,
  type RidgePoint,
  type RidgeSettings,
  ridge,
  ridgePath,
} from "./readout/ridge.ts";
export { Rls, type RlsSettings } from "./readout/rls.ts";
export { delayTaps, quadraticTaps } from "./readout/taps.ts";
export { DelayLine, type DelayLineSettings } from "./software/delay-line.ts";
export { EchoStateNetwork, type EsnSettings } from "./software/esn.ts";
export { WhiteNoise } from "./software/null.ts";
export { PLANTED_CASES, type Planted, type PlantedCase, plantedSession } from "./software/planted.ts";
export { PoissonSurrogate, type SurrogateSettings } from "./software/poisson-surrogate.ts";
export {
  allanDeviation,
  hadamardDeviation,
  modifiedAllanDeviation,
  octaves,
  overlappingAllanDeviation,
  overlappingHadamardDeviation,
  phaseOf,
  timeDeviation,
  totalDeviation,
} from "./statistics/allan.ts";
export { binomialInterval } from "./statistics/binomial.ts";
export {
  type Bootstrap,
  blockBootstrap,
  blockBootstrapOfMean,
  blockLength,
  integratedAutocorrelationTime,
} from "./statistics/block-bootstrap.ts";
export { coefficientOfVariation } from "./statistics/coefficient-of-variation.ts";
export { complexityLimits } from "./statistics/complexity-limits.ts";
export { type Dispersion, dispersion, dispersionOverScales, windowCounts } from "./statistics/counts.ts";
export { poissonCvBand } from "./statistics/cv-band.ts";
export { type DieboldMariano, dieboldMariano } from "./statistics/diebold-mariano.ts";
export { type Equivalence, equivalence } from "./statistics/equivalence.ts";
export { type ExponentialFit, exponentialDistances, testExponential } from "./statistics/exponential-fit.ts";
export { equalErrorRate, type Fingerprint, fingerprint, hamming } from "./statistics/fingerprint.ts";
export { fourier } from "./statistics/fourier.ts";
export {
  type DeadTime,
  eventStatistics,
  fitDeadTime,
  fitDeadTimeOfEvents,
  type IntervalStatistics,
  intervalStatistics,
  intervalsOf,
} from "./statistics/intervals.ts";
export { ksTest } from "./statistics/kolmogorov-smirnov.ts";
export { highestPeak, lombScargle, lombScarglePower, type SpectralPeak } from "./statistics/lomb-scargle.ts";
export { monteCarloP } from "./statistics/monte-carlo.ts";
export { benjaminiHochberg, benjaminiYekutieli, holm } from "./statistics/multiple-testing.ts";
export { type MultitaperSpectrum, multitaper } from "./statistics/multitaper.ts";
export {
  nearestNeighbourInformation,
  pairCounts,
  permutationInformation,
  type TableInformation,
  tableInformation,
} from "./statistics/mutual-information.ts";
export { type ErrorMeasures, errorMeasures, nrmse } from "./statistics/nrmse.ts";
export { type OrdinalPlane, type OrdinalTest, ordinalCounts, ordinalPlane, testOrdinal } from "./statistics/ordinal.ts";
export { hTest, type LineSearch, rayleighP, strongestHarmonic, strongestLine, zSquared } from "./statistics/periodicity.ts";
export { areaUnderCurve, type BaselineTest, beatsBaseline, rowsForAuc } from "./statistics/predictor.ts";
export { ranks, spearman } from "./statistics/rank-correlation.ts";
export { type Recurrence, recurrence } from "./statistics/recurrence.ts";
export { type AbortPolicy, type PolicyWorth, policyWorth } from "./statistics/savings.ts";
export { blockShuffled, circularShifts, iaaft, rankGaussianised, shifted, shuffled } from "./statistics/surrogates.ts";
export type { Emitted, StepOutcome, Substrate } from "./substrate.ts";
export { chaoticLaser, lorenz, mackeyGlass, nrmse84, prediction } from "./tasks/chaos.ts";
export { type FreeRun, type FreeRunSettings, freeRun } from "./tasks/free-run.ts";
export { accuracy, parity, recall, waveforms } from "./tasks/memory.ts";
export { narma } from "./tasks/narma.ts";
export { type Narma10, narma10, narma10Response, nrmseFloor } from "./tasks/narma10.ts";
export type { Task } from "./tasks/task.ts";
export type { Comparison } from "./verdict/beats.ts";
export { type DeviceIdentity, deviceIdentity, type Recorded } from "./verdict/claims/device-identity.ts";
export { LEAKAGE_PLAN, type Leakage, type LeakagePlan, leakage } from "./verdict/claims/leakage.ts";
export { checkPredictor, type PredictorCheck, type PredictorRows } from "./verdict/claims/predictor-check.ts";
export { type RoundInformation, roundInformation } from "./verdict/claims/round-information.ts";
export { type Answer, type NoDifference, noDifference } from "./verdict/gate/conclusion.ts";
export type { Consequence, ControlRow } from "./verdict/gate/control-rows.ts";
export { type GateResult, gate, type Tier } from "./verdict/gate/gate.ts";
export { poissonSession } from "./verdict/gate/poisson-session.ts";
export { capacityPower, detectableCapacity, detectableGain, type Foresight, foresee, planHash } from "./verdict/gate/power.ts";
export { GATE_PLAN, type GatePlan, type Session } from "./verdict/gate/session.ts";
export { CONSTANT_DRIVE, PILOT, STUDY_PLAN, type StudyPlan, type StudyReport, study } from "./verdict/gate/study.ts";
export { type Narma10Collected, type Narma10Result, type Narma10Settings, scoreNarma10 } from "./verdict/narma-report.ts";
export type { Score } from "./verdict/score.ts";
export { type Instrument, recordedPoisson, type TimingBattery, timingBattery } from "./verdict/timing/battery.ts";
