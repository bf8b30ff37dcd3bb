/**
 * Every number of the twin's physics, with where it comes from. GUESS means what it says: nobody has measured it, it was
 * chosen to give figures a Bitaxe is known to show. S = the BM1387 specification, section 8; B = specs/bm1366.md.
 */
export const PARAMETERS = {
  silicon: {
    /** Dynamic power, W per MHz and V^2: 10.35 W of 11.5 W at 485 MHz, 1.2 V (B 4.10.10). S 8.6 gives 0.0147 measured at 610 MHz. */
    dynamicWPerMhzV2: 0.01482,
    /** What the clock alone draws, as a fraction of dynamic power, while nothing is hashed. S 8.2: 10-15 %, a guess there too. */
    idleFraction: 0.12,
    /** Leakage at 1.2 V and 60 C, W: 10 % of 11.5 W. S 8.6: 8-12 %. */
    leakageW: 1.15,
    leakageAtV: 1.2,
    leakageAtC: 60,
    /** S 8.6. */
    leakageDoublingK: 25,
    /** Leakage grows e-fold per this much at the supply pin. S 8.2 gives 120 mV per domain; four domains in series. GUESS for 5 nm. */
    leakageEfoldV: 0.48,
    /** Below this the chip loses its state. GUESS. */
    powerOnResetV: 0.6,
    /** Minimum voltage of the median core against frequency, MHz to V. S 8.6, a guess there; beyond the ends the lines go on. */
    minimumVoltage: [
      [400, 1.05],
      [485, 1.15],
      [525, 1.2],
      [600, 1.25],
    ],
    /** Never below this, however slow the clock. GUESS. */
    minimumVoltageFloorV: 0.85,
    /** Minimum voltage at 60 C junction; hotter needs more. GUESS. */
    minimumVoltageMvPerK: 0.3,
    /** Error probability at the minimum voltage, and volts per decade. S 8.3: 1e-3, factor 100 per 10 mV of a domain; four in series. */
    errorAtMinimum: 1e-3,
    voltsPerErrorDecade: 0.02,
    /** This far below its minimum the chip does not answer. S 8.3: 20 mV of a domain. */
    deadBelowMinimumV: 0.08,
    /** Spread of minimum voltage, sd: cores of one chip (S 8.3: 3 mV of a domain), and chips. GUESS for chips. */
    coreSpreadV: 0.012,
    chipSpreadV: 0.008,
    /** Crystal, sd in parts per million. B 8.26: tens of ppm tolerance. GUESS. */
    crystalPpm: 8,
  },
  regulator: {
    /** First-order approach to a new set-point, and to zero. GUESS: soft starts of such regulators take 1-5 ms. */
    timeConstantS: 0.0015,
    /** GUESS: typical of a 1.2 V buck converter at 10 A. */
    efficiency: 0.92,
    /** Controller, LEDs, bridge, W. GUESS. */
    boardOverheadW: 0.6,
    inputV: 5,
    /** Supply and cable, ohm. GUESS. */
    inputOhm: 0.02,
    /** Regulator above its board while it loses 1 W. GUESS. */
    heatingKPerW: 12,
  },
  thermal: {
    /** Junction to heat sink, K/W. GUESS; S 8.5 has 2-3 K/W junction to sensor for a chip without a sink of its own. */
    junctionKPerW: 0.8,
    /** Chip and package, J/K: 0.8 s with the line above. S 8.5: 0.5-1 s, a guess there. */
    junctionJPerK: 1,
    /** Heat sink, J/K: 80 s at full fan. GUESS; CLAIMS.md 6 expects 10 to 100 s. */
    sinkJPerK: 40,
    /** Sink to air, W/K: still air, and what a fan at full speed adds. GUESS: 57 C at 485 MHz, 1.2 V, 25 C, full fan. */
    stillAirWPerK: 0.15,
    fanWPerK: 0.35,
    /** Convection against fan speed. S 8.5: thermal resistance goes with rpm^-0.7. */
    fanExponent: 0.7,
    /** The board's sensor takes this share of the junction's rise over ambient. GUESS: makes EM's +5 C (B 5.2) right at 485 MHz. */
    boardShare: 0.85,
    boardTimeConstantS: 15,
    ambientC: 25,
  },
  fan: {
    /** GUESS: a 40 mm 5 V fan. */
    maxRpm: 6000,
    timeConstantS: 0.6,
    /** Below this duty it stands still. GUESS. */
    minDuty: 0.1,
  },
  sensors: {
    /** Noise, sd. GUESS, each about one step of its converter. */
    adcV: 0.0006,
    inaCurrentA: 0.00125,
    inaVoltageV: 0.00125,
    temperatureC: 0.1,
    tpsVoltageV: 0.001,
    tpsCurrentA: 0.03,
    tachRelative: 0.003,
  },
  link: {
    /** Largest difference of rates an 8N1 frame survives. B 2.4: 4.2 % is "still inside tolerance but with little margin". */
    rateTolerance: 0.05,
    /** Frames a chip holds while the line is busy; later ones are lost. GUESS. */
    chipQueueFrames: 64,
    /** Bridge: what a request costs besides the I2C transfer, s. GUESS: one USB full-speed frame. */
    requestS: 0.0005,
  },
  /** Step of the physics, s. Every result is exact for inputs that are constant over a step. */
  stepS: 0.005,
} as const;

