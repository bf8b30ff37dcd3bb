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
