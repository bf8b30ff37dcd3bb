/**
 * Every number of the twin's physics, with its source; docs/twin-physics.md is made from this file (`npm run -s docs:physics`).
 * S = specs/bm1387.md, B = specs/bm1366.md, with the section there. CALIBRATED: chosen so that the model gives a measured figure,
 * which is named. GUESS: nobody has measured it.
 */

/** What voltage domains and crystals do alike on all boards. A BM1387 is one domain, a BM1366 has four in series. */
export const SHARED_PARAMETERS = {
  errors: {
    /** Probability that a hash comes out wrong at the minimum voltage. S 8.3, a GUESS there. */
    atMinimum: 1e-3,
    /** Above the minimum voltage, for ten times fewer errors: 1e-6 at 10 mV. S 8.3, a GUESS there. */
    perDecadeAboveV: 0.01 / 3,
    /** Below it, for ten times more: 0.1 at -10 mV. S 8.3, a GUESS there. */
    perDecadeBelowV: 0.005,
    /** So far below its minimum a chip does not answer. S 8.3, a GUESS there. */
    deadBelowMinimumV: 0.02,
  },
  crystal: {
    /** Tolerance when new, at 25 C, sd. B 8.26: tens of ppm. GUESS within that. */
    tolerancePpm: 8,
    /** Cubic term about 25 C, of every AT cut. B 8.26 gives none; textbook value of quartz. */
    cubicPpmPerK3: 1.05e-4,
    /** Linear term, mean. GUESS: a cut that stays within 10 ppm from -20 to 70 C. */
    slopePpmPerK: -0.15,
    /** Linear term, sd from crystal to crystal. GUESS: half a minute of arc of the cut. */
    slopeSpreadPpmPerK: 0.04,
    /** Ageing over the first year, sd. GUESS: data sheets promise at most 3. */
    firstYearPpm: 1,
    /** Ageing goes as ln(1 + age / this). GUESS. */
    ageingOnsetDays: 30,
    /** Age when the twin powers up: uniform from 0 to this. GUESS: boards are bought used. */
    mostYears: 8,
    /** The crystal is looked at anew this often. A choice: its temperature takes seconds to move it by a part in 10^9. */
    intervalS: 1,
  },
} as const;