/**
 * The same for an S9 hash board. S = specs/bm1387.md.
 */
export const S9_PARAMETERS = {
  /** Chips in series between the rails share the string voltage evenly. S 7.1: 21 domains of 3 chips. */
  domains: 21,
  silicon: {
    /** 45 nF. S 8.2, a guess there. */
    dynamicWPerMhzV2: 0.045,
    /** Dynamic power with four midstates to a counter value. S 8.2. */
    asicBoostFactor: 0.87,
    /** Clock on, nothing hashed, as a fraction of dynamic power. S 8.2: 10-15 %, a guess there. */
    idleFraction: 0.12,
    /** Leakage at 0.40 V, 60 C, W; doubling and e-fold. S 8.2, a guess there. */
    leakageW: 0.25,
    leakageAtV: 0.4,
    leakageAtC: 60,
    leakageDoublingK: 25,
    leakageEfoldV: 0.12,
    /** Below this a chip loses its state. GUESS: under the 0.30 V at which it may still run (S 8.3). */
    powerOnResetV: 0.25,
    /** Minimum voltage of a chip against frequency: a line and a floor. S 8.3. */
    minimumVoltageAtZeroV: 0.2171,
    minimumVoltageVPerMhz: 0.000305,
    minimumVoltageFloorV: 0.3,
    /** How far the typical chip lies below that line, which is an upper bound for it (S 8.3). GUESS: makes 650 MHz at 8.80 V sound. */
    typicalBelowLineV: 0.014,
    /** Error probability at the minimum voltage, volts per decade on either side of it, and where a chip stops answering. S 8.3. */
    errorAtMinimum: 1e-3,
    voltsPerErrorDecadeAbove: 0.01 / 3,
    voltsPerErrorDecadeBelow: 0.005,
    deadBelowMinimumV: 0.02,
    /** Spread, sd: cores of a chip (S 8.3), and typical chips. GUESS for chips. */
    coreSpreadV: 0.003,
    chipSpreadV: 0.002,
    /** Worst chip of the tail, above the line: 152 MHz short of a cap of 662 (S 8.4). */
    tailV: 0.046,
    /** Most bad cores that a chip of the tail has, and how many of the tail have any. S 8.4: 10 of 189 chips, 1 to 10 cores. */
    tailBadCores: 10,
    tailBadShare: 0.35,
    /** One crystal for all chips, sd in parts per million. GUESS: tens of ppm tolerance. */
    crystalPpm: 8,
  },
  regulator: {
    /** Between two set-points, V/s. S 9.11, a guess there. */
    slewVPerS: 1,
    /** From nothing to the set-point, V/s. GUESS: soft starts take fractions of a second. */
    softStartVPerS: 40,
    /** Discharge after switching off. GUESS. */
    dischargeTimeConstantS: 0.05,
    /** Board DC/DC. S 8.2, a guess there. */
    efficiency: 0.95,
  },
  thermal: {
    /** Junction above the board beside the chip, K/W. S 8.5: 2-3. */
    junctionKPerW: 2.5,
    junctionTimeConstantS: 0.7,
    /**
     * Board above the air that comes in, K per watt of the board, at the first chip and what the last one has more: with 400 W and
     * 30 C this gives 55 C beside chip 31 and 67 C beside chip 61 (S 8.5, 8.1).
     */
    boardKPerW: 0.0325,
    gradientKPerW: 0.06,
    referenceRpm: 5800,
    /** Thermal resistance goes with rpm^-0.7 (S 8.5); still air counts as this speed. GUESS. */
    fanExponent: 0.7,
    stillAirRpm: 300,
    /** One board with its sinks. S 8.5, a guess there. */
    boardJPerK: 1400,
    ambientC: 25,
  },
  fan: {
    /** S 8.1: 6150 rpm. */
    maxRpm: 6150,
    /** GUESS. */
    timeConstantS: 1.2,
    minDuty: 0.05,
  },
  sensor: {
    /** Noise, sd. GUESS: about a step of the converter. */
    noiseK: 0.06,
    /** One byte each way at about 100 kHz. GUESS. */
    transferS: 0.0004,
  },
  pic: {
    /** Without a heartbeat for this long the output is switched off. S 4.1 */
    watchdogS: 10,
    /** After a reset nothing acknowledges. S 4.1, 9.13 */
    resetS: 0.5,
    /** Erase, program and jump keep it busy; hosts wait 100 ms (S 4.1). GUESS: a little less. */
    busyS: 0.08,
  },
  chain: {
    /** From a PLL write to lock. S 2.1: < 1 ms, a guess there. */
    pllLockS: 0.0002,
    /** A frame that stops for this long is forgotten. GUESS: long against what a host's scheduler does to a burst. */
    idleS: 0.02,
    /** What HashRate averages over. S 8.4: about 25 s. */
    hashRateWindowS: 25,
  },
  stepS: 0.01,
} as const;