/** A BM1366 and a Bitaxe Ultra around it. */
export const PARAMETERS = {
  silicon: {
    /** Dynamic power. CALIBRATED: 10.35 W of 11.5 W at 485 MHz, 1.2 V (B 4.10.10). S 8.6 has 0.0147 measured at 610 MHz, all included. */
    dynamicWPerMhzV2: 0.01482,
    /** What the clock alone draws of that while nothing is hashed. S 8.2: 10-15 %, a GUESS there. */
    idleFraction: 0.12,
    /** Leakage at the two values below: 10 % of 11.5 W. S 8.6: 8-12 %, a GUESS there. */
    leakageW: 1.15,
    /** Supply at which leakage is given. S 8.6. */
    leakageAtV: 1.2,
    /** Junction at which leakage is given. S 8.6. */
    leakageAtC: 60,
    /** Leakage doubles per this much. S 8.6, a GUESS there. */
    leakageDoublingK: 25,
    /** Leakage grows e-fold per this much at the pin: four domains of 120 mV. S 8.2 for 16 nm, GUESS for 5 nm. */
    leakageEfoldV: 0.48,
    /** Hash domains in series inside the chip. S 8.1, B 4.9. */
    domains: 4,
    /** Spread of a domain's capacitance, sd, relative. GUESS. */
    domainDynamicSpread: 0.003,
    /** Spread of a domain's leakage, sd, relative. GUESS. */
    domainLeakageSpread: 0.05,
    /** Below this the chip loses its state. GUESS. */
    powerOnResetV: 0.6,
    /** Minimum voltage of the median core against frequency, MHz to V at the pin. S 8.6, a GUESS there; beyond the ends the lines go on. */
    minimumVoltageByMhz: [
      [400, 1.05],
      [485, 1.15],
      [525, 1.2],
      [600, 1.25],
    ],
    /** Never below this, however slow the clock. GUESS. */
    minimumVoltageFloorV: 0.85,
    /** Minimum voltage is for a junction at 60 C; hotter needs more. GUESS. */
    minimumVoltageMvPerK: 0.3,
    /** Spread of minimum voltage between cores of one chip, sd at the pin. S 8.3: 3 mV of a domain, a GUESS there. */
    coreSpreadV: 0.012,
    /** Spread between chips, sd at the pin. GUESS. */
    chipSpreadV: 0.008,
  },
  regulator: {
    /** First-order approach to a new set-point, and to zero. GUESS: soft starts of such regulators take 1-5 ms. */
    timeConstantS: 0.0015,
    /** Output against set-point, sd, relative. GUESS: reference and resistors of 1 %. */
    setPointSpread: 0.003,
    /** Ripple of the output, peak, as a converter's sample meets it. GUESS: 10 mV peak to peak at 650 kHz. */
    rippleV: 0.005,
    /** Converter. GUESS: typical of a 1.2 V buck converter at 10 A. */
    efficiency: 0.92,
    /** Controller, LEDs, bridge. GUESS. */
    boardOverheadW: 0.6,
    /** Supply. B 5.2. */
    inputV: 5,
    /** Supply and cable. GUESS. */
    inputOhm: 0.02,
    /** Regulator above its board while it loses 1 W. GUESS. */
    heatingKPerW: 12,
  },
  thermal: {
    /** Die to package: first time constant 9 ms. GUESS; with the next 0.8 K/W, less than the 2-3 of a chip without sink (S 8.5). */
    junctionKPerW: 0.3,
    /** Die. GUESS: a few mm3 of silicon. */
    junctionJPerK: 0.03,
    /** Package to heat sink. GUESS. */
    packageKPerW: 0.5,
    /** Package: second time constant 0.75 s. S 8.5: die and package 0.5-1 s, a GUESS there. */
    packageJPerK: 1.5,
    /** Heat sink: third time constant 80 s at full fan. GUESS; CLAIMS.md 6 expects 10 to 100 s. */
    sinkJPerK: 40,
    /** Sink to still air. GUESS: 75 C is passed without a fan (B 5.5). */
    stillAirWPerK: 0.15,
    /** What a fan at full speed adds to that. CALIBRATED: 57 C at 485 MHz, 1.2 V, 25 C, a GUESS itself. */
    fanWPerK: 0.35,
    /** Convection goes with this power of fan speed. S 8.5. */
    fanExponent: 0.7,
    /** The board's sensor takes this share of the junction's rise over ambient. CALIBRATED: EM's +5 C (B 5.2) at 485 MHz. */
    boardShare: 0.85,
    /** Lag of the board's sensor. GUESS. */
    boardTimeConstantS: 15,
    /** Air around, unless told otherwise. A choice. */
    ambientC: 25,
  },
  fan: {
    /** GUESS: a 40 mm 5 V fan. */
    maxRpm: 6000,
    /** Run-up and run-down. GUESS. */
    timeConstantS: 0.6,
    /** Below this duty it stands still. GUESS. */
    minDuty: 0.1,
  },
  sensors: {
    /** ADC of the core voltage: noise, sd. GUESS: about a step of the converter. */
    adcV: 0.0006,
    /** ADC of the core voltage: gain error, sd, relative. GUESS: an ESP32's after its calibration. */
    adcGainSpread: 0.003,
    /** INA260 current: noise, sd. GUESS: a step. */
    inaCurrentA: 0.00125,
    /** INA260 current: offset, sd. GUESS: half of the 5 mA its data sheet allows. */
    inaOffsetA: 0.0025,
    /** INA260 current: gain error, sd, relative. GUESS: half of the 0.15 % its data sheet allows. */
    inaGainSpread: 0.00075,
    /** INA260 voltage: noise, sd. GUESS: a step. */
    inaVoltageV: 0.00125,
    /** Thermometers: noise, sd. GUESS: about a step. */
    temperatureK: 0.1,
    /** Thermometers: offset, sd. GUESS: half of the 1 K their data sheets allow. */
    offsetK: 0.5,
    /** TPS546 output voltage: noise, sd. GUESS: half a step. */
    tpsVoltageV: 0.001,
    /** TPS546 output current: noise, sd. GUESS. */
    tpsCurrentA: 0.03,
    /** TPS546 output current: gain error, sd, relative. GUESS. */
    tpsGainSpread: 0.01,
    /** Tachometer: noise, sd, relative. GUESS. */
    tachRelative: 0.003,
  },
  link: {
    /** Largest difference of rates an 8N1 frame survives. B 2.4: 4.2 % is "still inside tolerance but with little margin". */
    rateTolerance: 0.05,
    /** Frames a chip holds while the line is busy; later ones are lost. GUESS. */
    chipQueueFrames: 64,
    /** Bridge: what a request costs besides the I2C transfer. GUESS: half a USB full-speed frame. */
    requestS: 0.0005,
  },
  /** Step of the physics. A choice: half of the shortest time constant that a sensor could see. */
  stepS: 0.005,
} as const;

/** A BM1387 and an S9 hash board around 63 of them. */
export const S9_PARAMETERS = {
  string: {
    /** Domains in series between the rails. S 7.1. */
    domains: 21,
    /** Chips side by side in a domain. S 7.1. */
    chipsPerDomain: 3,
  },
  silicon: {
    /** Dynamic power: 45 nF. S 8.2, a GUESS there. */
    dynamicWPerMhzV2: 0.045,
    /** Spread of a chip's capacitance, sd, relative. GUESS: keeps domains within the 0.40 V +-0.02 of S 8.1. */
    dynamicSpread: 0.005,
    /** Dynamic power with four midstates to a counter value. S 8.2. */
    asicBoostFactor: 0.87,
    /** Clock on, nothing hashed, as a fraction of dynamic power. S 8.2: 10-15 %, a GUESS there. */
    idleFraction: 0.12,
    /** Leakage at the two values below. S 8.2, a GUESS there. */
    leakageW: 0.25,
    /** Domain voltage at which leakage is given. S 8.2. */
    leakageAtV: 0.4,
    /** Junction at which leakage is given. S 8.2. */
    leakageAtC: 60,
    /** Leakage doubles per this much. S 8.2, a GUESS there. */
    leakageDoublingK: 25,
    /** Leakage grows e-fold per this much. S 8.2, a GUESS there. */
    leakageEfoldV: 0.12,
    /** Spread of a chip's leakage, sd, relative. GUESS. */
    leakageSpread: 0.1,
    /** Below this chips lose their state. GUESS: under the 0.30 V at which one may still run (S 8.3). */
    powerOnResetV: 0.25,
    /** Line of minimum voltage against frequency: at 0 MHz. S 8.3. */
    minimumVoltageAtZeroV: 0.2171,
    /** Its slope. S 8.3. */
    minimumVoltageVPerMhz: 0.000305,
    /** Never below this. S 8.3. */
    minimumVoltageFloorV: 0.3,
    /** The typical chip lies so far below that line, which is an upper bound for it (S 8.3). CALIBRATED: 4e-6 of all hashes wrong (S 7.14) at J6's 651 MHz and 8.80 V. */
    typicalBelowLineV: 0.018,
    /** Spread between cores of a chip, sd. S 8.3, a GUESS there. */
    coreSpreadV: 0.003,
    /** Spread between typical chips, sd. GUESS: nearly all reach the best bin (S 8.4). */
    chipSpreadV: 0.002,
    /** Worst chip of the tail, above the line: 152 MHz short of a cap of 662. S 8.4. */
    tailV: 0.046,
    /** Most bad cores that a chip of the tail has. S 8.4: 1 to 10. */
    tailBadCores: 10,
    /** They go as a uniform number to this power. CALIBRATED: 27 bad cores on 10 chips (S 8.4). */
    tailBadExponent: 4,
    /** Share of the tail that has any: 10 chips of 28. S 8.4. */
    tailBadShare: 0.35,
  },
  regulator: {
    /** Between two set-points. S 9.11, a GUESS there. */
    slewVPerS: 1,
    /** From nothing to the set-point. GUESS: soft starts take fractions of a second. */
    softStartVPerS: 40,
    /** Discharge after switching off. GUESS. */
    dischargeTimeConstantS: 0.05,
    /** Board DC/DC; its loss heats the board evenly. S 8.2, a GUESS there. */
    efficiency: 0.95,
  },
  thermal: {
    /** Die to package: first time constant 10 ms. GUESS. */
    junctionKPerW: 0.5,
    /** Die. GUESS: a few mm3 of silicon. */
    junctionJPerK: 0.02,
    /** Package to the board beside it. CALIBRATED: junction 14 K above its board at 5 W, mean of J6 and J7 (S 8.1; S 8.5: 2-3 K/W in all). */
    packageKPerW: 2.3,
    /** Package: second time constant 0.7 s. S 8.5: die and package 0.5-1 s, a GUESS there. */
    packageJPerK: 0.3,
    /** One board with its sinks. S 8.5, a GUESS there. */
    boardJPerK: 1400,
    /** Sinks of one board to the air between them. CALIBRATED: mean of J6 and J7 beside chip 31, 49.5 C with air of 30 C (S 8.1). */
    filmWPerK: 61,
    /** What the air between the sinks of one board carries away. CALIBRATED: 13.5 K from chip 31 to 61, mean of J6 and J7 (S 8.1). */
    airWPerK: 11.5,
    /** Fan speed for both. S 8.5. */
    referenceRpm: 5800,
    /** Both go with this power of fan speed. S 8.5. */
    fanExponent: 0.7,
    /** Still air counts as this speed. GUESS. */
    stillAirRpm: 300,
    /** Air that comes in, unless told otherwise. A choice. */
    ambientC: 25,
  },
  fan: {
    /** Label of the fan. S 8.1. */
    maxRpm: 6150,
    /** Run-up and run-down. GUESS. */
    timeConstantS: 1.2,
    /** Below this duty it stands still. GUESS. */
    minDuty: 0.05,
  },
  sensor: {
    /** Noise, sd. GUESS: about a step of the converter. */
    noiseK: 0.06,
    /** Offset of either channel, sd, besides the factory's. GUESS: half of the 1 K the data sheets allow. */
    offsetK: 0.5,
    /** One byte each way at about 100 kHz. GUESS. */
    transferS: 0.0004,
  },
  pic: {
    /** Without a heartbeat for this long the output is switched off. S 4.1. */
    watchdogS: 10,
    /** After a reset nothing acknowledges. S 4.1, 9.13. */
    resetS: 0.5,
    /** Erase, program and jump keep it busy; hosts wait 100 ms (S 4.1). GUESS: a little less. */
    busyS: 0.08,
  },
  chain: {
    /** From a PLL write to lock; meanwhile the cores stand still. S 2.1: < 1 ms, a GUESS there. */
    pllLockS: 0.0002,
    /** A frame that stops for this long is forgotten. GUESS: long against what a host's scheduler does to a burst. */
    idleS: 0.02,
    /** What HashRate averages over. S 8.4: about 25 s. */
    hashRateWindowS: 25,
  },
  /** Step of the physics. A choice: the die's time constant, which no sensor can see. */
  stepS: 0.01,
} as const;
